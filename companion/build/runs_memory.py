"""The stored runs of section 4.2."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def qlora(seeds: Sequence[int]) -> Iterator[Job]:
    """LoRA over weights stored in three ways; then three rounds of what a step costs, in processes of their own."""
    from companion.finetune.qlora_measure import COSTS, WAYS, cost_run, sorter_run, stored_as

    def sorters(way: str, count: int) -> Iterator[Job]:
        encoder = stored_as(way)
        for seed in seeds[:count]:
            yield {"way": way, "seed": seed}, lambda seed=seed: sorter_run(encoder, seed)

    for way in WAYS[:2]:
        yield from sorters(way, len(seeds))
    for seed in seeds[:3]:
        for name in COSTS:
            yield {"cost": name, "seed": seed}, lambda name=name: cost_run(name)
    yield from sorters(WAYS[2], 3)  # no claim hangs on it


def ewc(seeds: Sequence[int]) -> Iterator[Job]:
    """Three desks in sequence, by every way of holding on to the old; with a head for each desk, then with one.

    The one head is measured with three seeds: no claim hangs on it.
    """
    from companion.finetune.ewc_measure import METHODS, SHARED, sequence_run

    for own_head, methods, count in ((True, METHODS, len(seeds)), (False, SHARED, 3)):
        for seed in seeds[:count]:
            for method, strengths in methods.items():
                for strength in strengths:
                    key = {"method": method, "strength": strength, "own_head": own_head, "seed": seed}
                    yield key, lambda key=key: sequence_run(**key)
