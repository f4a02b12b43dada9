"""A loss over tokens is a mean over the tokens that count: not over texts, not over padding, not over parts."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from companion.check.exercise_1_3.tensors import backward, gradient_of, wrong_value
from companion.check.running import call, fail, name_of
from companion.check.tensors import check_untouched

VOCABULARY = 12
WHOLE = [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]
PADDED = [[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]
PROMPT = [[0, 0, 1, 1, 1], [0, 1, 0, 0, 0]]
SILENT = [[0, 1, 1, 1, 0], [0, 0, 0, 0, 0]]
SHORT = [[1, 1, 0]]
NONE = [[0, 0, 0], [0, 0, 0]]
CASES = {  # masks of the parts
    "1 part, mask all ones": [WHOLE],
    "1 part, padded": [PADDED],
    "1 part, prompt and padding": [PROMPT],
    "1 part, second text all 0": [SILENT],
    "2 parts of different length": [PADDED, SHORT],
    "2 parts, the second all 0": [PROMPT, NONE],
}

GROWS = "It grows with the length: 'batchmean' divides by the first axis only, which is texts and not tokens."
PADS = "Tokens whose mask is 0 are in the mean: prompt and padding teach the student nothing."
DIVISOR = "Their loss is gone, but they are still counted: divide by mask.sum(), not by all tokens."
EQUAL_TEXTS = "That is a mean of means: a token of a short text weighs more. Every valid token counts the same."
EQUAL_PARTS = "That is a mean of the parts' means: a token of a small part weighs more. Add up, divide once at the end."
ADDED = "That is the sum of the parts' means: more parts, more loss. Add up losses and tokens, divide once at the end."
ONE_PART = "Only one of the parts is in it."
WORDS = "It is divided by the size of the vocabulary too: sum over the vocabulary, then take the mean over tokens."
INTEGERS = "The mask holds 0 and 1 as integers: as an index those are row numbers. Use mask.bool()."
AT_FRONT = "The valid tokens need not stand in front: a prompt comes before them. Read the mask, not only its sum."
TIMES_ZERO = "nan times 0 is nan: choose the valid tokens first, then compute."
NAN_BACK = (
    "The value is right, the gradient is not: nan came back through the masked tokens. Choose valid tokens first."
)
EMPTY = "A text or a part without a valid token has 0 / 0 = nan as its mean: add up, and divide once at the end."
ELSE = "Wanted: the KL divergence of each valid token, summed over the vocabulary; then the mean over all of them."


def check(token_loss: Callable) -> None:
    """`token_loss(parts)` is the mean KL divergence over all tokens whose mask is 1, in all parts."""
    for about, masks in CASES.items():
        _check_case(token_loss, about, [torch.tensor(rows) for rows in masks])
    _check_case(token_loss, "1 part, teacher nan where mask is 0", [torch.tensor(PADDED)], unknown=True)


def _check_case(token_loss: Callable, about: str, masks: list, unknown: bool = False) -> None:
    said, logits = f"{name_of(token_loss)}(parts) ({about})", [_logits(mask) for mask in masks]
    each = [_each(*pair) for pair in logits]
    right = torch.cat([one[mask == 1] for one, mask in zip(each, masks, strict=True)]).mean()
    value, gradients = _run(token_loss, _parts(logits, masks, unknown), said)
    if math.isnan(value):
        fail(f"{said} gave nan and not {right:.4f}.", TIMES_ZERO if unknown else EMPTY)
    wrong_value(said, value, float(right), _traps(each, masks), ELSE)
    if not all(one.isfinite().all() for one in gradients):
        fail(f"{said} has a gradient with nan.", NAN_BACK)
    if any((mask == 1).any() and not one[mask == 1].any() for one, mask in zip(gradients, masks, strict=True)):
        fail(f"{said} has no gradient at valid tokens.", "Student's logits were cut off by .detach() or .item().")


def _run(token_loss: Callable, parts: list, said: str) -> tuple[float, list[torch.Tensor]]:
    """Value, and gradients at the student's logits of each part."""
    copies = [tuple(one.clone() for one in part) for part in parts]
    students = [student.requires_grad_(True) for student, _, _ in copies]
    got = call(token_loss, list(copies), untouched=False)
    check_untouched(token_loss, sum(parts, ()), sum(copies, ()))
    return backward(got, said), [gradient_of(student) for student in students]


def _logits(mask) -> torch.Tensor:
    """(student or teacher, texts, length, vocabulary)."""
    generator = torch.Generator().manual_seed(mask.shape[1])
    return torch.randn(2, *mask.shape, VOCABULARY, generator=generator)


def _parts(logits: list, masks: list, unknown: bool) -> list[tuple]:
    parts = []
    for (student, teacher), mask in zip(logits, masks, strict=True):
        given = teacher.masked_fill(mask[..., None] == 0, math.nan) if unknown else teacher
        parts.append((student, given, mask))
    return parts


def _each(student, teacher) -> torch.Tensor:
    """(texts, length): the loss of each token."""
    return F.kl_div(F.log_softmax(student, -1), F.softmax(teacher, -1), reduction="none").sum(-1)


def _traps(each: list, masks: list) -> list[tuple[str, float]]:
    """Misconceptions with the value that each gives: about one part, or about several."""
    means = [one[mask == 1].mean() for one, mask in zip(each, masks, strict=True)]
    if len(masks) > 1:
        return [(EQUAL_PARTS, sum(means) / len(means)), (ADDED, sum(means)), *((ONE_PART, mean) for mean in means)]
    (one,), (mask,) = each, masks
    valid, lengths = one * mask, mask.sum(1)
    front = torch.cat([row[:n] for row, n in zip(one, lengths, strict=True)])
    return [
        (INTEGERS, one[mask].sum() / mask.sum()),
        (INTEGERS, one[mask].sum() / len(mask)),
        (GROWS, one.sum() / len(one)),
        (PADS, one.mean()),
        (DIVISOR, valid.sum() / mask.numel()),
        (EQUAL_TEXTS, (valid.sum(1) / lengths.clamp(min=1)).mean()),
        (WORDS, means[0] / VOCABULARY),
        (AT_FRONT, front.mean()),
    ]
