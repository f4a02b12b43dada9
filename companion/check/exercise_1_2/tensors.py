"""What several checks need: calls with tensors, and results that must be tensors."""

import copy
from collections.abc import Callable
from typing import Any

from torch import Tensor

from companion.check.running import call, fail
from companion.check.tensors import check_is_tensor, check_untouched


def call_on_copies(function: Callable, *arguments: Any, names: tuple[str, ...] = (), why: str = "") -> Any:
    """The function's result on copies; `CheckFailed` when one of `names`, the arguments, comes back changed."""
    copies = copy.deepcopy(arguments)
    result = call(function, *copies, untouched=False)
    check_untouched(function, arguments, copies, names, why)
    return result


def tensor(value: Any, shape: tuple[int, ...], said: str, why: str) -> Tensor:
    """The value as a tensor without its graph; anything else, or another shape, fails."""
    check_is_tensor(value, said, "A torch tensor is wanted.")
    if tuple(value.shape) != shape:
        fail(f"{said} gave a tensor of shape {tuple(value.shape)} and not {shape}.", why)
    return value.detach()
