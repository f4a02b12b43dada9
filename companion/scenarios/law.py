"""A law that is amended: questions are asked *as of a date*, and only that day's wording is right.

The law is invented (`world/data/scenarios/law.toml`): 30 sections in 65 wordings. Six ways of answering are
compared; for each question a way gives the id of one version, or None.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from companion.rag.knowledge import KnowledgeIndex
from companion.rag.records import Hit, Where
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

FIRST_DAY, OPEN_END = "2016-01-01", "9999-12-31"  # the law began; what is in force today has no end
DEPTHS = (1, 3, 5, 10)  # how many are retrieved before a filter that comes after
TOP_K = 5  # P1.1's own
WAYS = {
    "filter, then search": RAG,
    "search 5, then filter": RAG,
    "only today's wording kept": RAG,
    "no date at all": RAG,
    "BM25, filtered first": RAG,
    "fine-tuned on the law of 2016": FINETUNE,
    "distilled from that": DISTILL,
    "fine-tuned sorter, dated table": BOTH,
}
GROUPS = ("never amended", "before the amendment", "between amendments", "newest wording")


@dataclass(frozen=True)
class Version:
    """One wording of a section, in force from `start` up to and without `end`; ISO dates, which sort as text."""

    section: str
    title: str
    text: str
    start: str
    end: str
    by: str = ""

    @property
    def id(self) -> str:
        """ "6@2021-01-01"."""
        return f"{self.section}@{self.start}"


@dataclass(frozen=True)
class Question:
    """What is asked, the day it is asked about, the section that answers, and words of that day's wording."""

    text: str
    as_of: str
    section: str
    value: str


@cache
def versions() -> tuple[Version, ...]:
    """All wordings, by section and date."""
    found = []
    for section in read("law")["sections"]:
        ends = [version["from"] for version in section["versions"][1:]] + [OPEN_END]
        for version, end in zip(section["versions"], ends, strict=True):
            by = version.get("by", "")
            found.append(Version(section["id"], section["title"], version["text"], version["from"], end, by))
    return tuple(found)


@cache
def questions() -> tuple[Question, ...]:
    """The test questions."""
    return tuple(Question(q["text"], q["as_of"], q["section"], q["value"]) for q in read("law")["questions"])


def training() -> tuple[list[str], list[str]]:
    """What a sorter learns from, and the sections: questions without a date, and every section as it first stood."""
    pairs = [(text, section) for section, texts in read("law")["train"].items() for text in texts]
    pairs += [(f"{v.title}. {v.text}", v.section) for v in versions() if v.start == FIRST_DAY]
    return [text for text, _ in pairs], [section for _, section in pairs]


def in_force(as_of: str) -> Where:
    """The filter for a day, an ISO date: from the first day up to, and without, the day of the next wording."""
    return lambda metadata: metadata["start"] <= as_of < metadata["end"]


def wording(section: str, as_of: str) -> Version:
    """The section's wording on a day. Raises ValueError for a section or a day that the law does not know."""
    found = [v for v in versions() if v.section == section and v.start <= as_of < v.end]
    if not found:
        raise ValueError(f"Section {section} has no wording on {as_of}: the law has 30 sections, from 2016-01-01 on.")
    return found[0]


def law_index(encoder: Encoder) -> KnowledgeIndex:
    """Every wording as a document of its own, its dates beside it as metadata."""
    index, all_of_it = KnowledgeIndex(encoder), versions()
    dates = [{"section": v.section, "start": v.start, "end": v.end} for v in all_of_it]
    index.add([v.id for v in all_of_it], [v.text for v in all_of_it], [v.title for v in all_of_it], dates)
    return index


def filter_then_search(index: KnowledgeIndex, asked: str, as_of: str, mode: str = "dense") -> list[Hit]:
    """Only what was in force competes, so every one of the best five may be used."""
    return index.search(asked, TOP_K, mode, where=in_force(as_of))


def search_then_filter(index: KnowledgeIndex, asked: str, as_of: str, top_k: int = TOP_K) -> list[Hit]:
    """The best `top_k` of all times first, then those of another day are dropped: perhaps all of them."""
    allowed = in_force(as_of)
    return [hit for hit in index.search(asked, top_k, "dense") if allowed(hit.metadata)]


def answers(index: KnowledgeIndex, asked: str, as_of: str) -> dict[str, str | None]:
    """{way: id of the version that it answers with} for the ways that search."""
    ways = {
        "filter, then search": filter_then_search(index, asked, as_of),
        "search 5, then filter": search_then_filter(index, asked, as_of),
        "only today's wording kept": index.search(asked, 1, "dense", where={"end": OPEN_END}),
        "no date at all": index.search(asked, 1, "dense"),
        "BM25, filtered first": filter_then_search(index, asked, as_of, "sparse"),
    }
    return {way: hits[0].id if hits else None for way, hits in ways.items()}


def group(question: Question) -> str:
    """Which of `GROUPS` a question belongs to."""
    right = wording(question.section, question.as_of)
    wordings = [v for v in versions() if v.section == question.section]
    if len(wordings) == 1:
        return GROUPS[0]
    return GROUPS[1] if right == wordings[0] else GROUPS[3] if right == wordings[-1] else GROUPS[2]


def ceiling() -> float:
    """The share of questions that the law of 2016 still answers: no model that was frozen then can have more."""
    return sum(wording(q.section, q.as_of).start == FIRST_DAY for q in questions()) / len(questions())


def law_sorter(encoder: Encoder, seed: int = 0, **options: Any):
    """The fine-tuned path: it names the section of a question."""
    return sorter(encoder, *training(), seed=seed, **options)


def law_run(encoder: Encoder, seed: int, **options: Any) -> Row:
    """One seed: a sorter trained anew, and all ways, on all questions and on those that this seed draws.

    The search has no seed of its own: on all questions it answers alike for every seed.
    """
    index, asked = law_index(encoder), list(questions())
    began = time.perf_counter()
    tuned = law_sorter(encoder, seed, **options)
    seconds = round(time.perf_counter() - began, 1)
    student = distilled(tuned, training()[0], seed)
    said = [answers(index, q.text, q.as_of) for q in asked]
    for row, q, by_tuned, by_student in zip(said, asked, *(_sections(m, asked) for m in (tuned, student)), strict=True):
        row["fine-tuned on the law of 2016"] = wording(by_tuned, FIRST_DAY).id
        row["distilled from that"] = wording(by_student, FIRST_DAY).id
        row["fine-tuned sorter, dated table"] = wording(by_tuned, q.as_of).id
    right = [wording(q.section, q.as_of).id for q in asked]
    verdicts = {way: [row[way] == gold for row, gold in zip(said, right, strict=True)] for way in WAYS}
    kept = {"seed": seed, "seconds": seconds, "depths": depths(index, asked)}
    return kept | scored(verdicts, [group(q) for q in asked], seed)


def _sections(model: Any, asked: Sequence[Question]) -> list[str]:
    return model.predict([q.text for q in asked])


def depths(index: KnowledgeIndex, asked: Sequence[Question]) -> dict[str, dict[str, float]]:
    """Filtering after top-k at several k: the share that is right, and the share left with no answer at all."""
    found = [index.search(q.text, max(DEPTHS), "dense") for q in asked]
    table = {}
    for k in DEPTHS:
        left = [
            [hit.id for hit in hits[:k] if in_force(q.as_of)(hit.metadata)]
            for hits, q in zip(found, asked, strict=True)
        ]
        right = sum(ids[:1] == [wording(q.section, q.as_of).id] for ids, q in zip(left, asked, strict=True))
        empty = sum(not ids for ids in left)
        table[str(k)] = {"right": round(right / len(asked), 4), "nothing left": round(empty / len(asked), 4)}
    return table
