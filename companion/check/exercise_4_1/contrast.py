"""Texts find pictures, and pictures find texts: both directions, on unit vectors, with a learned temperature."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from companion.check.exercise_1_3.tensors import loss_of, near, wrong_value
from companion.check.running import fail, name_of

ONE_WAY = "That is one direction, texts looking for pictures: pictures have to find their texts as well. Take the mean."
OTHER_WAY = "That is one direction, pictures looking for texts: texts have to find their pictures as well."
LENGTH = "The vectors were not brought to length 1: a long vector wins against every other, whatever it shows."
NO_EXP = "`log_scale` is a logarithm: multiply by its exp, which is never negative."
DIVIDED = "The cosines are multiplied by exp(log_scale), not divided: it is 1 / temperature."
NO_SCALE = "The cosines stay between -1 and 1 and the softmax nearly even: multiply by exp(log_scale)."
SUM = "That is the sum of both directions: take their mean."
SUM_ROWS = "That is a sum over pairs: take the mean."
FIRST = "Each row's right column is its own number, 0, 1, 2, ...: here every row was told the same one."
STILL = "The value is right, the gradient is not: normalise and scale without .detach() or .data."
COLD = "The value is right, but no gradient reaches `log_scale`: it is to be learned, so no float() and no .item()."
ELSE = "Wanted: cosines times exp(log_scale), cross-entropy over rows and over columns, the mean of both."


def check(contrast: Callable) -> None:
    """`contrast(texts, pictures, log_scale)`: the mean of both directions' cross-entropies."""
    for pairs, scale in ((4, 1.5), (6, 0.0), (3, 3.0)):
        texts, pictures, log_scale = vectors(pairs, scale)
        said = f"{name_of(contrast)}(texts, pictures of {pairs} pairs, {scale:g})"
        got = loss_of(contrast, texts, pictures, log_scale, said=said)
        wrong_value(said, got.value, float(loss(texts, pictures, log_scale)), traps(texts, pictures, log_scale), ELSE)
        leaf = texts.clone().requires_grad_(True)
        loss(leaf, pictures, log_scale).backward()
        if not torch.allclose(got.gradient, leaf.grad, atol=1e-4):
            fail(f"{said} has another gradient at the texts than it should.", STILL)
    _learns_its_scale(contrast)


def _learns_its_scale(contrast: Callable) -> None:
    texts, pictures, log_scale = vectors(5, 1.0)
    log_scale.requires_grad_(True)
    got = contrast(texts.requires_grad_(True), pictures, log_scale)
    got.backward()
    if log_scale.grad is None or not log_scale.grad.abs() > 1e-6:
        fail(f"{name_of(contrast)} gives `log_scale` no gradient.", COLD)


def similarities(texts: Tensor, pictures: Tensor) -> Tensor:
    return F.normalize(texts, dim=-1) @ F.normalize(pictures, dim=-1).T


def loss(texts: Tensor, pictures: Tensor, log_scale: Tensor) -> Tensor:
    return both(log_scale.exp() * similarities(texts, pictures))


def both(scores: Tensor) -> Tensor:
    own = torch.arange(len(scores))
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2


def traps(texts: Tensor, pictures: Tensor, log_scale: Tensor) -> list[tuple[str, float]]:
    cosines, own = similarities(texts, pictures), torch.arange(len(texts))
    scores = log_scale.exp() * cosines
    found = [
        (ONE_WAY, F.cross_entropy(scores, own)),
        (OTHER_WAY, F.cross_entropy(scores.T, own)),
        (LENGTH, both(log_scale.exp() * texts @ pictures.T)),
        (LENGTH, F.cross_entropy(log_scale.exp() * texts @ pictures.T, own)),
        (NO_SCALE, both(cosines)),
        (NO_EXP, both(log_scale * cosines)),
        (DIVIDED, both(cosines / log_scale.exp())),
        (SUM, 2 * both(scores)),
        (SUM_ROWS, len(texts) * both(scores)),
        (FIRST, (F.cross_entropy(scores, 0 * own) + F.cross_entropy(scores.T, 0 * own)) / 2),
    ]
    right = float(both(scores))
    return [(why, float(value)) for why, value in found if not near(float(value), right)]


def vectors(pairs: int, scale: float) -> tuple[Tensor, Tensor, Tensor]:
    drawn = torch.Generator().manual_seed(pairs)
    texts = torch.randn(pairs, 4, generator=drawn) * torch.linspace(0.5, 3.0, pairs)[:, None]
    return texts, texts + torch.randn(pairs, 4, generator=drawn), torch.tensor(scale)
