"""When is a gauge's week out of the ordinary? Limits from the first weeks, and a look every evening.

Shewhart's idea (*Economic Control of Quality of Manufactured Product*, 1931): what a process does when nothing is
wrong says how far it wanders by chance, and only what lies further out is worth a person's time. His three sigmas are
a chance of 1 in 741 on each side; here the chance is the setting, so that gauges of all kinds share it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, stdev

CHANCE = 0.00135  # of ringing on one look, on one side, while nothing has changed: three sigmas
LEAST = 10  # observations before a week is read: with fewer, one odd turn looks like an event
WEEK = 7  # days
SIDES = ("low", "high", "both")


@dataclass(frozen=True)
class Day:
    """What a gauge saw on one day: how many observations, and their sum."""

    count: int
    total: float


@dataclass(frozen=True)
class Limits:
    """What is usual: mean and spread of single observations in the first weeks, and how many there were.

    marks: the observations are 0 or 1 (right or wrong), and their mean is a share.
    """

    mean: float
    spread: float
    count: int
    side: str = "low"
    marks: bool = True

    def edges(self, count: int, chance: float = CHANCE) -> tuple[float, float]:
        """The lowest and the highest mean of `count` new observations that is still usual.

        Numbers: mean -+ t(chance) * spread * sqrt(1 / count + 1 / self.count), t being Student's with
        self.count - 1 degrees of freedom. Chance moves the new mean, it moved the old one, and the spread is itself an
        estimate (a prediction interval; Hahn and Meeker, *Statistical Intervals*, 1991). With three sigmas instead, a
        gauge with 21 first observations rings two and a half times too often.

        Marks: with s ones and f noughts in the first weeks, the number of ones among `count` follows the
        beta-binomial with s + 1 and f + 1 (Laplace's rule of succession carried on; Aitchison and Dunsmore,
        *Statistical Prediction Analysis*, 1975). It is exact where errors are rare: 150 turns without a miss do not
        prove that there are none, and three sigmas around a share of 0.98 ring ten times too often.

        A side that is not watched has no edge. The trap: both take observations as independent; a customer who asks
        five times is one observation, and the limits are too narrow.
        """
        if count < 1 or not 0 < chance < 0.5:
            raise ValueError(f"{count} observations at a chance of {chance}: give at least one, and 0 < chance < 0.5.")
        low, high = self._shares(count, chance) if self.marks else self._means(count, chance)
        return low if self.side != "high" else -math.inf, high if self.side != "low" else math.inf

    def _means(self, count: int, chance: float) -> tuple[float, float]:
        wide = sigmas(chance, self.count - 1) * self.spread * math.sqrt(1 / count + 1 / self.count)
        return self.mean - wide, self.mean + wide

    def _shares(self, count: int, chance: float) -> tuple[float, float]:
        ones = round(self.mean * self.count)
        low = fewest(count, ones + 1, self.count - ones + 1, chance)
        return low / count, 1 - fewest(count, self.count - ones + 1, ones + 1, chance) / count

    def out(self, mean: float, count: int, chance: float = CHANCE) -> bool:
        """Whether the mean of `count` observations lies outside."""
        low, high = self.edges(count, chance)
        return not low - 1e-9 <= mean <= high + 1e-9


@cache
def sigmas(chance: float, freedom: int) -> float:
    """How many estimated spreads chance alone exceeds with this chance: Student's t (*Biometrika* 6, 1908)."""
    from scipy.stats import t

    return float(t.isf(chance, freedom))


@cache
def fewest(count: int, a: int, b: int, chance: float) -> int:
    """The smallest k with P(at most k ones among `count`) >= chance, under the beta-binomial with a and b."""
    from scipy.stats import betabinom

    return int(betabinom.ppf(chance, count, a, b))


def limits(observations: Sequence[float], side: str = "low", marks: bool = True) -> Limits:
    """Limits from the single observations of weeks in which nothing was wrong.

    side: "low" where sinking is bad, "high" where rising is, "both". marks: every observation is 0 or 1.
    The trap: weeks with a fault in them make the fault usual.

    Raises ValueError for fewer than two observations, another side, and marks that are neither 0 nor 1.
    """
    if len(observations) < 2 or side not in SIDES:
        raise ValueError(f"{len(observations)} observations, side {side!r}: give two or more, and low, high or both.")
    if marks and not set(observations) <= {0, 1}:
        raise ValueError("Marks are 0 or 1, and these are not: pass marks=False.")
    return Limits(fmean(observations), stdev(observations), len(observations), side, marks)


@dataclass(frozen=True)
class Reading:
    """A gauge on one evening: the mean of its week so far, over so many observations, and whether it rings."""

    day: int
    mean: float
    count: int
    rings: bool


def readings(days: Sequence[Day], usual: Limits, chance: float = CHANCE, least: int = LEAST) -> list[Reading]:
    """Every evening the mean of the calendar week so far; it can ring once `least` observations are in.

    The week begins anew on each Monday (day 0, 7, 14, ...), so no reading mixes two weeks. Evenings before the first
    observation of a week are left out.
    """
    found, count, total = [], 0, 0.0
    for number, day in enumerate(days):
        if number % WEEK == 0:
            count, total = 0, 0.0
        count, total = count + day.count, total + day.total
        if count:
            mean = total / count
            found.append(Reading(number, mean, count, count >= least and usual.out(mean, count, chance)))
    return found


def alarms(read: Sequence[Reading]) -> dict[int, int]:
    """{week: day of its first alarm}, both counted from 0; weeks without one are left out."""
    first: dict[int, int] = {}
    for reading in read:
        if reading.rings:
            first.setdefault(reading.day // WEEK, reading.day)
    return first


def delay(rang: dict[int, int], week: int) -> int | None:
    """Days from the Monday of `week` to the evening of its first alarm: 1 to 7; None where none rang."""
    return rang[week] - week * WEEK + 1 if week in rang else None


def false_share(rang: dict[int, int], quiet: Sequence[int]) -> float:
    """Share of the quiet weeks with an alarm. Raises ValueError where no week is quiet."""
    if not quiet:
        raise ValueError("No week is quiet: false alarms can only be counted where nothing happens.")
    return sum(week in rang for week in quiet) / len(quiet)
