"""What section 5.2 quotes, read off its stored run: nothing is answered here."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from companion.build.reference_paths import Runs, run
from companion.stored import stored

Table = list[dict[str, Any]]


def monitor() -> tuple[dict[str, float], Runs]:
    """Claims C5.2-a to -f; what each gauge hears, what faults cost, what a trickle buys, what a shift does."""
    from companion.monitor.bills import HIT, harm
    from companion.monitor.results import CLAIMS, claim, false_alarms, seen, trickles
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
    numbers |= _swapped(table) | _saved(table) | _sure()
    runs = {claim_id: run(*claim(table, claim_id)) for claim_id in CLAIMS}
    return {name: round(value, 4) for name, value in numbers.items()}, runs


def _swapped(table: Table) -> dict[str, float]:
    """How other students look on each gauge, and in how many quarters it rings for them."""
    from companion.monitor.results import swaps, swaps_heard

    numbers: dict[str, float] = {}
    for name, found in swaps(table).items():
        numbers[f"monitor.swap.{key_of(name)}.agreement"] = found["agrees"]
        numbers[f"monitor.swap.{key_of(name)}.speed_up"] = found["times faster"]
        numbers[f"monitor.ratio.{key_of(name)}"] = found["right / teacher's"]
    for name, found in swaps_heard(table).items():
        numbers |= {f"monitor.rings.{key_of(name)}.{key_of(gauge)}": count for gauge, count in found.items()}
    return numbers


def _saved(table: Table) -> dict[str, float]:
    """What labelled answers, and then labelled letters, save, if an unheard fault stays one week, or four."""
    from companion.monitor.bills import saved

    numbers: dict[str, float] = {}
    for less, more in (("no labels", "and answers"), ("and answers", "and letters")):
        for weeks in (1, 4):
            found = saved(table, less, more, weeks)
            numbers[f"monitor.saved.{more.split()[1]}.{weeks}"] = found["saved"]
            numbers[f"monitor.saved.{more.split()[1]}.{weeks}.give"] = found["give or take"]
    return numbers


def _sure() -> dict[str, float]:
    """What counts allow: chance of a fifty-label week to hear a fall; a share known from 5 of 5, and from 0 of 25.

    The last two are the far ends of the exact 95 % interval (Clopper and Pearson, *Biometrika* 26, 1934).
    """
    from scipy.stats import binom

    from companion.monitor.alarms import limits

    usual = limits([1.0] * 141 + [0.0] * 9)
    fewest = round(50 * usual.edges(50)[0])  # so many right are still usual
    falls = {f"monitor.power.{fall}": binom.cdf(fewest - 1, 50, usual.mean - fall / 100) for fall in (10, 20)}
    return falls | {"monitor.sure.5_of_5": 0.025 ** (1 / 5), "monitor.sure.0_of_25": 1 - 0.025 ** (1 / 25)}


def key_of(name: str) -> str:
    """ "older weights" as a part of a key: "older"."""
    return name.split()[0]
