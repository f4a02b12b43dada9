"""How two named things are related: a drug inhibits a gene, treats a disease; a gene is linked to a disease.

The entities are given; asked is, for each pair of the right types, whether the abstract says that the relation
holds. The pair's names are masked, so that what is learned is the sentence and not the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from companion.finetune.tuning import tune
from companion.models.sentences import sentence_of, sentence_starts
from companion.scenarios.abstracts import Abstract, Entity, Relation

RELATIONS = {("drug", "gene"): "inhibits", ("drug", "disease"): "treats", ("gene", "disease"): "linked"}
ANSWERS = ("not said", "holds")
SETTINGS: dict[str, Any] = {"method": "lora", "steps": 100, "batch_size": 8}


@dataclass(frozen=True)
class Pair:
    """A question: does `relation` hold, as far as `text` says? In the text the two are masked by their types."""

    relation: Relation
    text: str
    together: bool  # whether the two ever stand in one sentence
    holds: bool


def pairs(one: Abstract) -> list[Pair]:
    """Every drug and gene, drug and disease, gene and disease that an abstract names."""
    kinds = {one.name(entity): entity.type for entity in one.entities}
    asked = []
    for head, tail in product(kinds, kinds):
        relation = RELATIONS.get((kinds[head], kinds[tail]))
        if relation:
            triple = (head, relation, tail)
            asked.append(Pair(triple, masked(one, head, tail), together(one, head, tail), triple in one.relations))
    return asked


def masked(one: Abstract, head: str, tail: str) -> str:
    """The text with the pair as "this drug", "this disease", and all other entities as "another gene" or so."""
    text, at = "", 0
    for entity in one.entities:
        word = "this" if one.name(entity) in (head, tail) else "another"
        text += f"{one.text[at : entity.start]}{word} {entity.type}"
        at = entity.end
    return text + one.text[at:]


def together(one: Abstract, head: str, tail: str) -> bool:
    """Whether head and tail ever stand in the same sentence."""
    starts = sentence_starts(one.text)

    def sentences(name: str) -> set[int]:
        places: list[Entity] = [entity for entity in one.entities if one.name(entity) == name]
        return set(sentence_of(starts, [entity.start for entity in places]).tolist())

    return bool(sentences(head) & sentences(tail))


def relation_scores(asked: Sequence[Pair], said: Sequence[bool]) -> dict[str, float]:
    """Precision, recall and F1 of the pairs that were said to hold."""
    right = sum(pair.holds and yes for pair, yes in zip(asked, said, strict=True))
    given, wanted = sum(map(bool, said)), sum(pair.holds for pair in asked)
    return {
        "precision": right / given if given else 0.0,
        "recall": right / wanted if wanted else 0.0,
        "f1": 2 * right / (given + wanted) if given + wanted else 0.0,
    }


def related(
    encoder: Any, known: Sequence[Abstract], asked: Sequence[Pair], seed: int = 0, **options: Any
) -> list[bool]:
    """Fine-tuning: the encoder learns from the known abstracts' pairs which of `asked` hold; `options` go to `tune`."""
    learned = [pair for one in known for pair in pairs(one)]
    texts, labels = [pair.text for pair in learned], [ANSWERS[pair.holds] for pair in learned]
    model, _ = tune(encoder, texts, labels, classes=ANSWERS, seed=seed, **SETTINGS | options)
    return [said == ANSWERS[1] for said in model.predict([pair.text for pair in asked])]


def nearest_related(encoder: Any, known: Sequence[Abstract], asked: Sequence[Pair], k: int = 3) -> list[bool]:
    """Retrieval: what most of the k nearest masked training texts say."""
    learned = [pair for one in known for pair in pairs(one)]
    near = encoder.encode([pair.text for pair in asked]) @ encoder.encode([pair.text for pair in learned]).T
    best = (-near).argsort(axis=1, kind="stable")[:, :k]  # (asked, k)
    return [2 * sum(learned[row].holds for row in rows) > k for rows in best]
