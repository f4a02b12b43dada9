"""What a job needs, in eight answers; None is "not known yet"."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

KINDS = ("facts", "behaviour", "both")
NEVER = NO_LIMIT = math.inf


@dataclass(frozen=True)
class Needs:
    """Eight answers about a job.

    Attributes:
        kind: what the model lacks: "facts" that it never read, "behaviour" that it never showed (sorting, say), "both".
        update_days: days between two changes of the facts; `math.inf` for never.
        labels: how many labelled examples there are, or pairs in the wanted style.
        latency_ms: an answer's most milliseconds, on one CPU core; `math.inf` for no limit.
        memory_mb: most megabytes for the models; `math.inf` for no limit.
        calls_per_day: how many answers a day.
        sources: must an answer name its source?
        style: must an answer have a form or voice of its own?

    Raises ValueError for what cannot be: a negative number, a kind that is none.
    """

    kind: str | None = None
    update_days: float | None = None
    labels: int | None = None
    latency_ms: float | None = None
    memory_mb: float | None = None
    calls_per_day: float | None = None
    sources: bool | None = None
    style: bool | None = None

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in KINDS:
            raise ValueError(f"The kind is {self.kind!r}: choose facts, behaviour or both.")
        for name in ("update_days", "latency_ms", "memory_mb"):
            _check_number(name, getattr(self, name), above=0)
        for name in ("labels", "calls_per_day"):
            _check_number(name, getattr(self, name))
        for name in ("sources", "style"):
            if getattr(self, name) not in (None, True, False):
                raise ValueError(f"{name} is {getattr(self, name)!r}: say True, False or None.")

    def missing(self) -> tuple[str, ...]:
        """The names of what is not known yet."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) is None)


def _check_number(name: str, value: Any, above: float | None = None) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise ValueError(f"{name} is {value!r}: give a number, or None where it is not known yet.")
    if value < 0 or (above is not None and value <= above):
        raise ValueError(f"{name} is {value:g}: give a number above 0{'' if above is not None else ', or 0'}.")
    if above is None and math.isinf(value):
        raise ValueError(f"{name} is infinite: give a number that can be counted.")


@dataclass(frozen=True)
class Question:
    """One need as it is asked: in plain words, with a few coarse answers (words, value)."""

    name: str
    asks: str
    short: str
    answers: tuple[tuple[str, Any], ...]
    unit: str = ""

    def said(self, value: Any) -> str:
        """The words for a value: the answer's own, or the number with its unit."""
        if value is None:
            return "not known yet"
        found = (
            words for words, own in self.answers if own == value and isinstance(own, bool) == isinstance(value, bool)
        )
        return next(found, f"{value:,g} {self.unit}".strip() if not isinstance(value, str) else value)


YES_NO = (("yes", True), ("no", False))
QUESTIONS = {
    question.name: question
    for question in (
        Question(
            "kind",
            "What does a model off the shelf lack for your job: facts that it never read, or a behaviour, such as "
            "sorting messages your way?",
            "lacks",
            (("facts", "facts"), ("behaviour", "behaviour"), ("both", "both")),
        ),
        Question(
            "update_days",
            "How often do the facts change that answers rest on?",
            "facts change",
            (("every few minutes", 5 / 1440), ("every day", 1.0), ("every month", 30.0), ("hardly ever", NEVER)),
            "days apart",
        ),
        Question(
            "labels",
            "How many examples do you have with the right answer beside them?",
            "labelled examples",
            (("none", 0), ("about 50", 50), ("about 600", 600), ("5,000 or more", 5000)),
            "examples",
        ),
        Question(
            "latency_ms",
            "How long may one answer take, on one core of a computer without a graphics card?",
            "an answer within",
            (("5 ms", 5.0), ("50 ms", 50.0), ("half a second", 500.0), ("no limit", NO_LIMIT)),
            "ms",
        ),
        Question(
            "memory_mb",
            "How much memory may the models take, where they run?",
            "memory",
            (("10 MB", 10.0), ("100 MB", 100.0), ("1 GB", 1000.0), ("no limit", NO_LIMIT)),
            "MB",
        ),
        Question(
            "calls_per_day",
            "How many answers a day?",
            "answers a day",
            (("100", 100), ("10,000", 10_000), ("a million", 1_000_000), ("20 million", 20_000_000)),
            "a day",
        ),
        Question("sources", "Must an answer name its source?", "names its source", YES_NO),
        Question("style", "Must an answer keep a form or a voice of your own?", "own style", YES_NO),
    )
}
