"""What the stored run of the small jobs says: a table of all ways, and one line: who won, by how much, when not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from companion.scenarios.cost import Assumptions, Path, amount, cost, crossing, three_paths
from companion.scenarios.edge import JOBS
from companion.scenarios.edge_measure import average, best_undistilled, by_seed
from companion.stored import chosen

WAYS = {  # as the tables call them, best known first
    "teacher float32": "fine-tuned encoder",
    "teacher int8": "the same, int8",
    "nearest": "RAG: nearest labelled texts",
    "distilled int8": "distilled student, int8",
    "labels int8": "same student, labels alone, int8",
    "words": "logistic regression on words",
}
Table = Sequence[Mapping[str, Any]]
MILLION = 1_000_000


def summary(table: Table, name: str) -> dict[str, dict[str, Any]]:
    """{way in words: accuracy and its spread over seeds, MB, ms, whether it keeps both budgets}."""
    return {words: _row(table, name, way) for way, words in WAYS.items()}


def _row(table: Table, name: str, way: str) -> dict[str, Any]:
    scores = list(by_seed(table, name, way).values())
    carried = "teacher float32" if way == "nearest" else way  # retrieval carries the same encoder, run the same way
    size, ms = (average(table, name, carried, what) for what in ("megabytes", "ms"))
    told = {"accuracy": fmean(scores), "spread": stdev(scores) if len(scores) > 1 else 0.0, "MB": size, "ms": ms}
    return told | {"fits": "yes" if JOBS[name].fits(size, ms) else "no"}


def verdict_line(table: Table, name: str) -> str:
    """Which way within the budgets won, by how many points, and when it would not."""
    job, rival = JOBS[name], best_undistilled(table, name)
    mine, its = average(table, name, "distilled int8"), average(table, name, rival)
    kept = f"Within {job.megabytes:g} MB and {job.milliseconds:g} ms"
    points = f"{100 * abs(mine - its):.1f} points"
    verb = "wins" if mine > its else "loses"
    won = f"distillation {verb}, {mine:.3f} against {its:.3f} ({WAYS[rival]}): {points}"
    teacher = {what: average(table, name, "teacher float32", what) for what in ("accuracy", "megabytes", "ms")}
    room = f"{teacher['megabytes']:.0f} MB and {teacher['ms']:.1f} ms"
    return f"{kept} {won}. With room for {room} fine-tuning itself has {teacher['accuracy']:.3f}."


def paths(table: Table, name: str = "commands") -> tuple[Path, Path, Path]:
    """RAG, fine-tuned and distilled with measured times, means over seeds; both models run by onnxruntime."""
    rows = chosen(table, job=name)
    hours = {w: fmean(row[f"{w}_seconds"] for row in rows) / 3600 for w in ("tuning", "distilling")}
    reading = chosen(table, job="reading")
    rag = {what: fmean(row[what] for row in reading) for what in ("milliseconds", "ms_per_token")}
    tuned = {"ms": average(table, name, "teacher float32", "ms"), "hours": hours["tuning"], "labels": rows[0]["labels"]}
    student = {"ms": average(table, name, "distilled int8", "ms"), "hours": hours["distilling"]}
    return three_paths(rag, tuned, student)


def cost_line(three: Sequence[Path], a: Assumptions | None = None) -> str:
    """The cheapest path at a million calls a day, by how much, and from how many calls a student is the cheapest."""
    a = a or Assumptions()
    bills = {path.name: cost(path, a, MILLION) for path in three}
    first, second = sorted(bills, key=bills.__getitem__)[:2]
    student = next(path for path in three if path.name == "distilled")
    turn = max(crossing(student, other, a) for other in three if other is not student)
    when = f"from {amount(turn)} calls a day" if turn > 0 else "at any number of calls"
    return (
        f"At a million calls a day {first} is cheapest: €{bills[first]:.2f} a day, "
        f"€{bills[second] - bills[first]:.2f} less than {second}. Distilled is cheapest {when}."
    )
