"""Attention transfer: the student looks where the teacher looks (MiniLM, arXiv 2002.10957)."""

from __future__ import annotations

import torch
from torch import Tensor

from companion.distill.losses.checks import check_finite, check_mask, check_not_empty

SUM_TOLERANCE = 1e-2  # bfloat16 keeps less than three digits


def attention_transfer_loss(student: Tensor, teacher: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean over tokens of KL(teacher's attention || student's attention), in nats.

    student (batch, heads, length, length), teacher (batch, other heads, length, length): after the softmax, each
        row sums to 1. The teacher gets no gradient. MiniLM compares head with head and so needs equally many;
        here each side is averaged over its heads first, and the mean of distributions is a distribution again.
        (TinyBERT, 1909.10351, takes squared errors of scores before the softmax, again head by head.)
    mask: (batch, length), 1 for real tokens; rows of padding tokens do not count. Default: all count.

    Raises ValueError for shapes that do not fit, rows that do not sum to 1, and values that are not finite.
    """
    _check(student, teacher)
    student, teacher = student.mean(1), teacher.detach().mean(1)  # (batch, length, length)
    small = torch.finfo(student.dtype).tiny
    terms = torch.xlogy(teacher, teacher) - teacher * student.clamp(min=small).log()  # (batch, length, length)
    divergence = terms.sum(-1)  # (batch, length): one for each token that looks
    if mask is None:
        return divergence.mean()
    check_mask(mask, divergence.shape)
    return divergence[mask.to(divergence.device).bool()].mean()


def _check(student: Tensor, teacher: Tensor) -> None:
    both = (student, teacher)
    if any(a.ndim != 4 or a.shape[-1] != a.shape[-2] for a in both) or _without_heads(student) != _without_heads(
        teacher
    ):
        shapes = f"{tuple(student.shape)} and {tuple(teacher.shape)}"
        raise ValueError(f"Attentions of shapes {shapes} do not fit: both must be (batch, heads, length, length).")
    for attention, whose in ((student, "student's attentions"), (teacher, "teacher's attentions")):
        check_not_empty(attention, whose)
        check_finite(attention, whose)
        if (attention.sum(-1) - 1).abs().max() > SUM_TOLERANCE:
            raise ValueError(f"The {whose} do not sum to 1 over the last dimension: pass them after the softmax.")


def _without_heads(attention: Tensor) -> tuple[int, ...]:
    return (attention.shape[0], *attention.shape[2:])
