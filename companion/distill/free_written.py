"""Customers' letters that the shipped generator writes, for a student that may see no real one.

The generator learned to write from the 640 labelled letters of four writers. It is small: what it writes is often
odd, and sometimes word for word what it read. Such copies are left out here, for they would be real letters; a copy
that differs by a blank or a mark is not found, and a few of these stay.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from companion.device import fast_bf16
from companion.distill.free import different
from companion.distill.sequences import until_end
from companion.models.generator import Generator, spelt_like
from companion.models.prompts import write_prompt
from companion.world.utterances import INTENTS, mail

LONGEST = 40  # tokens; what has not ended by then has lost its thread
BATCH = 64
EACH = 125  # letters for an intent, a few more than are used: a text may come up under two intents


@torch.inference_mode()
def sampled(
    generator: Generator,
    prompt: str,
    count: int,
    seed: int = 0,
    temperature: float = 0.7,
    top_k: int = 50,
    top_p: float = 0.9,
    longest: int = LONGEST,
) -> list[str]:
    """`count` continuations of one prompt, drawn token by token; those that do not end in time are left out.

    The prompt is read once and its keys and values are shared. temperature, top_k, top_p: as transformers' `generate`
    takes them, and with the values that `Generator.generate` uses.
    """
    random, end = torch.Generator().manual_seed(seed), generator.tokenizer.sep_token_id
    ids = generator.encode(prompt)
    cache = generator.read(ids)
    cache.batch_repeat_interleave(count)
    token, tokens, ended = ids[:, -1:].repeat(count, 1), [], torch.zeros(count, dtype=torch.bool)
    while len(tokens) < longest and not ended.all():
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bf16()):
            logits = generator.model(input_ids=token, past_key_values=cache, use_cache=True).logits[:, -1]
        token = drawn(logits.float() / temperature, top_k, top_p, random)
        tokens.append(token)
        ended |= token[:, 0] == end
    rows = [until_end(row, end) for row in torch.cat(tokens, 1)]
    return [generator.tokenizer.decode(row[:-1]) for row in rows if len(row) > 1 and row[-1] == end]


def drawn(logits: Tensor, top_k: int, top_p: float, random: torch.Generator) -> Tensor:
    """One token a row, (rows, 1): among the `top_k` likeliest, and of those the fewest that make up `top_p`."""
    values, tokens = logits.topk(min(top_k, logits.shape[-1]))  # (rows, k), the likeliest first
    chances = values.softmax(-1)
    chances[chances.cumsum(-1) - chances >= top_p] = 0  # what stands before a token is enough without it
    return tokens.gather(1, torch.multinomial(chances, 1, generator=random))


def written_for(generator: Generator, intent: str, count: int, seed: int = 0) -> dict[str, object]:
    """`count` different letters for one intent, none of them a copy; and how much had to be drawn for them.

    Returns {"texts", "drawn", "unended", "repeated", "copied"}: counts of draws that were left out, by their reason.
    """
    real, texts, found = {text.lower() for text in mail("train")[0]}, {}, dict.fromkeys(COUNTS, 0)
    for turn in range(50):
        if len(texts) >= count:
            break
        batch = sampled(generator, write_prompt(intent), BATCH, seed * 100_000 + INTENTS.index(intent) * 1000 + turn)
        found["drawn"] += BATCH
        found["unended"] += BATCH - len(batch)
        _sort(batch, texts, real, found)
    return {"texts": different(texts.values(), count), **found}


COUNTS = ("drawn", "unended", "repeated", "copied")


def _sort(batch: Sequence[str], texts: dict[str, str], real: Collection[str], found: dict[str, int]) -> None:
    for text in (spelt_like("", text) for text in batch):
        if text.lower() in real:
            found["copied"] += 1
        elif text.lower() in texts:
            found["repeated"] += 1
        elif text:
            texts[text.lower()] = text


def counts(rows: Sequence[dict]) -> dict[str, int]:
    """How much was drawn for all intents of the stored run, and how much was left out, by its reason."""
    return {what: sum(row[what] for row in rows) for what in COUNTS}


def written(rows: Sequence[dict], count: int) -> list[str]:
    """The stored letters of all intents, one intent after the other in turn, so that each has its share."""
    turns = zip(*(row["texts"] for row in rows), strict=True)
    return different((text for turn in turns for text in turn), count)
