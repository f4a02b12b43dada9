"""Exact search over vectors with str ids, on faiss."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import faiss
import numpy as np

from companion.rag import files
from companion.rag.errors import check_held, check_new, check_top_k


class VectorIndex:
    """Inner-product search over float32 vectors; with unit vectors the score is the cosine.

    The index is flat: every vector is compared, nothing is approximated, and a vector can be removed, which
    graph indexes such as HNSW cannot do. faiss knows only integers, so each str id gets the next number.
    """

    def __init__(self, dim: int):
        if dim < 1:
            raise ValueError(f"dim is {dim}: give the width of the vectors, for an encoder its .dim.")
        self.dim = dim
        self._faiss = faiss.IndexIDMap2(faiss.IndexFlatIP(dim))
        self._number: dict[str, int] = {}
        self._id: dict[int, str] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._number)

    def __contains__(self, item: str) -> bool:
        return item in self._number

    @property
    def ids(self) -> list[str]:
        """The ids in the order in which they were added."""
        return list(self._number)

    def add(self, ids: Sequence[str], vectors: np.ndarray) -> None:
        """Add vectors (n, dim) under n new ids; all of them or, on a ValueError, none."""
        ids = [ids] if isinstance(ids, str) else list(ids)
        vectors = self.checked(vectors, len(ids))
        check_new(ids, self._number)
        numbers = range(self._next, self._next + len(ids))
        self._faiss.add_with_ids(vectors, np.fromiter(numbers, np.int64, len(ids)))
        self._number.update(zip(ids, numbers, strict=True))
        self._id.update(zip(numbers, ids, strict=True))
        self._next += len(ids)

    def remove(self, ids: Sequence[str]) -> None:
        """Remove the vectors of these ids; all of them or, for an unknown id, none."""
        ids = [ids] if isinstance(ids, str) else list(dict.fromkeys(ids))
        check_held(ids, self._number)
        numbers = [self._number.pop(item) for item in ids]
        self._faiss.remove_ids(np.array(numbers, np.int64))
        for number in numbers:
            del self._id[number]

    def search(
        self, queries: np.ndarray, top_k: int = 5, allowed: Collection[str] | None = None
    ) -> tuple[list, np.ndarray]:
        """Ids and scores of the best `top_k`, best first, or of all there are if that is fewer.

        queries (n, dim) give n lists of ids and scores (n, k); one query (dim,) a list and scores (k,).
        `allowed`: search only among these ids; the filter comes before the choice of the best k.
        """
        check_top_k(top_k)
        single = np.ndim(queries) == 1
        queries = self.checked(queries)
        numbers = None if allowed is None else [self._number[i] for i in set(allowed) if i in self._number]
        k = min(top_k, len(self) if numbers is None else len(numbers))
        if k == 0:
            ids, scores = [[] for _ in queries], np.zeros((len(queries), 0), np.float32)
        else:
            scores, found = self._faiss.search(queries, k, params=_only(numbers))
            ids = [[self._id[number] for number in row] for row in found.tolist()]
        return (ids[0], scores[0]) if single else (ids, scores)

    def vectors(self, ids: Sequence[str] | None = None) -> np.ndarray:
        """The stored vectors (n, dim) of these ids, or of all in the order of `ids`."""
        ids = self.ids if ids is None else list(ids)
        check_held(ids, self._number)
        rows = [self._faiss.reconstruct(self._number[item]) for item in ids]
        return np.array(rows, np.float32).reshape(-1, self.dim)

    def save(self, path: str | Path) -> None:
        """Write one file, whole or not at all."""
        files.write(path, {"vectors": self.vectors()}, {"kind": "VectorIndex", "dim": self.dim, "ids": self.ids})

    @classmethod
    def load(cls, path: str | Path) -> VectorIndex:
        """The index that `save` wrote."""
        arrays, notes = files.read(path, "VectorIndex")
        index = cls(notes["dim"])
        index.add(notes["ids"], arrays["vectors"])
        return index

    def checked(self, vectors: np.ndarray, count: int | None = None) -> np.ndarray:
        """float32 (n, dim), contiguous, finite, and n = count where that is given; else ValueError."""
        vectors = np.ascontiguousarray(np.atleast_2d(np.asarray(vectors, np.float32)))
        if vectors.ndim != 2 or (vectors.size and vectors.shape[1] != self.dim):
            raise ValueError(
                f"vectors of shape {vectors.shape} do not fit an index of dim {self.dim}: "
                f"embed with the encoder that built it, or make VectorIndex({vectors.shape[-1]})."
            )
        if not np.isfinite(vectors).all():
            raise ValueError("a vector holds NaN or infinity: check the text or the encoder that made it.")
        vectors = vectors.reshape(-1, self.dim)
        if count is not None and len(vectors) != count:
            raise ValueError(f"{count} ids came with {len(vectors)} vectors: give each vector one id.")
        return vectors


def _only(numbers: list[int] | None) -> faiss.SearchParameters | None:
    if numbers is None:
        return None
    return faiss.SearchParameters(sel=faiss.IDSelectorBatch(np.array(numbers, np.int64)))
