"""Tables of notebook 5.1b, read off the stored run `traps_tune`: means of five seeds, and what each search gained."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from companion.finetune.traps_measure import SUSPECTS, TWINS, cell, faults, named_by_one, named_by_two, part
from companion.probe import DEFAULT
from companion.stored import found_and_gone
from companion.world.utterances import mail

Row = dict[str, Any]
Table = dict[str, dict[str, Any]]
FILES = {
    "as it came": "dirty",
    "without copies": "no copies",
    "suspects thrown away": "pruned",
    "suspects read": "clean",
    "as written": "as written",
}
FOUND = {"as it came": "with copies", "without copies": "without"}  # where confident learning was asked


def leak_table(table: Sequence[Row]) -> Table:
    """{way of comparing: share of the leaks found, share of what it flags that is a leak}, means over the seeds."""
    rows = part(table, "leaks")
    return {
        way: {"leaks found": _mean(rows, way, "recall"), "flagged rightly": _mean(rows, way, "precision")}
        for way in rows[0]["found"]
    }


def file_table(table: Sequence[Row]) -> Table:
    """{file: wrong labels found, flagged rightly, share of the test writer's mail, seeds above "without copies"}.

    Means over the seeds; what was found is known only of the two files in which it was looked for.
    """
    rows = part(table, "cleaning")
    tests = {title: [row["scores"][name]["test"] for row in rows] for title, name in FILES.items()}
    shown: Table = {}
    for title, values in tests.items():
        asked = FOUND.get(title)
        found = _mean(rows, asked, "recall") if asked else ""
        rightly = _mean(rows, asked, "precision") if asked else ""
        better = sum(a > b for a, b in zip(values, tests["without copies"], strict=True))
        shown[title] = {"wrong labels found": found, "flagged rightly": rightly, "test": fmean(values)}
        shown[title]["seeds better"] = "" if title == "without copies" else better
    return shown


def setting_table(table: Sequence[Row]) -> Table:
    """{seed: the setting that its search found, and how many letters more than the default it sorts rightly}."""
    shown: Table = {"default": {"rate": DEFAULT.rate, "steps": DEFAULT.steps}}
    for row in part(table, "search"):
        gains = {f"{split}, letters": _gained(table, row["seed"], split) for split in ("validation", "test")}
        shown[f"seed {row['seed']}"] = {name: row["found"][name] for name in ("rate", "steps")} | gains
    return shown


def reading_table(table: Sequence[Row], mend: bool = False) -> Table:
    """{run: accuracy on unseen letters, rise of the loss in nats, share of recall lost}, means over the seeds."""
    from companion.finetune.two_gauges import readings

    shown: Table = {}
    for name, by_seed in faults(table, mend).items():
        found = [readings(run) for run in by_seed.values()]
        shown[name] = {what: fmean(reading[what] for reading in found) for what in ("accuracy", "rise", "lost")}
    return shown


def named_table(table: Sequence[Row]) -> dict[str, float]:
    """Share of the four runs that each way of looking names rightly, means over the seeds."""
    ways = {
        "accuracy, one threshold": named_by_one(table),
        "accuracy, three thresholds": named_by_one(table, cuts=3),
        "two gauges": named_by_two(table),
        "two gauges, validation letters": named_by_two(table, "validation"),
    }
    return {way: fmean(by_seed.values()) for way, by_seed in ways.items()}


def fault_table(table: Sequence[Row]) -> Table:
    """{fault: mean of its gauge before and after the mend, seeds in which it was found, and gone}."""
    from companion.finetune.two_gauges import LOST, RISE, readings

    leaks, cleaning = part(table, "leaks"), part(table, "cleaning")
    pairs = {
        "leaked letters": (TWINS, [(row["before"]["twins"], row["after"]["twins"]) for row in leaks]),
        "copies": (TWINS, [(row["before"]["twins"], row["after"]["twins"]) for row in cleaning]),
        "wrong labels": (SUSPECTS, [(row["before"]["suspects"], row["after"]["suspects"]) for row in cleaning]),
    }
    planted, mends = faults(table), faults(table, mend=True)
    for name, gauge, limit in (("overfitting", "rise", RISE), ("forgetting", "lost", LOST)):
        runs = [(planted[name][seed], mends[name][seed]) for seed in sorted(planted[name])]
        pairs[name] = (limit, [tuple(readings(run)[gauge] for run in pair) for pair in runs])
    return {
        fault: found_and_gone(*zip(*values, strict=True), lambda value, limit=limit: value > limit)
        for fault, (limit, values) in pairs.items()
    }


def _mean(rows: Sequence[Row], way: str, what: str) -> float:
    return fmean(row["found"][way][what] for row in rows)


def _gained(table: Sequence[Row], seed: int, split: str) -> int:
    """Letters that the found setting sorts rightly beyond the default one."""
    found, default = (cell(table, f"clean, {setting}", split)[seed] for setting in ("found", "default"))
    return round((found - default) * len(mail(split)[0]))
