"""A text classifier: an encoder and one linear layer over its vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

Labels = Sequence[str] | Sequence[int] | Tensor
Batch = tuple[list[str], Tensor]


class TextClassifier(nn.Module):
    """logits = head(encoder(texts)): (n, classes), one row a text, one column a class.

    `encoder` is a `companion.models.Encoder` and is not copied: training this trains it. `classes` are the
    labels in the order of the columns. Raises ValueError for fewer than two classes, and for one named twice.
    """

    def __init__(self, encoder: Encoder, classes: Sequence[str]):
        super().__init__()
        self.classes = list(classes)
        if len(self.classes) < 2:
            raise ValueError(f"There is nothing to tell apart in {self.classes}: give at least two classes.")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("A class is named twice: give each class once.")
        self.encoder, self.model = encoder, encoder.model  # the model once more, so that its parameters are found
        device = next(encoder.model.parameters()).device
        self.head = nn.Linear(encoder.dim, len(self.classes), device=device)
        self.eval()  # the encoder comes without dropout, and goes on so until something trains it

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Logits (n, classes) of one batch, that gradients flow through; for training."""
        return self.head(self.encoder.forward(check_texts(texts)))

    def logits(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Logits float32 (n, classes) of any number of texts, without gradients and without dropout."""
        self.eval()
        vectors = torch.from_numpy(self.encoder.encode(check_texts(texts), batch_size))  # (n, dim)
        with torch.inference_mode():
            return self.head(vectors.to(self.head.weight.device)).float().cpu().numpy()

    def predict(self, texts: Sequence[str], batch_size: int = 32) -> list[str]:
        """The class of each text."""
        return [self.classes[row] for row in self.logits(texts, batch_size).argmax(1)]


def accuracy(model: TextClassifier, texts: Sequence[str], labels: Labels) -> float:
    """Share of texts whose predicted class is their label, between 0 and 1."""
    rows = labels_to_rows(labels, model.classes)
    check_pairs(texts, rows)
    return float((model.logits(texts).argmax(1) == rows.numpy()).mean())


def classification_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Mean over the batch of -log softmax(logits)[label]: cross-entropy in nats. batch: (texts, rows (n,))."""
    texts, rows = batch
    return nn.functional.cross_entropy(model(texts).float(), rows)


def labels_to_rows(labels: Labels, classes: Sequence[str]) -> Tensor:
    """Labels as row numbers into `classes`, int64 (n,). A label is a class's name, or the row itself.

    Raises ValueError for a name that is no class, and for a row outside 0 to len(classes) - 1.
    """
    known = {name: row for row, name in enumerate(classes)}
    return torch.tensor([_row(label, known) for label in _listed(labels)], dtype=torch.int64)


def _row(label: str | int, known: dict[str, int]) -> int:
    if label in known:
        return known[label]
    if not isinstance(label, Integral):
        raise ValueError(f"There is no class {label!r}: give one of {', '.join(map(str, known))}.")
    if not 0 <= label < len(known):
        raise ValueError(f"Label {label} is out of range: give rows from 0 to {len(known) - 1}.")
    return int(label)


def classes_of(labels: Labels) -> list[str]:
    """The distinct labels in order; for rows, as many names as the largest needs. At least two must differ."""
    distinct = sorted(set(_listed(labels)), key=str)
    if len(distinct) < 2:
        has = f"holds only {distinct[0]!r}" if distinct else "is empty"
        raise ValueError(f"The training set {has}: give examples of at least two classes.")
    if all(isinstance(label, Integral) for label in distinct):
        return [str(row) for row in range(max(distinct) + 1)]
    return distinct


def _listed(labels: Labels) -> list:
    return labels.tolist() if hasattr(labels, "tolist") else list(labels)


def check_texts(texts: Sequence[str]) -> list[str]:
    """The texts as a list, else a ValueError that says what is wrong."""
    if isinstance(texts, str):
        raise ValueError("texts is one str: pass a list of texts, such as [text].")
    if not len(texts):
        raise ValueError("There are no texts: give at least one.")
    return list(texts)


def check_pairs(texts: Sequence[str], labels: Labels) -> None:
    """ValueError where the set is empty, or texts and labels are not as many."""
    if len(check_texts(texts)) != len(labels):
        raise ValueError(f"{len(texts)} texts came with {len(labels)} labels: give each text its own.")


def batches(texts: Sequence[str], labels: Tensor, size: int = 16, seed: int = 0) -> Callable[[int], Batch]:
    """A function from the step to (texts, rows): each pass has an order of its own, drawn from seed and pass.

    labels: rows (n,), from `labels_to_rows`. The last batch of a pass may be smaller.
    """
    check_pairs(texts, labels)
    draw = row_batches(len(texts), size, seed)

    def batch(step: int) -> Batch:
        rows = draw(step)
        return [texts[row] for row in rows], labels[rows]

    return batch


def row_batches(count: int, size: int = 16, seed: int = 0) -> Callable[[int], list[int]]:
    """A function from the step to the rows of its batch, out of `count`."""
    if size < 1:
        raise ValueError(f"The batch size is {size}: take at least one text a step.")
    per_pass = -(-count // size)

    def rows(step: int) -> list[int]:
        order = np.random.default_rng([seed, step // per_pass]).permutation(count)
        return order[step % per_pass * size :][:size].tolist()

    return rows
