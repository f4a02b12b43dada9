"""Two vocabularies: probabilities are sorted, filled up with zeros, and compared."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from companion.check.exercise_1_3.tensors import loss_of, near, wrong_value
from companion.check.running import fail, name_of

BY_NUMBER = "Piece 7 of one vocabulary has nothing to do with piece 7 of the other: sort each side first."
CUT = "The longer side was cut to the shorter one's length: what it gave to its rare pieces is forgotten."
LOGITS = "Zeros were added to the *logits*: after the softmax each of them has a share. Fill up after the softmax."
RISING = "Sorted from the smallest up and filled up at the end, the largest stand at different places: sort downwards."
MEAN = "That is the mean over the pieces: a larger vocabulary then makes a smaller loss. Sum over pieces."
SUM = "That is the sum over the tokens: take their mean, or the loss grows with the text."
SQUARED = "Squared differences are wanted nowhere here: take absolute ones."
RAW = "Logits were compared, not probabilities: the softmax is missing."
ELSE = "Wanted: softmax, each row sorted downwards, the shorter filled up with 0, then sum |p - q|, then the mean."
NAMES = "The order of the pieces changed, and the loss with it. Nobody's pieces have an order: sort the student's too."
NO_GRADIENT = "The gradient differs: detach the teacher at most, and nothing of the student."


def check(loss: Callable) -> None:
    """`loss(student, teacher)` of logits (tokens, pieces) and (tokens, other pieces)."""
    for seed, (own, other) in enumerate(((4, 7), (6, 3), (5, 5))):
        random = torch.Generator().manual_seed(seed)
        student, teacher = (2 * torch.randn(3, size, generator=random) for size in (own, other))
        said = f"{name_of(loss)}(student (3, {own}), teacher (3, {other}))"
        got = loss_of(loss, student, teacher, said=said)
        wrong_value(said, got.value, float(_right(student, teacher)), _traps(student, teacher), ELSE)
        leaf = student.clone().requires_grad_(True)
        _right(leaf, teacher).backward()
        if not torch.allclose(got.gradient, leaf.grad, atol=1e-4):
            fail(f"{said} has the right value, but another gradient.", NO_GRADIENT)
        turned = loss_of(loss, student.flip(-1), teacher, said=said).value
        if not near(turned, got.value):
            fail(f"{said} changed from {got.value:.4f} to {turned:.4f}.", NAMES)


def _filled(x: torch.Tensor, size: int) -> torch.Tensor:
    return F.pad(x, (0, size - x.shape[-1]))


def _sorted(x: torch.Tensor, down: bool = True) -> torch.Tensor:
    return x.softmax(-1).sort(-1, descending=down).values


def _right(student, teacher, size: int | None = None) -> torch.Tensor:
    size = size or max(student.shape[-1], teacher.shape[-1])
    return (_filled(_sorted(student), size) - _filled(_sorted(teacher), size)).abs().sum(-1).mean()


def _traps(student, teacher):
    most, least = (pick(student.shape[-1], teacher.shape[-1]) for pick in (max, min))
    p, q = student.softmax(-1), teacher.softmax(-1)
    apart = (_filled(_sorted(student), most) - _filled(_sorted(teacher), most)).abs()
    yield BY_NUMBER, float((_filled(p, most) - _filled(q, most)).abs().sum(-1).mean())
    yield BY_NUMBER, float((p[:, :least] - q[:, :least]).abs().sum(-1).mean())
    yield CUT, float((_sorted(student)[:, :least] - _sorted(teacher)[:, :least]).abs().sum(-1).mean())
    yield LOGITS, float((_sorted(_filled(student, most)) - _sorted(_filled(teacher, most))).abs().sum(-1).mean())
    rising = (_filled(_sorted(one, False), most) for one in (student, teacher))
    yield RISING, float((next(rising) - next(rising)).abs().sum(-1).mean())
    yield MEAN, float(apart.mean())
    yield SUM, float(apart.sum())
    yield SQUARED, float((apart**2).sum(-1).mean())
    bare = (_filled(one.sort(-1, descending=True).values, most) for one in (student, teacher))
    yield RAW, float((next(bare) - next(bare)).abs().sum(-1).mean())
