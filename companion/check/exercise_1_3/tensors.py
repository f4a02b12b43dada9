"""What the checks of losses share: a value, its gradient, and which misconception would give that value."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch

from companion.check.running import call, fail
from companion.check.tensors import check_is_tensor, check_untouched

NO_GRADIENT = "No gradient can flow back: .item(), float(), .detach() and torch.no_grad() cut it off."


class Loss(NamedTuple):
    """A loss as a number, and its gradient at the student's tensor."""

    value: float
    gradient: torch.Tensor


def loss_of(function: Callable, student: torch.Tensor, *others, said: str) -> Loss:
    """`function(student, *others)` on copies; fails unless one number with a gradient comes back."""
    given = (student, *others)
    copies = [one.clone() if isinstance(one, torch.Tensor) else one for one in given]
    copies[0].requires_grad_(True)
    got = call(function, *copies, untouched=False)
    check_untouched(function, given, copies)
    value = backward(got, said)
    return Loss(value, gradient_of(copies[0]))


def backward(got, said: str) -> float:
    """Run `backward` from what a learner's loss returned, and give its value; fails unless that can be done."""
    _check_is_loss(got, said)
    got.backward()
    return float(got.detach())


def gradient_of(leaf: torch.Tensor) -> torch.Tensor:
    """The gradient that arrived, zeros if none did."""
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


def near(left: float, right: float) -> bool:
    """Equal, up to what float32 and another order of sums can differ; false for nan."""
    return abs(left - right) <= 1e-4 * max(1.0, abs(right))


def wrong_value(said: str, value: float, right: float, traps: Iterable[tuple[str, float]], otherwise: str) -> None:
    """Fail unless `value` is right; `traps` holds misconceptions, each with the value that it would give."""
    if not near(value, right):
        why = next((why for why, wrong in traps if near(value, wrong)), otherwise)
        fail(f"{said} gave {value:.4f} and not {right:.4f}.", why)


def _check_is_loss(got, said: str) -> None:
    check_is_tensor(got, said, NO_GRADIENT)
    if got.numel() != 1:
        fail(f"{said} gave a tensor of shape {tuple(got.shape)}.", "A loss is one number: take the mean.")
    if not got.requires_grad:
        fail(f"{said} gave a tensor without gradient.", NO_GRADIENT)
