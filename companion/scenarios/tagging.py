"""Naming entities word by word: the encoder fine-tuned to tag, and, beside it, the nearest tagged word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from companion.device import fast_bf16
from companion.finetune.lora import add_lora
from companion.finetune.tuning import copied
from companion.labels import pass_rows
from companion.scenarios.abstracts import TYPES, Abstract, Entity
from companion.training import History, train

TAGS = ("outside", *(f"{place} {kind}" for kind in TYPES for place in ("first", "inside")))
IGNORED = -100  # a place that carries no loss: padding, and all but the first piece of a word
SETTINGS: dict[str, Any] = {"steps": 150, "batch_size": 6, "lr": 2e-3, "head_lr": 5e-3, "r": 8}  # by validation
Batch = dict[str, Tensor]


class Tagger(nn.Module):
    """logits = head(encoder's states), (texts, pieces, tags): one tag for the first piece of each word.

    `encoder` is a `companion.models.Encoder` and is trained with it. A span is a word tagged "first drug" and the
    words tagged "inside drug" that follow it; spans are in characters of the text, not in pieces.
    """

    def __init__(self, encoder: Any):
        super().__init__()
        self.encoder, self.model = encoder, encoder.model
        self.head = nn.Linear(encoder.dim, len(TAGS), device=next(encoder.model.parameters()).device)
        self.eval()

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids and mask (texts, pieces) to logits (texts, pieces, tags)."""
        return self.head(self.model(input_ids=ids, attention_mask=mask).last_hidden_state)

    @torch.inference_mode()
    def tag(self, texts: Sequence[str]) -> list[list[Entity]]:
        """The entities of each text."""
        self.eval()
        found = []
        for text in texts:
            pieces = cut(self.encoder.tokenizer, [text])
            device = self.head.weight.device
            rows = self(pieces["input_ids"].to(device), pieces["attention_mask"].to(device))[0].argmax(-1)
            words = word_starts(pieces, 0)
            found.append(spans(pieces, 0, [TAGS[rows[place]] for place in words]))
        return found


def cut(tokenizer: Any, texts: Sequence[str]) -> Any:
    """The texts as word pieces, padded to the longest."""
    return tokenizer(list(texts), padding=True, truncation=True, max_length=256, return_tensors="pt")


def word_starts(pieces: Any, row: int) -> list[int]:
    """Where each word's first piece stands; a punctuation mark is a word of its own."""
    words = pieces.word_ids(row)
    return [at for at, word in enumerate(words) if word is not None and word != words[at - 1]]


def spans(pieces: Any, row: int, tags: Sequence[str]) -> list[Entity]:
    """Tags of a text's words as entities. An "inside" without a beginning begins one: the type is still said."""
    found: list[Entity] = []
    before = "outside"
    for word, tag in enumerate(tags):
        place, _, kind = tag.partition(" ")
        start, end = pieces.word_to_chars(row, word)
        if place == "inside" and before.endswith(kind) and found:
            found[-1] = Entity(found[-1].start, end, kind)
        elif kind:
            found.append(Entity(start, end, kind))
        before = tag
    return found


def word_tags(pieces: Any, row: int, entities: Sequence[Entity]) -> list[str]:
    """The tag of each word of a text, from its entities."""
    tags = []
    for word in range(len(word_starts(pieces, row))):
        start, end = pieces.word_to_chars(row, word)
        inside = next((e for e in entities if e.start <= start and end <= e.end), None)
        tags.append("outside" if inside is None else f"{'first' if inside.start == start else 'inside'} {inside.type}")
    return tags


def tagged(tokenizer: Any, texts: Sequence[Abstract]) -> Batch:
    """Abstracts as one batch: ids, mask, and tags (texts, pieces), `IGNORED` where no word begins."""
    pieces = cut(tokenizer, [one.text for one in texts])
    tags = torch.full(pieces["input_ids"].shape, IGNORED)
    for row, one in enumerate(texts):
        rows = [TAGS.index(tag) for tag in word_tags(pieces, row, one.entities)]
        tags[row, word_starts(pieces, row)] = torch.tensor(rows)
    return {"ids": pieces["input_ids"], "mask": pieces["attention_mask"], "tags": tags}


def tagging_loss(model: Tagger, batch: Batch) -> Tensor:
    """Cross-entropy of the words' tags; padding and the later pieces of a word carry none."""
    logits = model(batch["ids"], batch["mask"]).float()  # (texts, pieces, tags)
    return F.cross_entropy(logits.flatten(0, 1), batch["tags"].flatten(), ignore_index=IGNORED)


def teach_tagging(encoder: Any, known: Sequence[Abstract], seed: int = 0, **options: Any) -> tuple[Tagger, History]:
    """Fine-tuning: LoRA on a copy of `encoder` and a new head, trained on the abstracts' tags.

    options: steps, batch_size, lr (of LoRA), head_lr, r; all else goes to `companion.training.train`. Raises
    ValueError where there are no abstracts.
    """
    if not known:
        raise ValueError("There are no abstracts to learn from: give at least one.")
    settings = SETTINGS | options
    steps, size, lr, head_lr, r = (settings.pop(name) for name in ("steps", "batch_size", "lr", "head_lr", "r"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Tagger(copied(encoder))
        layers = add_lora(model.model, r=r)
    body = [factor for layer in layers.values() for factor in (layer.A, layer.B)]
    groups = [{"params": body, "lr": lr}, {"params": list(model.head.parameters()), "lr": head_lr}]
    how = {"warmup": min(10, steps // 10), "bf16": fast_bf16(model.head.weight.device)} | settings
    feed = batches(encoder.tokenizer, known, size, seed)
    return model, train(model, feed, tagging_loss, steps, lr=lr, seed=seed, parameters=groups, **how)


def batches(tokenizer: Any, known: Sequence[Abstract], size: int, seed: int) -> Callable[[int], Batch]:
    """A function from the step to its batch; each pass over the abstracts has an order of its own."""
    rows = pass_rows(len(known), size, seed)
    return lambda step: tagged(tokenizer, [known[row] for row in rows(step)])


@torch.inference_mode()
def word_vectors(encoder: Any, text: str) -> tuple[Any, Tensor]:
    """The text in pieces, and a unit vector for each word's first piece, in its sentence: (words, dim)."""
    pieces = cut(encoder.tokenizer, [text])
    states = encoder.model(input_ids=pieces["input_ids"], attention_mask=pieces["attention_mask"]).last_hidden_state
    return pieces, F.normalize(states[0, word_starts(pieces, 0)].float(), dim=-1)


def nearest_words(encoder: Any, known: Sequence[Abstract], texts: Sequence[str], k: int = 3) -> list[list[Entity]]:
    """Retrieval without a dictionary: each word gets the tag most of its k nearest training words have.

    Words are compared by the encoder's states as they are, which see the sentence around them (arXiv 2203.17103
    mixes such a vote into a tagger; here it stands alone).
    """
    read = [(one, *word_vectors(encoder, one.text)) for one in known]
    vectors = torch.cat([found for _, _, found in read])  # (known words, dim)
    tags = [TAGS.index(tag) for one, pieces, _ in read for tag in word_tags(pieces, 0, one.entities)]
    votes = F.one_hot(torch.tensor(tags), len(TAGS)).float()  # (known words, tags)
    found = []
    for text in texts:
        pieces, asked = word_vectors(encoder, text)
        near = (asked @ vectors.T).topk(k, dim=1)  # (words, k)
        said = (votes[near.indices] * near.values[..., None]).sum(1).argmax(1)  # (words,)
        found.append(spans(pieces, 0, [TAGS[row] for row in said]))
    return found
