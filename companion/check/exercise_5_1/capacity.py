"""Why does a student not follow: a lesson that says nothing, too few steps, or too small a student?"""

from collections.abc import Callable

import numpy as np

from companion.calibration import softmax
from companion.check.running import call, fail, name_of, shown

CAUSES = ("none", "temperature", "steps", "capacity")
FALLING, FLAT = [1.0, 0.8, 0.6, 0.4], [1.0, 0.5, 0.41, 0.4]  # means of the four quarters
LOUD = [9.0, 4.0, 3.0, 2.96]  # flat, with large numbers
CASES = [  # size of the scores, T, share of texts on which the student names another class, quarters, cause
    (6.0, 3.0, 0.04, FLAT, "none"),
    (6.0, 0.2, 0.25, FLAT, "temperature"),
    (6.0, 3.0, 0.30, FLAT, "capacity"),
    (6.0, 3.0, 0.30, FALLING, "steps"),
    (40.0, 1.0, 0.30, FLAT, "temperature"),
    (40.0, 1.0, 0.30, FALLING, "temperature"),
    (40.0, 8.0, 0.30, FLAT, "capacity"),
    (6.0, 3.0, 0.30, LOUD, "capacity"),
    (40.0, 1.0, 0.02, FLAT, "none"),
    (6.0, 3.0, 0.02, FALLING, "none"),
]
NO_T = "The doubt was read at T = 1: the lesson that the student sees is softmax(teacher / T)."
TIMES_T = "The scores were multiplied by T: they are divided by it."
ORDER = "The student follows: nothing needs mending, whatever the temperature. Ask that first."
IMPATIENT = "The loss was still falling: the student had not come to its end. Give steps before you give width."
SIZE = "The height of the loss says nothing of capacity: it changes with T and with the teacher. Compare its quarters."
SILENT = "The lesson left no doubt at this T, so nothing else can be blamed yet: `temperature` comes before `steps`."
BLAMED = "Capacity is what is left when all else is excluded: temperature first, then steps."


def check(cause: Callable) -> None:
    """`cause(teacher, student, T, losses)` -> one of `CAUSES`."""
    for seed, (size, T, away, quarters, wanted) in enumerate(CASES):
        teacher, student, losses = drawn(size, away, quarters, seed)
        said = f"{name_of(cause)} at T = {T:g}, the student with its teacher on {1 - away:.0%} of the texts"
        kept = teacher.copy(), student.copy(), losses.copy()
        got = call(cause, teacher, student, T, losses, untouched=False)
        if not all(np.array_equal(a, b) for a, b in zip((teacher, student, losses), kept, strict=True)):
            fail(f"{said} changed what it was given.", "Work on a copy: the caller still needs its input.")
        if got is None:
            fail(f"{said} gave None.", "The function ends without `return`.")
        if got not in CAUSES:
            fail(f"{said} gave {shown(got)}.", f"One of {', '.join(map(repr, CAUSES))} is wanted.")
        if got != wanted:
            fail(f"{said} gave {got!r}; it is {wanted!r}.", _why(got, wanted, teacher, T, losses))


def drawn(size: float, away: float, quarters: list[float], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of teacher and student (100, 5), and 80 losses whose quarters have these means."""
    rng = np.random.default_rng(seed)
    teacher = rng.uniform(0, 0.4, size=(100, 5))
    teacher[np.arange(100), rng.integers(5, size=100)] = 1.0
    student = teacher.copy()
    lost = round(100 * away)
    student[:lost] = np.roll(student[:lost], 1, axis=1)
    order = rng.permutation(100)
    wobble = np.tile([0.98, 1.02], 40)
    return size * teacher[order], 3 * student[order], np.repeat(quarters, 20) * wobble


def doubt(teacher: np.ndarray, T: float) -> float:
    """The mean of what softmax(teacher / T) leaves beside the largest chance."""
    return float(1 - softmax(teacher, T).max(1).mean())


def _why(got: str, wanted: str, teacher: np.ndarray, T: float, losses: np.ndarray) -> str:
    if wanted == "none":
        return ORDER
    said_at = {name: doubt(teacher, at) < 0.05 for name, at in (("one", 1.0), ("times", 1 / T))}
    if "temperature" in (got, wanted) and T != 1 and said_at["one"] == (got == "temperature"):
        return NO_T
    if "temperature" in (got, wanted) and T != 1 and said_at["times"] == (got == "temperature"):
        return TIMES_T
    if wanted == "temperature":
        return SILENT if got == "steps" else BLAMED
    if wanted == "steps" and got == "capacity":
        return IMPATIENT
    if wanted == "capacity" and got == "steps" and losses[-20:].mean() > 1:
        return SIZE
    if got == "none":
        return "It follows on fewer than 0.9 of the texts: compare the largest score's place, student and teacher."
    return "Ask in this order: followed on 0.9? doubt below 0.05? the last quarter's loss below 0.95 of the one before?"
