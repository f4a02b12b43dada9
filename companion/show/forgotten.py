"""What was gained against what was forgotten: one point a way of training, means over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from companion.finetune import measure
from companion.show.figures import canvas, figure
from companion.show.style import COLOURS
from companion.show.twofold import spread

NAMES = {
    "probe": "head only (probe)",
    "last": "last two layers",
    "lora": "LoRA, rank 8",
    "adapter": "adapters, width 32",
}
LABELS = {  # which side of the text lies at the point, and how high; the points stand close together
    "all weights, 5e-5": ("right", 6),
    "all weights, 1e-4": ("right", 6),
    "all weights, 2e-4": ("right", 5),
    "all weights, 5e-4, stopped early": ("right", -13),
    "LoRA, rank 8": ("right", -12),
    "last two layers": ("left", 5),
    "adapters, width 32": ("left", 5),
}
Point = dict[str, Any]


def tradeoff(table: Sequence[dict[str, Any]], search: str = "company") -> None:
    """Draw accuracy on mail against recall@5 of ``search``, and print both with the numbers that are trained.

    ``table`` is the rows of the stored run "mail". The crosses are one standard deviation over seeds wide and high.
    """
    points = ways(table)
    start = fmean(measure.first(table, search, "full").values())
    others = [name for name in ("company", "real text") if name in table[0]["moments"][0]]
    rows = {
        "before": {
            "mail": fmean(measure.first(table, "test", "full").values()),
            **{_said(o): fmean(measure.first(table, o, "full").values()) for o in others},
            "trained": 0,
        }
    }
    for name, point in points.items():
        rows[name] = {"mail": fmean(point["mail"])} | {_said(o): fmean(point["all"][o]) for o in others}
        rows[name] |= {"trained": point["trained"]}
    said = "; ".join(
        f"{name}: mail {fmean(p['mail']):.2f}, search {fmean(p['all'][search]):.2f}" for name, p in points.items()
    )
    alt = f"Ways of training as points, mail sorted rightly against recall@5 of search, {start:.2f} before. {said}."
    figure(_draw(points, start, search), alt, rows)


def ways(table: Sequence[dict[str, Any]]) -> dict[str, Point]:
    """{name: mail and recalls by seed} for every rate of full training, stopping early, and the other methods."""
    rates = sorted({row["rate"] for row in table if row["method"] == "full"})
    points = {f"all weights, {rate:.0e}".replace("e-0", "e-"): _point(table, "full", rate) for rate in rates}
    early = _point(table, "full", rates[-1], measure.stopped)
    points[f"{list(points)[-1]}, stopped early"] = early
    return points | {name: _point(table, method) for method, name in NAMES.items()}


def _point(table: Any, method: str, rate: float | None = None, read: Any = measure.last) -> Point:
    row = measure.rows_of(table, method, rate)[0]
    found = [name for name in row["moments"][0] if name not in ("step", "validation", "test")]
    scores = {name: list(read(table, name, method, rate).values()) for name in found}
    return {"mail": list(read(table, "test", method, rate).values()), "all": scores, "trained": row["trained"]}


def _said(search: str) -> str:
    return f"search, {search}"


def _draw(points: Mapping[str, Point], start: float, search: str) -> Any:
    fig, ax = canvas(7.2, 4.2)
    ax.axhline(start, color=COLOURS["muted"], lw=1.2, ls=(0, (5, 3)))
    ax.annotate("search before any training", (0.02, start), xycoords=("axes fraction", "data"), xytext=(0, 4),
                textcoords="offset points", color=COLOURS["muted"], fontsize=9.5)  # fmt: skip
    full = [name for name in points if name.startswith("all weights") and "early" not in name]
    line = [(fmean(points[n]["mail"]), fmean(points[n]["all"][search])) for n in full]
    ax.plot(*zip(*line, strict=True), color=COLOURS["finetune"], lw=1.4, zorder=1)
    for name, point in points.items():
        _mark(ax, name, point["mail"], point["all"][search])
    ax.set_xlabel("mail sorted rightly (test writer)")
    ax.set_ylabel("recall@5 of search")
    ax.set_ylim(-0.02, 1.0)
    ax.margins(0.14)
    return fig


def _mark(ax: Any, name: str, mails: list[float], recalls: list[float]) -> None:
    colour = COLOURS["finetune"] if name.startswith("all weights") else COLOURS["ink"]
    x, y = fmean(mails), fmean(recalls)
    ax.errorbar(x, y, yerr=spread(recalls), xerr=spread(mails), color=colour, lw=1, alpha=0.45, zorder=2)
    ax.scatter([x], [y], s=36, color=colour, zorder=3, marker="o" if name.startswith("all weights") else "s")
    side, height = LABELS.get(name, ("left", -11))
    at = (6 if side == "left" else -6, height)
    ax.annotate(name, (x, y), xytext=at, textcoords="offset points", ha=side, fontsize=8.5, color=colour)
