"""Validation chooses the threshold; the test turns only say what it costs."""

import random
from collections.abc import Callable

from companion.check.running import call, called, fail, number, shown

WRONG, PERSON = 12, 4
TEST = "The test turns chose the threshold, so they are no test any more: look at the validation turns only."
BOTH = "Test turns were among those that chose: a threshold that has seen them promises too much."
OWN_BILL = "That is the bill of the validation turns: it is small because they chose. Report that of the test turns."
LOWEST = "Several thresholds have the smallest bill: take the lowest, which hands the fewest turns over."
MISROUTES = "Only misroutes were counted: a hand-over costs as well."
DEAREST = "That is the dearest threshold."
EVERYTHING = "Handing everything over was not tried: 1.01 is one of the thresholds."


def bill(turns: list, threshold: float) -> float:
    """The notebook's own."""
    wrong = sum(confidence >= threshold and not right for confidence, right in turns)
    return WRONG * wrong + PERSON * sum(confidence < threshold for confidence, right in turns)


def best(turns: list, last: bool = False, extra: tuple = (1.01,)) -> float:
    """The threshold with the smallest bill; the lowest of several, or the highest."""
    levels = sorted({confidence for confidence, _ in turns} | set(extra), reverse=last)
    return min(levels, key=lambda level: bill(turns, level))


CASES = [
    ([(0.2, False), (0.5, True), (0.6, False), (0.8, True)], [(0.3, False), (0.55, True), (0.7, False), (0.9, True)]),
    (
        [(0.1, True), (0.2, True), (0.3, True), (0.4, True), (0.5, False), (0.9, True)],
        [(0.15, True), (0.45, False), (0.8, True)],
    ),
    ([(0.4, False), (0.7, False)], [(0.5, True), (0.8, True)]),
    ([(0.4, True), (0.7, True)], [(0.3, True), (0.8, False)]),
    ([(0.3, False), (0.5, True), (0.5, True), (0.5, True), (0.9, True)], [(0.3, False), (0.4, True)]),
    # 12 for one misroute, or 4 for each of three hand-overs: two thresholds, one bill
    ([(0.2, True), (0.3, True), (0.4, False), (0.9, True)], [(0.25, True), (0.35, False), (0.6, True)]),
]


def check(tune: Callable) -> None:
    """`tune(validation, test)` -> (threshold chosen on validation, bill of the test turns)."""
    for validation, test in CASES:
        _one(tune, validation, test)
    generator = random.Random(0)
    for _ in range(100):
        _one(tune, _day(generator), _day(generator))


def _day(generator: random.Random) -> list[tuple[float, bool]]:
    confidences = [round(generator.random(), 2) for _ in range(generator.randint(1, 25))]
    return [(c, generator.random() < c) for c in confidences]


def _one(tune: Callable, validation: list, test: list) -> None:
    said = called(tune, validation, test)
    got = call(tune, validation, test)
    if got is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    if not isinstance(got, tuple | list) or len(got) != 2:
        fail(f"{said} gave {shown(got)}.", "Two things are wanted: the threshold, and the bill of the test turns.")
    threshold, money = (number(value, said) for value in got)
    right = best(validation)
    if abs(threshold - right) > 1e-9:
        fail(f"{said} chose {threshold:g} and not {right:g}.", _threshold(threshold, validation, test))
    if abs(money - bill(test, right)) > 1e-9:
        own = abs(money - bill(validation, right)) < 1e-9
        fail(
            f"{said} gave a bill of {money:g} and not {bill(test, right):g}.",
            OWN_BILL if own else "The bill of the test turns at that threshold is wanted, for all of them together.",
        )


def _threshold(got: float, validation: list, test: list) -> str:
    levels = sorted({confidence for confidence, _ in validation} | {1.01})

    def misroutes(level: float) -> int:
        return sum(confidence >= level and not right for confidence, right in validation)

    traps = [
        (TEST, best(test)),
        (TEST, best(test, last=True)),
        (LOWEST, best(validation, last=True)),
        (BOTH, best(validation + test)),
        (EVERYTHING, best(validation, extra=())),
        (MISROUTES, min(levels, key=misroutes)),
        (DEAREST, max(levels, key=lambda level: bill(validation, level))),
    ]
    near = (why for why, wrong in traps if abs(got - wrong) < 1e-9)
    return next(near, "Try each confidence of the validation turns, and 1.01: the smallest bill on them wins.")
