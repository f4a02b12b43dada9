"""What can be had without training: names of the classes alone, or the nearest labelled examples.

The tree's last leaf says "evaluate the pretrained model zero-shot". It costs a minute, so it is worth doing first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from companion.labels import Labels, labels_to_rows

# How a class is put into words; {} is its name. Wordings differ by a few points; the figures use the plain name.
WORDINGS = {"name": "{}", "subject": "Subject: {}", "request": "A customer writes about {}."}


class ZeroShot:
    """logits = vectors of the texts times vectors of the classes' names: cosines, (n, classes).

    encoder: anything with encode(texts) -> unit vectors (n, dim). wording: a text with {} for the class's name, in
    which underscores become blanks. No label is looked at. Raises ValueError for a wording without {}.
    """

    def __init__(self, encoder: Any, classes: Sequence[str], wording: str = WORDINGS["name"]):
        if "{}" not in wording:
            raise ValueError(f"The wording {wording!r} has no place for the name: put {{}} where it belongs.")
        self.encoder, self.classes = encoder, list(classes)
        self.names = encoder.encode([wording.format(name.replace("_", " ")) for name in self.classes])

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Cosines of each text with each class's name, float32 (n, classes)."""
        return self.encoder.encode(list(texts)) @ self.names.T

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The class whose name is nearest to each text."""
        return [self.classes[row] for row in self.logits(texts).argmax(1)]


class Neighbours:
    """Retrieval as a sorter: the k nearest labelled texts vote, each with its cosine. Nothing is trained.

    logits[i, c] = sum of the cosines of those of the k nearest examples of text i that have label c. With fewer than
    k examples all vote.
    """

    def __init__(self, encoder: Any, texts: Sequence[str], labels: Labels, classes: Sequence[str], k: int = 5):
        if not len(texts):
            raise ValueError("There is no example to be near to: pass at least one labelled text.")
        self.encoder, self.classes, self.k = encoder, list(classes), min(k, len(texts))
        self.rows = labels_to_rows(labels, classes).numpy()
        self.examples = encoder.encode(list(texts))  # (examples, dim)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """The summed cosines of the nearest examples by class, float32 (n, classes)."""
        cosines = self.encoder.encode(list(texts)) @ self.examples.T  # (n, examples)
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, : self.k]  # (n, k)
        votes = np.zeros((len(texts), len(self.classes)), np.float32)
        for column in nearest.T:
            np.add.at(votes, (np.arange(len(texts)), self.rows[column]), cosines[np.arange(len(texts)), column])
        return votes

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The class with the most votes for each text."""
        return [self.classes[row] for row in self.logits(texts).argmax(1)]
