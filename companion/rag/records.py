"""What goes into a knowledge index and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from companion.world.records import searchable

__all__ = ["Answer", "Document", "Hit", "Where", "as_documents", "matches", "searchable"]

Where = Mapping[str, Any] | Callable[[dict], bool]


@dataclass(frozen=True)
class Document:
    """What the index holds under one id."""

    id: str
    title: str
    text: str
    metadata: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """A search result; a larger score is better, and scores of different modes do not compare."""

    id: str
    score: float
    text: str
    title: str
    metadata: dict = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Answer:
    """An answer and where it comes from.

    citations: ids of the documents that the answer rests on. passages: all that were found, best first.
    prompt: exactly what the model read. milliseconds: by stage, "embed", "search", "generate".
    spans: (start, end) in each cited document's text, where the model can point; score: the model's own.
    """

    text: str
    citations: list[str]
    prompt: str
    milliseconds: dict[str, float]
    passages: list[Hit]
    spans: tuple[tuple[int, int], ...] = ()
    score: float | None = None


def matches(metadata: Mapping, where: Where) -> bool:
    """Whether a document passes the filter: equal on each of the dict's keys, or the function is true."""
    if callable(where):
        return bool(where(metadata))
    return all(key in metadata and metadata[key] == value for key, value in where.items())


def as_documents(ids, texts, titles, metadata, old: Sequence[Document] | None = None) -> list[Document]:
    """One document, or parallel lists of them, as a list; what is None comes from `old`, else is empty.

    Raises ValueError where the lists differ in length or a text is no str.
    """
    if isinstance(ids, str):  # one document: every field is one value
        ids, texts, titles, metadata = ([v] if v is not None else None for v in (ids, texts, titles, metadata))
    old = old or [Document(item, "", "") for item in ids]
    columns = {
        "texts": [document.text for document in old] if texts is None else list(texts),
        "titles": [document.title for document in old] if titles is None else list(titles),
        "metadata": [document.metadata for document in old] if metadata is None else list(metadata),
    }
    for name, values in columns.items():
        if len(values) != len(ids):
            raise ValueError(f"{len(ids)} ids came with {len(values)} {name}: give each document its own.")
    if not all(isinstance(text, str) for text in columns["texts"]):
        raise ValueError("texts are str: read the file, or turn the value into text, first.")
    return [Document(i, t, x, dict(m)) for i, x, t, m in zip(ids, *columns.values(), strict=True)]
