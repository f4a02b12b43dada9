"""What the checks of several exercises ask of tensors: that one came back, and that those given are as they were."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor

from companion.check.running import fail, name_of, shown

COPY = "Work on a copy: no `+=`, no `x[...] = y`."


def check_untouched(
    function: Callable, given: Sequence, after: Sequence, names: tuple[str, ...] = (), why: str = COPY
) -> None:
    """Fail if a tensor of `given` is another one in `after`; `names` are the arguments' own. nan equals nan."""
    for name, before, now in zip_longest(names, given, after):
        if isinstance(before, Tensor) and not torch.equal(before.nan_to_num(99), now.nan_to_num(99)):
            what = f"`{name}`, which it was given" if name else "a tensor it was given"
            fail(f"{name_of(function)} changed {what}.", why)


def check_is_tensor(value: Any, said: str, why: str) -> None:
    """Fail unless a tensor came back."""
    if value is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    if not isinstance(value, Tensor):
        fail(f"{said} gave {shown(value)}, which is no tensor.", why)
