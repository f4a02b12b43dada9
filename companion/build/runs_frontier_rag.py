"""The stored runs of section 4.1: a searcher taught by answers, and a reader that fuses in its decoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def joint(seeds: Sequence[int]) -> Iterator[Any]:
    """Query encoders taught by answers and by labels; an index that is not embedded anew."""
    from companion.rag import joint_measure

    yield from joint_measure.jobs(seeds)
