"""The teacher's part of a combined loss keeps its weight at every temperature."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from companion.check.exercise_1_3.tensors import loss_of, wrong_value
from companion.check.running import fail, name_of

TEACHER = torch.tensor([[6.0, 4.0, 1.0, 0.0], [0.0, 5.0, 4.5, 1.0], [2.0, 2.0, -1.0, 3.0]])
STUDENT = torch.tensor([[1.0, -0.5, 0.5, 0.0], [0.3, 0.2, -1.0, 2.0], [0.0, 1.5, 0.0, -0.5]])
LABELS = torch.tensor([0, 1, 3])
CASES = [(3.0, 0.75), (3.0, 1.0), (1.0, 0.5), (8.0, 0.25), (3.0, 0.0)]  # T, alpha

FADES = "The teacher's part still fades: its gradient shrinks as 1 / T**2, so at T = 8 it pulls 64 times too weakly."
ONCE = "T times is not enough: dividing the logits takes one factor T, the flatter softmax takes another."
BOTH = "The labels' part grew too: it has no temperature, so only the teacher's part is scaled."
DIVIDED = "That divides by T**2 and makes a small gradient smaller: multiply."
HEATED = "The labels' part was heated too: cross-entropy takes the student's logits as they are."
SWAPPED = "alpha is the weight of the teacher's part, 1 - alpha the weight of the labels' part."
BACKWARDS = "Student and teacher changed places: F.kl_div takes the student's log-probabilities first."
CLASSES = "That divides by the number of classes too: the mean is over mails, which is 'batchmean'."
ENTROPY = "That is the teacher's cross-entropy, which is not 0 for a perfect student: the KL divergence is wanted."
SUMMED = "That is the sum over the mails: take their mean, or the loss grows with the batch."
ELSE = "Wanted: alpha * the teacher's part, mended, + (1 - alpha) * the labels' part, as it was."


def check(combined: Callable) -> None:
    """`combined(student, teacher, labels, T, alpha)` is alpha T^2 KL + (1 - alpha) cross-entropy."""
    for T, alpha in CASES:
        said = f"{name_of(combined)}(student, teacher, labels, T={T:g}, alpha={alpha:g})"
        got = loss_of(combined, STUDENT, TEACHER, LABELS, T, alpha, said=said)
        wrong_value(said, got.value, _mixed(T, alpha), _traps(T, alpha).items(), ELSE)
        gradient = _gradient(T, alpha)
        if not torch.allclose(got.gradient, gradient, atol=1e-4):
            norms = f"a gradient of {got.gradient.norm():.4f} and not {gradient.norm():.4f}"
            fail(f"{said} has the right value, but {norms}.", "A part of it was cut off by .detach() or .item().")


def _soft(student, teacher, T: float, reduction: str = "batchmean"):
    return F.kl_div(F.log_softmax(student / T, -1), F.softmax(teacher / T, -1), reduction=reduction)


def _mixed(T: float, alpha: float, student=STUDENT) -> float:
    return alpha * T**2 * _soft(student, TEACHER, T) + (1 - alpha) * F.cross_entropy(student, LABELS)


def _gradient(T: float, alpha: float) -> torch.Tensor:
    student = STUDENT.clone().requires_grad_(True)
    _mixed(T, alpha, student).backward()
    return student.grad


def _traps(T: float, alpha: float) -> dict[str, float]:
    soft, hard, rest = _soft(STUDENT, TEACHER, T), F.cross_entropy(STUDENT, LABELS), 1 - alpha
    entropy = F.cross_entropy(STUDENT / T, F.softmax(TEACHER / T, -1))
    heated = F.cross_entropy(STUDENT / T, LABELS)
    return {
        FADES: alpha * soft + rest * hard,
        ONCE: alpha * T * soft + rest * hard,
        BOTH: T**2 * (alpha * soft + rest * hard),
        DIVIDED: alpha * soft / T**2 + rest * hard,
        HEATED: alpha * T**2 * soft + rest * heated,
        SWAPPED: rest * T**2 * soft + alpha * hard,
        BACKWARDS: alpha * T**2 * _soft(TEACHER, STUDENT, T) + rest * hard,
        CLASSES: alpha * T**2 * soft / TEACHER.shape[-1] + rest * hard,
        ENTROPY: alpha * T**2 * entropy + rest * hard,
        SUMMED: alpha * T**2 * _soft(STUDENT, TEACHER, T, "sum") + rest * hard,
    }
