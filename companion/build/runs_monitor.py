"""The stored run of section 5.2."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def monitor(seeds: Sequence[int]) -> Iterator[Job]:
    """A quarter of the desk's turns for each seed, and what every gauge sees of it."""
    from companion.monitor.measure import monitor_run

    for seed in seeds:
        yield {"seed": seed}, lambda seed=seed: monitor_run(seed)
