"""Clinical papers, of which later ones reverse earlier ones: which paper holds *today*?

40 invented abstracts on 24 topics (`world/data/scenarios/papers.toml`). In twelve topics a later trial reverses an
earlier paper; in four a later paper is too weak to, or was retracted; in eight there is one paper.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from companion.rag.knowledge import KnowledgeIndex
from companion.rag.records import Hit
from companion.scenarios.moving import (
    BOTH,
    DISTILL,
    FINETUNE,
    RAG,
    Row,
    distilled,
    read,
    scored,
    sorter,
)

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

STRONG = ("trial", "review")  # designs that can overturn a trial; a pilot, a mouse, one case cannot
REACHES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)  # candidates for how much less similar a newer paper may be
WAYS = {
    "newest valid of the near ones": RAG,
    "the same, reach chosen before": RAG,
    "most similar": RAG,
    "newest of the near ones": RAG,
    "BM25": RAG,
    "fine-tuned before the reversals": FINETUNE,
    "distilled from that": DISTILL,
    "fine-tuned sorter, topic's newest valid": BOTH,
}
GROUPS = ("reversed since", "a later paper too weak", "one paper")


@dataclass(frozen=True)
class Paper:
    """One abstract. `valid`: of a design that can overturn a trial, and not retracted."""

    id: str
    topic: str
    date: str
    design: str
    title: str
    text: str
    finding: str
    retracted: bool = False

    @property
    def valid(self) -> bool:
        return self.design in STRONG and not self.retracted


@dataclass(frozen=True)
class Asked:
    """A clinician's question, its topic, and the id of the paper that holds today."""

    text: str
    topic: str
    holds: str


@cache
def papers() -> dict[str, Paper]:
    """All papers by id."""
    listed = [Paper(topic=topic["id"], **paper) for topic in read("papers")["topics"] for paper in topic["papers"]]
    return {paper.id: paper for paper in listed}


def known_then() -> dict[str, str]:
    """{topic: id of the paper that a model trained before the reversals learned}."""
    return {topic["id"]: topic["papers"][0]["id"] for topic in read("papers")["topics"]}


def asked(part: str = "questions") -> list[Asked]:
    """The test questions, or with "train" what was asked before the reversals."""
    topics = read("papers")["topics"]
    return [Asked(text, topic["id"], topic["holds"]) for topic in topics for text in topic[part]]


def paper_index(encoder: Encoder) -> KnowledgeIndex:
    """Every abstract as a document; as metadata its date, whether it is valid, and whether it was there *then*."""
    index, listed, then = KnowledgeIndex(encoder), list(papers().values()), set(known_then().values())
    notes = [{"date": paper.date, "valid": paper.valid, "then": paper.id in then} for paper in listed]
    index.add([p.id for p in listed], [p.text for p in listed], [p.title for p in listed], notes)
    return index


def newest_near(hits: Sequence[Hit], reach: float, only_valid: bool = True) -> str | None:
    """The newest paper whose similarity is within `reach` of the best one's, or None where nothing was found.

    hits: best first, scores as cosines. only_valid: leave out what cannot overturn a trial, before the best one is
    looked at. The trap: a large reach lets a newer paper on a neighbouring question win.
    """
    usable = [hit for hit in hits if hit.metadata["valid"] or not only_valid]
    near = [hit for hit in usable if hit.score >= usable[0].score - reach]
    return max(near, key=lambda hit: hit.metadata["date"]).id if near else None


def best_reach(index: KnowledgeIndex, then: bool = False) -> float:
    """The reach of `REACHES` that answers most of the *training* questions rightly; of equal ones the smallest.

    The test questions have no say in it. But the right answers are today's, and half of them are reversals: whoever
    chooses so has seen papers reversed. With `then`, only the papers known then are searched, and theirs are right.
    """
    where, old = {"then": True} if then else None, known_then()
    found = [
        (index.search(one.text, 10, "dense", where=where), old[one.topic] if then else one.holds)
        for one in asked("train")
    ]
    return max(REACHES, key=lambda reach: sum(newest_near(hits, reach) == holds for hits, holds in found))


def newest_of_topic(topic: str) -> str:
    """The newest valid paper of a topic: a table that somebody keeps by hand."""
    return max((p for p in papers().values() if p.topic == topic and p.valid), key=lambda p: p.date).id


def group(one: Asked) -> str:
    """Which of `GROUPS` a question belongs to."""
    if one.holds != known_then()[one.topic]:
        return GROUPS[0]
    return GROUPS[1] if sum(p.topic == one.topic for p in papers().values()) > 1 else GROUPS[2]


def training() -> tuple[list[str], list[str]]:
    """What a sorter learns from, and the topics: questions, and the title and finding of each paper known then."""
    pairs = [(one.text, one.topic) for one in asked("train")]
    pairs += [(f"{papers()[i].title}: {papers()[i].finding}", topic) for topic, i in known_then().items()]
    return [text for text, _ in pairs], [topic for _, topic in pairs]


def ceiling() -> float:
    """The share of questions whose paper of then still holds: no model that was frozen then can have more."""
    return sum(one.holds == known_then()[one.topic] for one in asked()) / len(asked())


def papers_sorter(encoder: Encoder, seed: int = 0, **options: Any):
    """The fine-tuned path: it names a question's topic, and with it the finding that was known then."""
    return sorter(encoder, *training(), seed=seed, **options)


def papers_run(encoder: Encoder, seed: int, **options: Any) -> Row:
    """One seed: a sorter trained anew, and all ways, on all questions and on those that this seed draws."""
    index, test = paper_index(encoder), asked()
    began = time.perf_counter()
    tuned = papers_sorter(encoder, seed, **options)
    seconds = round(time.perf_counter() - began, 1)
    student = distilled(tuned, training()[0], seed)
    texts, reach, before = [one.text for one in test], best_reach(index), best_reach(index, then=True)
    said = [answers(index, text, reach, before) for text in texts]
    for row, by_tuned, by_student in zip(said, tuned.predict(texts), student.predict(texts), strict=True):
        row["fine-tuned before the reversals"] = known_then()[by_tuned]
        row["distilled from that"] = known_then()[by_student]
        row["fine-tuned sorter, topic's newest valid"] = newest_of_topic(by_tuned)
    verdicts = {way: [row[way] == one.holds for row, one in zip(said, test, strict=True)] for way in WAYS}
    kept = {"seed": seed, "seconds": seconds, "reach": reach, "reach before": before}
    return kept | scored(verdicts, [group(one) for one in test], seed)


def answers(index: KnowledgeIndex, text: str, reach: float, before: float = 0.0) -> dict[str, str | None]:
    """{way: id of the paper that it answers with} for the ways that search; `before`: the reach chosen then."""
    hits, words = index.search(text, 10, "dense"), index.search(text, 1, "sparse")
    return {
        "newest valid of the near ones": newest_near(hits, reach),
        "the same, reach chosen before": newest_near(hits, before),
        "most similar": hits[0].id,
        "newest of the near ones": newest_near(hits, reach, only_valid=False),
        "BM25": words[0].id if words else None,
    }
