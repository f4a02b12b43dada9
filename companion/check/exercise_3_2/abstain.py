"""A machine route needs a chance of its own that reaches the threshold; else a person."""

import random
from collections.abc import Callable

from companion.check.running import call, called, fail, shown

SHARED_OUT = "The machines' chances were made to sum to 1: a turn for a person then looks sure. Use them as given."
LIKELIEST = "The person's chance was compared too: the person is taken whenever no machine reaches the threshold."
NEVER = "It never abstains: below the threshold a person takes over."
ABOVE = "A chance equal to the threshold reaches it: compare with >=."
FIRST = "Both machines were not compared: take the one with the larger chance. Where they are equal it is FAQ."
SUM = "The machines' chances were added up: one machine answers, so its own chance counts."
NOT_A_ROUTE = 'One of "FAQ", "other" and "person" is wanted.'

CASES = [  # chances of FAQ, other, person; threshold; right; {wrong: why}
    ((0.28, 0.27, 0.45), 0.6, "person", {"FAQ": NEVER}),
    ((0.05, 0.01, 0.94), 0.7, "person", {"FAQ": SHARED_OUT}),
    ((0.02, 0.93, 0.05), 0.7, "other", {"FAQ": FIRST, "person": "This machine is sure enough: it answers."}),
    ((0.40, 0.35, 0.25), 0.7, "person", {"FAQ": SUM}),
    ((0.41, 0.09, 0.50), 0.4, "FAQ", {"person": LIKELIEST}),
    ((0.30, 0.30, 0.40), 0.3, "FAQ", {"other": FIRST, "person": ABOVE}),
    ((0.75, 0.20, 0.05), 0.75, "FAQ", {"person": ABOVE}),
    ((0.20, 0.20, 0.60), 0.5, "person", {"FAQ": SHARED_OUT, "other": SHARED_OUT}),
    ((0.00, 0.00, 1.00), 0.0, "FAQ", {"person": "A threshold of 0 is reached by any chance, 0 too."}),
]


def check(decide: Callable) -> None:
    """`decide(chances, threshold)` -> "FAQ", "other" or "person"."""
    for chances, threshold, right, traps in CASES:
        _one(decide, chances, threshold, right, traps)
    generator = random.Random(0)
    for _ in range(200):
        cuts = sorted((generator.randint(0, 20), generator.randint(0, 20)))
        chances = (cuts[0] / 20, (cuts[1] - cuts[0]) / 20, (20 - cuts[1]) / 20)
        threshold = generator.randint(0, 20) / 20
        best = "FAQ" if chances[0] >= chances[1] else "other"
        _one(decide, chances, threshold, best if max(chances[:2]) >= threshold else "person", {})


def _one(decide: Callable, chances: tuple, threshold: float, right: str, traps: dict[str, str]) -> None:
    given = dict(zip(("FAQ", "other", "person"), chances, strict=True))
    got = call(decide, given, threshold)
    said = f"{called(decide, given, threshold)} gave {shown(got)}"
    if got is None:
        fail(f"{said}.", "The function ends without `return`.")
    if got not in given:
        fail(f"{said}.", NOT_A_ROUTE)
    if got != right:
        why = traps.get(got, "The machine with the larger chance answers if that chance is at least the threshold.")
        fail(f"{said} and not {right!r}.", why)
