"""What the stored run of the small jobs says: a table of all ways, and one line: who won, by how much, when not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from companion.scenarios.cost import Assumptions, Path, amount, cost, crossing, fixed, three_paths
from companion.scenarios.edge import JOBS
from companion.scenarios.edge_measure import average, by_seed
from companion.stored import chosen

WAYS = {  # as the tables call them, best known first
    "teacher float32": "fine-tuned encoder",
    "teacher int8": "the same, int8",
    "nearest": "RAG: nearest labelled texts",
    "distilled int8": "distilled student, int8",
    "distilled float32": "distilled student, float32",
    "no letters int8": "distilled, letters silent, int8",
    "rich int8": "distilled, 5,000 pieces, int8",
    "whole int8": "distilled, all pieces, int8",
    "words taught": "words, taught by the encoder",
    "labels int8": "student, labels alone, int8",
    "rich labels int8": "5,000 pieces, labels alone, int8",
    "words": "words, labels alone",
}
TAUGHT = ("distilled int8", "distilled float32", "no letters int8", "rich int8", "whole int8", "words taught")
ALONE = ("labels int8", "rich labels int8", "words")
Table = Sequence[Mapping[str, Any]]
MILLION = 1_000_000


def summary(table: Table, name: str) -> dict[str, dict[str, Any]]:
    """{way in words: accuracy and its spread over seeds, MB, ms, whether it keeps both budgets}."""
    return {WAYS[way]: _row(table, name, way) for way in measured_ways(table, name)}


def measured_ways(table: Table, name: str) -> list[str]:
    """Those of `WAYS` that this job was done by."""
    return [way for way in WAYS if way in chosen(table, job=name)[0]["ways"]]


def _row(table: Table, name: str, way: str) -> dict[str, Any]:
    scores = list(by_seed(table, name, way).values())
    size, ms = (average(table, name, way, what) for what in ("megabytes", "ms"))
    told = {"accuracy": fmean(scores), "spread": stdev(scores) if len(scores) > 1 else 0.0, "MB": size, "ms": ms}
    return told | {"fits": "yes" if JOBS[name].fits(size, ms) else "no"}


def verdict_line(table: Table, name: str) -> str:
    """Which way within the budgets won, by how many points, and when it would not.

    The best with a teacher against the best without, each the best on the test.
    """
    job, taught, alone = JOBS[name], best_that_fits(table, name, TAUGHT), best_that_fits(table, name, ALONE)
    mine, its = average(table, name, taught), average(table, name, alone)
    kept = f"Within {job.megabytes:g} MB and {job.milliseconds:g} ms"
    points = f"{100 * abs(mine - its):.1f} points"
    verb = "wins" if mine > its else "loses"
    won = f"distillation {verb}, {mine:.3f} ({WAYS[taught]}) against {its:.3f} ({WAYS[alone]}): {points}"
    teacher = {what: average(table, name, "teacher float32", what) for what in ("accuracy", "megabytes", "ms")}
    room = f"{teacher['megabytes']:.0f} MB and {teacher['ms']:.1f} ms"
    return f"{kept} {won}. With room for {room} fine-tuning itself has {teacher['accuracy']:.3f}."


def best_that_fits(table: Table, name: str, ways: Sequence[str]) -> str:
    """Of the given ways, the one within both budgets that is right most often on the test."""
    fit = [way for way in measured_ways(table, name) if way in ways and _row(table, name, way)["fits"] == "yes"]
    return max(fit, key=lambda way: average(table, name, way))


def paths(table: Table, name: str = "commands") -> tuple[Path, Path, Path]:
    """RAG, fine-tuned and distilled with measured times and shares, means over seeds; all run by onnxruntime."""
    rows = chosen(table, job=name)
    hours = {w: fmean(row[f"{w}_seconds"] for row in rows) / 3600 for w in ("tuning", "distilling")}
    ways = ("nearest", "teacher float32", "distilled int8")
    rag, tuned, student = ({"ms": average(table, name, w, "ms"), "right": average(table, name, w)} for w in ways)
    tuned |= {"hours": hours["tuning"], "labels": rows[0]["labels"]}
    return three_paths(rag, tuned, student | {"hours": hours["distilling"]})


def prompted(table: Table) -> Path:
    """What it takes the course's generator to read a prompt of retrieved passages and answer: another job, no rival."""
    rows = chosen(table, job="reading")
    return Path("generator", *(fmean(row[what] for row in rows) for what in ("milliseconds", "ms_per_token")))


def bill(three: Sequence[Path], a: Assumptions | None = None, calls: float = MILLION) -> dict[str, dict[str, float]]:
    """{path: euros a day, those due even without a call, share right, how many of the calls a day go wrong}."""
    a = a or Assumptions()
    return {
        path.name: {"euros a day": cost(path, a, calls), "of that fixed": fixed(path, a), "right": path.right}
        | {"wrong a day": f"{round(calls * (1 - path.right), -2):,.0f}"}
        for path in three
    }


def cost_line(three: Sequence[Path], a: Assumptions | None = None) -> str:
    """The cheapest path at a million calls a day, by how much, and from how many calls a student is the cheapest."""
    a = a or Assumptions()
    bills = {path.name: cost(path, a, MILLION) for path in three}
    first, second = sorted(bills, key=bills.__getitem__)[:2]
    student = next(path for path in three if path.name == "distilled")
    turn = max(crossing(student, other, a) for other in three if other is not student)
    when = f"from {amount(turn)} calls a day" if turn > 0 else "at any number of calls"
    right = {path.name: "" if path.right is None else f" ({path.right:.2f} right)" for path in three}
    return (
        f"At a million calls a day {first}{right[first]} is cheapest: €{bills[first]:.2f} a day, "
        f"€{bills[second] - bills[first]:.2f} less than {second}{right[second]}. Distilled is cheapest {when}."
    )
