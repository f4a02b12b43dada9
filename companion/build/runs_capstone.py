"""The stored run of the conclusion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def capstone(seeds: Sequence[int]) -> Iterator[Job]:
    """Search and sorters on the sample set, then these and the card on public text, which needs COMPANION_DATA."""
    from companion.capstone.measure import card_run, example_run

    for what in ("search", "sorters"):
        yield {"what": f"sample {what}", "seed": 0}, lambda what=what: example_run(what, None)
    for seed in seeds[:3]:  # no claim hangs on it
        for what in ("search", "sorters"):
            yield {"what": what, "seed": seed}, lambda what=what, seed=seed: example_run(what, seed)
        yield {"what": "card", "seed": seed}, lambda seed=seed: card_run(seed)
