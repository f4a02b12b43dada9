"""The desk's reply student: a Llama of about a million parameters that writes whole replies.

Sequence distillation (Kim and Rush, 1606.07947) with two teachers: the shipped sorter says what a letter asks for,
and the gold replies of that intent say what to write. The student gets words only, no logits. From the letter it writes
first the intent and then the reply, word piece by word piece: to name the reason before the answer teaches small
models more (2305.02301). `python -m companion.distill.reply_student` trains it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from companion.models.causal import prefix_mask
from companion.models.generator import spelt_like
from companion.models.prompted import marked
from companion.models.weights import quiet
from companion.world.utterances import replies

WEIGHTS = Path(__file__).parent / "weights" / "replies"
LONGEST_LETTER, LONGEST_REPLY = 96, 52  # word pieces; letters have about 20, intents and replies 33
Ids = list[int]


class ReplyStudent:
    """From a customer's letter to a whole reply, greedily.

    Attributes: `model` (LlamaForCausalLM), `tokenizer` (its own few thousand word pieces).
    """

    def __init__(self, model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast):
        self.model, self.tokenizer = model.eval(), tokenizer

    def __call__(self, letter: str) -> str:
        """The reply, in capitals and lower case, without the intent that is written before it."""
        return self.intent_and_reply(letter)[1]

    def intent_and_reply(self, letter: str) -> tuple[str, str]:
        """What the student took the letter for, such as "order status", and its reply."""
        written = self.tokenizer.decode(self.write(letter), skip_special_tokens=True)
        intent, found, reply = written.partition(":")
        return (intent.strip(), sentences(reply)) if found else ("", sentences(intent))

    def letter_ids(self, letter: str) -> Ids:
        """[CLS], the letter's word pieces, at most 96 of them, and [SEP], at which the reply begins."""
        inner = marked(self.tokenizer, letter)[:LONGEST_LETTER]
        return [self.tokenizer.cls_token_id, *inner, self.tokenizer.sep_token_id]

    @torch.inference_mode()
    def write(self, letter: str) -> Ids:
        """The ids of the reply: the likeliest next piece, again and again, until [SEP]."""
        if not letter.strip():
            raise ValueError("The letter is empty: pass what the customer wrote.")
        ids = torch.tensor([self.letter_ids(letter)])
        cache, token, written = self.read(ids), ids[:, -1:], []
        while len(written) < LONGEST_REPLY:
            logits = self.model(input_ids=token, past_key_values=cache, use_cache=True).logits  # (1, 1, pieces)
            token = logits[:, -1].argmax(-1, keepdim=True)
            if token.item() == self.tokenizer.sep_token_id:
                break
            written.append(token.item())
        return written

    def read(self, ids: Tensor) -> DynamicCache:
        """Read the letter in both directions, all but its last token, with which the reply's loop begins."""
        cache, size = DynamicCache(config=self.model.config), ids.shape[1] - 1
        everywhere = torch.ones(1, 1, size, size, dtype=torch.bool)
        self.model.model(input_ids=ids[:, :-1], attention_mask=everywhere, past_key_values=cache, use_cache=True)
        return cache

    def save(self, folder: str | Path) -> None:
        """Write transformers' own files: configuration, fp16 weights as safetensors, tokenizer."""
        weights = {name: t.half() for name, t in self.model.state_dict().items() if name != "lm_head.weight"}  # tied
        self.model.save_pretrained(folder, state_dict=weights)
        self.tokenizer.save_pretrained(folder)

    @classmethod
    def load(cls, folder: str | Path = WEIGHTS) -> ReplyStudent:
        """Read what `save` wrote; it computes in float32."""
        if not (Path(folder) / "model.safetensors").is_file():
            raise FileNotFoundError(
                f"{folder} holds no student: train one with `python -m companion.distill.reply_student`."
            )
        with quiet():
            model = LlamaForCausalLM.from_pretrained(folder, use_safetensors=True, dtype=torch.float32)
        return cls(model, PreTrainedTokenizerFast.from_pretrained(folder))


def make_reply_llama(
    tokenizer: PreTrainedTokenizerFast,
    teacher_rows: Tensor | None = None,
    dim: int = 128,
    layers: int = 2,
    heads: int = 4,
    inner: int = 384,
    seed: int = 0,
) -> LlamaForCausalLM:
    """A new Llama over the tokenizer's pieces, its head tied to its embeddings.

    Parameters: pieces * dim + layers * (4 dim^2 + 3 dim inner + 2 dim) + dim. teacher_rows (pieces, width): the
    embeddings begin as these, centred and cut to `dim` columns by SVD, so that words that no training letter
    holds lie near words that one does.
    """
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=dim,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        max_position_embeddings=LONGEST_LETTER + LONGEST_REPLY + 8,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    if teacher_rows is not None:
        _start_embeddings(model.get_input_embeddings().weight, teacher_rows.float())
    return model


@torch.no_grad()
def _start_embeddings(table: Tensor, rows: Tensor, spread: float = 0.1) -> None:
    if rows.shape[1] < table.shape[1]:
        raise ValueError(f"Rows of {rows.shape[1]} numbers cannot fill {table.shape[1]} columns: choose a smaller dim.")
    left, strength, _ = torch.linalg.svd(rows - rows.mean(0), full_matrices=False)
    reduced = (left * strength)[:, : table.shape[1]]  # (pieces, dim)
    table.copy_(reduced * (spread / reduced.std()))


def reply_logits(model: LlamaForCausalLM, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Logits where a piece of the reply is predicted (reply pieces, vocabulary), and those pieces (reply pieces,).

    batch: as `companion.models.prompted.padded` makes it; the letter is read in both directions.
    """
    allowed = prefix_mask(batch["prefix"], batch["length"], batch["ids"].shape[1])
    mask = torch.zeros(allowed.shape).masked_fill(~allowed, -1e9)
    hidden = model.model(input_ids=batch["ids"], attention_mask=mask, use_cache=False).last_hidden_state
    places = batch["labels"] != -100
    return model.lm_head(hidden[places]).float(), batch["labels"][places]


def reply_loss(model: LlamaForCausalLM, batch: dict[str, Tensor]) -> Tensor:
    """Cross-entropy of the reply's pieces, mean over pieces; the letter carries no loss."""
    return F.cross_entropy(*reply_logits(model, batch))


@cache
def _spellings() -> str:
    """All gold replies in one text: what they write in capitals inside a sentence is a name, such as Track."""
    return " ".join(reply for pairs in replies().values() for _, reply in pairs)


def sentences(text: str) -> str:
    """Lower-case word pieces as they would be typed: "tap track ." becomes "Tap Track."."""
    return spelt_like(_spellings(), re.sub(r"(\w) - (\w)", r"\1-\2", text.strip()))


def parameters(model: torch.nn.Module) -> int:
    """How many numbers a model has; a tied head counts once."""
    return sum(p.numel() for p in model.parameters())


if __name__ == "__main__":
    from companion.distill.reply_training import main

    main()
