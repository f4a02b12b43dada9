"""How many items a difference needs: paired, squared, and None where there is no difference."""

import math
from collections.abc import Callable
from random import Random
from statistics import fmean, pstdev, stdev

from companion.check.running import call, fail, name_of, shown

UNPAIRED = "That takes the spread of each way alone: both met the same messages, so take it of the differences d_i."
TWICE_SPREAD = "The spread is that of the differences, not the standard error: do not divide by the root of n already."
ONE_ERROR = "That is one standard error: a sign needs two."
NOT_SQUARED = "The error shrinks with the *root* of n: solve 2 s / sqrt(n) < |d| for n, and square."
POPULATION = "That is the spread with n below (pstdev): a sample's has n - 1 (stdev)."
ROUNDED = "Close, but n is the smallest whole number for which |d| is *larger* than 2 s / sqrt(n): round up, not down."
MORE = (
    "That is how many more are needed, or at least as many as there are: the whole number is wanted, whatever n is now."
)
SIGNED = "The first way may be the worse one: take the difference's absolute value."
NO_NONE = "Where the two ways are right equally often no number of messages helps: give None."
NONE_TOO_OFTEN = "None is for a difference of exactly 0 only."
NO_SPREAD = "Where every message says the same the spread is 0, and the rule asks for one message."


def check(needed: Callable) -> None:
    """`needed(first, second)` -> the least n for which the mean difference is beyond two standard errors, or None."""
    for first, second in _cases():
        said = (
            f"{name_of(needed)} of {len(first)} messages, {shown(fmean(first))} against {shown(fmean(second))} right,"
        )
        got = call(needed, first, second)
        right = _right(first, second)
        if got == right and not isinstance(got, float):
            continue
        if got is not None and not isinstance(got, int):
            fail(f"{said} gave {shown(got)}.", "A whole number (int) is wanted, or None.")
        fail(f"{said} gave {shown(got)} and not {right}.", _why(got, first, second, right))


def _cases() -> list[tuple[list[float], list[float]]]:
    eight = ([1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0])
    made = [eight]
    for seed, (n, p, q) in enumerate([(48, 0.8, 0.7), (30, 0.4, 0.6), (120, 0.9, 0.8), (20, 0.5, 0.3)]):
        random = Random(f"needed-{seed}")
        easy = [random.random() for _ in range(n)]  # an easy message is easy for both
        first = [float(e + 0.2 * random.random() < p) for e in easy]
        second = [float(e + 0.2 * random.random() < q) for e in easy]
        made.append((first, second))
    return [*made, ([1.0, 0.0, 1.0], [0.0, 1.0, 1.0]), ([1.0] * 5, [0.0] * 5)]


def _least(spread: float, difference: float, errors: float = 2.0) -> int:
    return math.floor(round((errors * spread / difference) ** 2, 9)) + 1


def _right(first: list[float], second: list[float]) -> int | None:
    d = [a - b for a, b in zip(first, second, strict=True)]
    return _least(stdev(d), abs(fmean(d))) if fmean(d) else None


def _why(got: int | None, first: list[float], second: list[float], right: int | None) -> str:
    d = [a - b for a, b in zip(first, second, strict=True)]
    size = abs(fmean(d))
    if right is None:
        return NO_NONE
    if got is None:
        return SIGNED if fmean(d) < 0 else NONE_TOO_OFTEN
    if not stdev(d):
        return NO_SPREAD
    apart = (stdev(first) ** 2 + stdev(second) ** 2) ** 0.5
    plain = sum(fmean(some) * (1 - fmean(some)) for some in (first, second)) ** 0.5
    reasons = {_least(x, size) + off: UNPAIRED for x in (apart, plain) for off in (0, -1)}
    reasons |= {_least(x, size, 1.0) + off: ONE_ERROR for x in (stdev(d),) for off in (0, -1)}
    reasons |= {_least(stdev(d) / len(d) ** 0.5, size) + off: TWICE_SPREAD for off in (0, -1)}
    reasons |= {math.floor(2 * stdev(d) / size) + off: NOT_SQUARED for off in (0, 1)}
    reasons |= {_least(pstdev(d), size) + off: POPULATION for off in (0, -1)}
    reasons |= {right - 1: ROUNDED, right - len(d): MORE, max(right, len(d)): MORE, max(0, right - len(d)): MORE}
    return reasons.get(
        got, "Take d_i = first_i - second_i, its mean d and its spread s, and solve 2 s / sqrt(n) < |d|."
    )
