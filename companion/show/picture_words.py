"""Type words and the pictures move: the nearest ones of a catalogue, by the picture tower's vectors."""

from __future__ import annotations

from typing import Any

from companion.show.display import show_widget, text
from companion.show.drawing import utf8
from companion.show.living import Typed, still
from companion.show.picture_grid import item, sheet
from companion.world.pictures import Look

EXAMPLES = (
    "a round olive security camera with two antennas",
    "a round olive security camera without an antenna",
    "something hexagonal for the blinds",
    "a doorbell wrapped in cloth",
    "white and tall, with a display",
    "four keys in a row",
    "a cat on a sofa",
)
SHOWN = 8


def picture_search(encoder: Any, tower: Any, shown: Any, example: str = EXAMPLES[0]) -> None:
    """A box for words; below it the eight pictures that lie nearest, best first.

    ``shown`` is a `companion.rag.pictures_training.Lesson`: its first picture of each thing is searched. Nothing is
    written under any picture: captions are for you and are not searched.
    """
    living = PictureSearch(encoder, tower, shown, example)
    heading = f'<div><span class="muted">Words</span> <b>{text(example)}</b></div>'
    plain = f"{example} -> " + "; ".join(f"{name} ({cosine:.2f})" for name, cosine in living.found(example))
    show_widget(living.box, still(heading + living.page.value, kind="ideas"), plain)


class PictureSearch(Typed):
    """The living part: words are typed, the page shows the pictures in their new order."""

    def __init__(self, encoder: Any, tower: Any, shown: Any, example: str) -> None:
        self.encoder, self.shown = encoder, shown
        self.vectors = tower.encode(shown.pictures[:, 0])
        others = [one for one in EXAMPLES if one != example]
        super().__init__(example, others, "Words that describe a product", rows=2, height=58)

    def order(self, words: str) -> list[tuple[int, float]]:
        """(row, cosine) of the nearest pictures, best first; equal cosines keep the catalogue's order."""
        cosines = self.vectors @ self.encoder.encode(words)
        return [(int(row), float(cosines[row])) for row in (-cosines).argsort(kind="stable")[:SHOWN]]

    def found(self, words: str) -> list[tuple[str, float]]:
        """(name, cosine) of the nearest pictures."""
        return [(self.shown.things[row].name, cosine) for row, cosine in self.order(words)]

    def drawn(self, typed: str) -> str:
        """A sentence with the first three, then the pictures."""
        words = utf8(typed).strip()
        if not words:
            return '<div role="status" class="said">No words yet: type some.</div>'
        order = self.order(words)
        first = "; ".join(f"{self.shown.things[row].name}: {alt(self.shown.things[row].look)}" for row, _ in order[:2])
        return f'<div role="status" class="said">Nearest: {text(first)}.</div>' + sheet(
            [self._item(place, row, cosine) for place, (row, cosine) in enumerate(order, start=1)]
        )

    def _item(self, place: int, row: int, cosine: float) -> str:
        thing = self.shown.things[row]
        return item(self.shown.pictures[row, 0], f"{place}. {thing.name}", alt(thing.look), f"cosine {cosine:.2f}")


def alt(look: Look) -> str:
    """What a picture shows, in plain words: "round olive security camera, brushed; 2 buttons, 1 antenna, feet"."""
    parts = [
        _many(look.buttons, "button"),
        "a screen" * look.screen,
        _many(look.antennas, "antenna"),
        "feet" * look.feet,
    ]
    there = ", ".join(part for part in parts if part) or "nothing on it"
    return f"{look.shape} {look.colour} {look.kind}, {look.finish}; {there}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count > 1)}" * bool(count)
