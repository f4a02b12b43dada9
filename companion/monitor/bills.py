"""What a quarter costs: wrong answers until somebody looks, alarms that are looked into, labels.

The bill assumes that an alarm ends the fault on the same evening, whatever gauge it came from and for whatever reason;
a fault that no gauge hears in its first week does that week's harm for as many weeks as it stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import fmean, stdev

from companion.hybrid.prices import Prices
from companion.monitor.alarms import WEEK, delay
from companion.monitor.results import SAID, Row, alarms_of, dashboards, days_of
from companion.monitor.stream import EVENTS, FIRST, WEEKS, quiet_weeks
from companion.monitor.watch import ALL
from companion.stored import chosen

LABEL = 1.0  # money for one label, by somebody who knows; Kestrel's, like all its prices, is made up
LOOK = 40.0  # money for an alarm that somebody looks into, false or not
HIT = {"prices": "right", "line": "right", "injected": "right", "slang": "sorted", "swap": "sorted"}
OF = {"recall": "questions", "answers": "questions", "fresh": "letters", "student": "letters"}  # what is labelled


def harm(row: Row, event: str, days: int = WEEK) -> float:
    """Wrong answers (or wrongly sorted letters) beyond the usual share, in the first `days` days of an event.

    Below 0 where chance had fewer than usual: a mean over quarters must keep those, or it leans upwards.
    """
    kept = days_of(row["truth"][HIT[event]])
    first, start = kept[: FIRST * WEEK], row["plan"][event] * WEEK
    usual = 1 - sum(day.total for day in first) / sum(day.count for day in first)
    now = kept[start : start + days]
    return sum(day.count - day.total for day in now) - usual * sum(day.count for day in now)


def first_day(row: Row, event: str, names: Iterable[str]) -> int | None:
    """Days from an event's Monday until any of these gauges rings in its week, for it or by chance; None: silent."""
    waits = (delay(alarms_of(row, name), row["plan"][event]) for name in names)
    return min((days for days in waits if days is not None), default=None)


def _until(row: Row, event: str, days: int | None, weeks: int) -> float:
    return weeks * harm(row, event) if days is None else harm(row, event, days)


def bill(
    table: Sequence[Row], gauges: Iterable[str], weeks: int = 1, prices: Prices | None = None
) -> dict[str, dict[str, float]]:
    """For each event, in the mean over seeds: share heard by any of these gauges, days, harm until then, its price.

    a week: the harm of its whole week, heard or not. money: harm at the price of a wrong answer, and nothing else.
    An event that no gauge hears does the harm of its week `weeks` times; alarms of later weeks are not simulated.
    """
    prices, names, rows = prices or Prices(), list(gauges), chosen(table)
    found = {}
    for event in EVENTS:
        firsts = [first_day(row, event, names) for row in rows]
        heard = [days for days in firsts if days is not None]
        wrong = max(0.0, fmean(_until(row, event, days, weeks) for row, days in zip(rows, firsts, strict=True)))
        numbers = {"heard": len(heard) / len(rows), "days": fmean(heard) if heard else float(WEEK * weeks)}
        numbers |= {"wrong": wrong, "money": wrong * prices.wrong}
        found[SAID[event]] = numbers | {"a week": max(0.0, fmean(harm(row, event) for row in rows))}
    return found


def labels_a_week(names: Iterable[str]) -> int:
    """How many labels these gauges need each week; gauges on the same questions, or letters, share them."""
    needed: dict[str, int] = {}
    for name in names:
        if ALL[name].labels:
            needed[OF[name]] = max(needed.get(OF[name], 0), ALL[name].labels)
    return sum(needed.values())


def quarter(row: Row, gauges: Sequence[str], weeks: int = 1, prices: Prices | None = None) -> dict[str, float]:
    """One quarter with these gauges watched.

    heard: faults, of five. false: quiet weeks that ring, of five. wrong: answers and letters until then; a fault that
    nobody hears does its week's harm `weeks` times. labels: how many in thirteen weeks, of which the first three set
    the limits. money: wrong answers, looking after alarms, labels.
    """
    firsts = {event: first_day(row, event, gauges) for event in EVENTS}
    heard, false = sum(days is not None for days in firsts.values()), _quiet_that_ring(row, gauges)
    wrong = sum(_until(row, event, days, weeks) for event, days in firsts.items())
    labels = WEEKS * labels_a_week(gauges)
    money = wrong * (prices or Prices()).wrong + (heard + false) * LOOK + labels * LABEL
    return {"heard": heard, "false": false, "wrong": wrong, "labels": labels, "money": money}


def _quiet_that_ring(row: Row, gauges: Iterable[str]) -> int:
    rang = {week for name in gauges for week in alarms_of(row, name)}
    return len(rang & set(quiet_weeks(row["plan"])))


def compared(table: Sequence[Row], weeks: int = 1) -> dict[str, dict[str, float]]:
    """For each of `dashboards`, a `quarter` in the mean over seeds."""
    found = {}
    for name, gauges in dashboards().items():
        quarters = [quarter(row, gauges, weeks) for row in table]
        found[name] = {key: fmean(one[key] for one in quarters) for key in quarters[0]}
        found[name] |= {key: round(found[name][key]) for key in ("labels", "money")}
    return found


def saved(table: Sequence[Row], less: str, more: str, weeks: int = 1) -> dict[str, int]:
    """What watching `more` instead of `less` saves a quarter: the mean over seeds, and two standard errors of it.

    Paired: both dashboards see the same quarters. A saving within its give or take has no sign.
    """
    sets = dashboards()
    saving = [quarter(row, sets[less], weeks)["money"] - quarter(row, sets[more], weeks)["money"] for row in table]
    return {"saved": round(fmean(saving)), "give or take": round(2 * stdev(saving) / sqrt(len(saving)))}
