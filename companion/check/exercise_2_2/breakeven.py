"""Calls a day from which the student is cheaper, where a cache answers a share of them for nothing."""

import math
import random
from collections.abc import Callable
from typing import Any

from companion.check.running import CheckFailed, call, fail, name_of, number

TIMES = "The more the cache answers, the fewer calls save money, so the *later* it pays: divide by 1 - hits, not times."
NO_CACHE = (
    "That is the number of calls that reach a model. Calls answered by the cache are calls too: divide by 1 - hits."
)
BY_HITS = "Divide by the share that reaches a model, 1 - hits, not by the share that the cache answers."
NEGATIVE = (
    "A negative number of calls: where a call of the student is no cheaper, more of them never pay. Give math.inf."
)
NO_WORK = "If the student costs nothing more a day and its calls are cheaper, it is cheaper from the first call: 0."
ALL_HITS = "If the cache answers every call, no call saves anything: math.inf, where the student costs more a day."
TURNED = "That is the sum upside down: what it costs more a day, over what a call saves."
ONE_SIDE = "Only the *difference* counts: the teacher has its own cost a day, and the student's calls are not free."
CACHED_STUDENT = "The cache stands before both of them: it answers as many calls of the teacher as of the student."

CASES = [  # (student a day, student a call), (teacher a day, teacher a call), hits
    ((3.0, 0.00001), (1.0, 0.00005), 0.0),
    ((3.0, 0.00001), (1.0, 0.00005), 0.5),
    ((2.0, 0.002), (1.5, 0.003), 0.2),
    ((2.0, 0.002), (1.5, 0.003), 0.9),
    ((5.0, 0.004), (1.0, 0.004), 0.2),
    ((5.0, 0.006), (1.0, 0.004), 0.2),
    ((1.0, 0.001), (1.0, 0.004), 0.3),
    ((2.0, 0.001), (1.0, 0.004), 1.0),
    ((4.0, 0.0), (0.0, 0.01), 0.6),
]


def check(break_even: Callable) -> None:
    """`break_even(student, teacher, hits)` -> calls a day, cache hits included; math.inf if it never pays."""
    for student, teacher, hits in CASES:
        _one(break_even, student, teacher, hits)
    generator = random.Random(0)
    for _ in range(100):
        base, cheap = generator.uniform(0, 5), generator.uniform(0, 0.002)
        student = (base + generator.uniform(0.1, 5), cheap)
        teacher = (base, cheap + generator.uniform(0.0001, 0.01))
        _one(break_even, student, teacher, generator.randint(0, 19) / 20)


def _one(break_even: Callable, student: tuple, teacher: tuple, hits: float) -> None:
    paths = [dict(zip(("a_day", "a_call"), path, strict=True)) for path in (student, teacher)]
    said = f"{name_of(break_even)}({paths[0]}, {paths[1]}, {hits})"
    got = number(_call(break_even, *paths, hits), said)
    right = calls(student, teacher, hits)
    if not (got == right or math.isclose(got, right, rel_tol=1e-6, abs_tol=1e-6)):
        fail(f"{said} gave {got:,.1f} and not {right:,.1f} calls a day.", _why(got, right, student, teacher, hits))


def _call(break_even: Callable, student: dict, teacher: dict, hits: float) -> Any:
    try:
        return call(break_even, student, teacher, hits)
    except CheckFailed as error:
        if "ZeroDivisionError" in str(error):
            fail(str(error), ALL_HITS if hits == 1 else NEGATIVE)
        raise


def calls(student: tuple, teacher: tuple, hits: float) -> float:
    """The right answer."""
    more, saved = student[0] - teacher[0], (teacher[1] - student[1]) * (1 - hits)
    if saved <= 0:
        return math.inf
    return max(0.0, more / saved)


def _why(got: float, right: float, student: tuple, teacher: tuple, hits: float) -> str:
    more, saved = student[0] - teacher[0], teacher[1] - student[1]
    if hits == 1:
        return ALL_HITS
    if right == math.inf:
        return NEGATIVE
    if right == 0:
        return NO_WORK
    miss = 1 - hits
    others = (
        (NO_CACHE, more / saved),
        (TIMES, more / saved * miss),
        (BY_HITS, more / saved / hits if hits else math.nan),
        (TURNED, saved * miss / more),
        (ONE_SIDE, student[0] / (saved * miss)),
        (ONE_SIDE, more / (teacher[1] * miss)),
        (CACHED_STUDENT, more / (teacher[1] - student[1] * miss)),
    )
    near = (why for why, other in others if math.isclose(got, other, rel_tol=1e-6))
    return next(near, "What it costs more a day, over what a call saves times the share of calls that reach a model.")
