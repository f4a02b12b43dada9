"""The measurements behind claim C4.1-a: one query encoder a call, trained on one company, measured on Kestrel.

`python -m companion.build runs joint` makes the stored table; the functions at the end read it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from statistics import fmean
from typing import Any

import torch

from companion.device import fast_bf16
from companion.models import load_encoder, load_generator
from companion.rag.joint_training import Asked, Likelihoods, Shelf, ranks, train_by_answers, train_by_labels
from companion.rag.kestrel import vectors
from companion.rag.measure import answered, training_pairs
from companion.rag.records import searchable
from companion.rag.retriever import train_retriever
from companion.stored import chosen
from companion.world import World, world

FOUND, STEPS, EVERY = 4, 40, 20  # passages a question finds, steps of 16 questions, and how often is measured
COMPARED, REFRESHED = 3, 1  # seeds for which labels are tried as well, and an index that is not embedded anew
KS = (1, 3, 5)
WAYS: dict[str, str] = {
    "answers": "answers alone",
    "labels": "labels; rivals: other questions' articles",
    "labels, rivals": "labels; rivals: found articles too",
}
Row = dict[str, Any]


def shelf_of(company: World, encoder: Any) -> tuple[Shelf, list[Asked]]:
    """A company's articles as the frozen index, and its questions that have an answer."""
    stored = vectors([searchable(article.title, article.text) for article in company.articles], encoder)
    place = {article.id: row for row, article in enumerate(company.articles)}
    asked = [Asked(q.text, q.answer or "", place[q.article_id]) for q in answered(company.questions)]
    return Shelf([article.text for article in company.articles], torch.from_numpy(stored)), asked


def recalls(encoder: Any, shelf: Shelf, asked: Sequence[Asked]) -> dict[str, float]:
    """Recall@1, @3 and @5 of this query encoder over a shelf's vectors; each question has one right passage."""
    found = ranks(encoder.encode([q.text for q in asked], 64), shelf.vectors.numpy(), [q.row for q in asked])
    return {f"recall@{k}": round(float((found <= k).mean()), 4) for k in KS}


def followed(measure: Callable[[], Row], moments: list[Row]) -> Callable[[Any], float]:
    """A `validate` for training that keeps what is measured every so many steps."""

    def validate(_: Any) -> float:
        moments.append({"step": len(moments) * EVERY} | measure())
        return 0.0

    return validate


@cache
def before() -> Row:
    """Recalls on Kestrel of the encoder as it ships, computed once."""
    encoder = load_encoder()
    return recalls(encoder, *shelf_of(world(0), encoder))


@lru_cache(maxsize=1)
def lessons(seed: int) -> tuple[Shelf, list[Asked]]:
    """What the searchers of one seed are taught on: the company of the next seed, never Kestrel."""
    return shelf_of(world(seed + 1), load_encoder())


def joint_run(way: str, seed: int, likelihoods: Likelihoods, steps: int = STEPS) -> Row:
    """A query encoder taught on the company of seed + 1, in one of WAYS; recalls on Kestrel's questions."""
    query, (shelf, asked) = load_encoder(), lessons(seed)
    kestrel, tested = shelf_of(world(0), load_encoder())
    moments: list[Row] = [{"step": 0} | before()]
    validate = followed(lambda: recalls(query, kestrel, tested), moments)
    options: Row = {"seed": seed, "warmup": 5, "progress": False, "validate": validate, "every": EVERY}
    known = likelihoods.asked
    if way == "answers":
        history = train_by_answers(query, shelf, asked, likelihoods, steps, FOUND, **options)
    else:
        history = train_by_labels(query, shelf, asked, steps, FOUND if "rivals" in way else 0, **options)
    seconds = round(history.seconds, 1)
    return {"moments": moments, "seconds": seconds, "read": likelihoods.asked - known}


def posterior_run(seed: int, likelihoods: Likelihoods, count: int = 100) -> Row:
    """How often the answer names the right passage: the largest likelihood among the first found, before training.

    Over questions of the company of seed + 1 whose passage is among those found; beside it, the search's own first.
    """
    encoder, (shelf, asked) = load_encoder(), lessons(seed)
    asked = asked[:: max(1, len(asked) // count)][:count]
    found = shelf.find(torch.from_numpy(encoder.encode([q.text for q in asked])), FOUND).tolist()
    both = [(q, rows) for q, rows in zip(asked, found, strict=True) if q.row in rows]
    best = [likelihoods.of(q.text, q.answer, [shelf.texts[r] for r in rows]).sum(1).argmax() for q, rows in both]
    named = [rows[int(place)] == q.row for (q, rows), place in zip(both, best, strict=True)]
    return {"questions": len(both), "named": round(fmean(named), 4), "first": fmean(r[0] == q.row for q, r in both)}


def refresh_run(seed: int, steps: int = STEPS) -> Row:
    """One encoder for both sides, taught with labels: recalls on the index as it was, and on one embedded anew.

    At every moment the old vectors are searched with the new queries; then all articles are embedded again.
    """
    encoder, moments = load_encoder(), [{"step": 0, "stale": before(), "refreshed": before(), "seconds": 0.0}]
    old, tested = shelf_of(world(0), encoder)

    def both() -> Row:
        stale, began = recalls(encoder, old, tested), time.perf_counter()
        fresh, _ = shelf_of(world(0), encoder)
        seconds = time.perf_counter() - began
        return {"stale": stale, "refreshed": recalls(encoder, fresh, tested), "seconds": round(seconds, 2)}

    options: Row = {"seed": seed, "warmup": 5, "progress": False, "validate": followed(both, moments), "every": EVERY}
    history = train_retriever(encoder, training_pairs(world(seed + 1)), steps, bf16=fast_bf16(), **options)
    return {"moments": moments, "articles": len(old.texts), "seconds": round(history.seconds, 1)}


def jobs(seeds: Iterable[int]) -> Iterator[tuple[Row, Callable[[], Row]]]:
    """Every row of the stored table: answers with every seed, what they are compared with on the first."""
    generator, seeds = load_generator(), list(seeds)
    for seed in seeds:
        likelihoods = Likelihoods(generator)
        yield {"what": "posterior", "seed": seed}, lambda s=seed, known=likelihoods: posterior_run(s, known)
        for way in WAYS:
            if way == "answers" or seed in seeds[:COMPARED]:
                key = {"what": way, "seed": seed}
                yield key, lambda s=seed, w=way, known=likelihoods: joint_run(w, s, known)
    for seed in seeds[:REFRESHED]:
        yield {"what": "refresh", "seed": seed}, lambda s=seed: refresh_run(s)


def by_seed(table: Sequence[Mapping[str, Any]], way: str, k: int = 1, moment: int = -1) -> dict[int, float]:
    """{seed: recall@k} of one way at one moment; 0 is before training, -1 the end."""
    return {row["seed"]: row["moments"][moment][f"recall@{k}"] for row in chosen(table, what=way)}


def staleness(table: Sequence[Mapping[str, Any]], k: int = 1) -> list[dict[str, float]]:
    """Means over seeds, a row a moment: steps, recall@k on the old index and on the one embedded anew."""
    moments = zip(*(row["moments"] for row in chosen(table, what="refresh")), strict=True)
    return [
        {"step": row[0]["step"]} | {w: fmean(each[w][f"recall@{k}"] for each in row) for w in ("stale", "refreshed")}
        for row in moments
    ]


def curves(table: Sequence[Mapping[str, Any]], k: int = 1) -> dict[str, list[tuple[int, float]]]:
    """{way: [(steps, mean recall@k over the seeds that all ways have), ...]} for a figure."""
    lines = {}
    for way, name in WAYS.items():
        rows = [row["moments"] for row in chosen(table, what=way)][:COMPARED]
        lines[name] = [(each[0]["step"], fmean(m[f"recall@{k}"] for m in each)) for each in zip(*rows, strict=True)]
    return lines
