"""A knowledge base spoilt on purpose, and mended: facts that a cut tears apart, and copies that crowd them out.

Every product's pages are joined into one manual, as a shop has it; the other articles stay as they are. What is
spoilt is spoilt by a recipe, so that the cause is known and a gauge can be seen to find it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from companion.models.embedded import Embedded
from companion.rag.knowledge import KnowledgeIndex
from companion.rag.records import Document, Hit
from companion.rag.split import split_text
from companion.world import Question, World
from companion.world.company import slug

SPOILT = (10, 0)  # words of a chunk, and how many the next one shares
SIZES = (10, 20, 45, 90)  # to choose from
SHINGLE, SAME_DOCUMENT, SAME_PASSAGE = 4, 0.9, 0.5
MONTHS = ("January", "March", "June", "September", "November")


def documents(company: World) -> list[Document]:
    """One manual a product, its pages joined, and every other article; metadata: kind, product, date."""
    joined: dict[str, list] = {}
    for article in company.articles:
        name = slug(article.product, "manual") if article.kind == "manual" else article.id
        joined.setdefault(name, []).append(article)
    return [
        Document(
            name,
            "",
            " ".join(article.text for article in articles),
            {"kind": articles[0].kind, "product": articles[0].product, "date": max(a.date for a in articles)},
        )
        for name, articles in joined.items()
    ]


def printed_again(originals: Sequence[Document], seed: int, share: float = 1 / 3, times: int = 4) -> list[Document]:
    """Copies of a share of the documents, as an export that ran `times` times leaves them.

    Each copy has a line with its date before the text: no copy equals another letter by letter.
    """
    random = Random(f"copies-{seed}")
    chosen = random.sample(list(originals), round(share * len(originals)))
    return [
        Document(f"{d.id}/print-{n}", d.title, f"Printed on {random.randint(1, 28)} {MONTHS[n % 5]} 2025. {d.text}",
                 d.metadata | {"copy": True})
        for d in chosen
        for n in range(times)
    ]  # fmt: skip


def cut(whole: Iterable[Document], size: int, overlap: int) -> list[Document]:
    """The documents in chunks of `size` words; ids end in the first character's place, metadata name the document."""
    return [
        Document(f"{d.id}#{chunk.start}", d.title, chunk.text, d.metadata | {"document": d.id})
        for d in whole
        for chunk in split_text(d.text, size, overlap)
    ]


class Bases(Embedded):
    """Knowledge bases by one encoder: those that share a chunk share its vector."""

    def base(self, chunks: Sequence[Document]) -> KnowledgeIndex:
        """An index of these chunks."""
        index = KnowledgeIndex(self.encoder)
        texts = [chunk.text for chunk in chunks]
        index.add([c.id for c in chunks], texts, [""] * len(texts), [c.metadata for c in chunks], self.encode(texts))
        return index

    def search(self, index: KnowledgeIndex, query: str, top_k: int = 5, where: Any = None) -> list[Hit]:
        """As `index.search`, without embedding the query a second time."""
        return index.search(query, top_k, where=where, vector=self.encode([query])[0])


def shingles(text: str, size: int = SHINGLE) -> frozenset[tuple[str, ...]]:
    """All runs of `size` words, in lower case; a shorter text is one run (Broder 1997)."""
    words = re.findall(r"\w+", text.lower())
    return frozenset(tuple(words[at : at + size]) for at in range(max(1, len(words) - size + 1)))


def within(one: frozenset, other: frozenset) -> float:
    """Shared runs over those of the shorter text: 1 where one text holds the other."""
    return len(one & other) / min(len(one), len(other))


def without_copies(found: Sequence[Document], limit: float = SAME_DOCUMENT) -> list[Document]:
    """The documents, each text once: a later one that shares `limit` of its runs with an earlier one is left out.

    The trap is to compare vectors in place of words: the manuals of Merlin 2 and Merlin 2 Pro mean nearly the same.
    """
    kept: list[tuple[Document, frozenset]] = []
    for document in found:
        runs = shingles(document.text)
        if all(within(runs, other) < limit for _, other in kept):
            kept.append((document, runs))
    return [document for document, _ in kept]


def lost_by_vectors(found: Sequence[Document], embedded: Embedded) -> float:
    """Share of the true documents lost when copies are told by cosine, the limit low enough to catch every copy."""
    vectors = embedded.encode([document.text for document in found])
    cosines = vectors @ vectors.T
    place = {document.id: row for row, document in enumerate(found)}
    copies = [(place[d.id], place[d.id.rsplit("/print-", 1)[0]]) for d in found if d.metadata.get("copy")]
    limit = min(cosines[pair] for pair in copies)
    true = [row for row, document in enumerate(found) if not document.metadata.get("copy")]
    lost = sum(bool((cosines[row, true[:at]] >= limit).any()) for at, row in enumerate(true))
    return lost / len(true)


# --- gauges of a knowledge base: no model answers ---
def holds(passage: Document | Hit, question: Question) -> bool:
    """Whether the passage is of the product's manual and says both its name and the answer."""
    own = passage.metadata["kind"] == "manual" and passage.metadata["product"] == question.product
    return own and question.product in passage.text and question.answer in passage.text


def whole_facts(chunks: Sequence[Document], questions: Sequence[Question]) -> float:
    """Share of questions whose product and answer stand together in a chunk."""
    return sum(any(holds(chunk, q) for chunk in chunks) for q in questions) / len(questions)


def repeats(hits: Sequence[Hit]) -> float:
    """Share of the found passages that mostly repeat one found before."""
    runs = [shingles(hit.text) for hit in hits]
    again = [any(within(run, other) >= SAME_PASSAGE for other in runs[:at]) for at, run in enumerate(runs)]
    return sum(again) / max(1, len(again))
