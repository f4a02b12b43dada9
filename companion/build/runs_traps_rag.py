"""The stored run of section 5.1's first row: a knowledge base spoilt and mended, articles written to be found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]
OTHER = 100  # neutral pages are another company's


def traps_rag(seeds: Sequence[int]) -> Iterator[Job]:
    """One company a seed, world(seed + 1); the table of defences and the forms of attack with three seeds.

    Last comes Kestrel, seed -1: no training has seen it, while the generator's practice included companies of the
    other seeds. No claim hangs on it.
    """
    from companion.rag import traps_measure as m

    for seed in [*seeds, -1]:
        for name in ("spoilt", "mended"):
            yield {"part": "base", "state": name, "seed": seed}, lambda s=seed, n=name: m.base_run(s + 1, n)
        yield {"part": "poison", "seed": seed}, lambda s=seed: m.poison_run(s + 1, s + 1 + OTHER)
        yield {"part": "sizes", "seed": seed}, lambda s=seed: m.sizes_run(s + 1)
        for name in ("cut", "copies"):
            yield {"part": "base", "state": name, "seed": seed}, lambda s=seed, n=name: m.base_run(s + 1, n)
        yield {"part": "stale", "seed": seed}, lambda s=seed: m.stale_run(s + 1)
        if seed in (*seeds[:3], -1):
            yield {"part": "defences", "seed": seed}, lambda s=seed: m.defences_run(s + 1)
            yield {"part": "forms", "seed": seed}, lambda s=seed: m.forms_run(s + 1)
