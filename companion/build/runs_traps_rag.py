"""The stored run of section 5.1's first row: a knowledge base spoilt and mended, articles written to be found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from companion.rag.traps_summary import KESTREL
from companion.stored import chosen, stored

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]
FIRST, OTHER = 301, 100  # no model was trained on a company from 221 on; neutral pages are another company's


def traps_rag(seeds: Sequence[int]) -> Iterator[Job]:
    """One company a seed, world(301 + seed); the table of defences and the forms of attack with two seeds.

    No training has seen these companies. Last comes Kestrel, seed -1, which the notebook shows; no claim hangs on it.
    """
    for seed in [*seeds, KESTREL]:
        yield from _company(seed, attacks=seed in seeds[:2])


def _company(seed: int, attacks: bool) -> Iterator[Job]:
    """Spoilt and mended, poisoned and defended, old pages left and removed."""
    from companion.rag import traps_measure as m

    company = 0 if seed == KESTREL else FIRST + seed
    yield {"part": "sizes", "seed": seed}, lambda: m.sizes_run(company)
    for state in m.STATES:
        key = {"part": "base", "state": state, "seed": seed}
        yield key, lambda state=state: m.base_run(company, state, chosen_size(seed))
    yield {"part": "poison", "seed": seed}, lambda: m.poison_run(company, company + OTHER)
    if attacks:
        yield {"part": "forms", "seed": seed}, lambda: m.forms_run(company)
        yield {"part": "defences", "seed": seed}, lambda: m.defences_run(company)
    yield {"part": "stale", "seed": seed}, lambda: m.stale_run(company)


def chosen_size(seed: int) -> int:
    """What the sweep of this seed chose; it was stored before."""
    return chosen(stored("traps_rag")["rows"], part="sizes", seed=seed)[0]["chosen"]
