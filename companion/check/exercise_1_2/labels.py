"""Padding is no target: labels are -100 where the mask is 0, and the token itself everywhere else."""

from collections.abc import Callable

import torch
from torch import Tensor

from companion.check.exercise_1_2.tensors import call_on_copies, tensor
from companion.check.running import fail, name_of, shown

IGNORED = -100  # PyTorch's cross_entropy leaves out targets of this value
END = 102  # the encoder's [SEP]
BATCHES = [  # what it is, rows of tokens, rows of the mask
    ("no padding", [[101, 7592, END]], [[1, 1, 1]]),
    ("padding of its own, 0", [[101, 2003, END], [101, END, 0]], [[1, 1, 1], [1, 1, 0]]),
    ("padding equal to the end", [[101, 2003, 1029, END], [101, END, END, END]], [[1, 1, 1, 1], [1, 1, 0, 0]]),
    ("two texts in one row", [[101, 7592, END, 2003, END, END]], [[1, 1, 1, 1, 1, 0]]),
    ("padding on the left", [[0, 0, 101, 2003, END], [101, 2003, 2009, 1029, END]], [[0, 0, 1, 1, 1], [1] * 5]),
]
UNTOUCHED = "The model reads input_ids after this: build the labels in a new tensor (`clone`, `where`, `masked_fill`)."
STILL_TARGET = "There is padding among the targets: where attention_mask is 0 the label has to be -100."
LOST_END = (
    "A true end of text has become -100. Padding and the end can be the same token, so the token cannot tell "
    "them apart: ask attention_mask. A model that never sees the end as a target never learns to stop."
)
INVERTED = "The text is left out and the padding is learned: 1 in attention_mask means text, 0 means padding."
SHIFTED = "The labels are moved by one place: the model does that itself, so label and token stand at the same place."
OTHER_VALUE = "Padding got another number than -100: the loss leaves out that one only (ignore_index of cross_entropy)."
LEFT = "Padding can stand on the left too: the mask says where it is, the number of real tokens does not."
FIRST = "The first token of a text was left out too: the model moves the labels itself; only padding becomes -100."


def check(labels: Callable) -> None:
    """`labels(input_ids, attention_mask)` -> the same tokens, and -100 for padding."""
    for kind, tokens, masks in BATCHES:
        ids, mask = torch.tensor(tokens), torch.tensor(masks)
        got = call_on_copies(labels, ids, mask, names=("input_ids", "attention_mask"), why=UNTOUCHED)
        said = f"{name_of(labels)}({shown(ids.tolist())}, {shown(mask.tolist())})"
        got = tensor(got, tuple(ids.shape), said, "A label for each token of input_ids is wanted.")
        right = torch.where(mask == 1, ids, IGNORED)
        if got.dtype != torch.long:
            fail(
                f"{said} gave numbers of type {got.dtype}.", "Labels are token ids, of type torch.int64, as input_ids."
            )
        if not torch.equal(got, right):
            fail(f"{said} ({kind}) gave {got.tolist()}\nand not {right.tolist()}.", _why(got, ids, mask))


def _why(got: Tensor, ids: Tensor, mask: Tensor) -> str:
    padding, after = mask == 0, torch.roll(ids, -1, 1)
    if torch.equal(got, torch.where(padding, ids, IGNORED)):
        return INVERTED
    if torch.equal(got[:, :-1], after[:, :-1]):
        return SHIFTED
    if torch.equal(got[:, 1:], torch.where(padding, IGNORED, ids)[:, 1:]):
        return FIRST
    if (got[padding] != IGNORED).any():
        return LEFT if padding[:, 0].any() else STILL_TARGET if torch.equal(got, ids) else OTHER_VALUE
    if (got[(ids == END) & ~padding] == IGNORED).any():
        return LOST_END
    return "Label and token are equal wherever attention_mask is 1; the label is -100 wherever it is 0."
