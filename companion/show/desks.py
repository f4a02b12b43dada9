"""Every desk on the same 400 turns: what was right, what was wrong with confidence, and what a person had to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from companion.show.figures import canvas, figure
from companion.show.style import COLOURS

PARTS = {"right": ("good", ""), "handed to a person": ("edge", ".."), "confident and wrong": ("bad", "//")}


def desk_shares(table: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> None:
    """Draw each desk as one bar of three parts, and print its figures, means over the rows' seeds.

    ``table`` is the rows of the stored run "hybrid", ``names`` what each desk is called. The right hand-overs of
    talk that is out of scope count as right. Raises ValueError where the table is empty.
    """
    if not table:
        raise ValueError("There is nothing to draw: pass the rows of the stored run.")
    means = {name: _means([row["desks"][desk] for row in table]) for desk, name in names.items()}
    rows = {name: _columns(desk) for name, desk in means.items()}
    said = "; ".join(f"{name} {row['right']:.2f} right, {row['wrong']:.2f} wrong" for name, row in rows.items())
    figure(_draw(rows), f"A bar for each desk, of what it did with 400 turns. {said}.", rows)


def _means(desks: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {what: fmean(desk[what] for desk in desks) for what in desks[0]}


def _columns(desk: Mapping[str, float]) -> dict[str, float]:
    """What is printed of a desk: shares, milliseconds of the processor, and money for 1,000 turns."""
    return {
        "right": desk["accuracy"],
        "wrong": desk["wrong"],
        "FAQ": desk["faq"],
        "other": desk["other"],
        "misrouted": desk["misrouted"],
        "p50 ms": round(desk["p50"]),
        "p95 ms": round(desk["p95"]),
        "CPU s": round(desk["cpu"]),
        "money": round(desk["money"]),
    }


def _draw(rows: Mapping[str, Mapping[str, float]]) -> Any:
    fig, ax = canvas(7.2, 0.55 + 0.42 * len(rows))
    names = list(rows)
    for place, name in enumerate(names):
        right, wrong = rows[name]["right"], rows[name]["wrong"]
        start = 0.0
        for share, (colour, hatch) in zip((right, 1 - right - wrong, wrong), PARTS.values(), strict=True):
            ax.barh(place, share, left=start, height=0.66, color=COLOURS[colour], hatch=hatch, ec=COLOURS["paper"])
            if share > 0.06:
                ink = COLOURS["ink" if colour == "edge" else "paper"]
                look = {"color": ink, "fontsize": 9, "fontweight": "bold"}
                box = {"boxstyle": "round,pad=0.15", "fc": COLOURS[colour], "ec": "none"}
                ax.text(start + share / 2, place, f"{share:.2f}", ha="center", va="center", bbox=box, **look)
            start += share
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.grid(False)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    fig.suptitle("right · handed to a person (dotted) · confident and wrong (striped)", fontsize=10, fontweight="bold")
    return fig
