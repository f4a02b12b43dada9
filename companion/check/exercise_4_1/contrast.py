"""Texts find pictures, and pictures find texts, where a batch may hold a product more than once."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from companion.check.exercise_1_3.tensors import loss_of, near, wrong_value
from companion.check.running import fail, name_of

RIVALS = "Other rows of the same product are still rivals: leave them out of the sum, both ways."
ONE_MASK = "Other rows of the same product were left out in one direction only: they are no rivals for pictures either."
OWN = "Each row's own partner was left out too: a row always belongs to the same product as itself."
ZERO = "A score of 0 still counts, e to the power of 0 is 1: to leave a row out, fill in minus infinity."
EVEN = "All rows of the product were taken as right: for row i only row i is right, the others are left out."
DROPPED = "Rows were dropped: each row has its own pair, also the second one of a product."
ONE_WAY = "That is one direction, texts looking for pictures: pictures have to find their texts as well. Take the mean."
OTHER_WAY = "That is one direction, pictures looking for texts: texts have to find their pictures as well."
LENGTH = "The vectors were not brought to length 1: a long vector wins against every other, whatever it shows."
NO_EXP = "`log_scale` is a logarithm: multiply by its exp, which is never negative."
DIVIDED = "The cosines are multiplied by exp(log_scale), not divided: it is 1 / temperature."
NO_SCALE = "The cosines stay between -1 and 1 and the softmax nearly even: multiply by exp(log_scale)."
SUM = "That is the sum of both directions: take their mean."
SUM_ROWS = "That is a sum over pairs: take the mean."
STILL = "The value is right, the gradient is not: normalise and scale without .detach() or .data."
COLD = "The value is right, but no gradient reaches `log_scale`: it is to be learned, so no float() and no .item()."
ELSE = "Wanted: cosines times exp(log_scale), same products left out, cross-entropy over rows and columns, the mean."
BATCHES = (((0, 1, 2, 3), 1.5), ((0, 0, 1, 2), 1.0), ((4, 1, 4, 2, 4, 1), 0.0), ((7, 7, 3), 3.0))


def check(contrast: Callable) -> None:
    """`contrast(texts, pictures, products, log_scale)`: the mean of both directions' cross-entropies."""
    for products, scale in BATCHES:
        texts, pictures, rows, log_scale = vectors(products, scale)
        said = f"{name_of(contrast)}(texts, pictures, products {list(products)}, {scale:g})"
        got = loss_of(contrast, texts, pictures, rows, log_scale, said=said)
        if not math.isfinite(got.value):
            fail(f"{said} gave {got.value}.", OWN)
        right = float(loss(texts, pictures, rows, log_scale))
        wrong_value(said, got.value, right, traps(texts, pictures, rows, log_scale), ELSE)
        leaf = texts.clone().requires_grad_(True)
        loss(leaf, pictures, rows, log_scale).backward()
        if not torch.allclose(got.gradient, leaf.grad, atol=1e-4):
            fail(f"{said} has another gradient at the texts than it should.", STILL)
    _learns_its_scale(contrast)


def _learns_its_scale(contrast: Callable) -> None:
    texts, pictures, rows, log_scale = vectors((0, 1, 1, 2, 3), 1.0)
    log_scale.requires_grad_(True)
    got = contrast(texts.requires_grad_(True), pictures, rows, log_scale)
    got.backward()
    if log_scale.grad is None or not log_scale.grad.abs() > 1e-6:
        fail(f"{name_of(contrast)} gives `log_scale` no gradient.", COLD)


def similarities(texts: Tensor, pictures: Tensor) -> Tensor:
    return F.normalize(texts, dim=-1) @ F.normalize(pictures, dim=-1).T


def others(products: Tensor) -> Tensor:
    """Where two different rows show the same product (n, n)."""
    return (products[:, None] == products) & ~torch.eye(len(products), dtype=torch.bool)


def loss(texts: Tensor, pictures: Tensor, products: Tensor, log_scale: Tensor) -> Tensor:
    return both(log_scale.exp() * similarities(texts, pictures), products)


def both(scores: Tensor, products: Tensor, filled: float = -math.inf) -> Tensor:
    return _mean(scores.masked_fill(others(products), filled), scores.masked_fill(others(products), filled))


def _mean(rows: Tensor, columns: Tensor) -> Tensor:
    own = torch.arange(len(rows))
    return (F.cross_entropy(rows, own) + F.cross_entropy(columns.T, own)) / 2


def traps(texts: Tensor, pictures: Tensor, products: Tensor, log_scale: Tensor) -> list[tuple[str, float]]:
    cosines, own, mask = similarities(texts, pictures), torch.arange(len(texts)), others(products)
    scores, long = log_scale.exp() * cosines, log_scale.exp() * texts @ pictures.T
    masked = scores.masked_fill(mask, -math.inf)
    found = [
        (RIVALS, _mean(scores, scores)),
        (ONE_MASK, _mean(masked, scores)),
        (ONE_MASK, _mean(scores, masked)),
        (ZERO, both(scores, products, 0.0)),
        (EVEN, _even(scores, products)),
        (DROPPED, _first_only(scores, products)),
        (ONE_WAY, F.cross_entropy(masked, own)),
        (OTHER_WAY, F.cross_entropy(masked.T, own)),
        (LENGTH, both(long, products)),
        (NO_SCALE, both(cosines, products)),
        (NO_EXP, both(log_scale * cosines, products)),
        (DIVIDED, both(cosines / log_scale.exp(), products)),
        (SUM, 2 * both(scores, products)),
        (SUM_ROWS, len(texts) * both(scores, products)),
    ]
    right = float(both(scores, products))
    return [(why, float(value)) for why, value in found if not near(float(value), right)]


def _even(scores: Tensor, products: Tensor) -> Tensor:
    """The target spread over all rows of the product."""
    shares = (products[:, None] == products).float()
    shares = shares / shares.sum(1, keepdim=True)
    return (F.cross_entropy(scores, shares) + F.cross_entropy(scores.T, shares)) / 2


def _first_only(scores: Tensor, products: Tensor) -> Tensor:
    """The first row of each product, and no other."""
    known = products.tolist()
    first = [row for row, product in enumerate(known) if product not in known[:row]]
    return _mean(scores[first][:, first], scores[first][:, first])


def vectors(products: tuple[int, ...], scale: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    pairs = len(products)
    drawn = torch.Generator().manual_seed(pairs)
    texts = torch.randn(pairs, 4, generator=drawn) * torch.linspace(0.5, 3.0, pairs)[:, None]
    return texts, texts + torch.randn(pairs, 4, generator=drawn), torch.tensor(products), torch.tensor(scale)
