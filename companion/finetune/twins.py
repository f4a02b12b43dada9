"""Which letters are the same letter twice? Compared by their characters, not by their meaning.

An encoder is the wrong tool here: it is made to bring *other* words of the same meaning together, and one slip of the
keys or a greeting moves a short letter far away. What copies share is runs of characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from companion.finetune.classifier import check_texts

TWIN = 0.4  # two writers' honest letters reach 0.28 (validation against training), one desk's own 0.36


def normalised(text: str) -> str:
    """Lower case, letters and digits of any script only, single spaces."""
    return " ".join(re.sub(r"[^\w\s]|_", "", text.lower()).split())


def trigrams(text: str) -> set[str]:
    """All runs of three characters of the normalised text, with a space at either end."""
    padded = f" {normalised(text)} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def overlap(texts: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Jaccard index |A and B| / |A or B| of the trigrams of every pair, (texts, others), between 0 and 1.

    Exact, by one product of two tables of zeros and ones. For millions of texts MinHash (Broder, 1997) estimates
    the same number from a few hundred hashes a text.
    """
    sets, other_sets = ([trigrams(text) for text in check_texts(listed)] for listed in (texts, others))
    column = {gram: at for at, gram in enumerate(sorted(set().union(*sets, *other_sets)))}
    left, right = _table(sets, column), _table(other_sets, column)
    shared = left @ right.T
    return shared / np.maximum(left.sum(1)[:, None] + right.sum(1)[None, :] - shared, 1)


def _table(sets: list[set[str]], column: dict[str, int]) -> np.ndarray:
    table = np.zeros((len(sets), len(column)), np.float32)
    for row, grams in enumerate(sets):
        table[row, [column[gram] for gram in grams]] = 1
    return table


def exact_twins(texts: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Which of the texts stands among the others, word for word after `normalised`: bool (texts,)."""
    known = {normalised(text) for text in check_texts(others)}
    return np.array([normalised(text) in known for text in check_texts(texts)])


def twins(texts: Sequence[str], others: Sequence[str], limit: float = TWIN) -> np.ndarray:
    """Which of the texts has a twin among the others, an `overlap` of at least `limit`: bool (texts,).

    The trap: short texts share much by chance, so look at the pairs before anything is thrown away.
    """
    return overlap(texts, others).max(1) >= limit


def first_of_each(texts: Sequence[str], limit: float = TWIN) -> list[int]:
    """Rows that are left when of every heap of twins only the first is kept; chains of twins are one heap."""
    close = overlap(texts, texts) >= limit
    heap = list(range(len(close)))  # each row's heap, named by its first row
    for row, col in np.argwhere(np.triu(close, 1)):
        old, new = sorted((heap[row], heap[col]), reverse=True)
        if old != new:
            heap = [new if name == old else name for name in heap]
    return [row for row, name in enumerate(heap) if row == name]
