"""One index for articles, rows of a table and pictures; and why their scores must not be thrown together.

A text's vector and a picture's vector are made by two networks. The tower learns which picture lies nearer than
another, not how near: a right picture has a smaller cosine than a right article has. This is the modality gap
(arXiv 2203.02053).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from companion.rag.fusion import reciprocal_rank_fusion
from companion.rag.kestrel import kestrel_index
from companion.rag.knowledge import DEPTH, KnowledgeIndex
from companion.rag.pictures import PictureTower, add_pictures
from companion.rag.pictures_training import Lesson, lesson
from companion.rag.records import searchable
from companion.rag.tables import add_rows, row_sentences, slug, table
from companion.world import Question, World, world

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

GROUPS = ("text", "row", "picture")
ASKED, TOP = 100, 5
ELSEWHERE = 99  # the company that scores are calibrated on; no tower was trained on it
Search = Callable[[KnowledgeIndex, str], list[str]]
Usual = dict[str, tuple[float, float]]


def group(metadata: dict) -> str:
    """ "row", "picture" or "text"."""
    return metadata["kind"] if metadata["kind"] in GROUPS else "text"


def one_index(encoder: Encoder, tower: PictureTower, shown: Lesson) -> KnowledgeIndex:
    """Kestrel's 368 articles, the 70 rows of its product table, and the first picture of each thing shown."""
    index = kestrel_index(encoder)
    add_rows(index, world(0).products)
    add_pictures(index, [thing.id for thing in shown.things], shown.pictures[:, 0], tower)
    return index


def scores_by_group(index: KnowledgeIndex, query: str, depth: int) -> dict[str, list[tuple[str, float]]]:
    """{"text", "row", "picture": [(id, cosine), ...]}, the best `depth` of each kind that is there, best first."""
    vector = index.embed(query)
    found = {}
    for name in GROUPS:
        hits = index.search(query, depth, "dense", where=lambda m, name=name: group(m) == name, vector=vector)
        found[name] = [(hit.id, hit.score) for hit in hits]
    return {name: scores for name, scores in found.items() if scores}


def raw(index: KnowledgeIndex, query: str, top_k: int = TOP) -> list[str]:
    """The ids with the largest cosines, whatever they are: what an index does if nobody minds the gap."""
    return [hit.id for hit in index.search(query, top_k, "dense")]


def by_rank(index: KnowledgeIndex, query: str, top_k: int = TOP) -> list[str]:
    """Each kind ranked by itself, the rankings joined by reciprocal rank: every kind gets its turn."""
    rankings = [[id for id, _ in scores] for scores in scores_by_group(index, query, DEPTH).values()]
    return list(reciprocal_rank_fusion(rankings))[:top_k]


def calibrated(index: KnowledgeIndex, query: str, usual: Usual, top_k: int = TOP) -> list[str]:
    """One ranking by (cosine - mean) / deviation, where both are those of *right* documents of the same kind.

    A cosine is so read as "is this much for a picture?" and "is this much for an article?". `usual` comes from
    `usual_scores`. Raises KeyError for a kind that `usual` does not have.
    """
    scored = []
    for kind, scores in scores_by_group(index, query, DEPTH).items():
        mean, deviation = usual[kind]
        scored += [(id, (score - mean) / deviation) for id, score in scores]
    return [id for id, _ in sorted(scored, key=lambda pair: -pair[1])[:top_k]]


def searches(usual: Usual) -> dict[str, Search]:
    """The three ways to rank all kinds in one list."""
    return {"raw cosine": raw, "rank by kind": by_rank, "calibrated": partial(calibrated, usual=usual)}


def usual_scores(encoder: Encoder, tower: PictureTower, number: int = ELSEWHERE) -> Usual:
    """{kind: (mean, deviation)} of the cosines between queries and their right documents, at another company."""
    company, shown = world(number), lesson(encoder, [number], times=1)
    asked = asked_facts(company, seed=0)
    rows = {row["product"]: row_sentences(row) for row in table(company.products)}
    articles = [company.article(q.article_id) for q in asked]
    queries = encoder.encode([q.text for q in asked])
    right = {
        "text": (queries, encoder.encode([searchable(a.title, a.text) for a in articles])),
        "row": (queries, encoder.encode([rows[q.product] for q in asked])),
        "picture": (shown.vectors[:, 0], tower.encode(shown.pictures[:, 0])),
    }
    cosines = {kind: (ours * theirs).sum(1) for kind, (ours, theirs) in right.items()}
    return {kind: (float(values.mean()), float(values.std())) for kind, values in cosines.items()}


def asked_facts(company: World, seed: int, count: int = ASKED) -> list[Question]:
    """`count` questions about facts of products that an article answers."""
    answered = [q for q in company.questions if q.article_id and "policy" not in q.article_id]
    return Random(f"mixed-{seed}").sample(answered, count)


def mixed_run(encoder: Encoder, tower: PictureTower, seed: int) -> dict[str, Any]:
    """{"usual", "mixed": {way: {"facts", "pictures", "strangers"}}}: shares of what is sought among the first 5.

    A fact may be found in its article or in its product's row; a picture is sought by a description. "strangers":
    the share of the first five, for descriptions, that are no pictures.
    """
    from companion.rag.pictures_measure import kestrel

    shown, usual = kestrel(encoder, seed), usual_scores(encoder, tower)
    index, facts = one_index(encoder, tower, shown), asked_facts(world(0), seed)
    looks = [(said[0], thing.id) for said, thing in zip(shown.texts, shown.things, strict=True) if not thing.copy_of]
    mixed = {}
    for name, search in searches(usual).items():
        told = [bool({q.article_id, f"row/{slug(q.product)}"} & set(search(index, q.text))) for q in facts]
        found = [search(index, text) for text, _ in looks]
        seen = [id in ids for ids, (_, id) in zip(found, looks, strict=True)]
        strange = [not id.startswith("picture/") for ids in found for id in ids]
        scores = {"facts": told, "pictures": seen, "strangers": strange}
        mixed[name] = {what: round(float(np.mean(values)), 4) for what, values in scores.items()}
    return {"usual": {kind: round(mean, 4) for kind, (mean, _) in usual.items()}, "mixed": mixed}
