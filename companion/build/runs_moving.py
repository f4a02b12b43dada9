"""The stored run of 2_2a_moving_knowledge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def moving_knowledge(seeds: Sequence[int]) -> Iterator[Job]:
    """A law amended, papers reversed, rare tickets: every way, a sorter trained anew for each seed."""
    from companion.models import load_encoder
    from companion.scenarios.moving import jobs

    encoder = load_encoder()
    for seed in seeds:
        for job, measure in jobs().items():
            key = {"job": job, "seed": seed}
            yield key, lambda measure=measure, seed=seed: measure(encoder, seed)
