"""How each product looks: what can be seen in a picture of it, and look-alikes that differ in one thing.

Kestrel is seed 0, as everywhere; towers are trained on other companies. A product that has a colour in its manual
is drawn in that colour. The members of a family (Merlin, Merlin 2, Merlin 2 Pro) share a look and differ in little,
and a rival sells a copy of every product that differs in one thing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random

from companion.world.company import world
from companion.world.values import COLOURS

SHAPES = ("round", "square", "tall", "wide", "oval", "hexagon")
FINISHES = ("matt", "glossy", "brushed", "woven")
DETAILS = {"shape": SHAPES, "finish": FINISHES, "buttons": range(5), "screen": (0, 1), "antennas": range(3)}
DETAILS |= {"feet": (0, 1)}


@dataclass(frozen=True)
class Look:
    """What a picture shows of a product: its kind, colour and shape, and the parts that are there."""

    kind: str
    colour: str
    shape: str
    finish: str
    buttons: int
    screen: int
    antennas: int
    feet: int


@dataclass(frozen=True)
class Pictured:
    """Something that can be photographed: `id` is unique in a catalogue, `copy_of` names the product it imitates."""

    id: str
    name: str
    look: Look
    copy_of: str | None = None


@lru_cache(maxsize=64)
def catalogue(seed: int = 0) -> list[Pictured]:
    """The company's 70 products, then a rival's copy of each; no two look the same.

    Raises ValueError for a seed that `world` does not take.
    """
    products, random = world(seed).products, Random(f"{seed}-looks")
    families: dict[str, Look] = {}
    taken, own = set(), []
    for product in products:
        base = families.setdefault(product.stem, drawn_look(product.kind, random))
        base = replace(base, colour=product.facts.get("colour", base.colour))
        look = base if base not in taken else lookalike(base, random, taken)
        taken.add(look)
        own.append(Pictured(f"picture/{_slug(product.name)}", product.name, look))
    copies = []
    for item in own:
        look = lookalike(item.look, random, taken)
        taken.add(look)
        copies.append(Pictured(f"{item.id}/copy", f"a rival's copy of {item.name}", look, item.id))
    return own + copies


def drawn_look(kind: str, random: Random) -> Look:
    """A look at random; half of all products have no antenna and half no feet."""
    chosen = {name: random.choice(list(values)) for name, values in DETAILS.items()}
    chosen["antennas"] = random.choice((0, 0, 1, 2))
    return Look(kind=kind, colour=random.choice(COLOURS), **chosen)


def lookalike(look: Look, random: Random, taken: set[Look] = frozenset()) -> Look:
    """The same look with one thing changed, which is never the kind or the colour; not one of `taken`."""
    others = [replace(look, **{name: value}) for name, values in DETAILS.items() for value in values]
    free = [other for other in others if other != look and other not in taken]
    if not free:
        raise ValueError("every look-alike is taken: pass a smaller set.")
    changed = random.choice(sorted({difference(look, other)[0] for other in free}))  # each thing equally often
    return random.choice([other for other in free if difference(look, other) == [changed]])


def difference(one: Look, other: Look) -> list[str]:
    """The names of what differs."""
    return [name for name in Look.__dataclass_fields__ if getattr(one, name) != getattr(other, name)]


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")
