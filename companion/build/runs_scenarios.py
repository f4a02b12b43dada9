"""The stored runs of section 2.2's labs, one function each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Job = tuple[dict[str, Any], Callable[[], dict[str, Any]]]


def small_and_cheap(seeds: Sequence[int]) -> Iterator[Job]:
    """Two jobs at the edge by every way, the mail student in eight bits, and what reading a prompt takes."""
    from companion.models import load_encoder
    from companion.scenarios.cost import reading_time
    from companion.scenarios.edge import JOBS
    from companion.scenarios.edge_measure import edge_run, mail_student_run

    encoder = load_encoder()
    for seed in seeds:
        for job in JOBS:
            yield {"job": job, "seed": seed}, lambda job=job, seed=seed: edge_run(encoder, job, seed)
    for seed in seeds:
        yield {"job": "reading", "seed": seed}, lambda seed=seed: reading_time(seed)
    for seed in seeds:
        yield {"job": "mail", "seed": seed}, lambda seed=seed: mail_student_run(seed)
