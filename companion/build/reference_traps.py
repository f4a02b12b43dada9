"""What notebooks 5.1b and 5.1c quote, read off their stored runs: nothing is trained here."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from companion.build.reference_paths import Runs, run
from companion.stored import chosen, stored

Row = dict[str, Any]


def traps_tune() -> tuple[dict[str, float], Runs]:
    """Claims C5.1-c and -d; leaks, copies, wrong labels, the search, four planted runs and the mended ones."""
    from companion.finetune.traps_measure import cell, named_by_one, named_by_two

    table = stored("traps_tune")["rows"]
    one, two = named_by_one(table), named_by_two(table)
    numbers = _leaks(table) | _cleaning(table) | _search(table) | _faults(table)
    numbers |= {"tune.named.two": fmean(two.values()), "tune.named.one": fmean(one.values())}
    numbers["tune.named.three_cuts"] = fmean(named_by_one(table, cuts=3).values())
    runs = {"C5.1-c": run(cell(table, "clean, found"), cell(table, "dirty, default")), "C5.1-d": run(two, one)}
    return {name: round(value, 4) for name, value in numbers.items()}, runs


def _leaks(table: Sequence[Row]) -> dict[str, float]:
    from companion.finetune.twins import overlap
    from companion.world.utterances import mail

    rows = chosen(table, part="leaks")
    numbers = _both(rows, "tune.leak")
    numbers |= {f"tune.leak.{g}": fmean(r["found"][g]["recall"] for r in rows) for g in rows[0]["found"]}
    honest = float(overlap(mail("validation")[0], mail("train")[0]).max())  # of letters by two writers
    return numbers | {"tune.leak.stranger": fmean(r["stranger"] for r in rows), "tune.honest": honest}


def _both(rows: Sequence[Row], key: str) -> dict[str, float]:
    """What was measured before and after, the mean over seeds."""
    whens = ("before", "after")
    return {f"{key}.{when}.{what}": fmean(r[when][what] for r in rows) for when in whens for what in rows[0][when]}


def _cleaning(table: Sequence[Row]) -> dict[str, float]:
    rows = chosen(table, part="cleaning")
    numbers = _both(rows, "tune.clean")
    for way, name in (("with copies", "copies"), ("without", "single")):
        for what in ("recall", "precision"):
            numbers[f"tune.found.{name}.{what}"] = fmean(r["found"][way][what] for r in rows)
    numbers["tune.found.single.needless"] = 1 - numbers["tune.found.single.precision"]
    for file in rows[0]["scores"]:
        numbers[f"tune.file.{file.replace(' ', '_')}"] = fmean(r["scores"][file]["test"] for r in rows)
    return numbers | {"tune.read": fmean(r["read"] for r in rows)}


def _search(table: Sequence[Row]) -> dict[str, float]:
    rows = chosen(table, part="search")
    numbers = {}
    for name in rows[0]["scores"]:
        for split in ("validation", "test"):
            key = f"tune.cell.{name.replace(', ', '.')}.{split}"
            numbers[key] = fmean(r["scores"][name][split] for r in rows)
    best = [max(r["trials"], key=lambda t: t["value"]) for r in rows]
    return numbers | {"tune.best.validation": fmean(t["value"] for t in best), "tune.trials": len(rows[0]["trials"])}


def _faults(table: Sequence[Row]) -> dict[str, float]:
    from companion.finetune.traps_measure import faults
    from companion.finetune.two_gauges import readings, stopped

    early = [readings(stopped(row))["accuracy"] for row in faults(table)["overfitting"].values()]
    numbers = {"tune.fault.overfitting.stopped": fmean(early)}
    for mend, when in ((False, "fault"), (True, "mended")):
        for name, runs in faults(table, mend).items():
            found = [readings(row) for row in runs.values()]
            numbers |= {f"tune.{when}.{name}.{w}": fmean(r[w] for r in found) for w in found[0]}
    return numbers


def traps_distil() -> tuple[dict[str, float], Runs]:
    """Claims C5.1-e and -f; four teachers, their temperatures and calibration, and students of three widths."""
    from companion.distill import traps_measure as measure

    table = stored("traps_distil")["rows"]
    chosen_test, blind_test = measure.preparation(table)
    lost, lost_long = measure.capacity(table)
    numbers = _teachers(table) | _calibration(table) | _sizes(table)
    validation = [row["validation"] for row in measure.chosen_by_validation(table).values()]
    numbers |= {"distil.chosen.validation": fmean(validation), "distil.chosen.test": fmean(chosen_test.values())}
    numbers["distil.blind.test"] = fmean(blind_test.values())
    numbers |= {"distil.lost": fmean(lost.values()), "distil.lost.long": fmean(lost_long.values())}
    numbers["distil.won_back"] = fmean(lost.values()) - fmean(lost_long.values())
    good = [numbers[f"distil.{n}.{T:g}.validation"] for n, Ts in measure.CELLS.items() for T in Ts if n != "weak"]
    best = numbers["distil.sorter.1.test"]
    numbers |= {"distil.spread": max(good) - min(good), "distil.weak_costs": best - numbers["distil.weak.3.test"]}
    numbers["distil.hot_costs"] = best - numbers["distil.sorter.8.test"]
    for n in measure.PATIENCE[1:]:
        numbers[f"distil.lost.times{n}"] = numbers["distil.width.64.test"] - numbers[f"distil.width.8.times{n}.test"]
    numbers["distil.test_calibration"] = measure.calibration_of(measure.sorter_scores(), "test")
    runs = {"C5.1-e": run(chosen_test, blind_test), "C5.1-f": run(lost, lost_long)}
    return {name: round(value, 4) for name, value in numbers.items()}, runs


def _means(rows: Sequence[Row], key: str, names: Sequence[str]) -> dict[str, float]:
    return {f"{key}.{name.replace(' ', '_')}": fmean(row[name] for row in rows) for name in names}


def _teachers(table: Sequence[Row]) -> dict[str, float]:
    from companion.distill.traps_measure import CELLS

    numbers = {}
    for name, temperatures in CELLS.items():
        for T in temperatures:
            rows = chosen(table, part="teacher", teacher=name, T=T)
            numbers |= _means(rows, f"distil.{name}.{T:g}", ("test", "validation", "doubt", "followed"))
        numbers |= _means(rows, f"distil.{name}", ("right", "teacher right", "calibration"))
    return numbers


def _calibration(table: Sequence[Row]) -> dict[str, float]:
    from companion.distill.traps_measure import FITTED, TOO_FLAT, TOO_SURE

    numbers = {}
    for name, factor in (("sure", TOO_SURE), ("flat", TOO_FLAT), ("fitted", FITTED)):
        rows = chosen(table, part="calibration", factor=factor)
        numbers |= _means(rows, f"distil.{name}", ("calibration", "doubt", "test", "validation"))
    return numbers


def _sizes(table: Sequence[Row]) -> dict[str, float]:
    from companion.distill.traps_measure import PATIENCE, WIDTHS, of_size

    numbers = {}
    for width, longer in [(w, 1) for w in WIDTHS] + [(WIDTHS[-1], n) for n in PATIENCE]:
        for what in ("test", "validation", "followed", "loss", "parameters"):
            key = f"distil.width.{width}{f'.times{longer}' if longer > 1 else ''}.{what}"
            numbers[key] = fmean(of_size(table, width, longer, what).values())
    return numbers
