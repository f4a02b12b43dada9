"""A student narrower than its teacher: its states go up through a matrix, the teacher's stay whole."""

from collections.abc import Callable

import torch

from companion.check.exercise_1_3.tensors import loss_of, wrong_value
from companion.check.running import fail, name_of

PADDED = "The student's missing numbers are taken as 0: no training can ever make them otherwise. Use the matrix."
CUT = "The teacher was cut to the student's width: the rest of what it knows is never asked for."
DOWN = "The teacher was brought down. Then zeros in matrix and student make the loss 0: bring the student up."
PADDING = "Padding counts too: choose the places where the mask is 1, then take the mean."
SUMMED = "That is the sum over a token's numbers: the mean over tokens *and* numbers is wanted."
OF_TEXTS = "That divides by all places, padding included: divide by what the mask leaves."
OF_MEANS = "That is a mean of the texts' means, in which a token of a short text weighs more: all real tokens alike."
ELSE = "Wanted: the mean of (student @ weight.T - teacher) ** 2 over the real tokens and the teacher's numbers."
TEACHER = "A gradient reaches the teacher, which then moves towards its student: detach the teacher's side."
WEIGHT = "No gradient reaches the matrix, so it stays as it was drawn."
MASK = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0]])


def check(narrow: Callable) -> None:
    """`narrow(student, teacher, weight, mask)` is the mean of (student weight^T - teacher)^2 over real tokens."""
    for low, high in ((2, 3), (3, 7)):
        student, teacher, weight = _drawn(low, high)
        said = f"{name_of(narrow)}(student (2, 4, {low}), teacher (2, 4, {high}), weight ({high}, {low}), mask)"
        got = loss_of(narrow, student, teacher, weight, MASK, said=said)
        wrong_value(said, got.value, _loss(student, teacher, weight), _traps(student, teacher, weight), ELSE)
    _check_gradients(narrow, *_drawn(2, 3))


def _drawn(low: int, high: int) -> tuple[torch.Tensor, ...]:
    random = torch.Generator().manual_seed(low)
    return tuple(torch.randn(*shape, generator=random) for shape in ((2, 4, low), (2, 4, high), (high, low)))


def _loss(student, teacher, weight) -> float:
    valid = MASK.bool()
    return float(((student @ weight.T - teacher)[valid] ** 2).mean())


def _traps(student, teacher, weight):
    valid, (low, high) = MASK.bool(), (student.shape[-1], teacher.shape[-1])
    errors = (student @ weight.T - teacher) ** 2
    wide = torch.cat([student, torch.zeros(2, 4, high - low)], -1)
    yield PADDED, float(((wide - teacher)[valid] ** 2).mean())
    yield CUT, float(((student - teacher[..., :low])[valid] ** 2).mean())
    yield DOWN, float(((student - teacher @ weight)[valid] ** 2).mean())
    yield PADDING, float(errors.mean())
    yield SUMMED, float(errors[valid].sum(-1).mean())
    yield OF_TEXTS, float((errors * MASK[..., None]).mean())
    yield OF_MEANS, float(((errors.mean(-1) * MASK).sum(1) / MASK.sum(1)).mean())


def _check_gradients(narrow: Callable, student, teacher, weight) -> None:
    student, teacher, weight = (one.clone().requires_grad_(True) for one in (student, teacher, weight))
    narrow(student, teacher, weight, MASK.clone()).backward()
    said = f"The value of {name_of(narrow)} is right"
    if teacher.grad is not None and teacher.grad.abs().max() > 0:
        fail(f"{said}, but the teacher gets a gradient.", TEACHER)
    if weight.grad is None or not weight.grad.abs().max() > 0:
        fail(f"{said}, but the matrix gets none.", WEIGHT)
