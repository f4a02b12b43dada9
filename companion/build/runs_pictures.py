"""The stored run of section 4.1's tables and pictures, one function a part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def tables_and_pictures(seeds: Sequence[int]) -> Iterator[Job]:
    """Towers on pictures never seen, one index for all kinds, what vectors hold; then cells and aggregations."""
    from companion.models import load_encoder, load_generator
    from companion.rag import load_tower
    from companion.rag.pictures_measure import picture_run
    from companion.rag.pictures_mixed import mixed_run
    from companion.rag.pictures_probe import probe_run
    from companion.rag.tables_measure import table_run

    encoder = load_encoder()
    for seed in seeds:
        yield {"part": "pictures", "seed": seed}, partial(picture_run, encoder, seed)
    tower = load_tower()
    yield {"part": "probe", "seed": 0}, lambda: probe_run(encoder, tower)
    for seed in seeds:
        yield {"part": "mixed", "seed": seed}, partial(mixed_run, encoder, tower, seed)
    generator = load_generator()
    for seed in seeds:
        yield {"part": "tables", "seed": seed}, partial(table_run, encoder, generator, seed)
