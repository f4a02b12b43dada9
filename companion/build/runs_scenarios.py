"""The stored runs of section 2.2's labs, one function each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def small_and_cheap(seeds: Sequence[int]) -> Iterator[Job]:
    """Two jobs at the edge by every way, the mail student in eight bits, and what reading a prompt takes."""
    from companion.models import load_encoder
    from companion.scenarios.cost import reading_time
    from companion.scenarios.edge import JOBS
    from companion.scenarios.edge_measure import edge_run, mail_student_run

    encoder = load_encoder()
    measures = {job: partial(edge_run, encoder, job) for job in JOBS}
    measures |= {"mail": mail_student_run, "reading": reading_time}
    for (job, measure), seed in product(measures.items(), seeds):
        yield {"job": job, "seed": seed}, partial(measure, seed)
