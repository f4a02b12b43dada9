"""Wrong labels, found by what the other letters say: confident learning (Northcutt and others, arXiv 1911.00068)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from companion.probe import DEFAULT, Setting, probe

Fit = Callable[[Sequence[int]], Callable[[Sequence[int]], np.ndarray]]


def out_of_fold(count: int, fit: Fit, folds: int = 5, seed: int = 0) -> np.ndarray:
    """Probabilities (count, classes) of each text from a model that was not trained on it.

    fit: rows to train on -> a function from other rows to their probabilities (n, classes). The trap: a copy of a
    text in another fold is the text itself, and its wrong label is learned by heart; so take out copies first.
    Raises ValueError for fewer folds than two, or more than texts.
    """
    if not 2 <= folds <= count:
        raise ValueError(f"{count} texts cannot be cut into {folds} folds: choose from 2 to as many as texts.")
    order = np.random.default_rng(seed).permutation(count)
    answers: dict[int, np.ndarray] = {}
    for held in np.array_split(order, folds):
        rest = np.setdiff1d(order, held)
        answers |= dict(zip(held.tolist(), fit(rest.tolist())(held.tolist()), strict=True))
    return np.stack([answers[row] for row in range(count)])


def held_out_chances(
    vectors: np.ndarray, rows: Sequence[int], classes: Sequence[str], seed: int = 0, setting: Setting = DEFAULT
) -> np.ndarray:
    """Each text's probabilities (n, classes) from a probe that was trained on four fifths without it."""
    rows = np.asarray(rows)

    def fit(train_rows: Sequence[int]) -> Any:
        model = probe(vectors[train_rows], rows[train_rows], classes, setting, seed)
        return lambda held: model.chances(vectors[held])

    return out_of_fold(len(rows), fit, seed=seed)


def thresholds(probabilities: np.ndarray, rows: Sequence[int]) -> np.ndarray:
    """t_j, the mean of p(j) over the texts that are labelled j, (classes,); infinite where none is (equation 2)."""
    rows, found = np.asarray(rows), np.full(probabilities.shape[1], np.inf)
    for label in np.unique(rows):
        found[label] = probabilities[rows == label, label].mean()
    return found


def likely_labels(probabilities: np.ndarray, rows: Sequence[int]) -> np.ndarray:
    """The class that each text most likely has, (n,): of those with p(j) >= t_j the likeliest; -1 where none is.

    Each class has its own threshold: of a class that the model is seldom sure of, little sureness is asked.
    Raises ValueError where rows and probabilities are not as many.
    """
    if len(probabilities) != len(rows) or not len(rows):
        raise ValueError(f"{len(probabilities)} rows of probabilities came with {len(rows)} labels: give each its own.")
    sure = np.where(probabilities >= thresholds(probabilities, rows), probabilities, -1.0)
    return np.where(sure.max(1) > -1, sure.argmax(1), -1)


def suspects(probabilities: np.ndarray, rows: Sequence[int]) -> np.ndarray:
    """Which labels are likely wrong: another class is confidently meant, bool (n,). Off the joint's diagonal."""
    likely = likely_labels(probabilities, rows)
    return (likely >= 0) & (likely != np.asarray(rows))


def doubt(probabilities: np.ndarray, rows: Sequence[int]) -> np.ndarray:
    """By how much the likeliest other class beats the label's own, (n,): between -1 and 1, larger is worse."""
    own, at = np.asarray(rows), np.arange(len(rows))
    others = probabilities.copy()
    others[at, own] = -np.inf
    return others.max(1) - probabilities[at, own]


def found(flagged: Sequence[bool], wrong: Sequence[bool]) -> dict[str, float]:
    """Of what was planted, the share that was flagged (recall); of what was flagged, the share planted (precision)."""
    flagged, wrong = np.asarray(flagged, bool), np.asarray(wrong, bool)
    both = float((flagged & wrong).sum())
    return {"recall": both / max(1, wrong.sum()), "precision": both / max(1, flagged.sum())}
