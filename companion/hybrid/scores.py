"""What a desk did with its turns: right, wrong, handed over; how long it took, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from companion.hybrid.prices import Prices
from companion.hybrid.router import FAQ, PERSON
from companion.hybrid.turns import Asked
from companion.metrics import exact_match

RIGHT, WRONG, HANDED = "right", "wrong", "handed"


@dataclass(frozen=True)
class Done:
    """One turn as a desk dealt with it: the path it took, what came out, and the processor's milliseconds."""

    path: str
    outcome: str
    milliseconds: float


def outcome(asked: Asked, text: str, handed: bool) -> str:
    """Right: the exact answer, a gold reply of (one of) the intents word for word, or a hand-over out of scope.

    Handed over though a machine might have done it is neither right nor wrong: it costs a person's time. All else
    was said with confidence, and is wrong.
    """
    from companion.distill.reply_training import reply_intent

    if handed:
        return RIGHT if asked.route == PERSON else HANDED
    if asked.route == PERSON:
        return WRONG
    good = exact_match(text, asked.answer) if asked.route == FAQ else reply_intent(text) in asked.labels
    return RIGHT if good else WRONG


def summary(turns: Sequence[Asked], done: Sequence[Done], prices: Prices | None = None) -> dict[str, float]:
    """Shares, milliseconds, CPU-seconds and money of one desk on these turns.

    accuracy, wrong, handed: shares of all turns; "faq" and "other" the accuracy on those alone. misrouted: share
    sent down a path that cannot be right. money: of 1,000 turns; persons are paid for right hand-overs too.
    """
    if not turns or len(turns) != len(done):
        raise ValueError(f"{len(turns)} turns came with {len(done)} results: give each turn its own.")
    prices, count = prices or Prices(), len(turns)
    outcomes, spent = [d.outcome for d in done], np.array([d.milliseconds for d in done])
    persons = sum(d.outcome == HANDED or (d.outcome == RIGHT and a.route == PERSON) for a, d in _both(turns, done))
    wrong, cpu = outcomes.count(WRONG), float(spent.sum() / count)  # ms a turn are seconds for 1,000
    kinds = {kind: [d.outcome == RIGHT for a, d in _both(turns, done) if a.route == kind] for kind in (FAQ, "other")}
    money = 1000 / count * (wrong * prices.wrong + persons * prices.person)
    numbers = {"accuracy": outcomes.count(RIGHT) / count, "wrong": wrong / count, "handed": persons / count}
    numbers |= {kind.lower(): float(np.mean(right)) for kind, right in kinds.items()}
    numbers |= {"p50": float(np.percentile(spent, 50)), "p95": float(np.percentile(spent, 95)), "cpu": cpu}
    numbers |= {"misrouted": float(np.mean([misrouted(a, d.path) for a, d in _both(turns, done)]))}
    return numbers | {"money": money, "cpu_money": cpu / 3600 * prices.cpu_hour}


def misrouted(asked: Asked, path: str) -> bool:
    """Whether a turn went down a path that cannot be right for it; a person is never a wrong path, only a dear one."""
    return path not in (asked.route, PERSON)


def _both(turns: Sequence[Asked], done: Sequence[Done]) -> zip:
    return zip(turns, done, strict=True)
