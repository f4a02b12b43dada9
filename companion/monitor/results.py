"""What the stored quarters say: alarms by gauge and event, delays, false alarms; `bills` says what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from companion.monitor.alarms import CHANCE, WEEK, Day, Limits, Reading, alarms, delay, false_share, readings
from companion.monitor.stream import EVENTS, quiet_weeks
from companion.monitor.watch import ALL, BESIDE, GAUGES
from companion.stored import chosen

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
LATER = {"prices": "answers", "slang": "new_words", "injected": "new_pages"}  # no claim hangs on these pairs
STUDENTS = {  # the gauges that another student can move, in short
    "agreement": "agreement",
    "speed_up": "speed-up",
    "student": "labelled letters",
    "deployed": "fixed test set",
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


def by_event(table: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """For each event and each gauge that is to hear it: its claim, quarters in which it rings, mean days, false alarms.

    The gauges are those of the registered claims, then `LATER`. mean days: over the quarters in which it rings, "-"
    where none does. false: weeks in which that gauge rings, of all quiet weeks of the table.
    """
    quiet = {row["seed"]: set(quiet_weeks(row["plan"])) for row in table}
    weeks = sum(map(len, quiet.values()))
    pairs = [(event, gauge, claim_id) for claim_id, (gauge, events) in CLAIMS.items() for event in events]
    pairs += [(event, gauge, "none") for event, gauge in LATER.items()]
    found = {}
    for event, gauge, claim_id in sorted(pairs, key=lambda pair: EVENTS.index(pair[0])):
        waits = delays(table, gauge, event)
        found[f"{SHORT[event]}: {ALL[gauge].said}"] = {
            "claim": claim_id,
            f"heard of {len(table)}": len(waits),
            "mean days": f"{fmean(waits):.1f}" if waits else "-",
            f"false of {weeks}": sum(len(alarms_of(row, gauge).keys() & quiet[row["seed"]]) for row in table),
        }
    return found


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
    """The sets of gauges that the notebook compares: without labels, the document's six and the hybrid's, and more.

    Labelled letters check the student, who sorts the mail; the teacher on such letters is C5.2-c's rival and no more.
    """
    free = tuple(name for name, gauge in GAUGES.items() if not gauge.labels)
    some = {"no labels": free, "the dashboard": tuple(GAUGES), "and answers": (*GAUGES, "answers")}
    letters = (*GAUGES, "answers", "student")
    return some | {"and letters": letters, "all": tuple(dict.fromkeys((*letters, *BESIDE)))}


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


def swaps_heard(table: Sequence[Row]) -> dict[str, dict[str, int]]:
    """{student put in for a week: {gauge: quarters in which it rings, "quarters": of so many}}."""
    found = {}
    for name in list(table[0]["ratio"])[1:]:
        rows = [row for row in table if name in row["ratio"]]
        rang = {said: sum(_swap_rings(row, name, gauge) for row in rows) for gauge, said in STUDENTS.items()}
        found[name] = rang | {"quarters": len(rows)}
    return found


def _swap_rings(row: Row, name: str, gauge: str) -> bool:
    """Whether this gauge, whose limits are the usual student's, rings in the week in which another is at work."""
    stored = row["gauges"][gauge]
    days = stored["days"] if name == "swapped" else row["swaps"][name][gauge]
    return row["plan"]["swap"] in alarms(readings_of(gauge, stored | {"days": days}))


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
    kinds = {"slang": "slang", "new line": "line", "about none of the 16 intents": "outside"}
    found = {said: right.get(said, {}) | {"AUROC": mean(kind, "auroc")} for said, kind in kinds.items()}
    return {"usual": right["usual"]} | found
