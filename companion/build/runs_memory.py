"""The stored runs of section 4.2."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def qlora(seeds: Sequence[int]) -> Iterator[Job]:
    """LoRA over weights stored in three ways; then three rounds of what a step costs, in processes of their own."""
    from companion.finetune.qlora_measure import COSTS, WAYS, cost_run, sorter_run, stored_as

    for way in WAYS:
        encoder = stored_as(way)
        for seed in seeds:
            yield {"way": way, "seed": seed}, lambda encoder=encoder, seed=seed: sorter_run(encoder, seed)
    for seed in seeds[:3]:
        for name in COSTS:
            yield {"cost": name, "seed": seed}, lambda name=name: cost_run(name)
