"""Logistic regression on words: the smallest classifier that is worth beating."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from companion.labels import labels_to_rows

WORD = re.compile(r"[a-z]+|\d+")
STRENGTHS = (0.003, 0.01, 0.03, 0.1)  # of the penalty; chosen on validation
SOFT_STRENGTHS = (1e-4, 3e-4, 1e-3, 0.003, 0.01)  # a teacher's soft answers to many texts need less of it


class WordClassifier:
    """logits = x W + b, where x (n, words) says which known words a text holds, scaled to length 1.

    Trained by L-BFGS on the mean cross-entropy plus strength / 2 * |W|^2, which has a single best W: it has no seed.
    Words that no training text holds are not seen. Labels are class names, or shares (n, classes) that sum to 1 for
    each text, such as a teacher's soft answers. Raises ValueError for texts and labels that are not as many.
    """

    def __init__(
        self, texts: Sequence[str], labels: Sequence[str] | Tensor, classes: Sequence[str], strength: float = 0.01
    ):
        if not len(texts) or len(texts) != len(labels):
            raise ValueError(f"{len(texts)} texts came with {len(labels)} labels: give each text its own.")
        self.classes = tuple(classes)
        self.places = {word: n for n, word in enumerate(sorted({w for text in texts for w in words_of(text)}))}
        self.weight = torch.zeros(len(self.places), len(self.classes), requires_grad=True)
        self.bias = torch.zeros(len(self.classes), requires_grad=True)
        soft = isinstance(labels, Tensor) and labels.is_floating_point()
        wanted = labels.float() if soft else labels_to_rows(labels, self.classes)
        self._fit(self.features(texts), wanted, strength)

    def features(self, texts: Sequence[str]) -> Tensor:
        """(n, words): each text's known words, scaled to length 1."""
        x = torch.zeros(len(texts), len(self.places))
        for row, text in enumerate(texts):
            x[row, [self.places[word] for word in words_of(text) if word in self.places]] = 1
        return F.normalize(x, dim=1)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Logits float32 (n, classes)."""
        with torch.no_grad():
            return (self.features(texts) @ self.weight + self.bias).numpy()

    @property
    def megabytes(self) -> float:
        """Its numbers in float32 and its words, in MB."""
        return (4 * (self.weight.numel() + self.bias.numel()) + sum(len(word) + 1 for word in self.places)) / 1e6

    def _fit(self, x: Tensor, wanted: Tensor, strength: float) -> None:
        optimizer = torch.optim.LBFGS([self.weight, self.bias], max_iter=200, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimizer.zero_grad()
            penalty = strength / 2 * self.weight.square().sum()
            value = F.cross_entropy(x @ self.weight + self.bias, wanted) + penalty
            value.backward()
            return value

        optimizer.step(loss)


def words_of(text: str) -> list[str]:
    """Its words in small letters, and runs of digits."""
    return WORD.findall(text.lower())
