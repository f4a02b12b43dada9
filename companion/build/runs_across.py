"""The stored runs of section 4.3's notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def written() -> Iterator[Job]:
    """What the generator writes for each intent: 125 different letters, none of them copied."""
    from companion.distill.free_written import EACH, written_for
    from companion.models import load_generator
    from companion.world.utterances import INTENTS

    generator = load_generator()
    for intent in INTENTS:
        yield {"intent": intent, "seed": 0}, partial(written_for, generator, intent, EACH)


def data_free(seeds: Sequence[int]) -> Iterator[Job]:
    """Students of one teacher on transfer sets of one size; where each set lies. Needs the run "written" first.

    The claim's two sets come first, then the sets' places, then all other students, three
    seeds each.
    """
    from companion.distill.free_measure import CLAIMED, PUBLIC, TEXTS, VECTORS, free_run, place_run, public, vector_run
    from companion.models import load_sorter

    sorter, texts = load_sorter(), (*TEXTS, *(PUBLIC if public() else ()))
    ways = [("words", name, seed, free_run) for seed in seeds for name in CLAIMED]
    ways += [("place", name, 0, place_run) for name in texts]
    for seed in seeds:
        ways += [("words", name, seed, free_run) for name in texts if name not in CLAIMED and seed in seeds[:3]]
        ways += [("vectors", name, seed, vector_run) for name in VECTORS if seed in seeds[:3]]
    for reads, name, seed, measure in ways:
        yield {"reads": reads, "set": name, "seed": seed}, partial(measure, sorter, name, seed)


def across(seeds: Sequence[int]) -> Iterator[Job]:
    """The claim's students with five seeds, those of other shapes and lessons with three; a student that writes."""
    from companion.distill.across_measure import CLAIMED, WAYS, across_run, teacher_run
    from companion.distill.on_policy_measure import WRITERS, writer_taught
    from companion.models import load_sorter

    sorter = load_sorter()
    cells = [("cnn", way, seed) for seed in seeds for way in CLAIMED]
    cells += [(kind, way, seed) for seed in seeds[:3] for kind, ways in WAYS.items() for way in ways]
    yield {"kind": "teacher", "way": "as it is", "seed": 0}, partial(teacher_run, sorter)
    for kind, way, seed in dict.fromkeys(cells):
        yield {"kind": kind, "way": way, "seed": seed}, partial(across_run, sorter, kind, way, seed)
    for way in WRITERS:
        yield {"kind": "writer", "way": way, "seed": 0}, partial(writer_taught, way, 0)
