"""What section 5.2 quotes, read off its stored run: nothing is answered here."""

from __future__ import annotations

from statistics import fmean

from companion.build.reference_paths import Runs, run
from companion.stored import stored


def monitor() -> tuple[dict[str, float], Runs]:
    """Claims C5.2-a to -f; what each gauge hears, what faults cost, what a trickle buys, what a shift does."""
    from companion.monitor.results import CLAIMS, HIT, claim, false_alarms, harm, seen, trickles
    from companion.monitor.watch import ALL

    table = stored("monitor")["rows"]
    numbers = {f"monitor.heard.{g}.{e}": sum(seen(row, g, (e,)) for row in table) for g in ALL for e in HIT}
    numbers |= {f"monitor.false.{gauge}": fmean(false_alarms(row, gauge) for row in table) for gauge in ALL}
    numbers |= {f"monitor.harm.{event}": fmean(harm(row, event) for row in table) for event in HIT}
    for event in HIT:
        for size, found in trickles(table, event).items():
            numbers[f"monitor.trickle.{event}.{size}"] = found["seen"]
    for kind, scores in table[0]["shift"].items():
        for name in scores:
            numbers[f"monitor.shift.{kind}.{name}"] = fmean(row["shift"][kind][name] for row in table)
    numbers |= _swaps(table)
    numbers |= {
        f"monitor.ratio.{key_of(name)}": fmean(row["ratio"][name] for row in table if name in row["ratio"])
        for name in table[0]["ratio"]
    }
    runs = {claim_id: run(*claim(table, claim_id)) for claim_id in CLAIMS}
    return {name: round(value, 4) for name, value in numbers.items()}, runs


def _swaps(table) -> dict[str, float]:
    """Agreement and speed-up of the usual student in the first weeks, and of every other in the week of the swap."""
    from companion.monitor.results import days_of

    numbers = {}
    for gauge in ("agreement", "speed_up"):
        numbers[f"monitor.swap.usual.{gauge}"] = fmean(row["gauges"][gauge]["mean"] for row in table)
        weeks = [days_of(r["gauges"][gauge]["days"])[7 * r["plan"]["swap"] :][:7] for r in table]
        numbers[f"monitor.swap.swapped.{gauge}"] = fmean(_mean(week) for week in weeks)
        for name in table[0]["swaps"]:
            days = [days_of(row["swaps"][name][gauge]) for row in table if row["swaps"]]
            numbers[f"monitor.swap.{key_of(name)}.{gauge}"] = fmean(_mean(week) for week in days)
    return numbers


def _mean(days) -> float:
    return sum(day.total for day in days) / sum(day.count for day in days)


def key_of(name: str) -> str:
    """ "older weights" as a part of a key: "older"."""
    return name.split()[0]
