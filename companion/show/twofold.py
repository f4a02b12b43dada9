"""The table of two by two: few or many texts, hard or soft labels; each seed a dot, all on one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from companion.show.figures import canvas, figure
from companion.show.style import COLOURS

CELLS = {  # where each cell stands, in the order of reading
    ("few", "hard"): 0.0,
    ("few", "soft"): 1.0,
    ("many", "hard"): 2.5,
    ("many", "soft"): 3.5,
}
LOOKS = {"hard": (COLOURS["muted"], "s"), "soft": (COLOURS["distill"], "o")}


def table_2x2(
    values: Mapping[tuple[str, str], Sequence[float]],
    what: str = "accuracy",
    groups: tuple[str, str] = ("few texts", "many texts"),
    teacher: float | None = None,
) -> None:
    """Draw the four cells and print mean, spread, lowest and highest of each.

    ``values`` is ``{("few" | "many", "hard" | "soft"): one number per seed}``; the spread is the standard
    deviation over seeds (n - 1 below the line), 0 for a single seed. ``what`` names the numbers, ``groups`` the
    two amounts of text, ``teacher`` is the teacher's own number, a line across. Raises ValueError where a cell
    is missing or empty.
    """
    if set(values) != set(CELLS) or not all(len(values[cell]) for cell in CELLS):
        raise ValueError('The table needs four cells: pass numbers for ("few" or "many", "hard" or "soft").')
    names = dict(zip(("few", "many"), groups, strict=True))
    rows = {f"{names[amount]}, {labels} labels": list(map(float, values[amount, labels])) for amount, labels in CELLS}
    table = {name: _summary(seeds) for name, seeds in rows.items()}
    extra = {} if teacher is None else {"teacher": {"mean": float(teacher)}}
    figure(_draw(values, what, groups, teacher), _alt(table, what, teacher), table | extra)


def _summary(seeds: list[float]) -> dict[str, float]:
    return {"mean": mean(seeds), "spread": spread(seeds), "lowest": min(seeds), "highest": max(seeds)}


def spread(seeds: Sequence[float]) -> float:
    """Standard deviation with n - 1 below the line; 0 for a single number."""
    return stdev(seeds) if len(seeds) > 1 else 0.0


def _alt(table: Mapping[str, Mapping[str, float]], what: str, teacher: float | None) -> str:
    cells = "; ".join(f"{name} {row['mean']:.3f} (± {row['spread']:.3f})" for name, row in table.items())
    line = "" if teacher is None else f" The teacher reaches {teacher:.3f}."
    return f"Four groups of dots on one axis, {what}, one dot a seed. Means: {cells}.{line}"


def _draw(values: Mapping[tuple[str, str], Sequence[float]], what: str, groups: Sequence[str], teacher: Any) -> Any:
    fig, ax = canvas(7.2, 3.7)
    for amount in ("few", "many"):  # what soft labels change, for the same texts
        places = [CELLS[amount, labels] for labels in LOOKS]
        ax.plot(places, [mean(values[amount, labels]) for labels in LOOKS], color=COLOURS["edge"], lw=1.6, zorder=1)
    for (amount, labels), x in CELLS.items():
        _cell(ax, x, list(values[amount, labels]), *LOOKS[labels])
    if teacher is not None:
        ax.axhline(teacher, color=COLOURS["measured"], lw=1.4, ls=(0, (5, 3)))
        ax.annotate(
            f"teacher {teacher:.2f}",
            (4.4, teacher),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            color=COLOURS["measured"],
            fontsize=9.5,
        )
    _axes(ax, what, groups)
    return fig


def _cell(ax: Any, x: float, seeds: list[float], colour: str, mark: str) -> None:
    """Dots beside each other in the order of the seeds; the mean is a bar, the spread a line through it."""
    middle, paper = mean(seeds), COLOURS["paper"]
    aside = [x + 0.09 * (i - (len(seeds) - 1) / 2) for i in range(len(seeds))]
    ax.errorbar(x, middle, yerr=spread(seeds), color=colour, lw=1.6, capsize=5, zorder=2)
    ax.plot([x - 0.3, x + 0.3], [middle, middle], color=colour, lw=3, solid_capstyle="round", zorder=3)
    ax.plot(aside, seeds, mark, mfc=paper, mec=colour, mew=1.6, ms=6.5, zorder=4)
    side, align = (1, "left") if mark == "o" else (-1, "right")  # outside, away from the line between the two
    beside = {"xy": (x + 0.36 * side, middle), "textcoords": "offset points", "color": colour, "ha": align}
    ax.annotate(f"{middle:.2f}", xytext=(0, 0), fontweight="bold", fontsize=11, **beside)
    ax.annotate(f"± {spread(seeds):.3f}", xytext=(0, -11), fontsize=8.5, **beside)


def _axes(ax: Any, what: str, groups: Sequence[str]) -> None:
    ax.set_xticks(list(CELLS.values()), [f"{labels} labels" for _, labels in CELLS])
    ax.tick_params(axis="x", length=0, pad=6)
    ax.set_xlim(-0.9, 4.4)
    ax.margins(y=0.15)
    ax.set_title(what[:1].upper() + what[1:])
    for x, name in zip((0.5, 3.0), groups, strict=True):
        ax.annotate(
            name,
            (x, 0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -38),
            textcoords="offset points",
            ha="center",
            fontweight="bold",
            fontsize=11,
            color=COLOURS["ink"],
        )
    ax.axvline(1.75, color=COLOURS["grid"], lw=1)
