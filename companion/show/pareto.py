"""Students of every shape: accuracy over what they cost, in megabytes or milliseconds, and how they were taught."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any

from companion.show.display import show_widget, svg_image
from companion.show.figures import rounded
from companion.show.living import box, paper, percent, said, still, svg, words
from companion.show.style import COLOURS

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 330, 60, 700, 36, 270
APART, BESIDE = 104, 17  # pixels between two columns at least, and between two marks of one
COSTS = {"megabytes": "MB in float32", "milliseconds": "ms of one processor for a letter"}
MARKS = {"gold": "○", "soft": "◐", "logits": "●", "hint": "▲", "augmented": "■", "layers": "◆", "as it is": "★"}
SPELT = {"gold": "people's labels", "as it is": "the teacher"}
ALT = "Accuracy over cost for every kind of student; the sentence above it holds the numbers."
Table = Mapping[str, Mapping[str, float]]


def frontier(
    table: Table, teacher: Mapping[str, float], start: str = "milliseconds", judge: Table | None = None
) -> None:
    """Each kind of student at its cost, a mark for each way it was taught; buttons choose the cost and the way.

    table: {kind: {way: accuracy, "parameters", "ms"}}, as `across_measure.frontier` gives it. teacher: {"as it is":
    accuracy, "parameters", "ms"}. judge: {kind: {way: accuracy}} on other letters, which name the best way of a kind;
    without them the best is named on the letters of the table, which flatters whoever has most ways. Prints the tables.
    Raises ValueError for an unknown cost.
    """
    if start not in COSTS:
        raise ValueError(f"There is no cost {start!r}: choose one of {', '.join(COSTS)}.")
    everyone = {**table, "teacher": teacher}
    living = Frontier(everyone, start, judge)
    told = sentence(everyone, start, "all", judge)
    show_widget(living.box, still(said(told) + svg_image(drawing(everyone, start, "all"), told, WIDTH)), told)
    print(rounded(_printed(everyone)))
    if judge:
        print("\nOn the letters that choose:", rounded(_by_way(judge)), sep="\n")


def _printed(table: Table) -> dict[str, dict[str, Any]]:
    """The ways in the order of the marks, then megabytes; times differ from machine to machine, and are left out."""
    rows = _by_way(table)
    return {kind: row | {"megabytes": f"{cost_of(table[kind], 'megabytes'):.1f}"} for kind, row in rows.items()}


def _by_way(table: Table) -> dict[str, dict[str, Any]]:
    ways = [name for name in MARKS if any(name in row for row in table.values())]
    return {kind: {name: row.get(name, "") for name in ways} for kind, row in table.items()}


class Frontier:
    """The living part: ``cost`` and ``way`` are rows of buttons, ``page`` the drawing."""

    def __init__(self, table: Table, start: str, judge: Table | None = None) -> None:
        import ipywidgets as w

        self.table, self.judge = table, judge
        ways = dict.fromkeys(way for row in table.values() for way in ways_of(row))
        self.cost = w.ToggleButtons(options=list(COSTS), value=start, description="cost")
        self.way = w.ToggleButtons(
            options=["all", *(way for way in ways if way != "as it is")], description="taught by"
        )
        self.page = w.HTML()
        for part in (self.cost, self.way):
            part.observe(self.draw, names="value")
        self.box = box(self.cost, self.way, self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Choose and draw again."""
        chosen = (self.table, self.cost.value, self.way.value)
        self.page.value = said(sentence(*chosen, self.judge)) + drawing(*chosen, ALT)


def ways_of(row: Mapping[str, float]) -> dict[str, float]:
    """{way: accuracy} of a row, without its costs."""
    return {name: value for name, value in row.items() if name not in ("parameters", "ms")}


def cost_of(row: Mapping[str, float], cost: str) -> float:
    """Megabytes at four bytes a number, or milliseconds."""
    return row["parameters"] * 4 / 1e6 if cost == "megabytes" else row["ms"]


def sentence(table: Table, cost: str, way: str, judge: Table | None = None) -> str:
    """The best way of each kind by `judge`, or by the table itself; or this way; with its cost."""
    parts = []
    for kind, row in table.items():
        ways = {w: v for w, v in ways_of(row).items() if way in ("all", w) or kind == "teacher"}
        if ways:
            by = (judge or table).get(kind, row)
            best = max(ways, key=lambda name, by=by: by[name])
            named = "" if kind == "teacher" else f" by {best}"
            parts.append(f"{kind} {percent(ways[best])}{named} at {cost_of(row, cost):.3g}")
    return f"{COSTS[cost]}: {'; '.join(parts)}."


def drawing(table: Table, cost: str, way: str, alt: str = "") -> str:
    """Accuracy up, a column for each kind by its cost; in it a mark for each way, side by side."""
    levels, places = _levels(table), _places([cost_of(row, cost) for row in table.values()])
    parts = [] if alt else [paper(WIDTH, HEIGHT)]
    for level in levels:
        y = _y(level, levels)
        parts.append(f'<path d="M{LEFT} {y}H{RIGHT}" stroke="{COLOURS["grid"]}"/>')
        parts.append(words(LEFT - 8, y + 4, percent(level), 'text-anchor="end" font-size="12"'))
    for (kind, row), x in zip(table.items(), places, strict=True):
        parts.append(words(x, BOTTOM + 18, kind, 'text-anchor="middle" font-weight="600"'))
        parts.append(words(x, BOTTOM + 34, f"{cost_of(row, cost):.3g}", 'text-anchor="middle" font-size="12"'))
        ways = ways_of(row)
        for number, (name, share) in enumerate(ways.items()):
            parts.append(_mark(x + BESIDE * (number - (len(ways) - 1) / 2), _y(share, levels), name, way))
    parts.append(words((LEFT + RIGHT) / 2, HEIGHT - 8, COSTS[cost], 'text-anchor="middle" font-size="12"'))
    key = "  ·  ".join(f"{sign} {SPELT.get(name, name)}" for name, sign in MARKS.items())
    parts.append(words(LEFT, 18, key, f'font-size="12" fill="{COLOURS["muted"]}"'))
    return svg(WIDTH, HEIGHT, "".join(parts), alt)


def _places(costs: list[float]) -> list[float]:
    """Where the columns stand: on a scale of tens, then pushed apart until their names can be read."""
    scale = [log10(cost) for cost in costs]
    low, wide = min(scale), max(scale) - min(scale) or 1.0
    places = [LEFT + APART / 2 + (at - low) / wide * (RIGHT - LEFT - APART) for at in scale]
    order = sorted(range(len(costs)), key=lambda column: costs[column])
    for before, column in pairwise(order):
        places[column] = max(places[column], places[before] + APART)
    return [round(place, 1) for place in places]


def _levels(table: Table) -> list[float]:
    """Tens of percent around all accuracies."""
    shares = [share for row in table.values() for share in ways_of(row).values()]
    return [tens / 10 for tens in range(floor(10 * min(shares)), ceil(10 * max(shares)) + 1)]


def _mark(x: float, y: float, name: str, way: str) -> str:
    pale = "" if way in ("all", name) or name == "as it is" else ' fill-opacity="0.2"'
    colour = COLOURS["ink" if name in ("gold", "as it is") else "distill"]
    return words(round(x, 1), y + 5, MARKS[name], f'text-anchor="middle" font-size="15" fill="{colour}"{pale}')


def _y(accuracy: float, levels: list[float]) -> float:
    low, high = levels[0], levels[-1]
    return round(BOTTOM - (accuracy - low) / (high - low) * (BOTTOM - TOP), 1)
