"""Fusion-in-Decoder: every passage is read alone, beside the question, and all are joined in the decoder (2007.01282).

Reading costs passages * length^2 attention products instead of (passages * length)^2, and no passage pushes another
out of the window. The decoder here is the encoder: the shipped generator's own layers read each (question, passage) in
both directions, and then write from left to right, looking in every layer at that layer's keys of *all* passages. So
self-attention and cross-attention are one softmax over shared weights (1910.10683, section 3.2.1); the paper's T5 has
a decoder of its own, whose cross-attention looks at the encoder's last layer only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from companion.models.generator import ShopGenerator, load_shipped, replied
from companion.models.prompts import answer_prompt
from companion.models.replies import Reply

WEIGHTS = Path(__file__).parent / "weights" / "fid"
LONGEST_ANSWER = 24  # tokens
NEVER = -1e9  # added to the score of a key that may not be looked at


def numbered_prompt(question: str, passage: str, number: int) -> str:
    """What is read of one passage: "[7] ..." under its own number, with the question."""
    return answer_prompt(question, [passage]).replace("[1]", f"[{number}]", 1)


def pad(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Token ids (rows, length), zeros at the end, and which of them are real, (rows, length) bool."""
    size = max(len(row) for row in rows)
    ids = torch.tensor([[*row, *[0] * (size - len(row))] for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    return ids, torch.arange(size) < lengths[:, None]


def allowed(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """0 where a key may be looked at and very little elsewhere, to be added to attention's scores."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(~mask, NEVER)


def encode(bert: Any, ids: Tensor, real: Tensor, dtype: torch.dtype = torch.float32) -> list[tuple[Tensor, Tensor]]:
    """Read each row alone, in both directions; gives (keys, values) a layer, both (rows, heads, length, width)."""
    cache = DynamicCache()
    bert(ids, attention_mask=allowed(real[:, None, None].expand(-1, 1, ids.shape[1], -1), dtype), past_key_values=cache)
    return [(layer.keys, layer.values) for layer in cache.layers]


def fuse(kept: list[tuple[Tensor, Tensor]], real: Tensor, passages: int) -> tuple[DynamicCache, Tensor]:
    """Lay the passages of one question end to end: (questions * passages, ...) becomes one row a question.

    Gives the cache that the decoder starts from, keys (questions, heads, passages * length, width), and which of
    those are real, (questions, passages * length).
    """
    fused = DynamicCache()
    for layer, pair in enumerate(kept):
        fused.update(*(end_to_end(each, passages) for each in pair), layer)
    return fused, real.reshape(len(real) // passages, -1)


def end_to_end(keys: Tensor, passages: int) -> Tensor:
    """(questions * passages, heads, length, width) -> (questions, heads, passages * length, width)."""
    rows, heads, length, width = keys.shape
    split = keys.reshape(rows // passages, passages, heads, length, width)
    return split.transpose(1, 2).reshape(rows // passages, heads, passages * length, width)


def decode(
    bert: Any, ids: Tensor, cache: DynamicCache, real: Tensor, begins: Tensor, dtype: torch.dtype, **options: Any
) -> Any:
    """Hidden states of tokens that follow the passages: ids (questions, tokens), begins (questions,) their position.

    real: (questions, keys before), as `fuse` gives it, with the tokens that were decoded already. A token looks at
    every passage and at the tokens before it. `options` go to the model.
    """
    tokens = ids.shape[1]
    before = real[:, None].expand(-1, tokens, -1)  # (questions, tokens, keys)
    own = torch.ones(tokens, tokens, dtype=torch.bool, device=ids.device).tril().expand(len(ids), -1, -1)
    mask = allowed(torch.cat([before, own], dim=-1)[:, None], dtype)
    places = begins[:, None] + torch.arange(tokens, device=ids.device)
    return bert(ids, attention_mask=mask, position_ids=places, past_key_values=cache, **options)


class FusionReader(ShopGenerator):
    """A generator that reads its passages one by one and fuses them in the decoder; any number of them.

    `respond(question, passages)` as every generator has it. A passage and the question may have 500 tokens together.
    """

    def respond(self, question: str, passages: list[str]) -> Reply:
        """Answer from all passages; `cited` counts from 1 and is empty for a refusal."""
        if not passages:
            raise ValueError("There is nothing to read: give Fusion-in-Decoder at least one passage.")
        prompts = self.prompts(question, passages)
        return replied(self.write_from(prompts), passages, "\n\n".join(prompts))

    def prompts(self, question: str, passages: Sequence[str]) -> list[str]:
        """What is encoded, one text a passage."""
        return [numbered_prompt(question, passage, number) for number, passage in enumerate(passages, 1)]

    @torch.inference_mode()
    def write_from(self, prompts: Sequence[str], max_new_tokens: int = LONGEST_ANSWER) -> str:
        """The greedy answer, token by token."""
        rows = [self.encode(prompt)[0].tolist() for prompt in prompts]
        if max(map(len, rows)) + max_new_tokens > self.room():
            raise ValueError(f"A passage has more than {self.room() - max_new_tokens} tokens: split it.")
        ids, mask = pad([row[:-1] for row in rows])
        cache, real = fuse(encode(self.model.bert, ids, mask), mask, len(rows))
        begin, said = torch.tensor([ids.shape[1]]), [rows[0][-1]]
        while len(said) <= max_new_tokens and said[-1] != self.tokenizer.sep_token_id:
            token = torch.tensor([[said[-1]]])
            hidden = decode(self.model.bert, token, cache, real, begin + len(said) - 1, torch.float32)
            real = torch.cat([real, real.new_ones(1, 1)], dim=1)
            said.append(int(self.model.cls(hidden.last_hidden_state[:, -1]).argmax()))
        return self.tokenizer.decode(said[1:], skip_special_tokens=True).strip()


def load_fusion(folder: str | Path = WEIGHTS) -> FusionReader:
    """The reader that ships, or one that `python -m companion.rag.fid_training` wrote to a folder."""
    shop = load_shipped(Path(folder))
    return FusionReader(Path(folder).name, shop.model, shop.tokenizer)
