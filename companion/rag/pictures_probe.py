"""Which details a vector holds: a linear probe reads each of them off, from the text's vector and from the picture's.

Where the text's vector holds a detail and the picture's does not, it is the tower that does not see it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from companion.rag.pictures import PictureTower
from companion.rag.pictures_training import Lesson, lesson
from companion.world.pictures import DETAILS

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

KNOWN, TESTED = range(91, 97), range(97, 99)  # companies that no tower was trained on


def probe(known: np.ndarray, labels: np.ndarray, tested: np.ndarray, right: np.ndarray, ridge: float = 1e-2) -> float:
    """Accuracy of least squares from vectors (n, dim) to labels (n,), fitted on `known`, on `tested`.

    W = (X^T X + ridge I)^-1 X^T Y with one column of Y a class; the class with the largest score is said.
    """
    middle = known.mean(0)
    x, new = (np.c_[part - middle, np.ones(len(part))] for part in (known, tested))
    y = np.eye(labels.max() + 1)[labels]
    weights = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ y)
    return float(((new @ weights).argmax(1) == right).mean())


def labels_of(taught: Lesson, detail: str) -> np.ndarray:
    """The detail of each thing as a row number into its possible values (n,)."""
    values = list(DETAILS[detail])
    return np.array([values.index(getattr(thing.look, detail)) for thing in taught.things])


def probe_run(encoder: Encoder, tower: PictureTower) -> dict[str, Any]:
    """{"probes": {detail: {"guess", "text", "picture"}}}: accuracy of the commonest value, and from both vectors."""
    known, tested = lesson(encoder, KNOWN, times=1), lesson(encoder, TESTED, times=1)
    seen, new = tower.encode(known.pictures[:, 0]), tower.encode(tested.pictures[:, 0])
    found = {}
    for detail in DETAILS:
        labels, right = labels_of(known, detail), labels_of(tested, detail)
        scores = {
            "guess": float((right == np.bincount(labels).argmax()).mean()),
            "text": probe(known.vectors[:, 0], labels, tested.vectors[:, 0], right),
            "picture": probe(seen, labels, new, right),
        }
        found[detail] = {name: round(value, 4) for name, value in scores.items()}
    return {"probes": found}
