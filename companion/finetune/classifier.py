"""A text classifier: an encoder and one linear layer over its vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from companion.labels import Labels, hit_rate, labels_to_rows, listed, pass_rows

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

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
    return hit_rate(model, texts, rows)


def classification_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Mean over the batch of -log softmax(logits)[label]: cross-entropy in nats. batch: (texts, rows (n,))."""
    texts, rows = batch
    return nn.functional.cross_entropy(model(texts).float(), rows)


def classes_of(labels: Labels) -> list[str]:
    """The distinct labels in order; for rows, as many names as the largest needs. At least two must differ."""
    distinct = sorted(set(listed(labels)), key=str)
    if len(distinct) < 2:
        has = f"holds only {distinct[0]!r}" if distinct else "is empty"
        raise ValueError(f"The training set {has}: give examples of at least two classes.")
    if all(isinstance(label, Integral) for label in distinct):
        return [str(row) for row in range(max(distinct) + 1)]
    return distinct


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


def batches(
    texts: Sequence[str], labels: Tensor, size: int = 16, seed: int = 0, window: int = 1
) -> Callable[[int], Batch]:
    """A function from the step to (texts, rows): each pass has an order of its own, drawn from seed and pass.

    labels: rows (n,), from `labels_to_rows`. The last batch of a pass may be smaller.
    window: so many batches are drawn together and share out their texts by length. A batch is padded to its
        longest text, so alike lengths save time; the drawback is that long texts meet long texts only.
    """
    check_pairs(texts, labels)
    draw = row_batches(len(texts), size, seed)
    if window > 1:
        draw = alike_batches([len(text) for text in texts], size, seed, window)

    def batch(step: int) -> Batch:
        rows = draw(step)
        return [texts[row] for row in rows], labels[rows]

    return batch


def row_batches(count: int, size: int = 16, seed: int = 0) -> Callable[[int], list[int]]:
    """A function from the step to the rows of its batch, out of `count`."""
    if size < 1:
        raise ValueError(f"The batch size is {size}: take at least one text a step.")
    return pass_rows(count, size, seed)


def alike_batches(lengths: Sequence[int], size: int, seed: int = 0, window: int = 16) -> Callable[[int], list[int]]:
    """As `row_batches`; the rows of `window` batches are sorted by length, cut into batches, and these shuffled."""
    drawn = row_batches(len(lengths), size * window, seed)
    batches_a_pass, windows_a_pass = -(-len(lengths) // size), -(-len(lengths) // (size * window))

    def rows(step: int) -> list[int]:
        nth, place = divmod(step, batches_a_pass)
        which = nth * windows_a_pass + place // window
        found = sorted(drawn(which), key=lambda row: lengths[row])
        order = np.random.default_rng([seed, which]).permutation(-(-len(found) // size))
        return found[order[place % window] * size :][:size]

    return rows
