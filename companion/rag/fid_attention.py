"""Where a Fusion-in-Decoder reader looks, and a searcher that learns from it (2012.04584).

Training the reader leaves the searcher as it was: no gradient reaches the ranking. What does train the searcher is
the reader's attention, taken as a label: a passage that the decoder looks at while it chooses was worth finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from companion.device import fast_bf16
from companion.models.looking import eager_attention
from companion.rag.fid import FusionReader, decode, encode, fuse, numbered_prompt, pad
from companion.rag.joint_training import Asked, Shelf, train_on
from companion.rag.retriever import COSINE_SCALE
from companion.training import History

UPPER = 1  # layers from the top; lower ones look at words, the last one chooses


@torch.no_grad()
def passage_attention(reader: FusionReader, question: str, passages: Sequence[str]) -> Tensor:
    """The share of attention that each passage gets while the decoder chooses which to cite, (passages,), sum 1.

    The mean over heads and the upper layers of the attention weights at "[", after which the passage's number is
    due, summed over each passage's tokens. No answer is needed. The paper averages the scores before the softmax
    at the first token of the answer, over all layers; its answers begin without a citation.
    """
    prompts = [numbered_prompt(question, text, number) for number, text in enumerate(passages, 1)]
    rows = [reader.encode(prompt)[0].tolist() for prompt in prompts]
    ids, mask = pad([row[:-1] for row in rows])
    with torch.autocast("cpu", torch.bfloat16, enabled=fast_bf16()):
        cache, real = fuse(encode(reader.model.bert, ids, mask), mask, len(rows))
    start = torch.tensor([[rows[0][-1], reader.tokenizer.convert_tokens_to_ids("[")]])
    with eager_attention(reader.model), torch.autocast("cpu", torch.bfloat16, enabled=fast_bf16()):
        begin, looking = torch.tensor([ids.shape[1]]), {"output_attentions": True}
        layers = decode(reader.model.bert, start, cache, real, begin, torch.float32, **looking).attentions
    looks = torch.stack(layers[-UPPER:]).mean((0, 1, 2))[-1, : real.shape[1]]  # over layers, questions, heads
    each = looks.reshape(len(rows), -1).sum(1)
    return each / each.sum()


def attention_loss(queries: Tensor, vectors: Tensor, attention: Tensor, scale: float = COSINE_SCALE) -> Tensor:
    """KL(attention || softmax(scale * q . p)), mean over questions: the searcher imitates where the reader looked.

    queries (n, dim), vectors (n, k, dim) of the k passages that each found, attention (n, k) with rows of sum 1.
    """
    if attention.shape != vectors.shape[:2] or len(queries) != len(vectors):
        shapes = f"{tuple(queries.shape)}, {tuple(vectors.shape)} and {tuple(attention.shape)}"
        raise ValueError(f"Shapes {shapes} do not fit: give (n, dim), (n, k, dim) and (n, k).")
    believed = (scale * torch.einsum("nd,nkd->nk", queries, vectors)).log_softmax(-1)
    return F.kl_div(believed, attention, reduction="batchmean")


def train_by_attention(
    encoder: Any, shelf: Shelf, asked: Sequence[Asked], reader: FusionReader, steps: int, k: int = 4, **options: Any
) -> History:
    """Train the query encoder in place on questions alone; `options` as in `joint_training.train_on`."""
    kept: dict[tuple[str, tuple[int, ...]], Tensor] = {}

    def looked(question: str, rows: list[int]) -> Tensor:
        key = (question, tuple(sorted(rows)))
        if key not in kept:  # the passages in an order of their own, not in the searcher's
            kept[key] = passage_attention(reader, question, [shelf.texts[row] for row in key[1]])
        return kept[key][[key[1].index(row) for row in rows]]

    def loss(batch: list[Asked]) -> Tensor:
        queries = encoder.forward([q.text for q in batch])
        found = shelf.find(queries.detach(), k)
        attention = torch.stack([looked(q.text, rows) for q, rows in zip(batch, found.tolist(), strict=True)])
        return attention_loss(queries, shelf.vectors[found], attention)

    return train_on(encoder, asked, loss, steps, **options)
