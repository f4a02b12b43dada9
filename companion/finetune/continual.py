"""Tasks that arrive one after the other: the mail of three desks, and ways to learn one without losing the last.

Only the encoder's last layers are trained; what comes out of the frozen ones below is computed once for every text.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from companion.device import fast_bf16
from companion.finetune.ewc import Diagonal, ewc_penalty
from companion.labels import labels_to_rows, pass_rows
from companion.models.encoder import mean_pool
from companion.training import History, train
from companion.world.utterances import INTENTS, mail

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

DESKS = {
    "questions": ("product_facts", "compatibility", "warranty_terms", "return_policy", "speak_to_person"),
    "orders": ("order_status", "parcel_missing", "cancel_order", "change_address", "payment_problem",
               "damaged_on_arrival"),
    "service": ("device_offline", "battery_drains", "account_access", "cancel_subscription", "book_installer"),
}  # fmt: skip
LAYERS = 1  # how many of the encoder's layers are trained
Inputs = tuple[Tensor, Tensor]  # hidden states (n, length, dim), mask (n, length)
Batch = list[tuple[Inputs, Tensor, list[int]]]  # inputs, rows among the columns, columns


@dataclass
class Letters:
    """Texts of one desk as the frozen layers leave them, and their labels as columns of the head."""

    hidden: Tensor  # (n, length, dim)
    mask: Tensor  # (n, length)
    columns: Tensor  # (n,)

    def __len__(self) -> int:
        return len(self.columns)

    def take(self, rows: Sequence[int]) -> Letters:
        """Some of them."""
        rows = torch.as_tensor(rows)
        return Letters(self.hidden[rows], self.mask[rows], self.columns[rows])


class Tail(nn.Module):
    """The last layers of an encoder and one head for all intents: (hidden, mask) -> logits of the open columns.

    `columns` says which intents may be named: those of one desk, or all that were met so far.
    """

    def __init__(self, encoder: Encoder, layers: int = LAYERS, seed: int = 0):
        super().__init__()
        self.layers = copy.deepcopy(encoder.model.encoder.layer[-layers:])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.head = nn.Linear(encoder.dim, len(INTENTS))
        self.columns = list(range(len(INTENTS)))

    def forward(self, inputs: Inputs) -> Tensor:
        """Logits (n, columns)."""
        return self.head(self.vectors(inputs))[:, self.columns]

    def vectors(self, inputs: Inputs) -> Tensor:
        """The texts' vectors (n, dim), of length 1."""
        hidden, mask = inputs
        length = int(mask.sum(1).max())  # no longer than the longest text of this batch
        hidden, mask = hidden[:, :length], mask[:, :length]
        closed = (1.0 - mask[:, None, None].to(hidden.dtype)) * torch.finfo(hidden.dtype).min
        for layer in self.layers:
            out = layer(hidden, attention_mask=closed)
            hidden = out[0] if isinstance(out, tuple) else out
        return nn.functional.normalize(mean_pool(hidden, mask), dim=-1)


@torch.no_grad()
def frozen(encoder: Encoder, texts: Sequence[str], layers: int = LAYERS, batch_size: int = 64) -> Inputs:
    """What all but the last `layers` layers say of the texts: hidden states (n, length, dim) and mask (n, length)."""
    cut = {"padding": True, "truncation": True, "max_length": encoder.max_length, "return_tensors": "pt"}
    batch = encoder.tokenizer(list(texts), **cut)
    ids, mask = batch["input_ids"], batch["attention_mask"]
    parts = [encoder.model(i, attention_mask=m, output_hidden_states=True).hidden_states[-1 - layers]
             for i, m in zip(ids.split(batch_size), mask.split(batch_size), strict=True)]  # fmt: skip
    return torch.cat(parts), mask


def letters(encoder: Encoder, split: str, layers: int = LAYERS, batch_size: int = 64) -> dict[str, Letters]:
    """{desk: its letters} of a split of the mail, read once by the layers that stay frozen."""
    texts, labels = mail(split)
    everything = Letters(*frozen(encoder, texts, layers, batch_size), labels_to_rows(labels, INTENTS))
    rows = {desk: [row for row, label in enumerate(labels) if label in intents] for desk, intents in DESKS.items()}
    return {desk: everything.take(chosen) for desk, chosen in rows.items()}


def columns_of(desk: str) -> list[int]:
    """The head's columns of one desk."""
    return [INTENTS.index(intent) for intent in DESKS[desk]]


def open_columns(desks: Sequence[str], at: int, own_head: bool) -> list[int]:
    """What may be named for a letter of desk `at`: its own intents, or those of all `desks` met so far."""
    return columns_of(desks[at]) if own_head else [c for desk in desks for c in columns_of(desk)]


def piece(held: Letters, columns: list[int]) -> tuple[Inputs, Tensor, list[int]]:
    """Letters as a piece of a batch: inputs, rows among the open columns, the columns."""
    rows = torch.tensor([columns.index(int(column)) for column in held.columns])
    return (held.hidden, held.mask), rows, columns


def loss_of(model: Tail, batch: Batch) -> Tensor:
    """Mean cross-entropy over all letters of the batch's pieces."""
    total, count = torch.zeros(()), 0
    for inputs, rows, columns in batch:
        model.columns = columns
        total = total + nn.functional.cross_entropy(model(inputs).float(), rows, reduction="sum")
        count += len(rows)
    return total / count


@torch.inference_mode()
def share_right(model: Tail, held: Letters, columns: list[int], batch_size: int = 64) -> float:
    """Share of the letters whose largest open logit is their label's."""
    model.eval()
    model.columns = columns
    right = 0
    for start in range(0, len(held), batch_size):
        part = held.take(range(start, min(start + batch_size, len(held))))
        inputs, rows, _ = piece(part, columns)
        right += int((model(inputs).argmax(1) == rows).sum())
    return right / len(held)


@dataclass
class Springs:
    """What holds the weights: (anchor, Fisher) of every task that is over, and how strong."""

    strength: float = 0.0
    tasks: list[tuple[Diagonal, Diagonal]] = field(default_factory=list)

    def pull(self, model: nn.Module) -> Tensor:
        """The sum of all penalties."""
        return sum((ewc_penalty(model, *task, self.strength) for task in self.tasks), torch.zeros(()))


def learn(
    model: Tail,
    batch: Callable[[int], Batch],
    steps: int,
    rate: float,
    head_rate: float,
    seed: int,
    springs: Springs | None = None,
    **options: Any,
) -> History:
    """Train on one task, with springs to the weights of the tasks before."""
    head = list(model.head.parameters())
    body = [p for p in model.layers.parameters() if p.requires_grad]
    groups = [{"params": body, "lr": rate}, {"params": head, "lr": head_rate}]

    def loss(tuned: Tail, pieces: Batch) -> Tensor:
        held = springs.pull(tuned) if springs is not None and springs.strength else 0.0
        return loss_of(tuned, pieces) + held

    options = {"warmup": min(5, steps // 10), "bf16": fast_bf16(), "progress": False} | options
    return train(model, batch, loss, steps, lr=rate, seed=seed, parameters=groups, **options)


def feed(
    now: Letters, columns: list[int], seed: int, old: Sequence[tuple[Letters, list[int]]] = (), size: int = 16
) -> Callable[[int], Batch]:
    """Batches of one task; of each old one four letters more out of those that were kept, for replay."""
    draw = pass_rows(len(now), size, seed)
    again = [pass_rows(len(kept), 4, seed) for kept, _ in old]

    def batch(step: int) -> Batch:
        pieces = [piece(now.take(draw(step)), columns)]
        return pieces + [piece(k.take(rows(step)), c) for (k, c), rows in zip(old, again, strict=True)]

    return batch
