"""What each path, and each two of them together, would do with a job: share right, milliseconds, megabytes, CPU-hours.

The expected share of calls served as needed is, under the plain assumption that the parts are independent,

    right = mean over the kinds of call (facts, behaviour) of: share(kind) * share in the style, if one is wanted

A limit (time, memory, one core's day, sources, labels) is kept or broken; it is never traded against the share.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from companion.choose.figures import CURVE
from companion.choose.needs import Needs

PATHS = ("rag", "finetune", "distill", "rag+finetune", "rag+distill", "finetune+distill", "zero-shot")
NAMES = {
    "rag": "RAG",
    "finetune": "fine-tuning",
    "distill": "distillation",
    "rag+finetune": "RAG with fine-tuning",
    "rag+distill": "RAG with distillation",
    "finetune+distill": "fine-tuning, then distillation",
    "zero-shot": "the pretrained model as it is",
}
TIE = 0.03  # two scores on 160 letters differ by so much through chance alone
PAIRS = 120  # of plain text and brand voice: what the voice was measured with
CORE_MS = 86_400_000  # a day of one core
WORTHLESS = 0.2  # fewer right answers than one in five help nobody
SIZE_OF = {"sorter": "encoder"}  # a tuned copy is as large as what it was made from
Values = Mapping[str, float]


@dataclass(frozen=True)
class Option:
    """What one path would do; `broken` holds the needs whose limit it does not keep, {need: why}, and
    {"right": why} where it would hardly ever be right."""

    path: str
    right: float  # expected share of calls served as needed, 0 to 1
    milliseconds: float  # of its slowest kind of call
    megabytes: float
    cpu_hours: float  # a day, training again for changed facts included
    broken: Mapping[str, str]

    @property
    def members(self) -> tuple[str, ...]:
        """The single paths it is made of."""
        return tuple(self.path.split("+"))


def weigh(path: str, needs: Needs, v: Values) -> Option:
    """One path under these needs. A need that is None counts as: both kinds, no change, no label, no limit, no wish.

    Raises ValueError for a path that is none of `PATHS`.
    """
    if path not in PATHS:
        raise ValueError(f"There is no path {path!r}: choose one of {', '.join(PATHS)}.")
    members = path.split("+")
    kinds = ("facts", "behaviour") if needs.kind in (None, "both") else (needs.kind,)
    shares, times, models = zip(*(_call(kind, members, needs, v) for kind in kinds), strict=True)
    right, mean_ms = fmean(shares), fmean(times)
    megabytes = sum(v[f"mb.{SIZE_OF.get(model, model)}"] for model in sorted(set().union(*models)))
    hours = ((needs.calls_per_day or 0) * mean_ms / 1000 + _upkeep(members, kinds, needs, v)) / 3600
    broken = _broken(members, kinds, needs, max(times), mean_ms, megabytes)
    if right < WORTHLESS:
        broken["right"] = f"it would be right in {right:.2f} of the calls"
    return Option(path, round(right, 4), max(times), megabytes, hours, broken)


Part = tuple[float, float, set[str]]  # share right, milliseconds, models in memory


def _call(kind: str, members: Iterable[str], needs: Needs, v: Values) -> Part:
    """One kind of call, in the wanted style; what was sorted must then be written as well."""
    share, ms, models = (_facts if kind == "facts" else _behaviour)(members, needs, v)
    if not needs.style:
        return share, ms, models
    if kind == "behaviour":
        writer = "small_writer" if "distill" in members else "generator"
        ms, models = ms + v[f"ms.{writer}"], {*models, writer}
    return share * _style(members, kind, needs, v), ms, models


def _facts(members: Iterable[str], needs: Needs, v: Values) -> Part:
    """Questions about facts. A student answers as often rightly as its teacher, times what students keep."""
    small = "distill" in members
    kept = v["sort.student"] / v["sort.teacher"] if small else 1.0
    if "rag" in members:
        share = cited(needs, v)
        ms = v["ms.search"] + v["ms.small_writer"] if small else v["ms.rag"]
        models = {"encoder", "small_writer"} if small else {"encoder", "reading"}
    else:
        share = v["facts.taught" if "finetune" in members else "facts.closed"]
        ms, models = (v["ms.small_writer"], {"small_writer"}) if small else (v["ms.generator"], {"generator"})
    return share * kept * _fresh(members, needs, v), ms, models


def cited(needs: Needs, v: Values) -> float:
    """Share of answers from retrieval. With sources asked for never more: the two were scored on other questions."""
    return min(v["facts.rag"], v["facts.cited"]) if needs.sources else v["facts.rag"]


def _fresh(members: Iterable[str], needs: Needs, v: Values) -> float:
    """Share of the time in which the facts are up to date: 1 - seconds to update / seconds between changes."""
    if "rag" not in members and "finetune" not in members:
        return 1.0  # nothing is ever updated; that it knows none of the facts is in its share already
    seconds = v["seconds.index"] if "rag" in members else _training(members, v)
    return max(0.0, 1 - seconds / (86_400 * (needs.update_days or math.inf)))


def _training(members: Iterable[str], v: Values) -> float:
    return sum(v[f"seconds.{name}"] for name in members if name in ("finetune", "distill"))


def _behaviour(members: Iterable[str], needs: Needs, v: Values) -> Part:
    """Sorting, as the course's mail stands for it. Where its own way is worse, a path may fall back on zero-shot."""
    labels = needs.labels or 0
    ways = [(v["sort.zero"], v["ms.encoder"], {"encoder"})]
    if "rag" in members and labels >= CURVE[0]:
        ways.append((curve("neighbours", labels, v), v["ms.encoder"], {"encoder"}))
    if "finetune" in members:
        ways.append((curve("probe", labels, v), v["ms.encoder"], {"sorter"}))
    if "distill" in members:  # small is the point: the large model is not kept beside it
        taught = max(v["sort.zero"], curve("probe", labels, v)) if "finetune" in members else 0.0
        share = taught * v["sort.student"] / v["sort.teacher"] if taught > v["sort.zero"] else v["sort.untaught"]
        own = (share, v["ms.student"], {"student"})
        return max(own, ways[1]) if "rag" in members and len(ways) > 1 else own
    return max(ways, key=lambda way: way[0])


def curve(what: str, labels: float, v: Values) -> float:
    """The share for a number of labels, on a straight line over log(labels) between measured ones; flat at the ends.

    For `probe` the last point is full fine-tuning on all 640 labels, the best that was measured.
    """
    points = [(n, v[f"{what}.{n}"]) for n in CURVE]
    if what == "probe":
        points[-1] = (CURVE[-1], max(v["sort.full"], points[-1][1]))
    if labels <= points[0][0]:
        return points[0][1]
    for (low, share), (high, more) in zip(points, points[1:], strict=False):
        if labels <= high:
            return share + (more - share) * math.log(labels / low) / math.log(high / low)
    return points[-1][1]


def _style(members: Iterable[str], kind: str, needs: Needs, v: Values) -> float:
    """Share of texts in the wanted style; where RAG's facts are put into it, those that keep facts and meaning.

    RAG fills in the nearest of the examples, if it has as many as were measured; fine-tuning learns from them.
    """
    ways = [v["style.untaught"]]
    whole = "rag" in members and kind == "facts"
    if "rag" in members and (needs.labels or 0) >= PAIRS:
        ways.append(v["style.template" if whole else "style.filled"])
    if "finetune" in members:
        ways.append(v["style.kept" if whole else "style.taught"])
    return max(ways)


def _upkeep(members: Iterable[str], kinds: Iterable[str], needs: Needs, v: Values) -> float:
    """CPU-seconds a day for changed facts."""
    if "facts" not in kinds:
        return 0.0
    seconds = v["seconds.index"] if "rag" in members else _training(members, v)
    return seconds / (needs.update_days or math.inf)


def _broken(
    members: Iterable[str], kinds: Iterable[str], needs: Needs, slowest: float, mean_ms: float, megabytes: float
) -> dict[str, str]:
    """The limits that are not kept, by need, in words."""
    broken, core = {}, (needs.calls_per_day or 0) * mean_ms / CORE_MS
    if slowest > (needs.latency_ms or math.inf):
        broken["latency_ms"] = f"an answer takes {slowest:.3g} ms, and {needs.latency_ms:g} ms are allowed"
    if megabytes > (needs.memory_mb or math.inf):
        broken["memory_mb"] = f"its models take {megabytes:.3g} MB, and {needs.memory_mb:g} MB are allowed"
    if core > 1:
        broken["calls_per_day"] = f"{needs.calls_per_day:,.0f} calls a day keep {core:.2g} cores busy, and there is one"
    if needs.sources and "rag" not in members:
        broken["sources"] = "it has read nothing that it could name as a source"
    least = PAIRS if needs.style else CURVE[0] if "behaviour" in kinds else 0
    if "finetune" in members and (needs.labels or 0) < least:
        broken["labels"] = f"it learns from examples, at least {least} of them, and there are {needs.labels or 0}"
    return broken
