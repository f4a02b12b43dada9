"""An abstract with its entities underlined, line under line by each way of finding them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from companion.scenarios.abstracts import Abstract, Entity
from companion.show.display import show_widget, text
from companion.show.living import box, still

TONES = {"gene": "measured", "drug": "finetune", "disease": "distill"}
LETTERS = {"gene": "G", "drug": "D", "disease": "S"}
WRONG = "✘"


def underlined_ways(
    asked: Sequence[Abstract], ways: Mapping[str, Sequence[Sequence[Entity]]], names: Mapping[str, str], first: int = 0
) -> None:
    """Choose an abstract; see its gold entities and, below, what each of ``ways`` marked in it.

    ``ways`` is ``{way: [entities of each abstract]}``; ``names`` are the training names, which are drawn dotted
    in the gold line. A mark is right where span and type are the gold's.
    """
    viewer = Underlined(asked, ways, names, first)
    plain = "\n".join(f"{way}: {counted(asked[first], found[first])}" for way, found in ways.items())
    show_widget(viewer.box, still(viewer.page.value, "underlined"), f"{asked[first].text}\n{plain}")


class Underlined:
    """The living part: ``choice`` picks the abstract, ``page`` holds the lines."""

    def __init__(self, asked: Sequence[Abstract], ways: Mapping[str, Any], names: Mapping[str, str], first: int):
        import ipywidgets as w

        self.asked, self.ways, self.names = asked, ways, names
        options = [(f"{one.id}: {one.text[:60]}…", row) for row, one in enumerate(asked)]
        self.choice = w.Dropdown(options=options, value=first, description="abstract", layout={"width": "98%"})
        self.page = w.HTML()
        self.choice.observe(self.draw, names="value")
        self.box = box(self.choice, self.page, sheets=("underlined",))
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Draw the chosen abstract again."""
        row = self.choice.value
        self.page.value = page(self.asked[row], {way: found[row] for way, found in self.ways.items()}, self.names)


def counted(one: Abstract, found: Sequence[Entity]) -> str:
    """How many marks are right, how many wrong, how many names were missed."""
    right = len(set(found) & set(one.entities))
    return f"{right} right, {len(found) - right} wrong, {len(one.entities) - right} missed"


def page(one: Abstract, found: Mapping[str, Sequence[Entity]], names: Mapping[str, str]) -> str:
    """The gold line, then a line for each way."""
    gold = marked(one.text, one.entities, {e: "seen" if one.name(e) in names else "new" for e in one.entities})
    lines = [f'<tr><th>by hand</th><td class="text">{gold}</td></tr>']
    for way, entities in found.items():
        signs = {entity: "" if entity in one.entities else "wrong" for entity in entities}
        line, count = marked(one.text, entities, signs), text(counted(one, entities))
        lines.append(f'<tr><th>{text(way)}<br><span class="muted">{count}</span></th><td class="text">{line}</td></tr>')
    key = "".join(f'<span class="{kind}">{kind}</span> ' for kind in TONES)
    return (
        f'<div class="key">{key}<span class="muted">dotted: a name of the training abstracts; {WRONG}: span or '
        f'type is wrong</span></div><table class="ways" role="status">{"".join(lines)}</table>'
    )


def marked(words: str, entities: Sequence[Entity], signs: Mapping[Entity, str]) -> str:
    """The text with each entity underlined in its type's colour and lettered; all else escaped."""
    parts, at = [], 0
    for entity in sorted(entities):
        sign = signs.get(entity, "")
        tail = f"<sub>{LETTERS[entity.type]}{WRONG if sign == 'wrong' else ''}</sub>"
        name = text(words[entity.start : entity.end])
        parts += [text(words[at : entity.start]), f'<span class="{entity.type} {sign}">{name}{tail}</span>']
        at = entity.end
    return "".join(parts) + text(words[at:])
