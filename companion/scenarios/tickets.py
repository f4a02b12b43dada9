"""A help desk's long tail: most problems came up once, twice or three times, and somebody has one of them again.

195 invented tickets in 30 problems (`world/data/scenarios/tickets.toml`), each problem with an article that solves
it. A seed decides which of a problem's tickets the desk has seen, and which three are new.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from companion.rag.knowledge import KnowledgeIndex
from companion.scenarios.moving import DISTILL, FINETUNE, RAG, Row, by_seed, distilled, read, shares, sorter
from companion.stored import chosen

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

BUCKETS = {"seen once": (1, 1), "2 or 3 times": (2, 3), "4 to 9 times": (4, 9), "10 or more": (10, 99)}
RARE, OFTEN = "three times or less", "more often"
WAYS = {
    "nearest ticket": RAG,
    "nearest article": RAG,
    "nearest of both": RAG,
    "BM25 over tickets": RAG,
    "fine-tuned": FINETUNE,
    "fine-tuned, evened out": FINETUNE,
    "fine-tuned, articles as examples": FINETUNE,
    "articles and evened out": FINETUNE,
    "distilled from that": DISTILL,
}


@dataclass(frozen=True)
class Problem:
    """A problem, how often the desk has seen it, and the article that solves it."""

    id: str
    title: str
    article: str
    seen: int
    tickets: tuple[str, ...]


@dataclass(frozen=True)
class Desk:
    """Tickets seen, with their problems, and new ones for testing."""

    texts: list[str]
    labels: list[str]
    new_texts: list[str]
    new_labels: list[str]


@cache
def problems() -> dict[str, Problem]:
    """All problems by id, the most frequent first."""
    listed = [Problem(**problem | {"tickets": tuple(problem["tickets"])}) for problem in read("tickets")["problems"]]
    return {problem.id: problem for problem in listed}


def bucket(problem: str) -> str:
    """The frequency bucket of a problem, by how often the desk has seen it."""
    seen = problems()[problem].seen
    return next(name for name, (low, high) in BUCKETS.items() if low <= seen <= high)


def desk(seed: int) -> Desk:
    """Which tickets were seen and which are new: drawn by the seed, `seen` of each problem and the rest."""
    rng, seen, new = np.random.default_rng([seed, 23]), [], []
    for problem in problems().values():
        shuffled = [problem.tickets[row] for row in rng.permutation(len(problem.tickets))]
        seen += [(text, problem.id) for text in shuffled[: problem.seen]]
        new += [(text, problem.id) for text in shuffled[problem.seen :]]
    return Desk(*map(list, zip(*seen, strict=True)), *map(list, zip(*new, strict=True)))


def desk_index(encoder: Encoder, now: Desk, articles: bool = False, tickets: bool = True) -> KnowledgeIndex:
    """The tickets seen, the articles, or both; each document's metadata name its problem."""
    index = KnowledgeIndex(encoder)
    if tickets:
        ids = [f"ticket {row}" for row in range(len(now.texts))]
        index.add(ids, now.texts, metadata=[{"problem": problem} for problem in now.labels])
    if articles:
        solved = list(problems().values())
        ids, titles = [f"article {p.id}" for p in solved], [p.title for p in solved]
        index.add(ids, [p.article for p in solved], titles, [{"problem": p.id} for p in solved])
    return index


def nearest(index: KnowledgeIndex, texts: Sequence[str], mode: str = "dense") -> list[str]:
    """For each text the problem of the one document that is most like it; "" where none shares a word (BM25)."""
    found = [index.search(text, 1, mode) for text in texts]
    return [hits[0].metadata["problem"] if hits else "" for hits in found]


def with_articles(now: Desk) -> tuple[list[str], list[str]]:
    """What the search over both sees: the tickets, and each article as one more example of its problem."""
    solved = problems().values()
    texts = now.texts + [f"{problem.title}. {problem.article}" for problem in solved]
    return texts, now.labels + [problem.id for problem in solved]


def evened(texts: Sequence[str], labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """The usual help for a long tail: examples are repeated in turn until every problem has as many as the largest.

    Class-balanced sampling (arXiv 1910.09217). A rare problem then weighs as much as a frequent one, and its one
    ticket is seen again and again: it is learned, and may be learned by heart.
    """
    own = {label: [text for text, said in zip(texts, labels, strict=True) if said == label] for label in labels}
    most = max(map(len, own.values()))
    pairs = [(found[at % len(found)], label) for label, found in own.items() for at in range(most)]
    return [text for text, _ in pairs], [label for _, label in pairs]


def tickets_run(encoder: Encoder, seed: int, **options: Any) -> Row:
    """One seed: its draw of seen and new tickets, a classifier trained on those seen, and all ways on the new."""
    now = desk(seed)
    began = time.perf_counter()
    tuned = sorter(encoder, now.texts, now.labels, seed=seed, **options)
    seconds = round(time.perf_counter() - began, 1)
    tickets, new = desk_index(encoder, now), now.new_texts

    def taught(texts: Sequence[str], labels: Sequence[str]) -> list[str]:
        return sorter(encoder, texts, labels, seed=seed, **options).predict(new)

    said = {
        "nearest ticket": nearest(tickets, new),
        "nearest article": nearest(desk_index(encoder, now, articles=True, tickets=False), new),
        "nearest of both": nearest(desk_index(encoder, now, articles=True), new),
        "BM25 over tickets": nearest(tickets, new, "sparse"),
        "fine-tuned": tuned.predict(new),
        "fine-tuned, evened out": taught(*evened(now.texts, now.labels)),
        "fine-tuned, articles as examples": taught(*with_articles(now)),
        "articles and evened out": taught(*evened(*with_articles(now))),
        "distilled from that": distilled(tuned, now.texts, seed).predict(new),
    }
    verdicts = {way: [a == b for a, b in zip(found, now.new_labels, strict=True)] for way, found in said.items()}
    scores = shares(verdicts, [bucket(label) for label in now.new_labels])
    few = [RARE if problems()[label].seen <= 3 else OFTEN for label in now.new_labels]
    rare = {way: found[RARE] for way, found in shares(verdicts, few).items()}
    return {"seed": seed, "seconds": seconds, "scores": scores, "rare": rare}


def on_rare(table: Sequence[Row], way: str) -> dict[int, float]:
    """{seed: accuracy on tickets whose problem was seen three times or less}."""
    return {row["seed"]: row["rare"][way] for row in chosen(table, job="tickets")}


def by_bucket(table: Sequence[Row], way: str) -> dict[str, list[float]]:
    """{bucket: accuracy of each seed} of one way in the stored table."""
    return {name: list(by_seed(table, "tickets", way, name).values()) for name in BUCKETS}
