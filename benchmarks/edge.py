"""Students in eight bits, run by onnxruntime on one thread: size, time, accuracy. `python -m benchmarks.edge`.

The figures of section 2.2c's stored run, set against its budgets; `python -m companion.build runs scenarios_small`
measures them again.
"""

from collections.abc import Iterator
from statistics import fmean, stdev

from benchmarks.figures import Figure, write
from companion.scenarios.edge_measure import by_seed
from companion.stored import stored

STUDENTS = {"mail": ("int8", "mail"), "commands": ("distilled int8", "a phone's commands")}
STUDENTS |= {"sensors": ("distilled int8", "a sensor's messages")}
BUDGETS = {"mail": (3.0, 2.0), "commands": (3.0, 2.0), "sensors": (0.5, 0.5)}  # MB, ms
SIZE = "Size: network and word pieces, without onnxruntime."
TIME = "Time: the median, from text to label, one thread; mean over five students."


def figures() -> Iterator[Figure]:
    """Megabytes, milliseconds and accuracy of each student, with the spread over five seeds."""
    table = stored("scenarios_small")["rows"]
    for job, (way, name) in STUDENTS.items():
        megabytes, milliseconds = BUDGETS[job]
        read = {what: list(by_seed(table, job, way, what).values()) for what in ("megabytes", "ms", "accuracy")}
        what = f"{name}, student in eight bits"
        yield Figure(f"{what}: size", fmean(read["megabytes"]), "MB", high=megabytes, how=SIZE)
        yield Figure(f"{what}: a text takes", fmean(read["ms"]), "ms", high=milliseconds, how=TIME)
        yield Figure(f"{what}: accuracy", fmean(read["accuracy"]), spread=stdev(read["accuracy"]))


if __name__ == "__main__":
    write("edge", figures())
