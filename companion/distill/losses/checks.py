"""Checks that the losses share; each failure is one sentence that says what to do."""

from __future__ import annotations

import torch
from torch import Tensor


def check_same_shape(student: Tensor, teacher: Tensor, what: str, dims: tuple[int, ...] | None = None) -> None:
    """Raise ValueError unless both have one shape, which is not empty and has one of `dims` dimensions."""
    if student.shape != teacher.shape:
        shapes = f"{tuple(student.shape)} and {tuple(teacher.shape)}"
        raise ValueError(f"The student's and the teacher's {what} have shapes {shapes}: make them the same.")
    if dims is not None and student.ndim not in dims:
        wanted = " or ".join(str(dim) for dim in dims)
        raise ValueError(f"The {what} have {student.ndim} dimensions, not {wanted}: pass whole batches.")
    check_not_empty(student, what)


def check_not_empty(values: Tensor, what: str) -> None:
    """Raise ValueError for a tensor without a number: the mean of nothing is NaN."""
    if values.numel() == 0:
        raise ValueError(f"The {what} are empty, shape {tuple(values.shape)}: pass at least one row.")


def check_finite(values: Tensor, what: str) -> None:
    """Raise ValueError for NaN or infinity."""
    if not torch.isfinite(values).all():
        raise ValueError(f"The {what} hold NaN or infinity: lower the learning rate, or look at the model's input.")


def check_mask(mask: Tensor, shape: torch.Size) -> None:
    """Raise ValueError unless the mask has the shape, holds 0 and 1 only, and at least one 1."""
    if mask.shape != shape:
        raise ValueError(f"The mask has shape {tuple(mask.shape)}: give it {tuple(shape)}, one number for each row.")
    if not ((mask == 0) | (mask == 1)).all():
        raise ValueError("The mask holds other values than 0 and 1: for labels with -100, pass labels != -100.")
    if not mask.any():
        raise ValueError("The mask is all zeros, so no token counts: mark at least one with 1.")
