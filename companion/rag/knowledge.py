"""Documents that can be searched by meaning and by words, and changed while they are searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from companion.rag import files
from companion.rag.errors import check_held, check_new, check_top_k
from companion.rag.fusion import reciprocal_rank_fusion
from companion.rag.records import Document, Hit, Where, as_documents, matches, searchable
from companion.rag.sparse import SparseIndex
from companion.rag.vectors import VectorIndex

MODES = ("hybrid", "dense", "sparse")
DEPTH = 100  # how far down each ranking the fusion looks


class TextEncoder(Protocol):
    """What an index needs of an encoder; `companion.models.Encoder` is one."""

    dim: int
    fingerprint: str

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


class KnowledgeIndex:
    """Documents by id, with their vectors and word counts; a change costs what the one document costs.

    Every change is whole or not at all: it is checked and embedded before anything is touched. The index
    keeps the fingerprint of its encoder, for vectors of another encoder, or of the same one after training,
    cannot be compared with those it holds.
    """

    def __init__(self, encoder: TextEncoder, k1: float = 0.9, b: float = 0.4):
        self.encoder = encoder
        self.fingerprint = encoder.fingerprint
        self._documents: dict[str, Document] = {}
        self._dense, self._sparse = VectorIndex(encoder.dim), SparseIndex(k1, b)

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, item: str) -> bool:
        return item in self._documents

    def __getitem__(self, item: str) -> Document:
        check_held([item], self._documents)
        return self._documents[item]

    @property
    def ids(self) -> list[str]:
        """The ids in the order in which they were added."""
        return list(self._documents)

    def add(
        self,
        ids: str | Sequence[str],
        texts: str | Sequence[str],
        titles: str | Sequence[str] | None = None,
        metadata: Mapping | Sequence[Mapping] | None = None,
        vectors: np.ndarray | None = None,
    ) -> None:
        """Add one document, or lists of them, under new ids.

        `vectors` (n, dim): the encoder's own vectors of `searchable(title, text)` where they are known
        already; otherwise they are computed. Raises ValueError for ids that are there, or lists that differ
        in length.
        """
        new = as_documents(ids, texts, titles, metadata)
        check_new([document.id for document in new], self._documents)
        self._insert(new, self._vectors(new, vectors))

    def update(
        self,
        ids: str | Sequence[str],
        texts: str | Sequence[str] | None = None,
        titles: str | Sequence[str] | None = None,
        metadata: Mapping | Sequence[Mapping] | None = None,
        vectors: np.ndarray | None = None,
    ) -> None:
        """Replace documents that are there, vectors and word counts included.

        Texts, titles and metadata that are not given stay as they are. Raises UnknownId, a ValueError.
        """
        listed = [ids] if isinstance(ids, str) else list(ids)
        check_held(listed, self._documents)
        check_new(listed, ())
        new = as_documents(ids, texts, titles, metadata, [self._documents[item] for item in listed])
        computed = self._vectors(new, vectors)
        self._delete(listed)
        self._insert(new, computed)

    def remove(self, ids: str | Sequence[str]) -> None:
        """Remove documents; all or, for an unknown id, none."""
        ids = [ids] if isinstance(ids, str) else list(dict.fromkeys(ids))
        check_held(ids, self._documents)
        self._delete(ids)

    def embed(self, query: str) -> np.ndarray:
        """The query's vector (dim,), checked as `search` checks it."""
        self._check_encoder()
        return self.encoder.encode([_checked(query)])[0]

    def search(
        self,
        query: str,
        top_k: int = 5,
        mode: str = "hybrid",
        where: Where | None = None,
        vector: np.ndarray | None = None,
    ) -> list[Hit]:
        """The best `top_k` documents, or all that match if they are fewer, best first.

        mode: "dense" compares vectors (cosine), "sparse" shared words (BM25; a document without one is not
        returned), "hybrid" joins the two rankings by reciprocal rank.
        where: search only documents whose metadata equal this dict on its keys, or for which this function
        of the metadata is true. The filter comes before the choice of the best.
        vector: the query's vector, where it is known already.
        """
        check_top_k(top_k)
        if mode not in MODES:
            raise ValueError(f"mode is {mode!r}: choose one of {', '.join(MODES)}.")
        self._check_encoder()
        _checked(query)
        allowed = None if where is None else self._matching(where)
        depth = max(top_k, DEPTH) if mode == "hybrid" else top_k
        if mode != "sparse":
            vector = self.embed(query) if vector is None else vector
            scores = dense = dict(zip(*self._dense.search(vector, depth, allowed), strict=True))
        if mode != "dense":
            scores = sparse = dict(zip(*self._sparse.search(query, depth, allowed), strict=True))
        if mode == "hybrid":
            scores = reciprocal_rank_fusion([list(dense), list(sparse)])
        return [self._hit(item, score) for item, score in list(scores.items())[:top_k]]

    def reembed(self) -> None:
        """Compute every vector anew: needed after the encoder was trained."""
        documents = list(self._documents.values())
        vectors = self.encoder.encode([searchable(d.title, d.text) for d in documents])
        dense = VectorIndex(self.encoder.dim)
        dense.add(self.ids, vectors)
        self._dense, self.fingerprint = dense, self.encoder.fingerprint

    def save(self, path: str | Path) -> None:
        """Write one file, whole or not at all; metadata must be what JSON can hold."""
        documents = [[d.id, d.title, d.text, d.metadata] for d in self._documents.values()]
        notes = {"kind": "KnowledgeIndex", "fingerprint": self.fingerprint, "documents": documents}
        notes |= {"k1": self._sparse.k1, "b": self._sparse.b}
        files.write(path, {"vectors": self._dense.vectors(self.ids)}, notes)

    @classmethod
    def load(cls, path: str | Path, encoder: TextEncoder) -> KnowledgeIndex:
        """The index that `save` wrote; `encoder` must be the one that built it, else ValueError."""
        arrays, notes = files.read(path, "KnowledgeIndex")
        index = cls(encoder, notes["k1"], notes["b"])
        index.fingerprint = notes["fingerprint"]
        index._check_encoder()
        documents = [Document(*row) for row in notes["documents"]]
        index._insert(documents, arrays["vectors"])
        return index

    def _insert(self, documents: list[Document], vectors: np.ndarray) -> None:
        ids = [document.id for document in documents]
        self._dense.add(ids, vectors)
        self._sparse.add(ids, [searchable(d.title, d.text) for d in documents])
        self._documents.update(zip(ids, documents, strict=True))

    def _delete(self, ids: list[str]) -> None:
        self._dense.remove(ids)
        self._sparse.remove(ids)
        for item in ids:
            del self._documents[item]

    def _vectors(self, documents: list[Document], vectors: np.ndarray | None) -> np.ndarray:
        self._check_encoder()
        if vectors is None:
            vectors = self.encoder.encode([searchable(d.title, d.text) for d in documents])
        return self._dense.checked(vectors, len(documents))

    def _matching(self, where: Where) -> set[str]:
        return {item for item, document in self._documents.items() if matches(document.metadata, where)}

    def _hit(self, item: str, score: float) -> Hit:
        document = self._documents[item]
        return Hit(item, float(score), document.text, document.title, document.metadata)

    def _check_encoder(self) -> None:
        if self.encoder.fingerprint != self.fingerprint:
            raise ValueError(
                f"This index was built with the encoder {self.fingerprint[:12]}, and yours is "
                f"{self.encoder.fingerprint[:12]}: load it with that encoder, call reembed() if yours was "
                "trained since, or build the index anew."
            )


def _checked(query: str) -> str:
    if not isinstance(query, str) or not query.strip():
        raise ValueError("the query is empty: ask something in words.")
    return query
