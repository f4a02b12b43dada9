"""Response distillation: the student imitates the teacher's probabilities (Hinton et al., arXiv 1503.02531)."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

from companion.distill.losses.checks import check_finite, check_mask, check_same_shape


def soft_target_loss(
    student_logits: Tensor, teacher_logits: Tensor, T: float = 3, mask: Tensor | None = None
) -> Tensor:
    """T**2 * mean over rows of KL(softmax(teacher / T) || softmax(student / T)), in nats.

    student_logits, teacher_logits: (batch, classes), or (batch, length, vocabulary), where the mean is over all
        valid tokens of the batch. The teacher gets no gradient.
    T: the temperature, > 0. Gradients shrink as 1 / T**2; the factor T**2 keeps them comparable with those of
        a loss on hard labels.
    mask: the logits' shape without the last dimension, 1 or True where a row counts. Padding must be 0, and so
        must a prompt that the student need not learn: `mask = labels != -100`.

    Raises ValueError for T <= 0, shapes that differ, a mask of zeros, and logits that are not finite. The trap:
    'batchmean' on 3-D logits divides by the batch alone, so that the loss grows with the length.
    """
    if not 0 < T < math.inf:
        raise ValueError(f"The temperature T is {T}: choose a number above 0, such as 3.")
    check_same_shape(student_logits, teacher_logits, "logits", dims=(2, 3))
    if mask is not None:
        check_mask(mask, student_logits.shape[:-1])
        valid = mask.to(student_logits.device).bool()
        student_logits, teacher_logits = student_logits[valid], teacher_logits[valid]  # (valid, classes)
    check_finite(student_logits, "student's logits")
    check_finite(teacher_logits, "teacher's logits")
    soft_teacher = F.softmax(teacher_logits.detach().flatten(0, -2) / T, dim=-1)  # (rows, classes)
    soft_student = F.log_softmax(student_logits.flatten(0, -2) / T, dim=-1)  # (rows, classes)
    return F.kl_div(soft_student, soft_teacher, reduction="batchmean") * T**2
