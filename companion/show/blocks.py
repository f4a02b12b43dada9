"""Passages read apart or pasted together: which tokens look at which, and how the work grows with their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from companion.rag.fid_measure import products
from companion.show.display import show_widget, svg_image
from companion.show.living import box, paper, said, still, stops, svg, words
from companion.show.style import COLOURS

WIDTH, HEIGHT = 740, 330
SIDE, TOP = 216, 46  # a square's side and its upper edge
LEFT = {"pasted": 24, "apart": 272}
BARS, LONGEST = 520, 190  # the bars' left edge and the longest bar
STILL_AT = 10
ALT = "Two squares of who looks at whom, one full, one with blocks on its diagonal; the sentence above has the counts."


def apart_or_pasted(lengths: Sequence[int], shared: int, window: int = 512) -> None:
    """A slider for the number of passages; squares of attention, pasted and apart, and bars of their products.

    lengths: tokens of each passage, in the order found. shared: tokens of question and frame. window: positions that
    the generator has. Raises ValueError for fewer than two passages.
    """
    if len(lengths) < 2:
        raise ValueError("There is nothing to compare: pass the lengths of at least two passages.")
    blocks = Blocks(list(lengths), shared, window)
    count = min(STILL_AT, len(lengths))
    told = sentence(blocks.lengths[:count], shared, window)
    image = svg_image(drawing(blocks.lengths, count, shared, window), told, WIDTH)
    show_widget(blocks.box, still(f"{said(told)}{image}"), told)


class Blocks:
    """The living part: ``count`` is the slider, ``page`` the drawing."""

    def __init__(self, lengths: list[int], shared: int, window: int) -> None:
        import ipywidgets as w

        self.lengths, self.shared, self.window = lengths, shared, window
        self.count = stops([(str(n), n) for n in range(1, len(lengths) + 1)], min(3, len(lengths)), "passages")
        self.page = w.HTML()
        self.count.observe(self.draw, names="value")
        self.box = box(self.count, self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Count and draw again."""
        count, frame = self.count.value, (self.shared, self.window)
        self.page.value = said(sentence(self.lengths[:count], *frame)) + drawing(self.lengths, count, *frame, ALT)


def sentence(lengths: Sequence[int], shared: int, window: int) -> str:
    """Both counts in words, and whether the pasted prompt still fits."""
    apart, pasted = products(lengths, shared)
    tokens, many = sum(lengths) + shared, len(lengths) > 1
    fits = "fits" if tokens <= window else "does not fit"
    less = f"{pasted / apart:.1f} times as many as" if pasted >= apart else f"{apart / pasted:.1f} times fewer than"
    return (
        f"{len(lengths)} passage{'s' * many}, {tokens} tokens when pasted together: that {fits} into {window}. Pasted, "
        f"each layer compares {pasted:,} pairs of tokens, {less} the {apart:,} when they are read apart."
    )


def drawing(lengths: Sequence[int], count: int, shared: int, window: int, alt: str = "") -> str:
    """Two squares, and two bars on the scale of all passages."""
    chosen, parts = lengths[:count], [] if alt else [paper(WIDTH, HEIGHT)]
    small = f'font-size="12" fill="{COLOURS["muted"]}"'
    for way, title in (("pasted", "pasted: all look at all"), ("apart", "apart: each passage alone")):
        parts.append(words(LEFT[way], 24, title, 'font-weight="600"'))
        parts.append(_square(chosen, LEFT[way], way == "pasted"))
        parts.append(words(LEFT[way], TOP + SIDE + 20, f"{count} x {count} passages", small))
    apart, pasted = products(chosen, shared)
    whole = max(products(lengths, shared))
    parts.append(words(BARS, 24, "pairs of tokens compared", 'font-weight="600"'))
    for row, (name, value, colour) in enumerate((("pasted", pasted, "finetune"), ("apart", apart, "rag"))):
        parts.append(_bar(TOP + 20 + 74 * row, name, value, whole, COLOURS[colour]))
    fits = sum(chosen) + shared <= window
    mark, colour = ("fits", "good") if fits else ("does not fit", "bad")
    line = f"{sum(chosen) + shared} tokens of {window}: {mark}"
    parts.append(words(LEFT["pasted"], TOP + SIDE + 40, line, f'font-weight="600" fill="{COLOURS[colour]}"'))
    longest = f"longest {max(chosen) + shared} tokens: fits"
    parts.append(words(LEFT["apart"], TOP + SIDE + 40, longest, f'font-weight="600" fill="{COLOURS["good"]}"'))
    return svg(WIDTH, HEIGHT, "".join(parts), alt)


def _square(lengths: Sequence[int], left: float, full: bool) -> str:
    """The matrix of passages by passages; a filled cell is read."""
    ends = [sum(lengths[:n]) * SIDE / sum(lengths) for n in range(len(lengths) + 1)]
    colour = COLOURS["finetune" if full else "rag"]
    cells = []
    for row in range(len(lengths)):
        for column in range(len(lengths)):
            shape = (left + ends[column], TOP + ends[row], ends[column + 1] - ends[column], ends[row + 1] - ends[row])
            x, y, wide, high = (round(each, 1) for each in shape)
            paint = f'fill="{colour}" fill-opacity=".75"' if full or row == column else f'fill="{COLOURS["paper"]}"'
            cells.append(f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" {paint} stroke="{COLOURS["grid"]}"/>')
    return "".join(cells)


def _bar(y: float, name: str, value: int, whole: int, colour: str) -> str:
    wide = max(1.5, round(LONGEST * value / whole, 1))
    shape = f'<rect x="{BARS}" y="{y + 8}" width="{wide}" height="22" rx="2" fill="{colour}"/>'
    return words(BARS, y, f"{name}: {value:,}", "") + shape
