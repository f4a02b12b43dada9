"""A LoRA folded into its base weight gives the same outputs, and the base is still there for the next one."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.check.exercise_1_2.tensors import call_on_copies, tensor
from companion.check.running import fail, name_of

CASES = [(6, 4, 2, 10.0), (5, 5, 5, 1.0), (4, 7, 3, 6.0), (64, 48, 8, 16.0)]  # in, out, r, alpha
IN_PLACE = "The base is kept for the next adapter: build the sum in a new tensor (`weight + ...`, not `weight += ...`)."
SHAPE = "The merged weight takes the base weight's place, so it has the same shape (out, in)."
UNSCALED = "That is W + B A: the factor alpha / r is missing."
ALPHA_ALONE = "That is W + alpha B A: the factor is alpha / r, with r the number of rows of A."
DELTA = "That is the change alone: add it to the base weight."
MINUS = "The change was taken away: that is how one merges *back*."
SWAPPED = "That is W plus the change turned over: (B A) and its transpose differ, even where the shapes fit."
FLOORED = "That is alpha / r, rounded down. If you wrote `//`: alpha / r need not be whole."
OTHER_R = "alpha was divided by another number than r: r is the number of rows of A, and of columns of B."


def check(merge: Callable) -> None:
    """`merge(weight, A, B, alpha)` -> W + alpha / r * B A, (out, in), as a new tensor."""
    torch.manual_seed(0)
    for inside, outside, r, alpha in CASES:
        base = nn.Linear(inside, outside, bias=False).requires_grad_(False).double()
        A, B = (nn.Parameter(torch.randn(shape, dtype=torch.double)) for shape in ((r, inside), (outside, r)))
        said = f"{name_of(merge)}(weight, A, B, {alpha:g}) with in = {inside}, out = {outside}, r = {r}"
        got = call_on_copies(merge, base.weight, A, B, alpha, names=("weight", "A", "B"), why=IN_PLACE)
        got = tensor(got, (outside, inside), said, SHAPE)
        _check_outputs(got, base, A.detach(), B.detach(), alpha, said)


def _check_outputs(got: Tensor, base: nn.Linear, A: Tensor, B: Tensor, alpha: float, said: str) -> None:
    if got.dtype != base.weight.dtype:
        why = "The merged weight takes the base weight's place: keep its type."
        fail(f"{said} gave numbers of type {got.dtype} for a weight of type {base.weight.dtype}.", why)
    x = torch.randn(16, A.shape[1], dtype=torch.double)
    beside = base(x) + alpha / len(A) * F.linear(F.linear(x, A), B)  # (16, out), the adapter not merged
    gap = (F.linear(x, got) - beside).abs().max().item()
    if not gap < 1e-4:  # also true of nan
        said = f"{said}: the merged layer's outputs differ by up to {gap:.3g} from those with the adapter beside it."
        fail(said, _why(got, base.weight, A, B, alpha))


def _why(got: Tensor, weight: Tensor, A: Tensor, B: Tensor, alpha: float) -> str:
    change, r = B @ A, len(A)
    others = {
        UNSCALED: weight + change,
        ALPHA_ALONE: weight + alpha * change,
        DELTA: alpha / r * change,
        MINUS: weight - alpha / r * change,
        FLOORED: weight + alpha // r * change,
    }
    if len(weight) == weight.shape[1]:
        others[SWAPPED] = weight + alpha / r * change.T
    for why, other in others.items():
        if torch.allclose(got, other, atol=1e-8):
            return why
    if any(torch.allclose(got, weight + alpha / n * change, atol=1e-8) for n in (*A.shape, *B.shape, 8)):
        return OTHER_R
    return "The merged weight is W + alpha / r * B A: then W' x = W x + alpha / r * B (A x) for every x."
