"""The encoder has learned, the index has not: vectors of two encoders do not compare."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from companion.check.running import call, fail, name_of, shown

TEXTS = {"a": "battery of the Merlin", "b": "warranty of the Heron", "c": "colours of the Swift", "d": "opening hours"}
OLD = "The articles' vectors are still the old encoder's: where the fingerprints differ, embed all articles again."
AGAIN = "The encoder read all articles although the index is its own: that costs time at every question."
UNTOLD = "The vectors are new, `index['fingerprint']` is still the old one: the next search embeds everything again."
KEPT = "The articles were embedded for this answer and not kept: put the new vectors into the index."
OTHER = "Score every article's vector against the question's, both by the same encoder; the largest scores come first."
HALF = "Some vectors are new and some are old: all articles have to be embedded again, or none can be compared."


class TinyEncoder:
    """Words to directions, by a seed: two seeds are two encoders. It counts the texts that it reads."""

    dim = 16

    def __init__(self, seed: int):
        self.fingerprint, self.read = f"encoder {seed}", 0

    def encode(self, texts: str | list[str]) -> np.ndarray:
        """Unit vectors (n, dim), (dim,) for one str."""
        if isinstance(texts, str):
            return self.encode([texts])[0]
        self.read += len(texts)
        return np.stack([self._one(text) for text in texts])

    def _one(self, text: str) -> np.ndarray:
        total = sum((self._word(word) for word in text.lower().split()), np.zeros(self.dim))
        return total / np.linalg.norm(total)

    def _word(self, word: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(f"{self.fingerprint} {word}".encode()).digest()[:4], "big")
        return np.random.default_rng(seed).normal(size=self.dim)


def index_by(encoder: TinyEncoder) -> dict:
    """An index as the exercise has it: ids, texts, vectors and the fingerprint of their encoder."""
    ids, texts = list(TEXTS), list(TEXTS.values())
    return {"ids": ids, "texts": texts, "vectors": encoder.encode(texts), "fingerprint": encoder.fingerprint}


def check(search: Callable) -> None:
    """`search(index, encoder, question, k)`: ids of the k best articles; embeds all again if, and only if, it must."""
    for seed in range(2, 12):
        _search_after_an_update(search, seed)
    _search_with_its_own(search)


def _search_after_an_update(search: Callable, seed: int) -> None:
    index, learned = index_by(TinyEncoder(1)), TinyEncoder(seed)
    question, said = "colours of the Heron", f"{name_of(search)}(index of an older encoder, encoder, question, 2)"
    wanted = best(index_by(TinyEncoder(seed)), TinyEncoder(seed), question, 2)
    mixed = best(index_by(TinyEncoder(1)), TinyEncoder(seed), question, 2)
    _check_ids(call(search, index, learned, question, 2, untouched=False), wanted, mixed, said)
    fresh = index_by(TinyEncoder(seed))["vectors"]
    same = [np.allclose(a, b) for a, b in zip(index["vectors"], fresh, strict=False)]
    if not all(same) or len(index["vectors"]) != len(fresh):
        fail(f"After {said} the index holds {sum(same)} new vectors of {len(fresh)}.", HALF if any(same) else KEPT)
    if index["fingerprint"] != learned.fingerprint:
        fail(f"After {said} the index says {index['fingerprint']!r}.", UNTOLD)
    before = learned.read
    call(search, index, learned, "opening hours", 1, untouched=False)
    if learned.read > before + 1:
        fail(f"A second search made the encoder read {learned.read - before} texts.", AGAIN)


def _search_with_its_own(search: Callable) -> None:
    encoder = TinyEncoder(1)
    index, before = index_by(encoder), encoder.read
    said = f"{name_of(search)}(index of this encoder, encoder, question, 3)"
    got = call(search, index, encoder, "warranty of the Swift", 3, untouched=False)
    read = encoder.read - before
    _check_ids(got, best(index_by(TinyEncoder(1)), TinyEncoder(1), "warranty of the Swift", 3), [], said)
    if read > 1:
        fail(f"{said} made the encoder read {read} texts.", AGAIN)


def best(index: dict, encoder: TinyEncoder, question: str, k: int) -> list[str]:
    scores = np.stack(list(index["vectors"])) @ encoder.encode(question)
    return [index["ids"][row] for row in np.argsort(-scores)[:k]]


def _check_ids(got, wanted: list[str], mixed: list[str], said: str) -> None:
    """`mixed`: what today's question finds among yesterday's vectors."""
    if got is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    got = list(got) if isinstance(got, (list, tuple, np.ndarray)) else [got]
    if got == wanted:
        return
    if any(one not in TEXTS for one in got):
        fail(f"{said} gave {shown(got)}.", "A list of ids is wanted, the best first.")
    if len(got) != len(wanted):
        fail(f"{said} gave {len(got)} ids.", f"The best {len(wanted)} are wanted, no more and no fewer.")
    if got == mixed:
        fail(f"{said} gave {got} and not {wanted}.", OLD)
    if set(got) == set(wanted):
        fail(f"{said} gave {got} and not {wanted}.", "The right articles in the wrong order: the best comes first.")
    fail(f"{said} gave {got} and not {wanted}.", OTHER)
