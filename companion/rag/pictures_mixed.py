"""One index for articles, rows of a table and pictures; and why their scores must not be thrown together.

A text's vector and a picture's vector are made by two networks. The tower learns which picture lies nearer than
another, not how near: cosines of text with text are larger than cosines of text with picture, whatever is asked.
This is the modality gap (arXiv 2203.02053).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from companion.rag.fusion import reciprocal_rank_fusion
from companion.rag.kestrel import kestrel_index
from companion.rag.knowledge import DEPTH, KnowledgeIndex
from companion.rag.pictures import PictureTower, add_pictures
from companion.rag.pictures_training import Lesson
from companion.rag.tables import add_rows, slug
from companion.world import Question, world

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

GROUPS = ("text", "row", "picture")
ASKED, TOP = 100, 5


def group(metadata: dict) -> str:
    """ "row", "picture" or "text"."""
    return metadata["kind"] if metadata["kind"] in GROUPS else "text"


def one_index(encoder: Encoder, tower: PictureTower, shown: Lesson) -> KnowledgeIndex:
    """Kestrel's 368 articles, the 70 rows of its product table, and the first picture of each thing shown."""
    index = kestrel_index(encoder)
    add_rows(index, world(0).products)
    add_pictures(index, [thing.id for thing in shown.things], shown.pictures[:, 0], tower)
    return index


def raw(index: KnowledgeIndex, query: str, top_k: int = TOP) -> list[str]:
    """The ids with the largest cosines, whatever they are: what an index does if nobody minds the gap."""
    return [hit.id for hit in index.search(query, top_k, "dense")]


def by_rank(index: KnowledgeIndex, query: str, top_k: int = TOP) -> list[str]:
    """Each kind ranked by itself, the rankings joined by reciprocal rank: every kind gets its turn."""
    rankings = [[id for id, _ in scores] for scores in scores_by_group(index, query, DEPTH).values()]
    return list(reciprocal_rank_fusion(rankings))[:top_k]


def standardised(index: KnowledgeIndex, query: str, top_k: int = TOP) -> list[str]:
    """Each kind's cosines in standard deviations above that kind's mean for this query, then one ranking.

    score = (cosine - mean) / deviation over all documents of the kind: how far one stands out among its own.
    """
    scored = []
    for scores in scores_by_group(index, query, len(index)).values():
        values = np.array([score for _, score in scores])
        usual, spread = values.mean(), values.std() + 1e-9
        scored += [(id, (score - usual) / spread) for id, score in scores]
    return [id for id, _ in sorted(scored, key=lambda pair: -pair[1])[:top_k]]


MIXED: dict[str, Callable[[KnowledgeIndex, str], list[str]]] = {
    "raw cosine": raw,
    "rank by kind": by_rank,
    "standardised": standardised,
}


def scores_by_group(index: KnowledgeIndex, query: str, depth: int) -> dict[str, list[tuple[str, float]]]:
    """{"text", "row", "picture": [(id, cosine), ...]}, the best `depth` of each kind that is there, best first."""
    vector = index.embed(query)
    found = {}
    for name in GROUPS:
        hits = index.search(query, depth, "dense", where=lambda m, name=name: group(m) == name, vector=vector)
        found[name] = [(hit.id, hit.score) for hit in hits]
    return {name: scores for name, scores in found.items() if scores}


def gap(index: KnowledgeIndex, queries: Sequence[str], right: Sequence[str]) -> dict[str, float]:
    """Mean cosines of descriptions: with their own picture, and with the best article and row, not asked for."""
    own, best = [], {"text": [], "row": []}
    for query, id in zip(queries, right, strict=True):
        scores = scores_by_group(index, query, len(index))
        own.append(dict(scores["picture"])[id])
        for name in best:
            best[name].append(scores[name][0][1])
    return {"own picture": float(np.mean(own))} | {f"best {name}": float(np.mean(b)) for name, b in best.items()}


def asked_facts(seed: int, count: int = ASKED) -> list[Question]:
    """`count` questions about facts of products that an article answers."""
    answered = [q for q in world(0).questions if q.article_id and "policy" not in q.article_id]
    return Random(f"mixed-{seed}").sample(answered, count)


def mixed_scores(encoder: Encoder, tower: PictureTower, seed: int) -> dict[str, Any]:
    """{"gap": cosines, "mixed": {way: {"facts": share, "pictures": share}}}: what is sought is among the first 5.

    A fact may be found in its article or in its product's row; a picture is sought by a description.
    """
    from companion.rag.pictures_measure import kestrel

    shown = kestrel(encoder, seed)
    index, facts = one_index(encoder, tower, shown), asked_facts(seed)
    looks = [(texts[0], thing.id) for texts, thing in zip(shown.texts, shown.things, strict=True)][
        : len(shown.things) // 2
    ]
    mixed = {}
    for name, search in MIXED.items():
        right = [{q.article_id, f"row/{slug(q.product)}"} & set(search(index, q.text)) for q in facts]
        seen = [id in search(index, text) for text, id in looks]
        mixed[name] = {
            "facts": round(float(np.mean([bool(r) for r in right])), 4),
            "pictures": round(float(np.mean(seen)), 4),
        }
    cosines = gap(index, [text for text, _ in looks], [id for _, id in looks])
    return {"gap": {name: round(value, 4) for name, value in cosines.items()}, "mixed": mixed}
