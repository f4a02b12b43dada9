"""The stored run of the conclusion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def capstone(seeds: Sequence[int]) -> Iterator[Job]:
    """The worked example: search and sorters on public text, drawn anew for each seed. Needs COMPANION_DATA."""
    from companion.capstone.measure import real_run

    for seed in seeds:
        for what in ("search", "sorters"):
            yield {"what": what, "seed": seed}, lambda what=what, seed=seed: real_run(what, seed)
