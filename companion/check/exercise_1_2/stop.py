"""Early stopping reads the validation scores; the test score is only reported."""

import random
from collections.abc import Callable

from companion.check.running import CheckFailed, call, called, fail, number, shown

TEST = "The test score chose the step, so it is no test any more: compare validation scores (the second number)."
BEST_TEST = "The step is right, the score is not its own: report the test score of that very step, not the best one."
VALIDATION = "That is the validation score: the step was chosen because it is high. Report the test score."
NO_PATIENCE = "Patience was not used: after so many rows without a better validation score training has stopped."
TOO_SOON = "It stopped too soon: stop only after `patience` rows without a better one, and go on before that."
TOO_LATE = "It stopped too late: after `patience` rows without a better one, the next row is never seen."
LATER_TIE = "An equal score is no better one: the earlier step stays the best."
TIE_RESETS = "An equal score is no better one: it counts as a row without progress."
IN_A_ROW = "Count rows without a better score *since the best one*: a better score sets the count back to 0."
ROW_BEFORE = "Compare each row with the best one so far, not with the row before it."
LAST_SEEN = "That is where training stopped: return the step with the best validation score before that."
STEPS = "Patience counts rows of the history, not training steps."
TEST_TIE = "Two validation scores are equal, and the test score decided between them: the earlier step stays."
FIRST_ROW = "The first row is better than nothing, whatever its score: begin with `history[0]`, or with minus infinity."

CASES = [  # [(step, validation, test)], patience, right, {wrong: why}
    (
        [(10, 0.70, 0.60), (20, 0.80, 0.66), (30, 0.75, 0.90), (40, 0.72, 0.70)],
        5,
        (20, 0.66),
        {
            (30, 0.90): TEST,
            (20, 0.90): BEST_TEST,
            (20, 0.80): VALIDATION,
            (40, 0.70): LAST_SEEN,
            (10, 0.60): STEPS,
        },
    ),
    (
        [(n * 10, valid, 0.5) for n, valid in enumerate([0.5, 0.6, 0.55, 0.5, 0.8, 0.7, 0.6, 0.5, 0.9], start=1)],
        2,
        (20, 0.5),
        {(50, 0.5): TOO_LATE, (90, 0.5): NO_PATIENCE},
    ),
    (
        [(100, 0.50, 0.5), (200, 0.60, 0.7), (300, 0.55, 0.8), (400, 0.52, 0.6), (500, 0.90, 0.65)],
        3,
        (500, 0.65),
        {(200, 0.7): TOO_SOON},
    ),
    ([(10, 0.7, 0.6), (20, 0.7, 0.5), (30, 0.6, 0.4)], 3, (10, 0.6), {(20, 0.5): LATER_TIE}),
    ([(10, 0.7, 0.5), (20, 0.7, 0.6), (30, 0.6, 0.4)], 3, (10, 0.5), {(20, 0.6): TEST_TIE}),
    ([(10, 0.7, 0.6), (20, 0.7, 0.6), (30, 0.7, 0.6), (40, 0.9, 0.8)], 2, (10, 0.6), {(40, 0.8): TIE_RESETS}),
    (
        [(10, 0.8, 0.7), (20, 0.5, 0.6), (30, 0.6, 0.6), (40, 0.5, 0.6), (50, 0.9, 0.8)],
        2,
        (10, 0.7),
        {(50, 0.8): ROW_BEFORE},
    ),
    (
        [(10, 0.5, 0.4), (20, 0.4, 0.3), (30, 0.6, 0.5), (40, 0.5, 0.4), (50, 0.7, 0.6), (60, 0.6, 0.5)],
        2,
        (50, 0.6),
        {(30, 0.5): IN_A_ROW, (10, 0.4): IN_A_ROW},
    ),
    ([(25, 0.9, 0.8)], 1, (25, 0.8), {}),
]
ZEROS = [(2, 0.0, 0.3), (4, 0.0, 0.2)]  # no score is above 0, and the first row is still the best


def check(choose: Callable) -> None:
    """`choose(history, patience)` -> (step of the best validation score, its test score)."""
    for history, patience, right, traps in CASES:
        _check_one(choose, history, patience, right, traps)
    _check_zeros(choose)
    rng = random.Random(0)
    for _ in range(200):
        rows = [(5 * n + 5, rng.randint(5, 9) / 10, rng.randint(5, 9) / 10) for n in range(rng.randint(1, 12))]
        patience = rng.randint(1, 4)
        _check_one(choose, rows, patience, _right(rows, patience), {})


def _check_one(choose: Callable, history: list, patience: int, right: tuple, traps: dict) -> None:
    said = called(choose, history, patience)
    got = _pair(call(choose, history, patience), said)
    if not _same(got, right):
        fits = (why for wrong, why in traps.items() if _same(got, wrong))
        why = next(fits, "Take the best validation score seen before patience ran out, and that step's test score.")
        rows = "\n".join(f"  step {step}: validation {valid}, test {test}" for step, valid, test in history)
        fail(f"{said} gave {got} and not {right}. The history:\n{rows}", why)


def _check_zeros(choose: Callable) -> None:
    said = called(choose, ZEROS, 2)
    try:
        got = call(choose, ZEROS, 2)
    except CheckFailed as error:
        fail(str(error), FIRST_ROW)
    if got is None or isinstance(got, tuple | list) and None in got:
        fail(f"{said} gave {shown(got)}.", FIRST_ROW)
    if not _same(_pair(got, said), (2, 0.3)):
        fail(f"{said} gave {shown(got)} and not (2, 0.3).", FIRST_ROW)


def _pair(got, said: str) -> tuple[float, float]:
    if got is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    if not isinstance(got, tuple | list) or len(got) != 2:
        fail(f"{said} gave {shown(got)}.", "Two things are wanted: the step, and the test score at that step.")
    step, score = (number(value, said) for value in got)
    return int(step), score


def _same(one: tuple, other: tuple) -> bool:
    return one[0] == other[0] and abs(one[1] - other[1]) < 1e-9


def _right(history: list, patience: int) -> tuple[int, float]:
    best, since = history[0], 0
    for row in history[1:]:
        best, since = (row, 0) if row[1] > best[1] else (best, since + 1)
        if since == patience:
            break
    return best[0], best[2]
