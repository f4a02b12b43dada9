"""Kestrel's differences and one's own on one axis, with a slider: what would the same shares say on more items?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.show.display import show, show_widget, svg_image
from companion.show.figures import rounded
from companion.show.living import box, paper, said, still, stops, svg, words
from companion.show.style import COLOURS

if TYPE_CHECKING:
    from companion.capstone.compared import Comparison

WIDTH, ROW, TOP, BOTTOM = 720, 48, 34, 40
LEFT, RIGHT = 392, 696  # of the axis, from -1 to 1
ITEMS = (50, 100, 200, 500, 1000, 5000)
SIGNS = {
    "agrees": "✓ agrees",
    "reversed": "✗ reversed",
    "not seen here": "○ not seen here",
    "too few to say": "? too few to say",
    "new": "+ new",
}
TONES = {"agrees": "good", "reversed": "bad", "not seen here": "bad", "too few to say": "muted", "new": "measured"}
ALT = "For each pair of ways the difference at Kestrel, and the own one with its give or take; a sentence counts."


def verdict_slider(comparisons: Sequence[Comparison]) -> None:
    """A slider for the number of items behind one's own differences; the shares stay as they are.

    The give or take shrinks with the square root of the number. Raises ValueError where there is nothing to compare.
    """
    if not comparisons:
        raise ValueError("There is nothing to compare: pass what companion.capstone.compare returned.")
    slider = VerdictSlider(comparisons)
    drawn = slider.comparisons
    height = TOP + ROW * len(drawn) + BOTTOM
    image = svg_image(svg(WIDTH, height, paper(WIDTH, height) + _rows(drawn)), sentence(drawn, 0), WIDTH)
    show_widget(slider.box, still(said(sentence(drawn, 0)) + image), sentence(drawn, 0))


def verdict_table(comparisons: Sequence[Comparison]) -> str:
    """The same as rows of text: both differences, the give or take, the verdict."""
    rows = {
        f"{one.first} / {one.second}": {
            "Kestrel": one.expected,
            "here": one.difference,
            "give or take": one.give_or_take,
            "items": one.n,
            "verdict": one.verdict,
        }
        for one in comparisons
    }
    return rounded(rows)


def card_page(file: str | Path, height: int = 620) -> None:
    """The decision card that `decide` wrote, in a frame of its own: its style and the notebook's do not mix.

    Nothing in the frame can run or load. Raises ValueError where there is no card yet.
    """
    if not Path(file).is_file():
        raise ValueError(f"{Path(file).name} is not there yet: run decide(project, needs) first.")
    page = escape(Path(file).read_text(encoding="utf-8"), quote=True)
    look = f'width="100%" height="{height}" style="border:0;max-width:{WIDTH + 140}px" title="The decision card"'
    show(f'<iframe srcdoc="{page}" sandbox="" {look}></iframe>', f"[the decision card: {Path(file).name}]")


class VerdictSlider:
    """The living part: ``items`` is turned, ``page`` is the drawing."""

    def __init__(self, comparisons: Sequence[Comparison]) -> None:
        import ipywidgets as w

        self.given = list(comparisons)
        options = [("as counted", 0), *((f"{items:,} items", items) for items in ITEMS)]
        self.items = stops(options, 0, "counted on")
        self.page = w.HTML()
        self.items.observe(self.draw, names="value")
        self.box = box(self.items, self.page)
        self.draw()

    @property
    def comparisons(self) -> list[Comparison]:
        """The comparisons as they would be on so many items."""
        return [on_items(one, self.items.value) for one in self.given]

    def draw(self, _: Any = None) -> None:
        """Draw again."""
        drawn = self.comparisons
        height = TOP + ROW * len(drawn) + BOTTOM
        self.page.value = said(sentence(drawn, self.items.value)) + svg(WIDTH, height, _rows(drawn), ALT)


def on_items(one: Comparison, items: int) -> Comparison:
    """The same shares on more items; on fewer than were counted, and for 0, as it is."""
    if items <= one.n:
        return one
    return replace(one, n=items, give_or_take=one.give_or_take * (one.n / items) ** 0.5)


def sentence(drawn: Sequence[Comparison], items: int) -> str:
    """How many verdicts there are of each kind."""
    counts = Counter(one.verdict for one in drawn)
    listed = ", ".join(f"{counts[verdict]} {verdict}" for verdict in SIGNS if counts[verdict])
    start = f"The same shares on {items:,} items would say" if items else "As counted"
    return f"{start}: {listed}."


def _x(difference: float) -> float:
    return round(LEFT + (max(-1.0, min(1.0, difference)) + 1) / 2 * (RIGHT - LEFT), 1)


def _rows(drawn: Sequence[Comparison]) -> str:
    grey = f'font-size="12" fill="{COLOURS["muted"]}"'
    foot = TOP + ROW * len(drawn)
    parts = [
        words(LEFT, 20, "← second is better", grey),
        words(RIGHT, 20, "first is better →", f'text-anchor="end" {grey}'),
        f'<line x1="{_x(0)}" x2="{_x(0)}" y1="{TOP - 6}" y2="{foot}" stroke="{COLOURS["muted"]}"/>',
    ]
    for at, one in enumerate(drawn):
        parts.append(_row(one, TOP + ROW * at))
    parts += [
        words(_x(x), foot + 14, f"{x:+g}" if x else "0", f'text-anchor="middle" {grey}') for x in (-1, -0.5, 0, 0.5, 1)
    ]
    key = f'<rect x="20" y="{foot + 14}" width="12" height="12" fill="{COLOURS["document"]}"/>'
    key += words(38, foot + 25, "Kestrel", grey)
    key += f'<circle cx="106" cy="{foot + 20}" r="6" fill="{COLOURS["you"]}" stroke="{COLOURS["ink"]}"/>'
    return "".join(parts) + key + words(118, foot + 25, "here, with its give or take", grey)


def _row(one: Comparison, y: float) -> str:
    middle = y + ROW / 2
    tone = COLOURS[TONES[one.verdict]]
    named = words(12, y + 18, f"{one.first} / {one.second}", 'font-size="12.5" font-weight="600"')
    judged = words(12, y + 35, SIGNS[one.verdict], f'font-size="12.5" font-weight="600" fill="{tone}"')
    ends = _x(one.difference - one.give_or_take), _x(one.difference + one.give_or_take)
    band = f'<line x1="{ends[0]}" x2="{ends[1]}" y1="{middle + 6}" y2="{middle + 6}" stroke="{COLOURS["you"]}" '
    band += 'stroke-width="5" stroke-opacity="0.55"/>'
    dot = (
        f'<circle cx="{_x(one.difference)}" cy="{middle + 6}" r="6" fill="{COLOURS["you"]}" stroke="{COLOURS["ink"]}"/>'
    )
    place = f'x="{_x(one.expected) - 6}" y="{middle - 15}" width="12" height="12"'
    theirs = f'<rect {place} fill="{COLOURS["document"]}"/>'
    under = f'<line x1="12" x2="{RIGHT}" y1="{y + ROW}" y2="{y + ROW}" stroke="{COLOURS["grid"]}"/>'
    return under + named + judged + band + dot + theirs
