"""Feature distillation: the student imitates the teacher's hidden activations (FitNets, arXiv 1412.6550)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from companion.distill.losses.checks import check_finite, check_same_shape


def hint_loss(student: Tensor, teacher: Tensor, regressor: nn.Module | None = None) -> Tensor:
    """Mean of (regressor(student) - teacher)**2 over all numbers. The teacher gets no gradient.

    student (..., student's width), teacher (..., teacher's width): activations for the same inputs.
    regressor: maps the student's width to the teacher's, such as `nn.Linear(128, 384)`; needed where the
        widths differ, and thrown away after training. FitNets halves the squared error; the mean does not.

    Raises ValueError for shapes that differ and values that are not finite. The trap: the regressor is part of
    no model, so an optimizer over `student.parameters()` never trains it. Pass both to the training:
    `train(..., parameters=[*student.parameters(), *regressor.parameters()])`; `distil` does so for its terms.
    """
    if regressor is None and student.shape[:-1] == teacher.shape[:-1] and student.shape != teacher.shape:
        widths = f"{student.shape[-1]} and {teacher.shape[-1]}"
        raise ValueError(f"Student and teacher have widths {widths}: pass a regressor, nn.Linear of these widths.")
    mapped = student if regressor is None else regressor(student)
    check_same_shape(mapped, teacher, "activations")
    check_finite(mapped, "student's activations")
    check_finite(teacher, "teacher's activations")
    return F.mse_loss(mapped, teacher.detach())
