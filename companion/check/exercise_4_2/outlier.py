"""A block with outliers: those apart and exact, the rest under a scale of its own."""

from collections.abc import Callable

import torch
from torch import Tensor

from companion.check.running import fail, name_of
from companion.check.tensors import check_is_tensor, check_untouched
from companion.finetune.quantize import round_trip

IN_PLACE = "The weights are still needed: work on a copy."
ONE_SCALE = "The outliers are exact, but the rest is stored under a scale that an outlier set: take them out first."
NOT_EXACT = "The k largest come back changed: keep them as they are, and put them back in at the end."
SIGNED = "An outlier can be negative: choose the k largest *absolute* values."
ZEROS = "The outliers were set to zero, and never put back."
ALL_EXACT = "Everything came back exact: nothing was stored in four bits."
NONE_KEPT = "That is the whole block under one scale, outliers and all."
DROPPED = "As many numbers as were given must come back, each in its place."


def check(store: Callable) -> None:
    """`store(block, k)` -> what is left of the block (n,), the k largest |w| exact, the rest in NF4."""
    for seed, (size, k) in enumerate([(64, 3), (64, 1), (33, 2), (16, 0)]):
        block = torch.randn(size, generator=torch.Generator().manual_seed(seed)) / 50
        places = torch.randperm(size, generator=torch.Generator().manual_seed(seed))[:k]
        block[places] = torch.tensor([-3.0, 2.0, 1.5])[:k]
        given, said = block.clone(), f"{name_of(store)} of a block of {size} with k = {k}"
        try:
            got = store(given, k)
        except NotImplementedError:
            raise
        except Exception as error:
            fail(f"{said} raised {type(error).__name__}: {error}", "Run it on `block` from the cell above.")
        check_untouched(store, [block], [given], ("block",), IN_PLACE)
        check_is_tensor(got, said, "A torch tensor is wanted.")
        if got.shape != block.shape:
            fail(f"{said} gave a tensor of shape {tuple(got.shape)}.", DROPPED)
        if not torch.allclose(got, right(block, k), atol=1e-6):
            gap = (got - right(block, k)).abs().max()
            fail(f"{said}: a weight differs from what it should be by up to {gap:.3g}.", _why(got, block, k))


def largest(block: Tensor, k: int) -> Tensor:
    """Where the k largest absolute values are: bool (n,)."""
    where = torch.zeros(len(block), dtype=torch.bool)
    where[block.abs().topk(k).indices] = True
    return where


def right(block: Tensor, k: int) -> Tensor:
    """The outliers as they are, the rest through four bits under its own scale."""
    return apart(block, largest(block, k))


def apart(block: Tensor, where: Tensor) -> Tensor:
    """The chosen ones as they are, the rest under its own scale."""
    return torch.where(where, block, round_trip(block.masked_fill(where, 0.0), len(block)))


def _why(got: Tensor, block: Tensor, k: int) -> str:
    where, whole = largest(block, k), round_trip(block, len(block))
    signed = torch.zeros_like(where)
    signed[block.topk(k).indices] = True
    if torch.allclose(got, block, atol=1e-7):
        return ALL_EXACT
    if torch.allclose(got, whole, atol=1e-6):
        return NONE_KEPT
    if k and torch.allclose(got, torch.where(where, block, whole), atol=1e-6):
        return ONE_SCALE
    if k and (got[where] == 0).all():
        return ZEROS
    if k and torch.allclose(got, apart(block, signed), atol=1e-6):
        return SIGNED
    if not torch.allclose(got[where], block[where], atol=1e-6):
        return NOT_EXACT
    return "The rest of the block has one scale: its own largest absolute value, the outliers left out."
