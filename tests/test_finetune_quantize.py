"""NF4 by hand: a block worked out on paper, bitsandbytes byte for byte, and what must hold for any numbers."""

import pytest
import torch
from bitsandbytes import functional
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.finetune import nf4_dequantize, nf4_quantize
from companion.finetune.quantize import INT4, NF4, bits_per_weight, normal_levels, quantize, relative_error, round_trip

BNB_BLOCKS = (32, 64, 128, 256, 512, 1024, 2048, 4096)


def test_by_hand():
    # largest 2; so -2 is code 0, 0 is code 7, 1 = 0.5 * 2 lies nearest to 0.4407 (12) and 2 is code 15
    packed, absmax = nf4_quantize(torch.tensor([-2.0, 0.0, 1.0, 2.0]), block_size=4)
    assert packed.tolist() == [0x07, 0xCF] and absmax.tolist() == [2.0]
    back = nf4_dequantize(packed, absmax, (2, 2), block_size=4)
    torch.testing.assert_close(back, torch.tensor([[-2.0, 0.0], [2 * NF4[12], 2.0]]), rtol=0, atol=0)


def test_an_odd_count_is_filled_up_with_a_zero():
    packed, absmax = nf4_quantize(torch.tensor([1.0, 1.0, -1.0]))
    assert packed.tolist() == [0xFF, 0x07] and absmax.tolist() == [1.0]
    assert nf4_dequantize(packed, absmax, (3,)).tolist() == [1.0, 1.0, -1.0]


def test_the_levels_come_from_the_bell_curve():
    assert normal_levels() == pytest.approx(NF4, abs=1e-6)
    assert list(NF4) == functional.get_4bit_type("nf4", device="cpu").tolist()


def numbers(seed: int, count: int, kind: str) -> torch.Tensor:
    """Random numbers, as weights are, with outliers, with many ties, or with blocks of nothing."""
    drawn = torch.randn(count, generator=torch.Generator().manual_seed(seed))
    if kind == "outliers":
        drawn[::17] *= 1000
    if kind == "ties":
        drawn = (drawn * 4).round() / 4
    return torch.zeros(count) if kind == "zeros" else drawn


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(1, 700),
    st.sampled_from(BNB_BLOCKS),
    st.sampled_from(["plain", "outliers", "ties", "zeros"]),
    st.sampled_from([torch.float32, torch.float16, torch.bfloat16]),
)
def test_bytes_and_scales_are_those_of_bitsandbytes(seed, count, block_size, kind, dtype):
    x = numbers(seed, count, kind).to(dtype)
    packed, absmax = nf4_quantize(x, block_size)
    theirs, state = functional.quantize_4bit(x, blocksize=block_size, quant_type="nf4")
    assert torch.equal(packed, theirs.flatten()) and torch.equal(absmax, state.absmax)
    if count % 2 == 0:
        back = functional.dequantize_4bit(theirs, state).float().flatten()
        ours = nf4_dequantize(packed, absmax, (count,), block_size)
        torch.testing.assert_close(ours.to(dtype).float(), back, rtol=1e-6, atol=0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 300), st.integers(1, 100))
def test_nothing_moves_further_than_half_the_widest_gap(seed, count, block_size):
    x = numbers(seed, count, "plain")
    stored = round_trip(x, block_size)
    scales = nf4_quantize(x, block_size)[1].repeat_interleave(block_size)[:count]
    assert ((x - stored).abs() <= scales * (NF4[1] - NF4[0]) / 2 * 1.0001).all()
    assert torch.equal(round_trip(stored, block_size), stored)  # what is stored once is stored for good


def test_smaller_blocks_and_nf4_lose_less_on_normal_numbers():
    x = numbers(0, 8192, "plain")
    errors = [relative_error(x, round_trip(x, size)) for size in (32, 64, 256, 4096)]
    assert errors == sorted(errors) and 0.07 < errors[1] < 0.11
    assert relative_error(x, round_trip(x, 64, INT4)) > errors[1]


def test_even_steps_are_rounding():
    x = numbers(1, 64, "plain")
    scale = x.abs().max()
    torch.testing.assert_close(round_trip(x, 64, INT4), (x / scale * 7).round() / 7 * scale)
    assert quantize(torch.ones(2), INT4)[0].tolist() == [0xEE]  # fourteen is the last of fifteen codes


def test_bits_by_hand():
    assert bits_per_weight(64) == 4.5
    assert bits_per_weight(64, double=True) == 4 + 0.125 + 0.001953125
    assert bits_per_weight(1) == 36


def test_what_cannot_be_quantised_is_refused():
    with pytest.raises(ValueError, match="at least one number"):
        nf4_quantize(torch.ones(4), 0)
    with pytest.raises(ValueError, match="torch.int64"):
        nf4_quantize(torch.ones(4, dtype=torch.int64))
    with pytest.raises(ValueError, match="0 numbers"):
        nf4_quantize(torch.ones(0))
    with pytest.raises(ValueError, match="NaN"):
        nf4_quantize(torch.tensor([1.0, float("nan")]))
    with pytest.raises(ValueError, match="do not make 9 numbers"):
        nf4_dequantize(*nf4_quantize(torch.ones(4)), (3, 3))
