"""What the stored quarters say: alarms by gauge and event, delays, false alarms, what each fault cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from companion.hybrid.prices import Prices
from companion.monitor.alarms import CHANCE, WEEK, Day, Limits, Reading, alarms, delay, false_share, readings
from companion.monitor.stream import EVENTS, FIRST, WEEKS, quiet_weeks
from companion.monitor.watch import ALL, GAUGES, TRICKLE
from companion.stored import chosen

LABEL = 1.0  # money for one label, by somebody who knows; Kestrel's, like all its prices, is made up
LOOK = 40.0  # money for an alarm that somebody looks into, false or not
HIT = {"prices": "right", "line": "right", "injected": "right", "slang": "sorted", "swap": "sorted"}
SAID = {
    "prices": "prices change, the index does not",
    "line": "a new product line",
    "slang": "slang",
    "injected": "a false page in the index",
    "swap": "another student, silently",
}
SHORT = {"prices": "prices", "line": "new line", "slang": "slang", "injected": "false page", "swap": "swap"}
CLAIMS = {  # claim: its gauge and the events any of which counts
    "C5.2-a": ("recall", ("line",)),
    "C5.2-b": ("relevance", ("injected",)),
    "C5.2-c": ("test_set", ("slang",)),
    "C5.2-d": ("strange", ("line", "slang")),
    "C5.2-e": ("agreement", ("swap",)),
    "C5.2-f": ("speed_up", ("swap",)),
}
Row = dict[str, Any]


def days_of(text: str) -> list[Day]:
    """ "16:15 16:14.5" as two days."""
    pairs = (part.split(":") for part in text.split())
    return [Day(int(count), float(total)) for count, total in pairs]


def limits_of(name: str, gauge: Row) -> Limits:
    """The limits stored with a gauge."""
    return Limits(gauge["mean"], gauge["spread"], gauge["count"], ALL[name].side, ALL[name].marks)


def readings_of(name: str, gauge: Row, chance: float = CHANCE) -> list[Reading]:
    """Every evening's reading of a stored gauge."""
    return readings(days_of(gauge["days"]), limits_of(name, gauge), chance, ALL[name].least)


def alarms_of(row: Row, name: str, chance: float = CHANCE) -> dict[int, int]:
    """{week: day of the first alarm} of one gauge in one quarter, the first three weeks included."""
    return alarms(readings_of(name, row["gauges"][name], chance))


def seen(row: Row, name: str, events: Iterable[str], chance: float = CHANCE) -> float:
    """1 where the gauge rings within seven days of one of the events, else 0."""
    rang = alarms_of(row, name, chance)
    return float(any(row["plan"][event] in rang for event in events))


def false_alarms(row: Row, name: str, chance: float = CHANCE) -> float:
    """Share of the quarter's quiet weeks in which the gauge rings."""
    return false_share(alarms_of(row, name, chance), quiet_weeks(row["plan"]))


def claim(table: Sequence[Row], claim_id: str) -> tuple[dict[int, float], dict[int, float]]:
    """Values and baselines of a claim of section 5.2, by seed, as they are registered."""
    gauge, events = CLAIMS[claim_id]
    rows = chosen(table)
    values = {row["seed"]: seen(row, gauge, events) for row in rows}
    if claim_id == "C5.2-c":
        return values, {row["seed"]: seen(row, "fresh", events) for row in rows}
    return values, {row["seed"]: round(false_alarms(row, gauge), 4) for row in rows}


def seen_by(table: Sequence[Row], gauges: Iterable[str] = (), chance: float = CHANCE) -> dict[str, dict[str, float]]:
    """{gauge in words: {event: share of the seeds in which it rings, "quiet": share of quiet weeks that ring}}."""
    found = {}
    for name in gauges or ALL:
        marks = {event: fmean(seen(row, name, (event,), chance) for row in table) for event in EVENTS}
        found[ALL[name].said] = marks | {"quiet": fmean(false_alarms(row, name, chance) for row in table)}
    return found


def delays(table: Sequence[Row], name: str, event: str) -> list[int]:
    """Days until the gauge rings, for each seed in which it does."""
    found = (delay(alarms_of(row, name), row["plan"][event]) for row in chosen(table))
    return [days for days in found if days is not None]


def harm(row: Row, event: str, days: int = WEEK) -> float:
    """Wrong answers (or wrongly sorted letters) beyond the usual share, in the first `days` days of an event."""
    kept = days_of(row["truth"][HIT[event]])
    first, start = kept[: FIRST * WEEK], row["plan"][event] * WEEK
    usual = 1 - sum(day.total for day in first) / sum(day.count for day in first)
    now = kept[start : start + days]
    return max(0.0, sum(day.count - day.total for day in now) - usual * sum(day.count for day in now))


def bill(
    table: Sequence[Row], gauges: Iterable[str], weeks: int = 1, prices: Prices | None = None
) -> dict[str, dict[str, float]]:
    """For each event, in the mean over seeds: share heard by any of these gauges, days, harm until then, its price.

    a week: the harm of its whole week, heard or not.

    An event that no gauge hears does the harm of its week `weeks` times. money: harm at the price of a wrong answer.
    """
    prices, names, rows = prices or Prices(), list(gauges), chosen(table)
    found = {}
    for event in EVENTS:
        firsts = [_first(row, event, names) for row in rows]
        harms = [harm(r, event, days) if days else weeks * harm(r, event) for r, days in zip(rows, firsts, strict=True)]
        heard = [days for days in firsts if days is not None]
        numbers = {"heard": len(heard) / len(rows), "days": fmean(heard) if heard else float(WEEK * weeks)}
        numbers |= {"wrong": fmean(harms), "money": fmean(harms) * prices.wrong}
        found[SAID[event]] = numbers | {"a week": fmean(harm(row, event) for row in rows)}
    return found


def _first(row: Row, event: str, names: Sequence[str]) -> int | None:
    waits = (delay(alarms_of(row, name), row["plan"][event]) for name in names)
    return min((days for days in waits if days is not None), default=None)


def labels_a_week(names: Iterable[str]) -> int:
    """How many labels these gauges need each week; gauges on the same questions share them."""
    kinds = {"recall": "questions", "answers": "questions", "fresh": "letters"}
    needed: dict[str, int] = {}
    for name in names:
        if ALL[name].labels:
            needed[kinds[name]] = max(needed.get(kinds[name], 0), ALL[name].labels)
    return sum(needed.values())


def compared(table: Sequence[Row], weeks: int = 1) -> dict[str, dict[str, float]]:
    """For each of `dashboards`, a quarter in the mean over seeds.

    heard: faults, of five. false: quiet weeks that ring, of five. wrong: answers and letters until then; a fault that
    nobody hears does its week's harm `weeks` times. labels: how many in ten weeks. money: wrong answers, looking after
    alarms, labels.
    """
    found = {}
    for name, gauges in dashboards().items():
        events, labels = bill(table, gauges, weeks).values(), (WEEKS - FIRST) * labels_a_week(gauges)
        heard, false = sum(e["heard"] for e in events), fmean(_quiet_that_ring(row, gauges) for row in table)
        money = sum(e["money"] for e in events) + (heard + false) * LOOK + labels * LABEL
        wrong = sum(e["wrong"] for e in events)
        found[name] = {"heard": heard, "false": false, "wrong": wrong, "labels": labels, "money": round(money)}
    return found


def _quiet_that_ring(row: Row, gauges: Iterable[str]) -> int:
    rang = {week for name in gauges for week in alarms_of(row, name)}
    return len(rang & set(quiet_weeks(row["plan"])))


def trickles(table: Sequence[Row], event: str = "prices") -> dict[int, dict[str, float]]:
    """{labels a week: {"seen": share of draws in which the event rings, "false": share of quiet weeks}}."""
    sizes: Mapping[int, list[Row]] = {}
    for row in chosen(table):
        for entry in row["trickle"]:
            sizes.setdefault(entry["size"], []).append(entry)
    return {
        size: {"seen": fmean(e["seen"][event] for e in entries), "false": fmean(e["false"] for e in entries)}
        for size, entries in sizes.items()
    }


def dashboards() -> dict[str, tuple[str, ...]]:
    """The sets of gauges that the notebook compares: without labels, the document's six and the hybrid's, and more."""
    free = tuple(name for name, gauge in GAUGES.items() if not gauge.labels)
    some = {"no labels": free, "the dashboard": tuple(GAUGES), "and answers": (*GAUGES, "answers")}
    return some | {"and letters": (*GAUGES, *TRICKLE), "all": tuple(ALL)}


def swaps(table: Sequence[Row]) -> dict[str, dict[str, float]]:
    """{student: agrees and times faster, in the first weeks or in the week of the swap; right / teacher's}.

    Means over the quarters in which that student was looked at; right / teacher's needs labels.
    """
    found = {}
    for name in table[0]["ratio"]:
        rows = [row for row in table if name in row["ratio"]]
        found[name] = {
            "agrees": fmean(_watched(row, name, "agreement") for row in rows),
            "times faster": fmean(_watched(row, name, "speed_up") for row in rows),
            "right / teacher's": fmean(row["ratio"][name] for row in rows),
        }
    return found


def _watched(row: Row, name: str, gauge: str) -> float:
    """A student's mean on a gauge: the usual one's is that of the first weeks, the others' that of one week."""
    if name == "usual":
        return row["gauges"][gauge]["mean"]
    start = row["plan"]["swap"] * WEEK
    days = row["gauges"][gauge]["days"] if name == "swapped" else row["swaps"][name][gauge]
    week = days_of(days)[start : start + WEEK] if name == "swapped" else days_of(days)
    return sum(day.total for day in week) / sum(day.count for day in week)


def shifts(table: Sequence[Row]) -> dict[str, dict[str, float]]:
    """{kind of turn: the sorter's share right, where there are labels, and the AUROC of its confidence}: means."""

    def mean(kind: str, score: str) -> float:
        return fmean(row["shift"][kind][score] for row in table)

    right = {"usual": {"right": mean("slang", "usual")}, "slang": {"right": mean("slang", "shifted")}}
    kinds = {"slang": "slang", "new line": "line", "about nothing here": "outside"}
    found = {said: right.get(said, {}) | {"AUROC": mean(kind, "auroc")} for said, kind in kinds.items()}
    return {"usual": right["usual"]} | found
