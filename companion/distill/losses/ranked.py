"""Two vocabularies: compare how sure both are, not of what (universal logit distillation, arXiv 2402.12030)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from companion.distill.losses.checks import check_finite, check_not_empty


def sorted_probability_loss(student_logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Mean over rows of sum_i |p_(i) - q_(i)|: both sides' probabilities, each sorted from the largest down.

    student_logits (rows, pieces), teacher_logits (rows, other pieces): the shorter side is filled up with zeros. The
        teacher gets no gradient. 0 where both are equally sure, whatever they are sure of; at most 2. It is the
        Wasserstein distance where every piece is as far from every other.

    Raises ValueError for other than two dimensions, different numbers of rows, logits not finite. The trap: padding
    *logits* with 0 gives the missing pieces a share of their own; pad the probabilities, after the softmax.
    """
    if student_logits.ndim != 2 or teacher_logits.ndim != 2 or len(student_logits) != len(teacher_logits):
        shapes = f"{tuple(student_logits.shape)} and {tuple(teacher_logits.shape)}"
        raise ValueError(f"Logits of shapes {shapes} have no rows in common: pass (rows, pieces) twice.")
    for logits, whose in ((student_logits, "student's logits"), (teacher_logits, "teacher's logits")):
        check_not_empty(logits, whose)
        check_finite(logits, whose)
    student, teacher = (x.softmax(-1).sort(-1, descending=True).values for x in (student_logits, teacher_logits))
    most = max(student.shape[1], teacher.shape[1])
    student, teacher = (F.pad(x, (0, most - x.shape[1])) for x in (student, teacher.detach()))  # (rows, most)
    return (student - teacher).abs().sum(-1).mean()
