"""Between the two directions of KL: generalised Jensen-Shannon, for students that write (GKD, arXiv 2306.13649)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from companion.distill.losses.checks import check_finite, check_mask, check_same_shape


def generalised_jsd_loss(
    student_logits: Tensor, teacher_logits: Tensor, beta: float = 0.5, T: float = 1.0, mask: Tensor | None = None
) -> Tensor:
    """Mean over tokens of beta KL(P || M) + (1 - beta) KL(Q || M) with M = beta P + (1 - beta) Q, in nats.

    P is the teacher's softmax(logits / T), Q the student's. student_logits, teacher_logits: (rows, classes) or
        (batch, length, vocabulary); the teacher gets no gradient.
    beta: 0 to 1. At the ends the formula is 0 everywhere; there this is KL(P || Q) for 0, which asks the student to
        cover all that the teacher says, and KL(Q || P) for 1, which lets it choose some of it. At 0.5 it is the usual
        Jensen-Shannon divergence, symmetric and at most log 2. Equal to trl's `GKDTrainer.generalized_jsd_loss`.
    mask: the logits' shape without the last dimension, 1 where a token counts.

    Raises ValueError for beta outside 0 to 1, T <= 0, shapes that differ, a mask of zeros, logits not finite. The
    trap: near the ends the value goes to 0 like beta or 1 - beta, so a learning rate that fits 0.5 is small at 0.1.
    """
    if not 0 <= beta <= 1 or not 0 < T < math.inf:
        raise ValueError(f"beta is {beta} and T is {T}: choose beta from 0 to 1, and T above 0.")
    check_same_shape(student_logits, teacher_logits, "logits", dims=(2, 3))
    if mask is not None:
        check_mask(mask, student_logits.shape[:-1])
        valid = mask.to(student_logits.device).bool()
        student_logits, teacher_logits = student_logits[valid], teacher_logits[valid]  # (valid, classes)
    check_finite(student_logits, "student's logits")
    check_finite(teacher_logits, "teacher's logits")
    student = F.log_softmax(student_logits.flatten(0, -2) / T, -1)  # (rows, classes), log Q
    teacher = F.log_softmax(teacher_logits.detach().flatten(0, -2) / T, -1)  # log P
    if beta in (0, 1):
        return kl(teacher, student) if beta == 0 else kl(student, teacher)
    mixed = torch.logsumexp(torch.stack([teacher + math.log(beta), student + math.log(1 - beta)]), 0)  # log M
    return beta * kl(teacher, mixed) + (1 - beta) * kl(student, mixed)


def kl(first: Tensor, second: Tensor) -> Tensor:
    """Mean over rows of KL(first || second) of log-probabilities (rows, classes)."""
    return F.kl_div(second, first, reduction="batchmean", log_target=True)
