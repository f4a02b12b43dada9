"""Accuracy by bucket: each bucket counts once in the mean, and an empty one says that it is empty."""

import math
import random
from collections.abc import Callable
from typing import Any

from companion.check.running import call, fail, name_of, shown

EMPTY_NOUGHT = "An empty bucket is not a bucket in which everything is wrong: say None."
EMPTY_GONE = "An empty bucket is missing: every bucket is named, an empty one with None."
EMPTY_FULL = "In an empty bucket nothing was right: say None, not 1."
COUNTED = "Empty buckets were counted in the mean as if they were 0: leave them out of it."
OVERALL = "The mean is still the one over all tickets, where the frequent problems speak loudest: average the buckets."
UPPER = "Both ends belong to a bucket: (2, 3) holds problems seen twice and three times."
BY_SAID = "The bucket is that of the ticket's own problem, not of the problem that was said."
IN_TEST = "How often a problem was *seen* stands in `seen`; how often it is among the new tickets does not matter."
NEVER = "A problem that is not in `seen` was seen 0 times: `seen.get(problem, 0)`."
FLAT = "Where no ticket came at all, the mean is None too."
PAIR = "Two things are wanted: a dict {bucket: share or None}, and the mean over the buckets that have tickets."

BUCKETS = {"never": (0, 0), "once": (1, 1), "2 to 3": (2, 3), "4 to 9": (4, 9), "often": (10, 99)}
SEEN = {"login": 12, "export": 8, "clock": 4, "swap": 3, "locale": 2, "badge": 1, "beta": 1}
Ticket = tuple[str, str]  # its problem, and what was said
CASES: tuple[list[Ticket], ...] = (
    [("login", "login")] * 6 + [("badge", "login"), ("swap", "login"), ("clock", "clock"), ("new", "login")],
    [("login", "login")] * 8 + [("badge", "login"), ("beta", "login")],
    [("swap", "login"), ("locale", "locale"), ("export", "swap"), ("badge", "badge")],
    [("new", "new"), ("newer", "login")],
    [("clock", "clock"), ("clock", "clock"), ("clock", "badge")],
    [],
)


def check(by_bucket: Callable) -> None:
    """`by_bucket(labels, said, seen, buckets)` -> ({bucket: share or None}, mean over non-empty buckets or None)."""
    for tickets in CASES:
        _one(by_bucket, tickets, SEEN)
    generator = random.Random(0)
    names = [*SEEN, "new"]
    for _ in range(60):
        tickets = [(generator.choice(names), generator.choice(names)) for _ in range(generator.randint(1, 12))]
        _one(by_bucket, tickets, SEEN)


def _one(by_bucket: Callable, tickets: list[Ticket], seen: dict[str, int]) -> None:
    labels, said = [label for label, _ in tickets], [answer for _, answer in tickets]
    what = f"{name_of(by_bucket)} of {len(tickets)} tickets"
    got = _call(by_bucket, labels, said, seen)
    if got is None:
        fail(f"{what} gave None.", "The function ends without `return`.")
    if not (isinstance(got, list | tuple) and len(got) == 2 and isinstance(got[0], dict)):
        fail(f"{what} gave {shown(got)}.", PAIR)
    shares, mean = got
    right = right_shares(labels, said, seen)
    if not _alike(shares, right):
        fail(f"{what}, which are {shown(tickets)}, gave {shown(shares)} and not {shown(right)}.",
             _why(shares, right, labels, said, seen))  # fmt: skip
    wanted = right_mean(right)
    if not _same(mean, wanted):
        why = _why_mean(mean, right, labels, said)
        fail(
            f"{what}: the shares are {shown(right)}, and the mean came out as {shown(mean)}, not {shown(wanted)}.", why
        )


def _call(by_bucket: Callable, labels: list[str], said: list[str], seen: dict[str, int]) -> Any:
    from companion.check.running import CheckFailed

    try:
        return call(by_bucket, labels, said, seen, BUCKETS)
    except CheckFailed as error:
        if "KeyError" in str(error):
            fail(str(error), NEVER)
        if "ZeroDivisionError" in str(error):
            fail(str(error), FLAT if not labels else EMPTY_NOUGHT)
        raise


def right_shares(labels: list[str], said: list[str], seen: dict[str, int], key: Any = None) -> dict[str, float | None]:
    """The right shares; `key` gives another count of a ticket, to recognise wrong ones."""
    counts = [seen.get(label, 0) for label in labels] if key is None else key
    found: dict[str, float | None] = {}
    for name, (low, high) in BUCKETS.items():
        hits = [a == b for a, b, n in zip(labels, said, counts, strict=True) if low <= n <= high]
        found[name] = sum(hits) / len(hits) if hits else None
    return found


def right_mean(shares: dict[str, float | None]) -> float | None:
    """The mean over the buckets that have tickets."""
    some = [share for share in shares.values() if share is not None]
    return sum(some) / len(some) if some else None


def _same(got: Any, right: float | None) -> bool:
    if got is None or right is None:
        return got is right
    return isinstance(got, int | float) and math.isclose(got, right, abs_tol=1e-6)


def _alike(got: dict, right: dict[str, float | None]) -> bool:
    return set(got) == set(right) and all(_same(got[name], share) for name, share in right.items())


def _why(got: dict, right: dict[str, float | None], labels: list[str], said: list[str], seen: dict[str, int]) -> str:
    empty = [name for name, share in right.items() if share is None]
    full = {name: share for name, share in right.items() if share is not None}
    others = {
        BY_SAID: right_shares(labels, said, seen, [seen.get(answer, 0) for answer in said]),
        IN_TEST: right_shares(labels, said, seen, [labels.count(label) for label in labels]),
    }
    if all(name in got and _same(got[name], share) for name, share in full.items()):
        if any(name not in got for name in empty):
            return EMPTY_GONE
        return EMPTY_FULL if any(got[name] == 1 for name in empty) else EMPTY_NOUGHT
    for why, other in others.items():
        if all(_same(got.get(name), share) for name, share in other.items() if share is not None):
            return why
    return UPPER


def _why_mean(mean: Any, shares: dict[str, float | None], labels: list[str], said: list[str]) -> str:
    if not labels:
        return FLAT
    overall = sum(a == b for a, b in zip(labels, said, strict=True)) / len(labels)
    if _same(mean, sum(share or 0.0 for share in shares.values()) / len(shares)):
        return COUNTED
    return (
        OVERALL if _same(mean, overall) else "Average the shares of the buckets that have tickets, each counted once."
    )
