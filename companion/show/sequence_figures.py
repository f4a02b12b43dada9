"""Tasks in sequence: the matrix R of every method, and forgetting against the strength of the springs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from companion.show.figures import canvas, figure
from companion.show.style import COLOURS
from companion.show.twofold import spread

BESIDE = {  # close together
    "plain": ("right", -6, -13),
    "replay, 5 %": ("left", 7, 5),
    "L2, 0.001": ("right", -6, -12),
    "L2, 0.01": ("left", 5, -14),
    "L2, 0.03": ("right", -8, -9),
    "EWC, 10000": ("right", -8, -12),
    "EWC, 1000": ("left", 7, 5),
}
PALE = 1.5  # what would be the darkest green: a share of 1 stays pale enough for dark figures


def task_matrices(table: Sequence[Mapping[str, Any]], methods: Mapping[str, tuple[str, float]], own_head: bool) -> None:
    """One square of numbers a method: rows are moments (after each desk), columns are desks; means over seeds.

    ``table``: rows of the stored run "ewc". ``methods``: {title: (method, strength)}.
    """
    from companion.finetune.ewc_measure import NAMES, rows_of

    means = {title: _mean([row["test"] for row in rows_of(table, *_wanted(how, own_head))])
             for title, how in methods.items()}  # fmt: skip
    fig, axes = canvas(7.4, 2.75, 1, len(means))
    for ax, (title, R) in zip(axes, means.items(), strict=True):
        _square(ax, title, R, NAMES, first=ax is axes[0])
    said = "; ".join(f"{t}: at the end {', '.join(f'{v:.2f}' for v in R[-1])}" for t, R in means.items())
    shown = {t: {f"{n}, at the end": v for n, v in zip(NAMES, R[-1], strict=True)} for t, R in means.items()}
    figure(fig, f"Share right on each desk after each desk was learned, one matrix a method. {said}.", shown)


def _wanted(how: tuple[str, float], own_head: bool) -> tuple[str, bool, float]:
    return how[0], own_head, how[1]


def _mean(found: Sequence[Sequence[Sequence[float | None]]]) -> list[list[float | None]]:
    size = range(len(found[0]))
    return [[fmean(R[i][j] for R in found) if j <= i else None for j in size] for i in size]


def _square(ax: Any, title: str, R: Sequence[Sequence[float | None]], names: Sequence[str], first: bool) -> None:
    import numpy as np

    filled = np.array([[np.nan if v is None else v for v in row] for row in R], dtype=float)
    ax.imshow(filled, cmap="YlGn", vmin=0, vmax=PALE)
    for (i, j), value in np.ndenumerate(filled):
        if not np.isnan(value):
            look = {"fontsize": 9.5, "fontweight": "bold", "color": COLOURS["ink"]}
            ax.text(j, i, f"{value:.2f}", ha="center", va="center", **look)
    ax.set_title(title, fontsize=9.5)
    ax.grid(False)
    ax.set_xticks(range(len(names)), names, fontsize=7.5, rotation=25)
    ax.set_yticks(range(len(names)), [f"after {n}" for n in names] if first else [""] * len(names), fontsize=8)
    ax.tick_params(length=0)


def strength_curve(table: Sequence[Mapping[str, Any]]) -> None:
    """Forgetting, and the share right at the end, against the strength of EWC and of L2; replay and LoRA beside.

    *Rate*: plain training at smaller learning rates. A dotted line: all desks learned at once. *Just learned* is
    each desk right after its own training.
    """
    from companion.finetune.ewc_measure import METHODS, last_mean, rows_of

    rows = {"plain": _row(table, "plain", 0.0)}
    for method, name in (("slower", "rate"), ("l2", "L2"), ("ewc", "EWC")):
        rows |= {f"{name}, {strength:g}": _row(table, method, strength) for strength in METHODS[method]}
    rows |= {"replay, 5 %": _row(table, "replay", 0.0), "LoRA a desk": _row(table, "lora", 0.0)}
    said = "; ".join(f"{name}: forgets {fmean(r['forgetting']):.2f}, ends at {fmean(r['end']):.2f}"
                     for name, r in rows.items())  # fmt: skip
    shown = {name: {what: fmean(values) for what, values in row.items()} for name, row in rows.items()}
    joint = fmean(last_mean(row) for row in rows_of(table, "joint"))
    shown["all desks at once"] = {"end": joint}
    alt = f"Forgetting against the share right at the end, means over seeds. {said}; all desks at once: {joint:.2f}."
    figure(_points(rows, joint), alt, shown)


def _row(table: Sequence[Mapping[str, Any]], method: str, strength: float) -> dict[str, list[float]]:
    from companion.finetune.ewc_measure import last_mean, rows_of
    from companion.metrics import forgetting

    rows = rows_of(table, method, True, strength)
    new = [fmean(row["test"][i][i] for i in range(3)) for row in rows]
    found = {"forgetting": [forgetting(row["test"]) for row in rows], "just learned": new}
    return found | {"end": [last_mean(row) for row in rows]}


def _points(rows: Mapping[str, Mapping[str, Sequence[float]]], joint: float) -> Any:
    fig, ax = canvas(7.2, 4.0)
    under = {"boxstyle": "square,pad=0.1", "facecolor": COLOURS["paper"], "edgecolor": "none", "alpha": 0.85}
    for family, colour in (("rate", "ink"), ("L2", "muted"), ("EWC", "finetune")):
        line = [(fmean(r["forgetting"]), fmean(r["end"])) for n, r in rows.items() if n.startswith((family, "plain"))]
        ax.plot(*zip(*line, strict=True), color=COLOURS[colour], lw=1.4, zorder=1)
    for name, row in rows.items():
        colour = COLOURS["finetune" if name.startswith("EWC") else "muted" if name.startswith("L2") else "ink"]
        x, y = fmean(row["forgetting"]), fmean(row["end"])
        ax.errorbar(x, y, xerr=spread(row["forgetting"]), yerr=spread(row["end"]), color=colour, lw=1, alpha=0.4)
        ax.scatter([x], [y], s=36, color=colour, zorder=3)
        side, *at = BESIDE.get(name, ("left", 6, -11 if name.startswith("L2") else 5))
        ax.annotate(
            name, (x, y), xytext=at, textcoords="offset points", fontsize=8.5, color=colour, ha=side, bbox=under
        )
    ax.axhline(joint, color=COLOURS["muted"], lw=1.2, ls=":")
    ax.annotate("all desks at once", (1, joint), xycoords=("axes fraction", "data"), xytext=(-4, 4),
                textcoords="offset points", fontsize=8.5, color=COLOURS["muted"], ha="right")  # fmt: skip
    ax.set_title("Up and to the left is better")
    ax.set_xlabel("forgetting (share of the old desks' letters)")
    ax.set_ylabel("right at the end, three desks")
    ax.margins(0.14)
    return fig
