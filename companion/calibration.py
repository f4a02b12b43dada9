"""Is a confidence of 0.9 right nine times in ten? Measure it, and mend it with one number (1706.04599)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Array = np.ndarray


def softmax(logits: Array, T: float = 1.0) -> Array:
    """p_j = exp(z_j / T) / sum_k exp(z_k / T), row by row: (n, classes) to (n, classes).

    A T above 1 makes every row more even, below 1 bolder; the order within a row stays. The largest score of a row
    is taken off first, which changes no p and keeps exp from overflowing.
    """
    if not T > 0:
        raise ValueError(f"The temperature is {T}: choose one above 0.")
    scaled = np.asarray(logits, dtype=np.float64) / T
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def log_loss(logits: Array, labels: Sequence[int], T: float = 1.0, groups: Sequence[int] | None = None) -> float:
    """Mean of -log p(label) in nats, at temperature T.

    groups: for each class the group it belongs to; labels are then groups, and a group's p is the sum over its
    classes. Without groups each class is its own.
    """
    chances = softmax(logits, T)
    right = _right(chances.shape[1], labels, groups)  # (n, classes)
    return float(-np.log(np.clip((chances * right).sum(1), 1e-12, 1.0)).mean())


def fit_temperature(logits: Array, labels: Sequence[int], groups: Sequence[int] | None = None) -> float:
    """The T between 0.05 and 20 with the smallest `log_loss` (temperature scaling, 1706.04599, section 4.2).

    One number, so it cannot overfit much; it changes how sure the model is and never which class is first. The
    trap: fit it on texts that the model was *not* trained on, where it is as wrong as it will be in use, and not
    on the test set. Golden-section search over log T: without groups the loss has one valley.

    Raises ValueError for no rows, or rows and labels that are not as many.
    """
    logits = np.asarray(logits, dtype=np.float64)
    if not len(logits) or len(logits) != len(labels):
        raise ValueError(f"{len(logits)} rows of logits came with {len(labels)} labels: give each row its own.")
    ratio, low, high = (5**0.5 - 1) / 2, np.log(0.05), np.log(20.0)
    while high - low > 1e-5:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        worse_left = log_loss(logits, labels, np.exp(left), groups) > log_loss(logits, labels, np.exp(right), groups)
        low, high = (left, high) if worse_left else (low, right)
    return float(np.exp((low + high) / 2))


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error: sum over bins of (share of the turns) * |share right - mean confidence|.

    Bins are (0, 1/bins], (1/bins, 2/bins], ...; empty ones count nothing (1706.04599, equation 3). The trap: with
    few turns a bin holds a handful, and chance alone gives several points of error.
    """
    confidence, right = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if not len(confidence) or len(confidence) != len(right):
        raise ValueError(f"{len(confidence)} confidences came with {len(right)} results: give each turn both.")
    if bins < 1:
        raise ValueError(f"bins is {bins}: take at least one.")
    place = np.clip(np.ceil(confidence * bins) - 1, 0, bins - 1).astype(int)
    gaps = (abs((right[place == b] - confidence[place == b]).sum()) for b in range(bins))
    return float(sum(gaps) / len(confidence))


def _right(classes: int, labels: Sequence[int], groups: Sequence[int] | None) -> Array:
    """Which classes count as right in each row, bool (n, classes)."""
    groups = np.arange(classes) if groups is None else np.asarray(groups)
    if len(groups) != classes:
        raise ValueError(f"{len(groups)} groups came with {classes} classes: give each class its own.")
    return groups[None, :] == np.asarray(labels)[:, None]
