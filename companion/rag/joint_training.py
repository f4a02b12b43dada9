"""Training the query encoder by the marginal likelihood of answers; passages, index and generator stay as they are.

Of the passages that a question finds, each gets a prior from the search and a likelihood from the generator, which
reads it alone. Likelihoods do not change while the generator is frozen, so they are computed once and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from companion.device import fast_bf16
from companion.labels import pass_rows
from companion.models.prompted import PromptedModel
from companion.models.prompts import answer_prompt
from companion.rag.joint import rag_sequence_nll
from companion.rag.retriever import COSINE_SCALE, in_batch_negatives_loss
from companion.training import History, train


@dataclass(frozen=True)
class Asked:
    """A question with its answer, and the row of the passage that holds it: for measuring, or for DPR's labels."""

    text: str
    answer: str
    row: int


@dataclass
class Shelf:
    """Passages with the vectors of an encoder that is not trained: the index, (passages, dim)."""

    texts: list[str]  # as the generator reads them
    vectors: Tensor

    def find(self, queries: Tensor, k: int) -> Tensor:
        """Rows of the k nearest passages, the nearest first: queries (n, dim), result (n, k)."""
        return (queries @ self.vectors.T).topk(k, dim=1).indices


@dataclass
class Likelihoods:
    """log p(answer's tokens | question, passage) of a frozen generator, each pair computed once.

    `asked` counts the pairs that were computed.
    """

    generator: Any
    batch_size: int = 32
    kept: dict[tuple[str, str, str], Tensor] = field(default_factory=dict)

    def __post_init__(self):
        self.model = PromptedModel(self.generator.model, self.generator.tokenizer)

    @property
    def asked(self) -> int:
        return len(self.kept)

    def of(self, question: str, answer: str, passages: Sequence[str]) -> Tensor:
        """(passages, tokens): the answer is what the generator would say of it, "[1] 24 months"."""
        self.compute([(question, answer, passage) for passage in passages])
        return torch.stack([self.kept[question, answer, passage] for passage in passages])

    def compute(self, triples: Sequence[tuple[str, str, str]]) -> None:
        """Fill in what is missing, in batches of passages of like length."""
        missing = sorted({t for t in triples if t not in self.kept}, key=lambda t: len(t[0]) + len(t[2]))
        for at in range(0, len(missing), self.batch_size):
            part = missing[at : at + self.batch_size]
            self.kept |= dict(zip(part, self.read(part), strict=True))

    @torch.no_grad()
    def read(self, triples: Sequence[tuple[str, str, str]]) -> list[Tensor]:
        """One forward pass: the log-probability of each answer token, given the right ones before it."""
        batch = self.model.batch([(answer_prompt(q, [p]), f"[1] {answer}") for q, answer, p in triples])
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bf16()):
            logits, words = self.model.logits(batch)
        said = logits.float().log_softmax(-1).gather(1, words[:, None])[:, 0]
        return list(said.split((batch["labels"] != -100).sum(1).tolist()))


def joint_loss(
    queries: Tensor, shelf: Shelf, asked: Sequence[Asked], likelihoods: Likelihoods, k: int = 8, scale: float = 20.0
) -> Tensor:
    """Mean over questions of `rag_sequence_nll` on the k passages that each query (n, dim) finds now.

    scale: what cosines are multiplied by before the softmax. No row of `asked` is looked at.
    """
    found = shelf.find(queries.detach(), k)
    rows = [(q, [shelf.texts[r] for r in each]) for q, each in zip(asked, found.tolist(), strict=True)]
    likelihoods.compute([(q.text, q.answer, text) for q, texts in rows for text in texts])
    scores = scale * torch.einsum("nd,nkd->nk", queries, shelf.vectors[found])  # (n, k)
    priors = scores.log_softmax(-1)
    losses = [rag_sequence_nll(p, likelihoods.of(q.text, q.answer, t)) for p, (q, t) in zip(priors, rows, strict=True)]
    return torch.stack(losses).mean()


def train_by_answers(
    encoder: Any,
    shelf: Shelf,
    asked: Sequence[Asked],
    likelihoods: Likelihoods,
    steps: int = 100,
    k: int = 8,
    scale: float = COSINE_SCALE,
    **options: Any,
) -> History:
    """Train the query encoder in place on questions and answers; `options` as in `train_on`."""

    def loss(batch: list[Asked]) -> Tensor:
        return joint_loss(encoder.forward([q.text for q in batch]), shelf, batch, likelihoods, k, scale)

    return train_on(encoder, asked, loss, steps, **options)


def train_by_labels(
    encoder: Any,
    shelf: Shelf,
    asked: Sequence[Asked],
    steps: int = 100,
    rivals: int = 0,
    scale: float = COSINE_SCALE,
    **options: Any,
) -> History:
    """The same with the right passage named (DPR, 2004.04906), over the same frozen index.

    Negatives are the other questions' passages and, for each question, the first `rivals` that it finds now.
    """

    def loss(batch: list[Asked]) -> Tensor:
        queries = encoder.forward([q.text for q in batch])
        found = shelf.find(queries.detach(), rivals).flatten().tolist() if rivals else []
        rows = sorted({q.row for q in batch} | set(found))
        return in_batch_negatives_loss(queries, shelf.vectors[rows], [rows.index(q.row) for q in batch], scale)

    return train_on(encoder, asked, loss, steps, **options)


def train_on(
    encoder: Any,
    asked: Sequence[Asked],
    loss: Callable[[list[Asked]], Tensor],
    steps: int,
    lr: float = 5e-5,
    batch_size: int = 16,
    seed: int = 0,
    **options: Any,
) -> History:
    """Batches of questions in an order drawn from the seed; other options go to `companion.training.train`."""
    draw = pass_rows(len(asked), batch_size, seed)

    def batch(step: int) -> list[Asked]:
        return [asked[row] for row in draw(step)]

    return train(encoder.model, batch, lambda _, questions: loss(questions), steps, lr=lr, seed=seed, **options)


def ranks(queries: np.ndarray, vectors: np.ndarray, rows: Sequence[int]) -> np.ndarray:
    """The place, from 1, of each query's right passage among all: (n,)."""
    scores = queries @ vectors.T
    right = scores[np.arange(len(rows)), list(rows)]
    return 1 + (scores > right[:, None]).sum(1)
