"""The students in eight bits, on one thread: MB, milliseconds a query, accuracy.

Read off the stored run of the lab: `python -m companion.build runs scenarios_small` measures it anew.
"""

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Any

from benchmarks.figures import Figure, write
from companion.scenarios.edge import PHONE, SENSOR
from companion.scenarios.edge_measure import by_seed
from companion.stored import stored

BUDGETS = {  # name: job of the stored run, way, MB, ms
    "the mail student of 1.3": ("mail", "int8", 3.0, 2.0),
    "the phone's student": ("commands", "distilled int8", PHONE.megabytes, PHONE.milliseconds),
    "the sensor's student": ("sensors", "distilled int8", SENSOR.megabytes, SENSOR.milliseconds),
}
HOW = (
    "Int8 by onnxruntime's quantiser, run by onnxruntime on one thread, from text to class; processor time, median of "
    "200 queries after a warm-up; MB of the ONNX file and the word pieces together; mean ± standard deviation over "
    "five seeds."
)


def figures(table: Sequence[dict[str, Any]]) -> list[Figure]:
    """Three figures for each student, and the mail student's accuracy before."""
    found = []
    for name, (job, way, megabytes, milliseconds) in BUDGETS.items():
        limits = {"megabytes": ("MB", megabytes), "ms": ("ms", milliseconds), "accuracy": ("", None)}
        for what, (unit, high) in limits.items():
            found.append(_figure(f"{name}, int8: {what}", by_seed(table, job, way, what), unit, high))
    return [*found, _figure("the mail student of 1.3, float32: accuracy", by_seed(table, "mail", "torch"), "", None)]


def _figure(what: str, values: dict[int, float], unit: str, high: float | None) -> Figure:
    spread = stdev(values.values()) if len(values) > 1 else None
    return Figure(what, fmean(values.values()), unit, high=high, how=HOW, spread=spread)


if __name__ == "__main__":
    write("device", figures(stored("scenarios_small")["rows"]))
