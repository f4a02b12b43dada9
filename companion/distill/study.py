"""Training a student on texts: soft targets, hard labels, a mix of both, and extra terms."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from companion.distill.losses import soft_target_loss
from companion.distill.students import Student
from companion.distill.terms import Seen, Term
from companion.labels import hit_rate, labels_to_rows, pass_rows
from companion.metrics import median_ms
from companion.training import History, train

# one pass over the word embeddings instead of ten: most of a student's parameters are there
ADAMW = partial(torch.optim.AdamW, fused=True)


def distil(
    student: Student,
    texts: Sequence[str],
    teacher_logits: Tensor | np.ndarray | None = None,
    labels: Sequence[str | int] | None = None,
    *,
    steps: int,
    soft: float = 0.5,
    T: float = 3.0,
    terms: Sequence[Term] = (),
    lr: float = 4e-3,
    batch_size: int = 32,
    seed: int = 0,
    **options: Any,
) -> History:
    """Train `student` in place and return the history. The teacher itself is not needed any more.

    Loss = soft * soft_target_loss(student, teacher, T) + (1 - soft) * cross-entropy(student, labels) + the terms.

    teacher_logits: (n, classes), a row for each text, from `teacher_logits`; without them hard labels alone.
    labels: n class names or numbers, people's or a teacher's (pseudo-labels); without them soft targets alone.
    soft: the share of the soft targets, 0 to 1, where both are given.
    terms: `Hint`, `Relations`, `AttentionTransfer`; what they own, such as a regressor, is trained as well.
    steps, batch_size, seed: each pass over the texts has an order of its own, drawn from seed and pass.
    options: for `companion.training.train`, such as warmup, weight_decay, validate, patience, progress.

    Raises ValueError for an empty set, counts and shapes that differ, a label out of range, labels of one class
    only, and logits that are not finite.
    """
    data = _Data(student, texts, teacher_logits, labels, terms)
    if not 0 <= soft <= 1:
        raise ValueError(f"The share of the soft targets is {soft}: choose soft between 0 and 1.")
    soft = soft if labels is not None else 1.0
    hard = 1 - soft if teacher_logits is not None else 1.0

    def loss(model: Student, batch: dict[str, Tensor]) -> Tensor:
        seen = see(model, batch["ids"], batch["mask"], any(term.needs_attentions for term in terms))
        total = sum((term(seen, batch["rows"]) for term in terms), torch.zeros((), device=seen.logits.device))
        if "teacher" in batch:
            total = total + soft * soft_target_loss(seen.logits, batch["teacher"], T)
        if "labels" in batch:
            total = total + hard * F.cross_entropy(seen.logits, batch["labels"])
        return total

    trained = [*student.parameters(), *(p for term in terms for p in term.parameters)]
    batches = transfer_batches(len(data.ids), batch_size, seed)
    options = {"parameters": trained, "warmup": min(20, steps // 10), "optimizer": ADAMW} | options
    return train(student, lambda step: data.batch(batches(step)), loss, steps, lr=lr, seed=seed, **options)


def see(student: Student, ids: Tensor, mask: Tensor, attentions: bool = False) -> Seen:
    """Everything that the losses look at, from one pass through the student."""
    if not attentions:
        features = student.features(ids, mask)
        return Seen(student.classify(features), features, None, mask)
    if not hasattr(student, "states"):
        raise ValueError(f"A {type(student).__name__} has no attentions: leave the term out, or take a Transformer.")
    hidden, attended = student.states(ids, mask)
    features = student.pool(hidden[-1], mask)
    return Seen(student.classify(features), features, attended[-1], mask)


def transfer_batches(n: int, batch_size: int, seed: int = 0) -> Callable[[int], Tensor]:
    """A function from the step to row numbers; each pass has an order of its own.

    All batches are full: what is left over at the end of a pass comes up in another. Relations need that.
    """
    if n < 1 or batch_size < 1:
        raise ValueError(f"{n} texts in batches of {batch_size} make no batch: pass at least one of each.")
    draw = pass_rows(n, batch_size, seed, whole=True)
    return lambda step: torch.tensor(draw(step))


def accuracy(student: Any, texts: Sequence[str], labels: Sequence[str | int]) -> float:
    """Share of the texts whose largest logit is the label's. `student` may be any model with logits and classes."""
    rows = labels_to_rows(labels, student.classes)
    _check_counts(texts, rows, "labels")
    return hit_rate(student, texts, rows)


def latency_ms(
    model: Any,
    texts: Sequence[str],
    batch_size: int = 1,
    repeat: int = 20,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Median milliseconds of `model.logits` on one batch, from text to logits, after a warm-up.

    Batch 1 is one customer who waits; batch 32 is a queue. The batches are the first `repeat` of the texts.
    Two traps: give the teacher the same texts, for time grows with the length; and compare on an idle machine,
    for other programs interrupt a long call and not a short one, which makes a student look faster than it is;
    or pass clock=time.process_time, which counts this process alone.
    """
    if len(texts) < batch_size:
        raise ValueError(f"{len(texts)} texts do not fill a batch of {batch_size}: pass more texts.")
    starts = range(0, len(texts) - batch_size + 1, batch_size)
    turns = iter(starts[run % len(starts)] for run in range(repeat + 3))

    def one_batch() -> object:
        at = next(turns)
        return model.logits(texts[at : at + batch_size])

    return median_ms(one_batch, repeat, warmup=3, clock=clock)


class _Data:
    """The transfer set as tensors, checked once."""

    def __init__(self, student, texts, teacher_logits, labels, terms):
        if teacher_logits is None and labels is None and not terms:
            raise ValueError("There is nothing to learn from: pass teacher_logits, labels, or terms.")
        if not len(texts):
            raise ValueError("The transfer set is empty: pass at least one text.")
        self.ids, self.mask = student.tokens(texts)
        self.columns: dict[str, Tensor] = {}
        if teacher_logits is not None:
            self.columns["teacher"] = _checked_logits(teacher_logits, texts, student.n_classes)
        if labels is not None:
            self.columns["labels"] = _checked_labels(labels, texts, student.classes)
        for term in terms:
            _check_counts(texts, term.teacher, "rows of the teacher in a term")

    def batch(self, rows: Tensor) -> dict[str, Tensor]:
        """The rows' tensors, cut at the longest text among them."""
        length = int(self.mask[rows].sum(1).max())
        cut = {"rows": rows, "ids": self.ids[rows, :length], "mask": self.mask[rows, :length]}
        return cut | {name: column[rows] for name, column in self.columns.items()}


def _checked_logits(logits: Tensor | np.ndarray, texts: Sequence[str], n_classes: int) -> Tensor:
    logits = torch.as_tensor(logits).float().cpu()
    if logits.shape != (len(texts), n_classes):
        wanted = (len(texts), n_classes)
        raise ValueError(f"The teacher's logits have shape {tuple(logits.shape)}: {wanted} is a row for each text.")
    if not torch.isfinite(logits).all():
        raise ValueError("The teacher's logits hold NaN or infinity: compute them again.")
    return logits


def _checked_labels(labels: Sequence[str | int], texts: Sequence[str], classes: Sequence[str]) -> Tensor:
    rows = labels_to_rows(labels, classes)
    _check_counts(texts, rows, "labels")
    if len(rows.unique()) < 2:
        raise ValueError(f"All labels are {classes[int(rows[0])]!r}: a classifier needs texts of at least two classes.")
    return rows


def _check_counts(texts: Sequence[str], rows: Any, what: str) -> None:
    if not len(texts) or len(texts) != len(rows):
        raise ValueError(
            f"There are {len(texts)} texts and {len(rows)} {what}: pass one for each of at least one text."
        )
