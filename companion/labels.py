"""Labels and batches, as every classifier of the course counts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import torch
from torch import Tensor

Labels = Sequence[str] | Sequence[int] | Tensor


def labels_to_rows(labels: Labels, classes: Sequence[str]) -> Tensor:
    """Labels as row numbers into `classes`, int64 (n,). A label is a class's name, or the row itself.

    Raises ValueError for a name that is no class, and for a row outside 0 to len(classes) - 1.
    """
    known = {name: row for row, name in enumerate(classes)}
    return torch.tensor([_row(label, known) for label in listed(labels)], dtype=torch.int64)


def _row(label: str | int, known: dict[str, int]) -> int:
    if label in known:
        return known[label]
    if not isinstance(label, Integral):
        named = ", ".join(map(str, known))
        raise ValueError(f"Label {label!r} is out of range, there is no class {label!r}: give one of {named}.")
    if not 0 <= label < len(known):
        raise ValueError(f"Label {label} is out of range: give rows from 0 to {len(known) - 1}.")
    return int(label)


def listed(labels: Labels) -> list:
    """The labels of a list, an array or a tensor."""
    return labels.tolist() if hasattr(labels, "tolist") else list(labels)


def hit_rate(model: Any, texts: Sequence[str], rows: Tensor) -> float:
    """Share of the texts whose largest of `model.logits(texts)` (n, classes) stands in the label's row."""
    return float((np.asarray(model.logits(texts)).argmax(1) == rows.numpy()).mean())


def pass_rows(count: int, size: int, seed: int = 0, whole: bool = False) -> Callable[[int], list[int]]:
    """A function from the step to the rows of its batch, out of `count`.

    Each pass has an order of its own, drawn from seed and pass. The last batch of a pass may be smaller; with
    `whole` it is left out, and what stood in it comes up in another pass.
    """
    per_pass = max(1, count // size) if whole else -(-count // size)

    def rows(step: int) -> list[int]:
        order = np.random.default_rng([seed, step // per_pass]).permutation(count)
        return order[step % per_pass * size :][:size].tolist()

    return rows
