"""Texts into overlapping chunks that know where they came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True)
class Chunk:
    """A piece of a text: `text == source[start:end]`, in characters of the source."""

    text: str
    start: int
    end: int


def word_spans(text: str) -> list[Span]:
    """(start, end) of each run of characters that are not white space."""
    return [match.span() for match in re.finditer(r"\S+", text)]


def split_text(
    text: str, size: int, overlap: int = 0, units: Callable[[str], Sequence[Span]] = word_spans
) -> list[Chunk]:
    """Chunks of `size` words, each beginning `size - overlap` words after the one before.

    Words are counted, not characters, and none is lost or cut. Each chunk shares exactly `overlap` words with
    the next, and no chunk lies wholly inside the one before it; the last may be shorter. White space around a
    chunk is not part of it. For other units than words pass `units`, from a text to (start, end) pairs, such
    as a tokenizer's offsets.

    Raises ValueError for size < 1, overlap < 0, and overlap >= size, which would never end.
    """
    check_window(size, overlap)
    spans = units(text)
    last = max(len(spans) - overlap, 1)  # a chunk that began here or later would only repeat
    starts = range(0, min(last, len(spans)), size - overlap)
    windows = [spans[at : at + size] for at in starts]
    return [Chunk(text[w[0][0] : w[-1][1]], w[0][0], w[-1][1]) for w in windows]


def check_window(size: int, overlap: int) -> None:
    """Raise ValueError unless windows of `size` with this overlap move forward."""
    if size < 1:
        raise ValueError(f"size is {size}: a chunk needs at least one word.")
    if overlap < 0:
        raise ValueError(f"overlap is {overlap}: choose 0 or more words.")
    if overlap >= size:
        raise ValueError(f"overlap ({overlap}) must be smaller than size ({size}), or the chunks never move on.")
