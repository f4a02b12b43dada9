"""A causal model that reads its prompt in both directions, as a loss sees it: examples in, answer scores out."""

from __future__ import annotations

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
        """Token ids (batch, size), labels (-100 outside the answer), prompt and total lengths (batch,)."""
        pairs = [(self.ids(p, start=True), self.ids(t, end=True)) for p, t in examples]
        size = max(len(p) + len(t) for p, t in pairs) - 1
        ids, labels = torch.zeros(len(pairs), size, dtype=torch.long), torch.full((len(pairs), size), -100)
        for row, (prompt, target) in enumerate(pairs):
            whole = (prompt + target)[:-1]
            ids[row, : len(whole)] = torch.tensor(whole)
            labels[row, len(prompt) - 1 : len(whole)] = torch.tensor(target)
        prefix = torch.tensor([len(p) for p, _ in pairs])
        length = torch.tensor([len(p) + len(t) - 1 for p, t in pairs])
        return {"ids": ids, "labels": labels, "prefix": prefix, "length": length}

    def ids(self, text: str, start: bool = False, end: bool = False) -> list[int]:
        """Word pieces, with [CLS] before a prompt and [SEP] after an answer."""
        inner = self.tokenizer(text, add_special_tokens=False).input_ids
        return [self.tokenizer.cls_token_id] * start + inner + [self.tokenizer.sep_token_id] * end

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
    right = torch.ones_like(batch["labels"], dtype=torch.bool)
    right[batch["labels"] != -100] = logits.argmax(-1) == labels
    return right.all(dim=1).float().mean().item()
