"""Relational distillation: the student imitates how samples lie to each other (RKD, arXiv 1904.05068).

Distances and angles need no common width: student (n, any), teacher (n, any). Both losses follow the authors'
code: the mean is over all pairs or triplets, also over those of a sample with itself, which add 0.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from companion.distill.losses.checks import check_finite, check_not_empty

SMALLEST = 1e-6  # the authors' floor for the distance of two samples


def rkd_distance_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over pairs (i, j) of smooth_l1(d_student(i, j) - d_teacher(i, j)).

    d(i, j) = |x_i - x_j| / mean of the nonzero distances of the batch, so that neither side's scale counts.
    student (n, any width), teacher (n, any width), n >= 2. The teacher gets no gradient.
    smooth_l1(e) = e**2 / 2 where |e| < 1, else |e| - 1/2.

    Raises ValueError for different n, fewer than two samples, and values that are not finite. The trap: without
    the division the student is asked for the teacher's *scale*, which a space of another width cannot have.
    """
    _check_rows(student, teacher, least=2)
    return F.smooth_l1_loss(_relative_distances(student), _relative_distances(teacher.detach()))


def rkd_angle_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over triplets (i, j, k) of smooth_l1(cos_student(i, j, k) - cos_teacher(i, j, k)).

    cos(i, j, k) is the cosine of the angle at sample i between the directions to j and to k.
    student (n, any width), teacher (n, any width), n >= 3: two samples make no angle. Memory grows with n**3.

    Raises ValueError for different n, fewer than three samples, and values that are not finite.
    """
    _check_rows(student, teacher, least=3)
    return F.smooth_l1_loss(_angles(student), _angles(teacher.detach()))


def _relative_distances(rows: Tensor) -> Tensor:
    """Pairwise Euclidean distances over the mean of the nonzero ones, (n, n); 0 on the diagonal."""
    exact = "donot_use_mm_for_euclid_dist"  # |a|^2 + |b|^2 - 2ab loses digits where a and b are close
    distances = torch.cdist(rows, rows, compute_mode=exact).clamp(min=SMALLEST)  # (n, n)
    distances = distances * (1 - torch.eye(len(rows), dtype=rows.dtype, device=rows.device))
    return distances / distances[distances > 0].mean()


def _angles(rows: Tensor) -> Tensor:
    """The cosine at sample i between j and k, (n, n, n)."""
    directions = F.normalize(rows[None, :, :] - rows[:, None, :], dim=-1)  # (n at i, n to j, width)
    return directions @ directions.transpose(1, 2)  # (n, n, n)


def _check_rows(student: Tensor, teacher: Tensor, least: int) -> None:
    if student.ndim != 2 or teacher.ndim != 2 or len(student) != len(teacher):
        shapes = f"{tuple(student.shape)} and {tuple(teacher.shape)}"
        raise ValueError(f"Relations need one row a sample on both sides, not shapes {shapes}: pass (n, width) twice.")
    if len(student) < least:
        raise ValueError(f"Relations of {len(student)} samples say nothing: pass a batch of at least {least}.")
    for values, what in ((student, "student's vectors"), (teacher, "teacher's vectors")):
        check_not_empty(values, what)
        check_finite(values, what)
