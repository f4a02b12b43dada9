"""Eight bits a number: a symmetric scale for each row, max|w| / 127, and rows of zeros that stay rows of zeros."""

from collections.abc import Callable
from typing import Any

import numpy as np

from companion.check.running import call, fail, name_of, shown

PAIR = "Two arrays are wanted: whole numbers int8 (rows, columns), and scales (rows, 1)."
NOT_INT8 = "The numbers are to take one byte each: `.astype(np.int8)` at the end, after rounding."
SHAPE = "The scales must have the shape (rows, 1), so that `numbers * scales` multiplies row by row: keepdims=True."
ONE_SCALE = "All rows share one scale: the largest row sets it, and the small ones lose their digits. Take one a row."
COLUMN = "Those are the columns' largest numbers: a row's is the maximum along axis 1."
NO_ABS = "The scale is that of the largest number, and the largest *amount* may be a negative one: np.abs first."
ASYMMETRIC = "That scale spans from the smallest to the largest number. Symmetric: max|w| / 127, so that 0 stays 0."
HALF = "127.5 rounds to 128, which one byte does not hold: it turns into -128. Divide by 127."
WRAPPED = "Numbers turned their sign: what is beyond 127 wraps around in one byte. max|w| / 127 keeps all within."
CUT = "Rounding, not cutting: `astype` throws away what stands after the point, so np.round comes first."
ZERO_ROW = "A row of zeros gave a scale of 0 or nan: anything divided by it is nan. Give such a row the scale 1."
UNUSED = "Some of the range is not used: the largest amount of a row becomes 127 or -127."


def check(in_eight_bits: Callable) -> None:
    """`in_eight_bits(weights)` -> (int8 (rows, columns), scales (rows, 1)), per row and symmetric."""
    for weights in _cases():
        said = f"{name_of(in_eight_bits)} of weights {weights.shape}"
        given = weights.copy()
        with np.errstate(all="ignore"):
            got = call(in_eight_bits, given, untouched=False)
        if not np.array_equal(given, weights):
            fail(f"{said} changed what it was given.", "Work on a copy: the caller still needs the weights.")
        numbers, scales = _two(got, said)
        _one(np.asarray(numbers), np.asarray(scales), weights, said)


def _cases() -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    small = np.array([[1.27, -0.5, 0.3], [0.012, 0.005, -0.001]], np.float32)
    negative = np.array([[-2.54, 1.0, 0.016], [0.5, -0.25, 0.375]], np.float32)
    zeros = np.array([[0.0, 0.0, 0.0], [0.1, -0.2, 0.05]], np.float32)
    drawn = generator.normal(size=(20, 16)) * generator.uniform(0.001, 3, (20, 1))
    return [small, negative, zeros, drawn.astype(np.float32), np.zeros((2, 4), np.float32)]


def _two(got: Any, said: str) -> tuple[Any, Any]:
    if got is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    if not isinstance(got, list | tuple) or len(got) != 2:
        fail(f"{said} gave {shown(got)}.", PAIR)
    return got[0], got[1]


def _one(numbers: np.ndarray, scales: np.ndarray, weights: np.ndarray, said: str) -> None:
    largest = np.abs(weights).max(1, keepdims=True)
    empty = (largest == 0)[:, 0]
    if numbers.shape != weights.shape:
        fail(f"{said} gave numbers {numbers.shape} and scales {scales.shape}.", PAIR)
    if scales.shape != largest.shape:
        fail(f"{said} gave scales {scales.shape}.", ONE_SCALE if scales.size == 1 else SHAPE)
    if numbers.dtype != np.int8:
        fail(f"{said} gave numbers of type {numbers.dtype}.", NOT_INT8)
    if not (np.isfinite(scales).all() and (scales > 0).all()):
        fail(f"{said} gave the scales {shown(scales.ravel().tolist())}.", ZERO_ROW if empty.any() else NO_ABS)
    _scales(scales[~empty], largest[~empty], weights[~empty], said)
    back = numbers * scales.astype(np.float64)
    gap = np.abs(back - weights) / scales  # in steps
    if gap.max(initial=0.0) > 0.501:
        fail(f"{said}: a number came back {gap.max():.2f} steps away.", _why_numbers(numbers, scales, weights))


def _scales(scales: np.ndarray, largest: np.ndarray, weights: np.ndarray, said: str) -> None:
    if np.allclose(scales, largest / 127, rtol=1e-5):
        return
    column = np.abs(weights).max(0)
    span = (weights.max(1, keepdims=True) - weights.min(1, keepdims=True)) / 255
    others = (
        (ONE_SCALE, np.full_like(largest, largest.max() / 127)),
        (NO_ABS, weights.max(1, keepdims=True) / 127),
        (ASYMMETRIC, span),
        (HALF, largest / 127.5),
        (HALF, largest / 128),
        (COLUMN, column.max() / 127 if column.size == 0 else np.full_like(largest, column[0] / 127)),
    )
    why = next((why for why, other in others if np.allclose(scales, other, rtol=1e-4)), UNUSED)
    if why == UNUSED and bool(np.isin(np.round(scales.ravel() * 127, 5), np.round(column, 5)).all()):
        why = COLUMN
    row = int(np.argmax(np.abs(scales / (largest / 127) - 1)))
    wanted = f"{(largest[row] / 127).item():.6f}"
    fail(f"{said}: row {row} has the scale {scales[row].item():.6f}, and max|w| / 127 is {wanted}.", why)


def _why_numbers(numbers: np.ndarray, scales: np.ndarray, weights: np.ndarray) -> str:
    exact = weights / scales
    if (np.sign(numbers) * np.sign(exact) < 0).any():
        return WRAPPED
    return CUT if np.array_equal(numbers, np.trunc(exact).astype(np.int8)) else "numbers = np.round(weights / scales)."
