"""A pile of letters, the most suspicious first: how many wrong labels are met after so many were read?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from companion.show.display import show_widget, svg_image
from companion.show.living import box, paper, said, still, stops, svg, words
from companion.show.style import COLOURS

WIDTH, HEIGHT = 720, 330
LEFT, RIGHT, TOP, BOTTOM = 62, 700, 44, 250
START = 100
ALT = "Wrong labels met after so many letters were read; the sentence above has the numbers."


@dataclass(frozen=True)
class Pile:
    """Letters in the order in which they are read; `flagged` of them are suspects."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    wrong: tuple[bool, ...]
    flagged: int

    def met(self, read: int) -> int:
        """Wrong labels among the first so many."""
        return sum(self.wrong[:read])

    def by_chance(self, read: int) -> float:
        """As many as reading in any order would meet."""
        return sum(self.wrong) * read / len(self.wrong)


def pile_of(file: Any, doubt: Sequence[float], flags: Sequence[bool]) -> Pile:
    """A mail file's letters, suspects first, and among them those with the largest doubt first."""
    order = sorted(range(len(file.texts)), key=lambda row: (not flags[row], -doubt[row]))
    columns = ([column[row] for row in order] for column in (file.texts, file.labels, file.wrong))
    return Pile(*(tuple(column) for column in columns), flagged=int(sum(flags)))


def reading_slider(pile: Pile) -> None:
    """A slider for how many letters a person reads; below it the wrong labels met, and the letter read last.

    Raises ValueError for a pile without letters.
    """
    if not pile.texts:
        raise ValueError("The pile is empty: pass a file with at least one letter.")
    slider = ReadingSlider(pile)
    image = svg_image(svg(WIDTH, HEIGHT, paper(WIDTH, HEIGHT) + _parts(pile, START)), sentence(pile, START), WIDTH)
    show_widget(slider.box, still(said(sentence(pile, START)) + image), sentence(pile, START))


class ReadingSlider:
    """The living part: ``read`` is turned, ``page`` is the drawing."""

    def __init__(self, pile: Pile) -> None:
        import ipywidgets as w

        self.pile = pile
        steps = sorted({*range(0, len(pile.texts) + 1, 10), pile.flagged, len(pile.texts)})
        self.read = stops([(str(n), n) for n in steps], min(START, steps[-1]), "letters read")
        self.page = w.HTML()
        self.read.observe(self.draw, names="value")
        self.box = box(self.read, self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Read so many and draw again."""
        read = self.read.value
        self.page.value = said(sentence(self.pile, read)) + svg(WIDTH, HEIGHT, _parts(self.pile, read), ALT)


def sentence(pile: Pile, read: int) -> str:
    """The numbers in words."""
    read, wrong = min(read, len(pile.texts)), sum(pile.wrong)
    return (
        f"{read} of {len(pile.texts)} letters read: {pile.met(read)} of {wrong} wrong labels met; read in any order, "
        f"{pile.by_chance(read):.0f} would have been. There are {pile.flagged} suspects, with {pile.met(pile.flagged)}."
    )


def _parts(pile: Pile, read: int) -> str:
    read, most, grey = min(read, len(pile.texts)), max(1, sum(pile.wrong)), f'font-size="12" fill="{COLOURS["muted"]}"'
    parts = [words(LEFT - 46, 24, "wrong labels met", 'font-weight="600"')]
    for share in (0, 0.5, 1):
        y = _y(share * most, most)
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}" stroke="{COLOURS["grid"]}"/>')
        parts.append(words(LEFT - 8, y + 4, f"{share * most:.0f}", f'text-anchor="end" {grey}'))
    parts.append(words(RIGHT, BOTTOM + 20, f"{len(pile.texts)} letters read", f'text-anchor="end" {grey}'))
    ends = f'x1="{LEFT}" y1="{_y(0, most)}" x2="{RIGHT}" y2="{_y(most, most)}"'
    parts.append(f'<line {ends} stroke="{COLOURS["muted"]}" stroke-width="2" stroke-dasharray="6 5"/>')
    x = _x(pile, pile.flagged)
    parts.append(f'<path d="M{x} {TOP + 24}V{BOTTOM}" stroke="{COLOURS["muted"]}" stroke-width="1.2"/>')
    parts.append(words(x + 6, BOTTOM - 8, "no suspects from here on", grey))
    steps = sorted({*range(0, len(pile.texts) + 1, 10), len(pile.texts)})
    path = " ".join(f"{_x(pile, n)},{_y(pile.met(n), most)}" for n in steps)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS["finetune"]}" stroke-width="2.6"/>')
    parts.append(f'<circle cx="{_x(pile, read)}" cy="{_y(pile.met(read), most)}" r="6" fill="{COLOURS["paper"]}" '
                 f'stroke="{COLOURS["finetune"]}" stroke-width="3"/>')  # fmt: skip
    parts.append(words(LEFT + 12, TOP + 12, "solid: most suspicious first; dashed: in any order", grey))
    return "".join([*parts, *_letter(pile, read)])


def _letter(pile: Pile, read: int) -> list[str]:
    """The letter that was read last, its label, and whether that is wrong."""
    if not read:
        return []
    text, label, wrong = pile.texts[read - 1], pile.labels[read - 1], pile.wrong[read - 1]
    shown = text if len(text) <= 92 else f"{text[:89]}..."
    colour, verdict = ("bad", "wrong") if wrong else ("good", "right")
    rest = f'font-size="13" font-weight="600" fill="{COLOURS[colour]}"'
    return [
        words(LEFT, BOTTOM + 46, f"“{shown}”", 'font-size="13"'),
        words(LEFT, BOTTOM + 66, f"labelled {label.replace('_', ' ')}: {verdict}", rest),
    ]


def _x(pile: Pile, read: int) -> float:
    return round(LEFT + read / len(pile.texts) * (RIGHT - LEFT), 1)


def _y(met: float, most: int) -> float:
    return round(BOTTOM - met / most * (BOTTOM - TOP - 20), 1)
