"""What a student may be taught beside the teacher's answers: terms that `distil` adds to its loss.

A term holds the teacher's side for all texts, one row a text, computed once. Called with what the student made
of a batch and with the batch's rows, it gives a scalar. `parameters` are trained along with the student.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from companion.distill.losses import attention_transfer_loss, hint_loss, rkd_angle_loss, rkd_distance_loss
from companion.models.looking import eager_attention


class Seen(NamedTuple):
    """What the student made of one batch."""

    logits: Tensor  # (batch, classes)
    features: Tensor  # (batch, features_dim)
    attentions: Tensor | None  # (batch, heads, length, length) where a term asks for them
    mask: Tensor  # (batch, length)


class Term:
    """One addend of the loss: `weight` times `loss`."""

    needs_attentions = False

    def __init__(self, teacher: Tensor, weight: float = 1.0):
        if weight < 0:
            raise ValueError(f"The term's weight is {weight}: use 0 or more.")
        self.teacher, self.weight = torch.as_tensor(teacher), weight

    @property
    def parameters(self) -> list[nn.Parameter]:
        """What the optimizer must train beside the student."""
        return []

    def __call__(self, seen: Seen, rows: Tensor) -> Tensor:
        """The weighted loss for the batch's rows of the transfer set."""
        side = self.teacher[rows.cpu()].to(seen.features.device, seen.features.dtype)
        return self.weight * self.loss(seen, side)

    def loss(self, seen: Seen, teacher: Tensor) -> Tensor:
        """The unweighted loss of a batch; `teacher` holds the batch's rows."""
        raise NotImplementedError


class LogitError(Term):
    """Mean of (student's logits - teacher's logits)**2, (n, classes): Tang et al., arXiv 1903.12136.

    It asks for the logits themselves, where soft targets ask for their differences; no temperature is needed.
    """

    def loss(self, seen: Seen, teacher: Tensor) -> Tensor:
        return hint_loss(seen.logits, teacher)


class Hint(Term):
    """The student's sentence vectors, through a linear regressor, against the teacher's (n, teacher's width).

    The regressor is drawn from `seed`; `distil` trains it along, and it is of no use afterwards.
    """

    def __init__(self, teacher: Tensor, features_dim: int, weight: float = 1.0, seed: int = 0):
        super().__init__(teacher, weight)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.regressor = nn.Linear(features_dim, self.teacher.shape[-1])

    @property
    def parameters(self) -> list[nn.Parameter]:
        return list(self.regressor.parameters())

    def loss(self, seen: Seen, teacher: Tensor) -> Tensor:
        self.regressor.to(seen.features.device)
        return hint_loss(seen.features, teacher, self.regressor)


class Relations(Term):
    """Distances, and angles twice as heavy as in the paper, between the batch's sentence vectors (n, any width)."""

    def __init__(self, teacher: Tensor, weight: float = 1.0, angle: float = 2.0):
        super().__init__(teacher, weight)
        self.angle = angle

    def loss(self, seen: Seen, teacher: Tensor) -> Tensor:
        return rkd_distance_loss(seen.features, teacher) + self.angle * rkd_angle_loss(seen.features, teacher)


class AttentionTransfer(Term):
    """A Transformer student's last attentions against the teacher's (n, heads, length, length).

    Both must read the same word pieces. `length` is at least that of the longest text; see `encoder_attentions`.
    """

    needs_attentions = True

    def loss(self, seen: Seen, teacher: Tensor) -> Tensor:
        length = seen.mask.shape[1]
        if seen.attentions is None or teacher.shape[-1] < length:
            raise ValueError(f"Attention transfer needs the teacher's attentions over {length} word pieces or more.")
        return attention_transfer_loss(seen.attentions, teacher[..., :length, :length], seen.mask)


def encoder_attentions(encoder, texts: Sequence[str], length: int) -> Tensor:
    """An encoder's last attentions (n, heads, length, length), texts cut and padded to `length` word pieces."""
    batch = encoder.tokenizer(
        list(texts), padding="max_length", truncation=True, max_length=length, return_tensors="pt"
    ).to(encoder.model.device)
    with eager_attention(encoder.model), torch.no_grad():
        return encoder.model(**batch, output_attentions=True).attentions[-1]
