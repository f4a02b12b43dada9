"""Distances are compared in units of their own mean, so that a vector's length plays no part."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from companion.check.exercise_1_3.tensors import loss_of, near, wrong_value
from companion.check.running import fail, name_of

DOUBLED = "The student says the same, only louder: divide each side's distances by their own mean first."
COPY = "The student is the teacher times 3, so all its relations are right: divide each side by its own mean."
DIAGONAL = "The zeros on the diagonal are in the loss: take its mean over pairs of two texts."
DIAGONAL_UNIT = "The zeros on the diagonal are in the unit: divide by the mean of the distances greater than 0."
WHOLE = "The zeros on the diagonal are in the unit and in the loss: a text's distance to itself says nothing."
TWIN_UNIT = (
    "Two texts are the same and have distance 0: it is no part of the unit, the mean of distances greater than 0. "
    "(If you clamped, or added a small number: after that it is not 0 any more.)"
)
TWIN_DROPPED = "The twins' pair is missing in the loss: a student that tells twins apart should pay for it."
SQUARES = "Those are squared distances: take the root."
SQUARED_LOSS = "That is the mean squared error: smooth L1 is wanted, which is linear for large errors."
ABSOLUTE = "That is the mean absolute error: smooth L1 is wanted, which is quadratic for small errors."
UNIT_LENGTH = "Each vector was brought to length 1, which loses how far apart they are: scale the distances instead."
LARGEST = "The unit is the largest distance: it should be the mean, which one outlier moves less."
SUMMED = "That is a sum over pairs: take the mean."
ROOT = "Two of the student's vectors are the same: a root has no slope at 0. F.pdist and torch.cdist use 0 there."
STILL = (
    "The value is right. If the mean was detached, each step still pulls at the vectors' size: let gradients through."
)
ELSE = "Wanted: distances of pairs, each side divided by its mean over those greater than 0; then mean smooth L1."


def check(distance_loss: Callable) -> None:
    """`distance_loss(student, teacher)`: smooth L1 between normalised distances, mean over pairs of two texts."""
    student, teacher = _vectors()
    name = name_of(distance_loss)
    _check_scale(distance_loss, student, teacher)
    got = loss_of(distance_loss, student, teacher, said=f"{name}(student, teacher)")
    _check_value(got.value, student, teacher, f"{name}(student, teacher)")
    if not torch.allclose(got.gradient, _gradient(student, teacher), atol=1e-5):
        fail(f"{name}(student, teacher) has another gradient than it should.", STILL)
    _check_twins(distance_loss, student, teacher)


def _check_scale(distance_loss: Callable, student, teacher) -> None:
    name = name_of(distance_loss)
    once = loss_of(distance_loss, student, teacher, said=f"{name}(student, teacher)").value
    twice = loss_of(distance_loss, 2 * student, teacher, said=f"{name}(2 * student, teacher)").value
    if not near(once, twice) and not math.isnan(once):
        fail(f"{name}(student, teacher) gave {once:.4f}, {name}(2 * student, teacher) {twice:.4f}.", DOUBLED)
    said = f"{name}(3 * teacher, teacher)"
    copied = loss_of(distance_loss, 3 * teacher, teacher, said=said).value
    if not abs(copied) < 1e-4 and not math.isnan(copied):
        fail(f"{said} gave {copied:.4f} and not 0.", COPY)


def _check_value(value: float, student, teacher, said: str) -> None:
    if math.isnan(value):
        fail(f"{said} gave nan.", "Something is divided by 0, or a root is taken of less than 0.")
    right = float(_loss(F.pdist(student), F.pdist(teacher)))
    wrong_value(said, value, right, _traps(student, teacher).items(), ELSE)


def _check_twins(distance_loss: Callable, student, teacher) -> None:
    """The first two texts are the same, for the student, for the teacher, for both."""
    name = name_of(distance_loss)
    for one, other in (
        (_twins(student), teacher),
        (student, _twins(teacher)),
        (_twins(student), _twins(teacher)),
    ):
        said = f"{name}(student, teacher) with twins"
        got = loss_of(distance_loss, one, other, said=said)
        _check_value(got.value, one, other, said)
        if not got.gradient.isfinite().all():
            fail(f"{said} has a gradient with nan.", ROOT)


def _vectors():
    generator = torch.Generator().manual_seed(5)
    return torch.randn(5, 3, generator=generator), 4 * torch.randn(5, 6, generator=generator)


def _twins(vectors: torch.Tensor) -> torch.Tensor:
    return torch.cat([vectors[:1], vectors[:1], vectors[2:]])


def _unit(distances: torch.Tensor) -> torch.Tensor:
    return distances / distances[distances > 0].mean()


def _loss(student, teacher, unit: Callable = _unit, loss: Callable = F.smooth_l1_loss) -> torch.Tensor:
    return loss(unit(student), unit(teacher))


def _gradient(student, teacher) -> torch.Tensor:
    leaf = student.clone().requires_grad_(True)
    _loss(F.pdist(leaf), F.pdist(teacher)).backward()
    return leaf.grad


def _traps(student, teacher) -> dict[str, torch.Tensor]:
    s, t = F.pdist(student), F.pdist(teacher)
    pairs = (s, t)
    full = (torch.cdist(student, student), torch.cdist(teacher, teacher))
    pairs_of_full = tuple(_off_diagonal(distances / distances.mean()) for distances in full)
    apart = (s > 0) & (t > 0)
    return {
        DIAGONAL: _loss(*full),
        WHOLE: _loss(*full, unit=lambda d: d / d.mean()),
        DIAGONAL_UNIT: F.smooth_l1_loss(*pairs_of_full),
        TWIN_UNIT: _loss(*pairs, unit=lambda d: d / d.mean()),
        TWIN_DROPPED: F.smooth_l1_loss(_unit(s)[apart], _unit(t)[apart]),
        SQUARES: _loss(s**2, t**2),
        SQUARED_LOSS: _loss(*pairs, loss=F.mse_loss),
        ABSOLUTE: _loss(*pairs, loss=F.l1_loss),
        UNIT_LENGTH: F.smooth_l1_loss(F.pdist(F.normalize(student)), F.pdist(F.normalize(teacher))),
        LARGEST: _loss(*pairs, unit=lambda d: d / d.max()),
        SUMMED: _loss(*pairs, loss=lambda a, b: F.smooth_l1_loss(a, b, reduction="sum")),
    }


def _off_diagonal(matrix: torch.Tensor) -> torch.Tensor:
    return matrix[~torch.eye(len(matrix), dtype=torch.bool)]
