"""The measured numbers that a recommendation rests on, each with the place it comes from.

A claim's number is the learner's own where the ledger has it, else the reference's; the rest are stored runs. Every
number that is not the learner's own is a fallback, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean

from companion import ledger
from companion.stored import chosen, stored

CURVE = (16, 32, 80, 160, 320, 640)  # labels; measured in companion/choose/measure.py


@dataclass(frozen=True)
class Figure:
    """One number.

    Attributes: `key`; `value` in `unit` ("share", "ms", "MB" or "s"); `says`, what it is; `source`, where it comes
    from; `own`, whether the learner measured it; `claim`, the claim that would make it the learner's own, if any.
    """

    key: str
    value: float
    unit: str
    says: str
    source: str
    own: bool = False
    claim: str = ""

    def spelled(self) -> str:
        """The value as people say it: 0.93, 12.5 ms, 91 MB."""
        if self.unit == "share":
            return f"{self.value:.2f}"
        return f"{self.value:.3g} {self.unit}"


# key -> (claim, side of its run, unit, what it is). The claim's own run is preferred to every other source.
CLAIMED = {
    "facts.rag": ("C1.1-b", "values", "share", "questions about changed facts answered exactly, with retrieval"),
    "facts.closed": ("C1.1-b", "baseline", "share", "the same questions, without article or training"),
    "facts.cited": ("C1.1-d", "values", "share", "answers that are exact and cite the right article"),
    "sort.full": ("C1.2-c", "baseline", "share", "letters sorted rightly after fine-tuning on 640 labels"),
    "sort.student": ("C1.3-a", "values", "share", "letters sorted rightly by the small student of a tuned teacher"),
    "seconds.index": ("C2.1-a", "values", "s", "seconds from a changed fact to its right answer, by the index"),
    "seconds.finetune": ("C2.1-a", "baseline", "s", "seconds of training for changed facts, given up after 120"),
    "seconds.distill": ("C2.1-b", "values", "s", "seconds to train a student, the teacher's answers included"),
    "ms.rag": ("C2.1-d", "values", "ms", "an answer with search and five passages"),
    "ms.generator": ("C2.1-d", "baseline", "ms", "an answer of the same generator without passages"),
}


def read_figures(records: Sequence[ledger.Record] | None = None) -> dict[str, Figure]:
    """All figures by key. `records` is the learner's ledger; None reads it."""
    records = ledger.read() if records is None else records
    own = {record.claim_id: record for record in records if record.values and record.baseline}  # the latest stands
    run_of, where = ledger.reference()["runs"], ledger.reference()
    figures = {figure.key: figure for figure in (*_stored_runs(), *_further_runs(), *_numbers(where["numbers"]))}
    for key, (claim, side, unit, says) in CLAIMED.items():
        if claim in own:
            value, source = fmean(getattr(own[claim], side).values()), f"your ledger, {claim}"
            figures[key] = Figure(key, value, unit, says, source, own=True, claim=claim)
        elif run_of.get(claim, {}).get(side):
            value, source = fmean(run_of[claim][side].values()), f"the reference's {claim}"
            figures[key] = Figure(key, value, unit, says, source, claim=claim)
        elif key in figures:
            figures[key] = Figure(key, figures[key].value, unit, figures[key].says, figures[key].source, claim=claim)
    return figures


def values(figures: Mapping[str, Figure]) -> dict[str, float]:
    """The bare numbers, for computing."""
    return {key: figure.value for key, figure in figures.items()}


def fallbacks(figures: Mapping[str, Figure], keys: Sequence[str]) -> list[str]:
    """One phrase for each of these figures that the learner did not measure: what it is, and whose it is."""
    return [f"{figures[k].says}: {figures[k].spelled()}, {figures[k].source}" for k in keys if not figures[k].own]


def _numbers(numbers: Mapping[str, float]) -> list[Figure]:
    """Figures without a claim of their own, and stand-ins for claims that are not measured yet."""
    found = [
        (
            "style.untaught",
            "voice.before.in_voice",
            "share",
            "the 40 held-out pairs' texts in voice before any training",
        ),
        ("sort.teacher", "students.teacher", "share", "letters sorted rightly by the student's teacher"),
        ("seconds.finetune", "mail.lora.seconds", "s", "seconds of fine-tuning the sorter by LoRA"),
        ("seconds.sorter", "mail.lora.seconds", "s", "seconds of fine-tuning the sorter by LoRA"),
    ]
    return [Figure(key, numbers[name], unit, says, "the reference") for key, name, unit, says in found]


STYLE = {  # key -> (path, measure, what it is) of 2_2b's copy: 40 sentences about names that no training pair has
    "style.taught": ("fine-tuning", "in_voice", "sentences in the brand's voice after training on 120 pairs"),
    "style.kept": ("fine-tuning", "true", "sentences in voice that kept names, numbers and meaning, after 120 pairs"),
    "style.filled": (
        "retrieval, numbers too",
        "in_voice",
        "sentences in voice from the nearest of 120 pairs, filled in",
    ),
    "style.template": ("retrieval, numbers too", "true", "filled-in sentences that kept names, numbers and meaning"),
}


@cache
def _further_runs() -> tuple[Figure, ...]:
    """What chapter 2 measured: a style, and facts put into a model. All facts are asked, so what spills counts."""
    copy, source = stored("scenarios_domain_and_style")["rows"], "2_2b, 40 held-out sentences"
    found = []
    for key, (path, measure, said) in STYLE.items():
        share = fmean(row[measure] for row in copy if (row["job"], row["path"]) == ("copy", path))
        found.append(Figure(key, round(share, 4), "share", said, source))
    rows = chosen(stored("matrix")["rows"], part="answers", way="facts as pairs")
    share, seconds = (fmean(row[name] for row in rows) for name in ("right", "seconds"))
    says = f"questions about all facts, answered exactly after {seconds:.0f} s of training on all of them"
    return (*found, Figure("facts.taught", share, "share", says, "the stored run matrix"))


@cache
def _stored_runs() -> tuple[Figure, ...]:
    """What companion/runs holds: curves over labels, times, sizes."""
    rows, source = stored("choose")["rows"], "the stored run choose"
    found = [
        Figure("sort.zero", _mean(rows, what="zero-shot", wording="name"), "share", SAID["sort.zero"], source),
        Figure("sort.untaught", _mean(rows, what="untaught teacher"), "share", SAID["sort.untaught"], source),
    ]
    for labels in CURVE:
        for what in ("probe", "neighbours"):
            share = _mean(rows, what=what, labels=labels)
            found.append(Figure(f"{what}.{labels}", share, "share", SAID[what].format(labels), source))
    for row in (row for row in rows if row["what"] == "milliseconds"):
        name = NAMES[row["of"]]
        found.append(Figure(f"ms.{name}", row["milliseconds"], "ms", f"one call of the {row['of']}", source))
        found.append(Figure(f"mb.{name}", row["megabytes"], "MB", f"weights of the {row['of']}", source))
    students = chosen(stored("students")["rows"], kind="cnn", texts=4040, labels="soft", extra="")
    seconds = fmean(row["seconds"] for row in students)
    found.append(Figure("seconds.distill", seconds, "s", "seconds to train a student", "the stored run students"))
    ms = {figure.key: figure.value for figure in found if figure.unit == "ms"}
    said = "seconds to put one changed article into the index: one text is read"
    found.append(Figure("seconds.index", ms["ms.search"] / 1000, "s", said, source))
    return (
        *found,
        Figure("ms.rag", ms["ms.search"] + ms["ms.reading"], "ms", "search, then five passages read", source),
    )


def _mean(rows: Sequence[Mapping], **wanted: object) -> float:
    return fmean(row["test"] for row in rows if wanted.items() <= row.items())


SAID = {
    "sort.zero": "letters sorted rightly by the names of the classes alone, zero-shot",
    "sort.untaught": "letters sorted rightly by a student whose teacher saw no label",
    "probe": "letters sorted rightly after the cheapest fine-tuning on {} labels",
    "neighbours": "letters sorted rightly by the nearest of {} labelled letters",
}
NAMES = {
    "encoder": "encoder",
    "student": "student",
    "search": "search",
    "generator": "generator",
    "generator with passages": "reading",
    "student generator": "small_writer",
}
