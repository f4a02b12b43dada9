"""Short biomedical abstracts: which genes, drugs and diseases they name, and how two of them are related.

60 abstracts, invented, with entities as character spans. Two ways that are not trained stand here: looking up the
training entities, and rules on how such names are spelt. `tagging` fine-tunes, `relating` relates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TYPES = ("gene", "drug", "disease")
SPLITS = ("train", "validation", "test")
Relation = tuple[str, str, str]  # head in lower case, relation, tail in lower case


@dataclass(frozen=True, order=True)
class Entity:
    """A name in a text: text[start:end], and what it names."""

    start: int
    end: int
    type: str


@dataclass(frozen=True)
class Abstract:
    """One abstract; its entities come in the order of the text."""

    id: str
    text: str
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]

    def name(self, entity: Entity) -> str:
        """The entity's letters, in lower case."""
        return self.text[entity.start : entity.end].lower()


def abstracts(split: str) -> list[Abstract]:
    """33 in "train", 8 in "validation", 19 in "test". Raises ValueError for a split that is not there."""
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r} of the abstracts: choose one of {', '.join(SPLITS)}.")
    return [_abstract(row) for row in _rows() if row["split"] == split]


def _abstract(row: dict) -> Abstract:
    entities = tuple(Entity(e["start"], e["end"], e["type"]) for e in row["entities"])
    return Abstract(row["id"], row["text"], entities, tuple(map(tuple, row["relations"])))


@cache
def _rows() -> list[dict]:
    return json.loads((files("companion.world") / "data/scenarios/abstracts.json").read_text(encoding="utf8"))


def dictionary(known: Sequence[Abstract]) -> dict[str, str]:
    """{name in lower case: type} of all entities of some abstracts."""
    return {one.name(entity): entity.type for one in known for entity in one.entities}


def looked_up(text: str, names: dict[str, str]) -> list[Entity]:
    """Retrieval: the names of a dictionary as they stand in the text, whole words, the longest match first."""
    if not names:
        return []
    longest_first = sorted(names, key=len, reverse=True)
    pattern = r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)"
    found = re.finditer(pattern, text, re.IGNORECASE)
    return [Entity(*match.span(), names[match[0].lower()]) for match in found]


# stems of drug names as the WHO lists them, codes, capitals, endings of diseases; whoever invents names knows such
# rules too, so this row flatters itself
RULES = (
    ("drug", r"\b\w+(?:nib|mab|prazole|statin|mycin|taxel|caine|tide|oxetin|cillin|olol|sartan|vir)\b"),
    ("drug", r"\b[A-Z]{2}-\d{2,}\b"),
    ("gene", r"\b[A-Z]{3,}\d*\b"),
    ("disease", r"\b(?:\w+ )?(?:disease|syndrome|dystrophy|cancer|lymphoma|anaemia|arthritis|diabetes)\b"),
    ("disease", r"\b\w{3,}(?:itis|oma|osis|iasis|epsy|lgia)\b"),
)


def by_rules(text: str) -> list[Entity]:
    """Untrained: names found by their spelling. Where two rules overlap, the one higher in `RULES` wins."""
    return _with_rules(text, [])


def rules_and_names(text: str, names: dict[str, str]) -> list[Entity]:
    """Untrained: the names of a dictionary first, then the rules wherever no name was marked."""
    return _with_rules(text, looked_up(text, names))


def joined(first: Sequence[Entity], then: Sequence[Entity]) -> list[Entity]:
    """All of `first`, and those of `then` that overlap none of them."""
    return sorted([*first, *(one for one in then if all(one.end <= e.start or e.end <= one.start for e in first))])


def _with_rules(text: str, found: list[Entity]) -> list[Entity]:
    for type_, pattern in RULES:
        for match in re.finditer(pattern, text):
            start, end = match.span()
            if all(end <= e.start or e.end <= start for e in found):
                found.append(Entity(start, end, type_))
    return sorted(found)


def entity_scores(gold: Sequence[Sequence[Entity]], said: Sequence[Sequence[Entity]]) -> dict[str, float]:
    """Precision, recall and F1 over all texts; right is only the exact span with the right type.

    F1 = 2 P R / (P + R) = 2 right / (said + gold), 0 where nothing was right.
    """
    if len(gold) != len(said):
        raise ValueError(f"{len(gold)} texts came with {len(said)} answers: give one answer a text.")
    right = sum(len(set(g) & set(s)) for g, s in zip(gold, said, strict=True))
    wanted, given = sum(map(len, gold)), sum(map(len, said))
    return {
        "precision": right / given if given else 0.0,
        "recall": right / wanted if wanted else 0.0,
        "f1": 2 * right / (given + wanted) if given + wanted else 0.0,
    }


def recall_by_novelty(
    texts: Sequence[Abstract], said: Sequence[Sequence[Entity]], names: dict[str, str]
) -> dict[str, float]:
    """Recall on entities that stand in the dictionary ("seen") and on those that do not ("new")."""
    hits: dict[str, list[bool]] = {"seen": [], "new": []}
    for one, answer in zip(texts, said, strict=True):
        for entity in one.entities:
            hits["seen" if one.name(entity) in names else "new"].append(entity in answer)
    return {kind: sum(found) / len(found) if found else 0.0 for kind, found in hits.items()}
