"""A causal model that reads its prompt in both directions, as a loss sees it: examples in, answer scores out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from companion.models.causal import prefix_mask

Example = tuple[str, str]  # prompt, target


class PromptedModel(nn.Module):
    """`model`, a `BertLMHeadModel` as in `causal.py`, with batches of (prompt, target) and scores of the target."""

    def __init__(self, model: Any, tokenizer: Any, dtype: torch.dtype = torch.float32):
        super().__init__()
        self.model, self.tokenizer, self.dtype = model, tokenizer, dtype
        self.head = model.cls.predictions.transform

    def batch(self, examples: list[Example]) -> dict[str, Tensor]:
        """Token ids (batch, size), labels (-100 outside the answer), prefix and total lengths (batch,)."""
        return padded([(self.ids(p, start=True), self.ids(t, end=True)) for p, t in examples])

    def ids(self, text: str, start: bool = False, end: bool = False) -> list[int]:
        """Word pieces, with [CLS] before a prompt and [SEP] after an answer."""
        return marked(self.tokenizer, text, start, end)

    def logits(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Scores over the vocabulary at answer places only, and the labels there: (places, words), (places,)."""
        allowed = prefix_mask(batch["prefix"], batch["length"], batch["ids"].shape[1])
        mask = torch.zeros(allowed.shape, dtype=self.dtype, device=allowed.device).masked_fill(~allowed, -1e9)
        hidden = self.model.bert(input_ids=batch["ids"], attention_mask=mask, use_cache=False).last_hidden_state
        places = batch["labels"] != -100
        words = self.model.bert.embeddings.word_embeddings.weight
        return self.head(hidden[places].float()).to(words.dtype) @ words.T, batch["labels"][places]


def answer_loss(model: PromptedModel, batch: dict[str, Tensor]) -> Tensor:
    """Cross-entropy of the answer's tokens; the prompt carries no loss."""
    logits, labels = model.logits(batch)
    return F.cross_entropy(logits.float(), labels)


def exact(model: PromptedModel, batch: dict[str, Tensor]) -> float:
    """Share of answers whose every token is the most likely one, given the right tokens before it."""
    logits, labels = model.logits(batch)
    return all_right(logits, labels, batch["labels"]).float().mean().item()


def marked(tokenizer: Any, text: str, start: bool = False, end: bool = False) -> list[int]:
    """Word pieces, with [CLS] before a prompt and [SEP] after an answer."""
    inner = tokenizer(text, add_special_tokens=False).input_ids
    return [tokenizer.cls_token_id] * start + inner + [tokenizer.sep_token_id] * end


def padded(pairs: Sequence[tuple[list[int], list[int]]]) -> dict[str, Tensor]:
    """(prompt, answer) ids as one batch: ids and labels (batch, size), prefix and total lengths (batch,).

    labels stand where their token is *predicted*, one place to the left, and are -100 elsewhere. The prefix, read in
    both directions, is the prompt without its last token: with that one the answer's loop begins (`Generator.read`).
    """
    size = max(len(prompt) + len(answer) for prompt, answer in pairs) - 1
    ids, labels = torch.zeros(len(pairs), size, dtype=torch.long), torch.full((len(pairs), size), -100)
    for row, (prompt, answer) in enumerate(pairs):
        whole = (prompt + answer)[:-1]
        ids[row, : len(whole)] = torch.tensor(whole)
        labels[row, len(prompt) - 1 : len(whole)] = torch.tensor(answer)
    prefix = torch.tensor([len(prompt) - 1 for prompt, _ in pairs])
    length = torch.tensor([len(prompt) + len(answer) - 1 for prompt, answer in pairs])
    return {"ids": ids, "labels": labels, "prefix": prefix, "length": length}


def all_right(logits: Tensor, words: Tensor, labels: Tensor) -> Tensor:
    """Which answers have the right token in every place, (batch,): logits and words at the labels' places."""
    right = torch.ones_like(labels, dtype=torch.bool)
    right[labels != -100] = logits.argmax(-1) == words
    return right.all(dim=1)
