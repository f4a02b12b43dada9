"""What section 5.2 quotes, read off its stored run: nothing is answered here."""

from __future__ import annotations

from statistics import fmean

from companion.build.reference_paths import Runs, run
from companion.stored import stored


def monitor() -> tuple[dict[str, float], Runs]:
    """Claims C5.2-a to -f; what each gauge hears, what faults cost, what a trickle buys, what a shift does."""
    from companion.monitor.results import CLAIMS, HIT, claim, false_alarms, harm, seen, swaps, trickles
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
    for name, found in swaps(table).items():
        numbers[f"monitor.swap.{key_of(name)}.agreement"] = found["agrees"]
        numbers[f"monitor.swap.{key_of(name)}.speed_up"] = found["times faster"]
        numbers[f"monitor.ratio.{key_of(name)}"] = found["right / teacher's"]
    runs = {claim_id: run(*claim(table, claim_id)) for claim_id in CLAIMS}
    return {name: round(value, 4) for name, value in numbers.items()}, runs


def key_of(name: str) -> str:
    """ "older weights" as a part of a key: "older"."""
    return name.split()[0]
