"""The stored runs of section 4.1: a searcher taught by answers, and a reader that fuses in its decoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def joint(seeds: Sequence[int]) -> Iterator[Any]:
    """Query encoders taught by answers and by labels; an index that is not embedded anew."""
    from companion.rag import joint_measure

    yield from joint_measure.jobs(seeds)


def fid(seeds: Sequence[int]) -> Iterator[Any]:
    """A searcher before and after a reader learns from what it finds; 1 to 20 passages, read apart or pasted."""
    from companion.rag import fid_measure

    yield from fid_measure.jobs(seeds)
