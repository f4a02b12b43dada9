"""Four bits a weight: NF4 as QLoRA stores it, by hand and byte for byte as bitsandbytes does it.

A weight becomes the nearest of sixteen levels, times the largest absolute weight of its block (`absmax`). It is
made a full number again before it is multiplied: 4 bits to store, 16 or 32 to compute. QLoRA, arXiv 2305.14314.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import torch
from torch import Tensor

# as float32 in bitsandbytes; `normal_levels` says where they come from
NF4 = (
    *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453),
    *(-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0),
    *(0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224),
    *(0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0),
)
INT4 = tuple(step / 7 for step in range(-7, 8))  # fifteen even steps; the sixteenth code stays unused
TINY = 1e-38  # in the place of an absmax of zero, as in bitsandbytes
FLOATS = (torch.float32, torch.float16, torch.bfloat16)


def normal_levels(edge: float = 0.9677083) -> list[float]:
    """The sixteen levels of NF4 from the bell curve: eight quantiles up, zero, seven down, divided by the largest.

    Weights of a trained matrix are spread much like a normal distribution, so each level gets about as many.
    edge: the outermost quantile, between 1 - 1/30 and 1 - 1/32. Equal to `NF4` to 1e-6.
    """
    curve = NormalDist()
    up = [curve.inv_cdf(edge + (0.5 - edge) * i / 8) for i in range(8)]
    down = [-curve.inv_cdf(edge + (0.5 - edge) * i / 7) for i in range(7)]
    return [level / max(up) for level in sorted([*up, 0.0, *down])]


def nf4_quantize(x: Tensor, block_size: int = 64) -> tuple[Tensor, Tensor]:
    """x -> (packed, absmax): two codes a byte, and the largest |x| of each block of `block_size` numbers.

    x: any shape, float32, float16 or bfloat16, read row by row; n numbers in all. packed: uint8 (ceil(n / 2),),
    the first number in the upper four bits; an odd n is filled up with a zero. absmax: float32
    (ceil(n / block_size),). The last block may be shorter. Byte for byte what bitsandbytes 0.50 gives on a CPU.
    Raises ValueError for other kinds of numbers, for no numbers, for NaN or infinity, and for block_size < 1.
    The trap: one outlier in a block, and all its other numbers fall on the few levels near zero.
    """
    return quantize(x, NF4, block_size)


def nf4_dequantize(packed: Tensor, absmax: Tensor, shape: Sequence[int], block_size: int = 64) -> Tensor:
    """(packed, absmax) -> float32 of `shape`: level of the code * absmax of its block.

    Raises ValueError where packed and absmax are not as many as shape and block_size ask for.
    """
    return dequantize(packed, absmax, shape, NF4, block_size)


def quantize(x: Tensor, levels: Sequence[float], block_size: int = 64) -> tuple[Tensor, Tensor]:
    """`nf4_quantize` for any sixteen levels, or fewer, from -1 to 1 in rising order; see there."""
    flat = checked(x, block_size)
    full = len(flat) - len(flat) % block_size
    blocks, rest = flat[:full].view(-1, block_size), flat[full:]
    absmax = blocks.abs().amax(1)  # (blocks,)
    scaled = (blocks * (1 / absmax.clamp(min=TINY))[:, None]).flatten()
    if len(rest):  # bitsandbytes divides here, where it multiplies above: the last bit of a result may differ
        last = rest.abs().max().clamp(min=TINY)
        absmax, scaled = torch.cat([absmax, last[None]]), torch.cat([scaled, rest / last])
    table = torch.tensor(levels)
    codes = torch.bucketize(torch.nn.functional.pad(scaled, (0, len(flat) % 2)), (table[:-1] + table[1:]) / 2)
    return (codes[::2] << 4 | codes[1::2]).to(torch.uint8), absmax


def dequantize(
    packed: Tensor, absmax: Tensor, shape: Sequence[int], levels: Sequence[float], block_size: int = 64
) -> Tensor:
    """`nf4_dequantize` for any levels."""
    count = math.prod(shape)
    if len(packed) != -(-count // 2) or len(absmax) != -(-count // block_size):
        raise ValueError(
            f"{len(packed)} bytes and {len(absmax)} scales do not make {count} numbers in blocks of {block_size}: "
            "give the shape and the block size that were quantised."
        )
    codes = torch.stack([packed >> 4, packed & 15], 1).flatten()[:count].long()
    scales = absmax.repeat_interleave(block_size)[:count]
    return (torch.tensor(levels)[codes] * scales).view(*shape)


def round_trip(x: Tensor, block_size: int = 64, levels: Sequence[float] = NF4) -> Tensor:
    """x as it is after storing: the nearest number that four bits and its block's scale can say; same shape."""
    return dequantize(*quantize(x, levels, block_size), x.shape, levels, block_size)


def relative_error(x: Tensor, stored: Tensor) -> float:
    """|x - stored| / |x|, in Frobenius norms: 0 for a perfect copy, 1 where nothing is left."""
    return float((x - stored).norm() / x.norm())


def bits_per_weight(block_size: int = 64, double: bool = False) -> float:
    """What one stored weight takes: 4 bits for its code and its share of the block's scale.

    The scale is 32 bits: 4 + 32 / block_size. With double quantisation it is 8 bits, and 256 such scales share
    32 more: 4 + 8 / block_size + 32 / (256 block_size).
    """
    if block_size < 1:
        raise ValueError(f"The block size is {block_size}: a block holds at least one number.")
    return 4 + (8 + 32 / 256 if double else 32) / block_size


def checked(x: Tensor, block_size: int) -> Tensor:
    """The numbers in a row, as float32, or a ValueError."""
    if block_size < 1:
        raise ValueError(f"The block size is {block_size}: a block holds at least one number.")
    if x.dtype not in FLOATS or not x.numel():
        raise ValueError(f"{x.numel()} numbers of {x.dtype} cannot be quantised: give one or more 16 or 32-bit floats.")
    flat = x.detach().reshape(-1).float()
    if not flat.isfinite().all():
        raise ValueError("A number is NaN or infinite, and no scale fits its block: look at where it comes from.")
    return flat
