"""What a day of calls costs by each path: a line for each, and where the lines cross.

    cost of a day = (labels + training + work) * retrainings / 365
                    + calls * (1 - cache hits) * milliseconds of a call / 3,600,000 * price of a CPU-hour

Every number that is not measured is a named field of `Assumptions`: change it, and look whether the winner changes.
The model leaves out what is the same for all (the network, storage) and what a wrong answer costs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from math import inf
from typing import Any

MS_PER_HOUR = 3_600_000
DAYS = 365


@dataclass(frozen=True)
class Assumptions:
    """What nobody measured here. Money is in euros."""

    cache_hits: float = field(default=0.2, metadata={"says": "share of calls answered from a cache, free of charge"})
    prompt_tokens: float = field(default=300, metadata={"says": "word pieces of a prompt, where a generator reads one"})
    cpu_hour: float = field(default=0.05, metadata={"says": "price of one thread for an hour"})
    label: float = field(default=0.10, metadata={"says": "price of one label"})
    retrainings: float = field(default=4, metadata={"says": "new labels and a new training, times a year"})
    work_hour: float = field(default=60, metadata={"says": "price of an hour of somebody's work"})
    indexing_work: float = field(default=1, metadata={"says": "hours of work to index labelled texts and check it"})
    tuning_work: float = field(default=2, metadata={"says": "hours of work for a fine-tuning"})
    distilling_work: float = field(default=2, metadata={"says": "further hours to distil, export and test a student"})
    large_model: float = field(default=1, metadata={"says": "the large model's size, in times ours"})

    def __post_init__(self) -> None:
        if not 0 <= self.cache_hits <= 1:
            raise ValueError(f"The share of cache hits is {self.cache_hits}: give a number from 0 to 1.")
        for part in fields(self):
            if getattr(self, part.name) < 0:
                raise ValueError(f"{part.name} is {getattr(self, part.name)}: give a number that is not below 0.")


@dataclass(frozen=True)
class Path:
    """One way of answering a call, as measured on one thread.

    milliseconds: of a call, without the prompt; ms_per_token: for each word piece of the prompt.
    labels, training_hours: for one training, training in CPU-hours. indexings, tunings, distillings: 0 or 1, the work
    it needs. large: whether the large model answers; then its time, and training, grow with the large model's size.
    right: its share of right answers, shown beside the euros; no euro depends on it.
    """

    name: str
    milliseconds: float
    ms_per_token: float = 0.0
    labels: int = 0
    training_hours: float = 0.0
    tunings: int = 0
    distillings: int = 0
    large: bool = True
    indexings: int = 0
    right: float | None = None


def cpu_hours(milliseconds: float, calls: float = 1e6) -> float:
    """CPU-hours of so many calls: calls * milliseconds / 3,600,000."""
    return calls * milliseconds / MS_PER_HOUR


def call_ms(path: Path, a: Assumptions) -> float:
    """Milliseconds of a call that no cache answers."""
    return (path.milliseconds + path.ms_per_token * a.prompt_tokens) * (a.large_model if path.large else 1)


def fixed(path: Path, a: Assumptions) -> float:
    """Euros a day that are due even without a call: labels, training and work of the year over 365."""
    hours = path.indexings * a.indexing_work + path.tunings * a.tuning_work + path.distillings * a.distilling_work
    training = path.training_hours * a.large_model * a.cpu_hour  # the teacher is the large model
    return a.retrainings * (path.labels * a.label + training + hours * a.work_hour) / DAYS


def per_call(path: Path, a: Assumptions) -> float:
    """Euros of one more call, in the mean over cache hits and misses."""
    return (1 - a.cache_hits) * call_ms(path, a) / MS_PER_HOUR * a.cpu_hour


def cost(path: Path, a: Assumptions, calls: float) -> float:
    """Euros a day for so many calls a day."""
    return fixed(path, a) + calls * per_call(path, a)


def crossing(one: Path, other: Path, a: Assumptions) -> float:
    """Calls a day from which the path with the cheaper call is cheaper in all; 0: always; inf: they never cross."""
    cheap, dear = sorted((one, other), key=lambda path: per_call(path, a))
    saved, paid = per_call(dear, a) - per_call(cheap, a), fixed(cheap, a) - fixed(dear, a)
    if paid <= 0:
        return 0.0
    return paid / saved if saved > 0 else inf


def bands(paths: Sequence[Path], a: Assumptions, low: float = 1e3, high: float = 1e10) -> list[tuple[float, Path]]:
    """[(calls a day from which it wins, the cheapest path), ...] between `low` and `high`, exact, from below."""
    ends = {crossing(p, q, a) for i, p in enumerate(paths) for q in paths[i + 1 :]}
    edges = [low, *sorted(x for x in ends if low < x < high), high]
    found: list[tuple[float, Path]] = []
    for start, end in pairwise(edges):
        best = min(paths, key=lambda path: cost(path, a, (start * end) ** 0.5))
        if not found or found[-1][1] is not best:
            found.append((start, best))
    return found


def three_paths(
    rag: Mapping[str, float], tuned: Mapping[str, float], student: Mapping[str, float]
) -> tuple[Path, Path, Path]:
    """RAG, fine-tuned and distilled, from measured numbers; `companion.scenarios.edge_lines.paths` reads them.

    Each gives its "ms" and, if wanted, its share "right"; "labels" stand with `tuned`, and all three need the same.
    "hours" are those of a training: RAG has none, and a student's come on top of its teacher's.
    """
    labels, hours = int(tuned["labels"]), tuned["hours"]
    taught = {"labels": labels, "training_hours": hours + student["hours"], "tunings": 1, "distillings": 1}
    return (
        Path("RAG", rag["ms"], labels=labels, indexings=1, right=rag.get("right")),
        Path("fine-tuned", tuned["ms"], labels=labels, training_hours=hours, tunings=1, right=tuned.get("right")),
        Path("distilled", student["ms"], **taught, large=False, right=student.get("right")),
    )


def reading_time(seed: int = 0, questions: int = 20) -> dict[str, float]:
    """What an answer with retrieval takes: milliseconds without the prompt, and for each of its word pieces.

    Searches Kestrel's articles and lets the shipped generator answer, with 1, 3 and 5 passages; a straight line
    through (word pieces, processor milliseconds of the thread) by least squares.
    """
    from random import Random

    import numpy as np

    from companion.models import load_generator
    from companion.rag import RAGPipeline, kestrel_index
    from companion.world import world

    pipeline = RAGPipeline(kestrel_index(), load_generator())
    asked = Random(f"reading-{seed}").sample([q for q in world(0).questions if q.answer is not None], questions)
    pipeline.answer(asked[0].text)  # warm-up
    points = []
    for question in asked:
        for top_k in (1, 3, 5):
            began = time.process_time()
            answer = pipeline.answer(question.text, top_k)
            took = 1000 * (time.process_time() - began)
            points.append((pipeline.generator.encode(answer.prompt).shape[1], took))
    slope, start = np.polyfit(*np.array(points, float).T, 1)
    tokens = float(np.mean([tokens for tokens, _ in points[2::3]]))
    return {"milliseconds": round(float(start), 2), "ms_per_token": round(float(slope), 4), "tokens": round(tokens, 1)}


def described(a: Assumptions) -> list[tuple[str, Any, str]]:
    """Each assumption: its name, its value, and what it says."""
    return [(part.name, getattr(a, part.name), part.metadata["says"]) for part in fields(a)]


def amount(calls: float) -> str:
    """A number of calls as people say it, rounded: ``3 thousand``, ``42 million``."""
    for size, name in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if calls >= size:
            return f"{calls / size:.2g}{name}" if calls < 10 * size else f"{calls / size:.0f}{name}"
    return f"{calls:.0f}"
