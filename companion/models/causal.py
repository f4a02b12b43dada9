"""The encoder's weights run as a causal language model: `BertLMHeadModel`, with a prefix mask.

The prompt is read in both directions, as the encoder was trained to read; the answer is written from left to
right (a prefix language model, 1910.10683, section 3.2.1). Only a LoRA adapter and a small head are new.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor
from transformers import BertConfig, BertLMHeadModel
from transformers.utils import logging

from companion.models.weights import quiet


def causal_backbone(folder: Path, attention: str = "sdpa") -> BertLMHeadModel:
    """Load encoder weights as a decoder; the head starts as the identity before the tied word embeddings."""
    config = BertConfig.from_pretrained(folder, is_decoder=True, attn_implementation=attention)
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    config.bos_token_id, config.eos_token_id, config.pad_token_id = 101, 102, 0
    with quiet_loading():
        model = BertLMHeadModel.from_pretrained(folder, config=config)
    start_head(model)
    return model.eval()


def start_head(model: BertLMHeadModel) -> None:
    """Identity, no bias, layer norm at one and zero: hidden states meet the word embeddings unchanged."""
    head = model.cls.predictions
    with torch.no_grad():
        head.transform.dense.weight.copy_(torch.eye(head.transform.dense.in_features))
        for zero in (head.transform.dense.bias, head.transform.LayerNorm.bias, head.bias):
            zero.zero_()
        head.transform.LayerNorm.weight.fill_(1.0)


def head_tensors(model: BertLMHeadModel) -> dict[str, Tensor]:
    """What of the head is trained and shipped: its dense layer and layer norm, not the tied embeddings."""
    return dict(model.cls.predictions.transform.state_dict())


def prefix_mask(prefix: Tensor, length: Tensor, size: int) -> Tensor:
    """Who may look at whom: (batch, 1, size, size), True where a query (row) may read a key (column).

    prefix, length: (batch,), tokens read in both directions, and tokens of prompt and answer together.
    """
    place = torch.arange(size, device=prefix.device)
    backwards = place[None, None, :] <= place[None, :, None]  # (1, size, size)
    in_prompt = place[None, None, :] < prefix[:, None, None]  # (batch, 1, size)
    there = place[None, None, :] < length[:, None, None]
    return ((backwards | in_prompt) & there)[:, None]


@contextlib.contextmanager
def quiet_loading() -> Iterator[None]:
    """Without the report on the head's weights, which no encoder has and which `start_head` sets."""
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with quiet():
            yield
    finally:
        logging.set_verbosity(level)
