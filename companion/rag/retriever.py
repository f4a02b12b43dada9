"""Training the retriever apart from the generator: dense passage retrieval (DPR, arXiv 2004.04906)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from companion.labels import pass_rows

if TYPE_CHECKING:
    from companion.models.encoder import Encoder
    from companion.training import History

COSINE_SCALE = 20.0  # unit vectors score within -1 to 1, too flat for a softmax; sentence-transformers' value


def in_batch_negatives_loss(
    query_vectors: Tensor, passage_vectors: Tensor, positives: Tensor | Sequence[int], scale: float = 1.0
) -> Tensor:
    """Mean over queries of -log softmax(scale * q . p)[positive]: the batch's other passages are negatives.

    query_vectors (queries, dim), passage_vectors (passages, dim) with passages >= queries where hard
    negatives are added, positives (queries,): the row of each query's passage. Gives a scalar tensor.
    Raises ValueError for shapes or rows that do not fit. The trap: a passage that answers two queries of the
    batch must stand in it once, or it is a negative of its own question.
    """
    positives = torch.as_tensor(positives, device=query_vectors.device)
    if query_vectors.ndim != 2 or passage_vectors.ndim != 2 or query_vectors.shape[1] != passage_vectors.shape[1]:
        shapes = f"{tuple(query_vectors.shape)} and {tuple(passage_vectors.shape)}"
        raise ValueError(f"vectors of shapes {shapes} do not fit: both must be (n, dim) with the same dim.")
    if positives.shape != query_vectors.shape[:1]:
        raise ValueError(f"{len(query_vectors)} queries need as many positives: give each query one passage row.")
    if len(positives) and not 0 <= int(positives.min()) <= int(positives.max()) < len(passage_vectors):
        raise ValueError(f"a positive names no passage: rows go from 0 to {len(passage_vectors) - 1}.")
    scores = scale * query_vectors @ passage_vectors.T  # (queries, passages)
    return torch.nn.functional.cross_entropy(scores, positives)


def retriever_batches(
    pairs: Sequence[tuple[str, str]], batch_size: int = 16, seed: int = 0
) -> Callable[[int], tuple[list[str], list[str], Tensor]]:
    """A function from the step to (questions, distinct passages, row of each question's passage).

    Each pass over the (question, passage) pairs has an order of its own, drawn from seed and pass.
    """
    if not pairs or batch_size < 2:
        raise ValueError("in-batch negatives need a pair to train on and batch_size >= 2.")
    draw = pass_rows(len(pairs), batch_size, seed)

    def batch(step: int) -> tuple[list[str], list[str], Tensor]:
        chosen = [pairs[row] for row in draw(step)]
        passages = list(dict.fromkeys(passage for _, passage in chosen))
        positives = torch.tensor([passages.index(passage) for _, passage in chosen])
        return [question for question, _ in chosen], passages, positives

    return batch


def train_retriever(
    encoder: Encoder,
    pairs: Sequence[tuple[str, str]],
    steps: int,
    lr: float = 5e-5,
    batch_size: int = 16,
    scale: float = COSINE_SCALE,
    seed: int = 0,
    **options: Any,
) -> History:
    """Train `encoder` in place so that each question lies near its passage; the generator is not touched.

    pairs: (question, passage). `options` go to `companion.training.train`. Afterwards the encoder has another
    fingerprint: an index built before must `reembed()`. One encoder serves both sides, where DPR has two.
    """
    from companion.training import train

    def loss(model: Any, batch: tuple[list[str], list[str], Tensor]) -> Tensor:
        questions, passages, positives = batch
        return in_batch_negatives_loss(encoder.forward(questions), encoder.forward(passages), positives, scale)

    batches = retriever_batches(pairs, batch_size, seed)
    return train(encoder.model, batches, loss, steps, lr=lr, seed=seed, **options)
