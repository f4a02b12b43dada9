"""The route with the smallest expected price, whatever is likeliest."""

import random
from collections.abc import Callable

from companion.check.running import call, called, fail, shown

LIKELIEST = "That is the likeliest kind: it may still be a dear one to be wrong about. Sum chance times price."
TURNED = "The table was read the wrong way round: it is prices[what the turn is][where it is sent]."
DEAREST = "That route has the largest expected price: take the smallest."
WORST = "That is the route whose *worst* error is cheapest: weigh each price with its chance."
UNWEIGHED = "Prices were added without the chances: weigh each price with the chance of its kind."
OWN = "Only the chance of the route's own kind was weighed: sum over all kinds that the turn may be."
OTHERS = "Routes may have other names than these three: go through the keys of `chances`, and sum over all of them."
PLAIN = "Sum, over what the turn may be, its chance times the price of sending it there; the smallest sum wins."

PRICES = {
    "FAQ": {"FAQ": 0, "other": 20, "person": 4},
    "other": {"FAQ": 6, "other": 0, "person": 4},
    "person": {"FAQ": 2, "other": 12, "person": 4},
}
HERE = [(0.4, 0.6, 0.0), (0.1, 0.5, 0.4), (0.0, 1.0, 0.0), (0.05, 0.9, 0.05), (0.34, 0.33, 0.33), (0.0, 0.2, 0.8)]


def check(route: Callable) -> None:
    """`route(chances, prices)` -> the route with the smallest expected price."""
    here = [dict(zip(PRICES, chances, strict=True)) for chances in HERE]
    said = [call(route, chances, PRICES) for chances in here]
    for chances, got in zip(here, said, strict=True):
        _one(route, chances, PRICES, got, _why(said, here))
    generator = random.Random(0)
    for _ in range(150):
        names = generator.sample(["FAQ", "other", "person", "boss", "phone"], generator.randint(2, 5))
        prices = {kind: {r: 0 if r == kind else generator.randint(1, 20) for r in names} for kind in names}
        weights = [generator.randint(0, 8) for _ in names]
        weights[0] += not any(weights)
        chances = {n: w / sum(weights) for n, w in zip(names, weights, strict=True)}
        _one(route, chances, prices, call(route, chances, prices), OTHERS)
    for names in ("ab", "ba"):  # equal: the first
        chances, prices = dict.fromkeys(names, 0.5), dict.fromkeys(names, dict.fromkeys(names, 1))
        _one(route, chances, prices, call(route, chances, prices), OTHERS)


def _one(route: Callable, chances: dict, prices: dict, got: object, why: str) -> None:
    sums = expected(chances, prices)
    right = min(sums, key=lambda r: round(sums[r], 9))
    said = f"{called(route, chances, prices)} gave {shown(got)}"
    if got is None:
        fail(f"{said}.", "The function ends without `return`.")
    if got not in sums:
        fail(f"{said}.", "The name of a route is wanted, one of the keys of `chances`.")
    if round(sums[got], 9) > round(sums[right], 9):
        table = ", ".join(f"{r} {money:.2f}" for r, money in sums.items())
        fail(f"{said} and not {right!r}. Expected prices: {table}.", why)
    if got != right and len(set(sums.values())) == 1:
        fail(f"{said} and not {right!r}.", "Where two are equal, the one that comes first in `chances` is taken.")


def expected(chances: dict[str, float], prices: dict[str, dict[str, float]]) -> dict[str, float]:
    """The expected price of each route."""
    return {r: sum(c * prices[kind][r] for kind, c in chances.items()) for r in chances}


TRAPS = [  # a misconception, and the route that it takes
    (LIKELIEST, lambda c: max(c, key=c.get)),
    (TURNED, lambda c: min(c, key=lambda r: sum(chance * PRICES[r][kind] for kind, chance in c.items()))),
    (DEAREST, lambda c: max(c, key=expected(c, PRICES).get)),
    (WORST, lambda c: min(c, key=lambda r: max(PRICES[kind][r] for kind in c))),
    (UNWEIGHED, lambda c: min(c, key=lambda r: sum(PRICES[kind][r] for kind in c))),
    (OWN, lambda c: min(c, key=lambda r: c[r] * PRICES[r][r])),
]


def _why(said: list, here: list[dict[str, float]]) -> str:
    """The misconception that explains all the answers."""
    return next((why for why, taken in TRAPS if said == [taken(chances) for chances in here]), PLAIN)
