"""The temperature is the one with the smallest mean of -log chance of the right class."""

from collections.abc import Callable

import numpy as np

from companion.check.running import CheckFailed, call, fail, name_of, number
from companion.hybrid.calibration import fit_temperature, softmax

CASES = [(1.0, 5, 0), (3.0, 4, 1), (0.5, 3, 2), (2.0, 8, 3), (6.0, 3, 4)]  # boldness, classes, seed
TURNED = "That is 1 / T: scores are divided by the temperature, not multiplied by it."
END = (
    "Three ways lead to 0.1, where the search begins: accuracy, which is the same for every T; the mean chance without "
    "its logarithm; and the *largest* loss. Take the smallest mean of -log(chance of the right class)."
)
CONFIDENCE = "The largest chance was looked at: it is the *right* class's chance that counts, wrong answers included."
NOT_SQUARED = "The squared error of the chances is another loss, with another T: take -log of the right class's chance."


def check(temperature: Callable) -> None:
    """`temperature(scores, labels)` -> T with the smallest log-loss, within 3 %."""
    for bold, classes, seed in CASES:
        scores, labels = drawn(bold, classes, seed)
        said = f"{name_of(temperature)} of {len(labels)} turns with {classes} classes"
        kept, named = scores.copy(), labels.copy()
        got = number(_call(temperature, scores, labels), said)
        if not (np.array_equal(kept, scores) and np.array_equal(named, labels)):
            fail(f"{said} changed what it was given.", "Work on a copy: the caller still needs its input.")
        best = fit_temperature(kept, named.tolist())
        if not abs(got / best - 1) <= 0.03:
            fail(f"{said} gave {got:.3f}; the best T is {best:.3f}.", _why(got, best, kept, named))


def _call(temperature: Callable, scores: np.ndarray, labels: np.ndarray):
    try:
        return call(temperature, scores, labels, untouched=False)
    except CheckFailed as error:
        if "ambiguous" in str(error):
            fail(str(error), "Compare numbers: each T has one loss, the mean over the turns.")
        raise


def drawn(bold: float, classes: int, seed: int, n: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Scores (n, classes) of a model that is `bold` times too bold, and right classes (n,)."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(n, classes)) * 1.5
    labels = np.array([generator.choice(classes, p=p) for p in softmax(scores)])
    return bold * scores, labels


def _why(got: float, best: float, scores: np.ndarray, labels: np.ndarray) -> str:
    options = np.exp(np.linspace(np.log(0.1), np.log(10), 200))
    chances = [softmax(scores, T) for T in options]
    squares = [((p - np.eye(p.shape[1])[labels]) ** 2).sum(1).mean() for p in chances]
    traps = [
        (TURNED, 1 / best),
        (NOT_SQUARED, options[int(np.argmin(squares))]),
        (END, 0.1),
        (CONFIDENCE, 10.0),
    ]
    near = (why for why, wrong in traps if abs(got / wrong - 1) < 0.05)
    return next(near, "Take the T with the smallest mean of -log(chance of the right class), between 0.1 and 10.")
