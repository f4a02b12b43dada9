"""A query that returns nothing has recall 0, and stays in the mean."""

from collections.abc import Callable

from companion.check.running import call, called, fail, number

LEFT_OUT = "Queries that returned nothing were left out of the mean: a system that says nothing looks perfect."
SHARE = "One of two relevant ids was found: recall is the share found, not whether any was."
PRECISION = "That divides by k, which is precision: recall divides by the number of relevant ids."
TOO_DEEP = "The right id stands at rank 2 and k is 1: look at the first k only."
TWICE = "An id that is returned twice counts once."
CASES = [  # found, relevant, k, right, {wrong value: why}
    ({"a": ["1", "2"], "b": ["3"]}, {"a": {"1"}, "b": {"3"}}, 2, 1.0, {0.5: PRECISION}),
    ({"a": ["1"], "b": []}, {"a": {"1"}, "b": {"3"}}, 2, 0.5, {1.0: LEFT_OUT}),
    ({"a": ["1"]}, {"a": {"1"}, "b": {"3"}, "c": {"4"}, "d": {"5"}}, 2, 0.25, {1.0: LEFT_OUT}),
    ({"a": ["9", "1"]}, {"a": {"1"}}, 1, 0.0, {1.0: TOO_DEEP}),
    ({"a": ["1", "9", "8"]}, {"a": {"1", "2"}}, 3, 0.5, {1.0: SHARE, 1 / 3: PRECISION}),
    ({"a": ["1", "1"]}, {"a": {"1", "2"}}, 2, 0.5, {1.0: TWICE}),
    ({}, {"a": {"1"}, "b": {"3"}}, 5, 0.0, {}),
]


def check(mean_recall: Callable) -> None:
    """`mean_recall(found, relevant, k)` is the mean over every query in `relevant`."""
    for found, relevant, k, right, traps in CASES:
        said = called(mean_recall, found, relevant, k)
        value = number(call(mean_recall, found, relevant, k), said)
        if not abs(value - right) < 1e-9:  # also true of nan
            fits = (why for wrong, why in traps.items() if abs(value - wrong) < 1e-9)
            why = next(fits, "Take the mean over every query in relevant; with nothing found it is 0.")
            fail(f"{said} gave {value:.4g} and not {right:.4g}.", why)
