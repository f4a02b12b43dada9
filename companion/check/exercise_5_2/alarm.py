"""The limit of an alarm that costs least: missed faults and false alarms have prices of their own."""

import math
from collections.abc import Callable

from companion.check.running import call, fail, name_of, number

VALUES = [0.97, 0.95, 0.91, 0.96, 0.88, 0.94, 0.90, 0.79, 0.93, 0.86]
CASES = [  # the gauge week by week, the weeks with a fault, price of a missed one, price of a false alarm
    (VALUES, [4, 7], 300.0, 20.0),
    (VALUES, [2, 7], 25.0, 20.0),
    (VALUES, [2, 7], 200.0, 1.0),
    (VALUES, [], 300.0, 20.0),
    ([0.5, 0.5, 0.9], [0, 1], 10.0, 10.0),
    ([0.6, 0.7, 0.8], [2], 10.0, 1.0),
    ([0.9, 0.7, 0.8, 0.75], [2, 3], 10.0, 3.0),
]
SWAPPED = "The two prices were swapped: `miss` is paid for a fault week that stays silent, `false` for a quiet one."
UNPRICED = "Errors were counted, not paid for: a missed fault costs `miss`, a false alarm `false`."
NO_MISSES = "Only false alarms were paid for, and the cheapest alarm of that kind never rings: missed faults cost too."
NO_FALSE = "Only missed faults were paid for, and the cheapest alarm of that kind rings always: false alarms cost too."
ABOVE = "That alarm rings where the gauge is high: it must ring where a value is *below* the limit."
EQUAL = "The limit equals a value that should ring: `value < limit` is silent there. Put it above that value."
NEVER_ALL = "An alarm that rings in every week, or in none, may be the cheapest: try limits beyond the values too."


def check(limit: Callable) -> None:
    """`limit(values, faults, miss, false)` -> a limit with the smallest bill; the alarm rings where value < limit."""
    gave = [number(call(limit, *case), f"{name_of(limit)} of {len(case[0])} weeks") for case in CASES]
    if any(math.isnan(got) for got in gave):
        fail(f"{name_of(limit)} gave NaN.", "A number is wanted; plus or minus infinity is one.")
    for case, got in zip(CASES, gave, strict=True):
        if bill(got, *case) > least(*case) + 1e-9:
            said = f"{name_of(limit)} of {case[0]} with faults in {case[1]}, miss={case[2]:g}, false={case[3]:g}"
            money = f"gave {got:.3f}, a bill of {bill(got, *case):g}; the smallest is {least(*case):g}."
            fail(f"{said} {money}", _why(gave))


def bill(limit: float, values: list, faults: list, miss: float, false: float) -> float:
    """What an alarm at this limit costs over these weeks."""
    missed = sum(values[week] >= limit for week in faults)
    rang = sum(value < limit for week, value in enumerate(values) if week not in faults)
    return missed * miss + rang * false


def levels(values: list) -> list[float]:
    """One limit for each thing that an alarm can do."""
    return [*sorted(set(values)), math.inf]


def least(values: list, faults: list, miss: float, false: float) -> float:
    """The smallest bill."""
    return min(bill(level, values, faults, miss, false) for level in levels(values))


def _cheapest(money: Callable, case: tuple, among: list[float]) -> set[tuple[bool, ...]]:
    """What the alarms with the smallest `money(level)` do: in which weeks they ring."""
    found = {level: money(level) for level in among}
    return {_rings(level, case[0]) for level, paid in found.items() if paid <= min(found.values()) + 1e-9}


def _rings(level: float, values: list) -> tuple[bool, ...]:
    return tuple(value < level for value in values)


def _above(level: float, values: list, faults: list, miss: float, false: float) -> float:
    missed = sum(values[week] <= level for week in faults)
    return missed * miss + false * sum(value > level for week, value in enumerate(values) if week not in faults)


def _why(gave: list[float]) -> str:
    """The misconception that gives the same alarm in every case."""
    rivals = {
        NO_MISSES: lambda case: {_rings(-math.inf, case[0])},
        NO_FALSE: lambda case: {_rings(math.inf, case[0])},
        UNPRICED: lambda case: _cheapest(lambda at: bill(at, *case[:2], 1, 1), case, levels(case[0])),
        SWAPPED: lambda case: _cheapest(lambda at: bill(at, *case[:2], case[3], case[2]), case, levels(case[0])),
        NEVER_ALL: lambda case: _cheapest(lambda at: bill(at, *case), case, case[0]),
        ABOVE: lambda case: (
            _cheapest(lambda at: _above(at, *case), case, case[0])
            | _cheapest(lambda at: _above(at, *case), case, [-math.inf, *case[0]])
        ),
        EQUAL: lambda case: {_rings(max([case[0][week] for week in case[1]], default=-math.inf), case[0])},
    }
    done = [_rings(got, case[0]) for got, case in zip(gave, CASES, strict=True)]
    for why, rival in rivals.items():
        if all(rang in rival(case) for rang, case in zip(done, CASES, strict=True)):
            return why
    return "Try every value as a limit, and infinity; take the one with the smallest bill."
