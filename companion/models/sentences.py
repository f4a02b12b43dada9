"""How close each sentence of a passage is to the question, by the encoder as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

SENTENCE = re.compile(r"[^.!?]*(?:[.!?]+(?!\s)[^.!?]*)*[.!?]*\s*")


def sentence_starts(text: str) -> list[int]:
    """Where each sentence begins: after a full stop, question or exclamation mark and white space."""
    return [match.start() for match in SENTENCE.finditer(text) if match.group()]


def sentence_vectors(encoder: Encoder, texts: Sequence[str]) -> list[np.ndarray]:
    """For each text its sentences' unit vectors, (sentences, dim)."""
    starts = [sentence_starts(text) for text in texts]
    pieces = [
        text[a:b] for text, at in zip(texts, starts, strict=True) for a, b in zip(at, [*at[1:], None], strict=True)
    ]
    cuts = list(accumulate(len(at) for at in starts))
    return np.split(encoder.encode(pieces), cuts[:-1]) if texts else []


def sentence_of(starts: Sequence[int], places: Sequence[int]) -> np.ndarray:
    """For each character the number of its sentence."""
    return np.searchsorted(np.asarray(starts), np.asarray(places), side="right") - 1
