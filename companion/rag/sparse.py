"""BM25 over a changing collection: the words, counted.

bm25s scores all of a collection when it is built and has no later add or remove. Here the *counts* are kept
(how often each word stands in each document) and the scores are computed when asked for, so a change costs
no more than the one document, and document frequencies and the mean length are always those of today.
The words are bm25s's own (its tokenizer), and the scores equal those of a fresh bm25s index.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence

import bm25s
import numpy as np
import Stemmer

from companion.rag.errors import check_held, check_new, check_top_k

TOKEN = r"(?u)\b\w+\b"  # bm25s drops single characters by default, and with them the 2 of "Merlin 2"


def tokenize(texts: Sequence[str]) -> list[list[str]]:
    """Lower-case words, English stop words removed, stemmed (Porter 2)."""
    options = {"token_pattern": TOKEN, "stopwords": "en", "stemmer": Stemmer.Stemmer("english")}
    tokens = bm25s.tokenize(list(texts), return_ids=False, show_progress=False, **options)
    return [[word for word in words if word] for words in tokens]  # bm25s gives an empty text one empty word


def idf(df: int, n: int) -> float:
    """Weight of a word that stands in df of n documents: ln(1 + (n - df + 0.5) / (df + 0.5)), above 0."""
    return math.log(1 + (n - df + 0.5) / (df + 0.5))


def saturate(tf: np.ndarray, length: np.ndarray, mean_length: float, k1: float, b: float) -> np.ndarray:
    """tf / (tf + k1 * (1 - b + b * length / mean length)): a tenth mention adds less than a second."""
    return tf / (tf + k1 * (1 - b + b * length / mean_length))


class SparseIndex:
    """score(query, document) = sum over the query's words of idf * saturated tf.

    This is BM25 as Lucene has it (Kamphuis et al., ECIR 2020; bm25s, arXiv 2407.03618).

    The defaults k1 = 0.9, b = 0.4 are Anserini's. A document without any word of the query is not returned.
    """

    def __init__(self, k1: float = 0.9, b: float = 0.4):
        if k1 < 0 or not 0 <= b <= 1:
            raise ValueError(f"k1 = {k1} and b = {b} do not work: choose k1 >= 0 and b from 0 to 1.")
        self.k1, self.b = k1, b
        self._slot: dict[str, int] = {}  # id -> row in the arrays below
        self._ids: list[str | None] = []  # row -> id, None where free
        self._free: list[int] = []
        self._length = np.zeros(16, np.int64)  # words in each row's document
        self._words: dict[int, tuple[str, ...]] = {}  # row -> its distinct words, to undo them
        self._counts: dict[str, dict[int, int]] = {}  # word -> {row: times}
        self._total = 0  # words in all documents

    def __len__(self) -> int:
        return len(self._slot)

    def __contains__(self, item: str) -> bool:
        return item in self._slot

    def add(self, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Add texts under new ids; all or, on a ValueError, none."""
        ids, texts = ([ids], [texts]) if isinstance(ids, str) else (list(ids), list(texts))
        if len(ids) != len(texts):
            raise ValueError(f"{len(ids)} ids came with {len(texts)} texts: give each text one id.")
        check_new(ids, self._slot)
        for item, words in zip(ids, tokenize(texts), strict=True):
            self._insert(item, words)

    def remove(self, ids: Sequence[str]) -> None:
        """Remove documents and all that they counted for; all or, for an unknown id, none."""
        ids = [ids] if isinstance(ids, str) else list(dict.fromkeys(ids))
        check_held(ids, self._slot)
        for item in ids:
            self._delete(item)

    def update(self, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Replace the texts of ids that are there."""
        self.remove(ids)
        self.add(ids, texts)

    def search(
        self, query: str, top_k: int = 5, allowed: Collection[str] | None = None
    ) -> tuple[list[str], np.ndarray]:
        """Ids and scores of the best `top_k` that share a word with the query, best first.

        `allowed`: search only among these ids; statistics stay those of the whole collection.
        """
        check_top_k(top_k)
        scores = self._scores(tokenize([query])[0])
        rows = np.flatnonzero(scores)
        if allowed is not None:
            rows = np.array([row for row in rows.tolist() if self._ids[row] in allowed], np.int64)
        best = rows[np.argsort(-scores[rows], kind="stable")][:top_k]
        return [self._ids[row] for row in best.tolist()], scores[best].astype(np.float32)

    def _scores(self, words: Sequence[str]) -> np.ndarray:
        """A score for each row, 0 where no word is shared; a word twice in the query counts twice."""
        scores = np.zeros(len(self._ids))
        mean_length = self._total / max(len(self), 1)
        for word, times in Counter(words).items():
            counts = self._counts.get(word)
            if not counts:
                continue
            rows = np.fromiter(counts.keys(), np.int64, len(counts))
            tf = np.fromiter(counts.values(), np.float64, len(counts))
            weight = times * idf(len(counts), len(self))
            scores[rows] += weight * saturate(tf, self._length[rows], mean_length, self.k1, self.b)
        return scores

    def _insert(self, item: str, words: list[str]) -> None:
        if self._free:
            row = self._free.pop()
        else:
            row = len(self._ids)
            self._ids.append(None)
            if row == len(self._length):
                self._length = np.concatenate([self._length, np.zeros_like(self._length)])
        counted = Counter(words)
        for word, times in counted.items():
            self._counts.setdefault(word, {})[row] = times
        self._ids[row], self._slot[item] = item, row
        self._words[row], self._length[row] = tuple(counted), len(words)
        self._total += len(words)

    def _delete(self, item: str) -> None:
        row = self._slot.pop(item)
        for word in self._words.pop(row):
            del self._counts[word][row]
            if not self._counts[word]:
                del self._counts[word]  # or the vocabulary would only grow
        self._total -= int(self._length[row])
        self._ids[row], self._length[row] = None, 0
        self._free.append(row)
