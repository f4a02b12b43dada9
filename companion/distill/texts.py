"""From texts and labels to what a student reads, and back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

MAX_LENGTH = 128  # word pieces; a customer's message has about 20


class TextStudent(nn.Module):
    """What every student can do with plain texts. `tokenizer` may be set; default: the installed encoder's."""

    def __init__(self, classes: int | Sequence[str]):
        super().__init__()
        self.classes = tuple(str(n) for n in range(classes)) if isinstance(classes, int) else tuple(classes)
        self.n_classes = len(self.classes)
        if self.n_classes < 2 or len(set(self.classes)) < self.n_classes:
            raise ValueError("A student sorts into at least two classes with different names: pass them as classes.")
        self.tokenizer = None

    def tokens(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """ids and mask of the texts, both (n, length), padded to the longest."""
        return tokenise(self.tokenizer or encoder_tokenizer(), texts)

    def logits(self, texts: Sequence[str], batch_size: int = 256) -> np.ndarray:
        """Logits (n, classes), float32, without dropout; the student is left in the mode it was in."""
        was_training, out = self.training, [np.zeros((0, self.n_classes), np.float32)]
        device = next(self.parameters()).device
        with torch.inference_mode():
            self.eval()
            for at in range(0, len(texts), batch_size):
                ids, mask = self.tokens(texts[at : at + batch_size])
                out.append(self(ids.to(device), mask.to(device)).float().cpu().numpy())
        self.train(was_training)
        return np.concatenate(out)

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The class with the largest logit for each text."""
        return [self.classes[row] for row in self.logits(texts).argmax(1)]


@cache
def encoder_tokenizer():
    """The tokenizer of the installed encoder: WordPiece, 30,522 pieces."""
    from transformers import AutoTokenizer

    from companion.models.weights import installed_encoder

    return AutoTokenizer.from_pretrained(installed_encoder())


def tokenise(tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """ids and mask, int64 (n, length), padded to the longest and cut at MAX_LENGTH."""
    if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
        raise ValueError("Texts are a list of str: put one text into a list, turn other values into text first.")
    batch = tokenizer(list(texts), padding=True, truncation=True, max_length=MAX_LENGTH, return_tensors="pt")
    return batch["input_ids"], batch["attention_mask"]
