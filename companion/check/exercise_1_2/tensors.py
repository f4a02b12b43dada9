"""What several checks need: calls with tensors, and results that must be tensors."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from companion.check.running import call, fail, name_of, shown


def call_on_copies(function: Callable, *arguments: Any, names: tuple[str, ...] = (), why: str = "") -> Any:
    """The function's result on copies; `CheckFailed` when one of `names`, the arguments, comes back changed."""
    copies = copy.deepcopy(arguments)
    result = call(function, *copies, untouched=False)
    for name, before, after in zip(names, arguments, copies, strict=False):
        if isinstance(before, Tensor) and not torch.equal(before, after):
            fail(f"{name_of(function)} changed `{name}`, which it was given.", why)
    return result


def tensor(value: Any, shape: tuple[int, ...], said: str, why: str) -> Tensor:
    """The value as a tensor without its graph; anything else, or another shape, fails."""
    if value is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    if not isinstance(value, Tensor):
        fail(f"{said} gave {shown(value)}.", "A torch tensor is wanted.")
    if tuple(value.shape) != shape:
        fail(f"{said} gave a tensor of shape {tuple(value.shape)} and not {shape}.", why)
    return value.detach()
