"""What errors cost, and the threshold that costs least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Prices:
    """In money; Kestrel's are made up, as Kestrel is. Put in your own.

    wrong: a turn answered by the wrong path, or with a wrong answer: a second letter, a refund, a customer lost.
    person: a turn handed to a person, who needs a few minutes. cpu_hour: an hour of one processor core.
    """

    wrong: float = 12.0
    person: float = 4.0
    cpu_hour: float = 0.05

    def __post_init__(self):
        if min(self.wrong, self.person, self.cpu_hour) < 0:
            raise ValueError("A price below 0 would pay for errors: give prices of at least 0.")

    @property
    def break_even(self) -> float:
        """Answer where the chance to be right is above this: (1 - p) * wrong < person, so p > 1 - person / wrong."""
        return 1 - min(1.0, self.person / self.wrong) if self.wrong else 0.0


@dataclass(frozen=True)
class Bill:
    """What a threshold does to a set of turns: counts, and the money of both kinds together."""

    false_accepts: int
    hand_overs: int
    turns: int
    money: float


def bill(confidence: Sequence[float], right: Sequence[bool], threshold: float, prices: Prices | None = None) -> Bill:
    """Count the turns that are accepted (confidence >= threshold) though wrong, and those handed to a person.

    right: whether the machine's reply would be right. A turn that nobody but a person can answer is never right.
    """
    confidence, right = _checked(confidence, right)
    prices, accepted = prices or Prices(), confidence >= threshold
    wrong, handed = int((accepted & ~right).sum()), int((~accepted).sum())
    return Bill(wrong, handed, len(right), wrong * prices.wrong + handed * prices.person)


def best_threshold(confidence: Sequence[float], right: Sequence[bool], prices: Prices | None = None) -> float:
    """The threshold with the smallest bill on these turns; of several, the lowest.

    Only the turns' own confidences and one above all of them are tried: between two the bill does not change. It
    never falls when wrong answers become dearer, nor when persons become cheaper. The trap: choose it on validation
    turns; chosen on the test turns it reports a bill that no new day will have.
    """
    confidence, right = _checked(confidence, right)
    prices, order = prices or Prices(), np.argsort(confidence, kind="stable")
    levels = [*np.unique(confidence), np.nextafter(confidence.max(), np.inf)]
    below = np.searchsorted(confidence[order], levels, side="left")  # turns handed over at each level
    wrong_below = np.concatenate([[0], np.cumsum(~right[order])])[below]
    money = ((~right).sum() - wrong_below) * prices.wrong + below * prices.person
    return float(levels[int(np.argmin(np.round(money, 9)))])


def false_accepts_at(recall: float, inside: Sequence[float], outside: Sequence[float]) -> float:
    """Share of `outside` accepted at the highest threshold that accepts at least `recall` of `inside`."""
    if not 0 < recall <= 1 or not len(inside) or not len(outside):
        raise ValueError(f"A recall of {recall} of {len(inside)} turns is no threshold: ask for more than 0 of some.")
    kept = int(np.ceil(recall * len(inside) - 1e-9))
    threshold = np.sort(np.asarray(inside))[::-1][kept - 1]
    return float((np.asarray(outside) >= threshold).mean())


def _checked(confidence: Sequence[float], right: Sequence[bool]) -> tuple[np.ndarray, np.ndarray]:
    confidence, right = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=bool)
    if not len(confidence) or len(confidence) != len(right):
        raise ValueError(f"{len(confidence)} confidences came with {len(right)} results: give each turn both.")
    return confidence, right
