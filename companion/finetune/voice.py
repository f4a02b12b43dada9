"""Fine-tuning a generator: the brand's voice by LoRA, from 120 pairs, with the facts kept or not.

A rewriting has a form, which a few pairs teach, and facts, which must be copied from the prompt. With names and
numbers drawn anew for each example, copying pays; with the pairs as they are, a model may learn them by heart.
"""

from __future__ import annotations

from random import Random
from typing import Any

import torch

from companion.device import fast_bf16
from companion.finetune.lora import add_lora
from companion.models import load_generator, prompts
from companion.models.desk_card import voice
from companion.models.prompted import Example, PromptedModel, answer_loss
from companion.models.recipes.desk import voice_example
from companion.training import History, train
from companion.world import utterances

BATCH = 16
WAYS = {  # name -> model, and whether names and numbers are drawn anew for each example; None: the model as it is
    "before": ("closed-book", None),
    "pairs": ("closed-book", False),
    "redrawn": ("closed-book", True),
    "shipped": ("generator", None),
}


def pairs_batch(seed: int, step: int, redraw: bool) -> list[Example]:
    """16 (prompt, target) pairs; `redraw`: names and numbers are others each time."""
    random = Random(f"voice-{seed}-{step}")
    if redraw:
        return [voice_example(random) for _ in range(BATCH)]
    pairs = random.sample(utterances.brand_voice("train"), BATCH)
    return [(prompts.voice_prompt(plain), voice) for plain, voice in pairs]


def teach_voice(
    generator: Any, steps: int = 150, r: int = 8, lr: float = 2e-3, seed: int = 0, redraw: bool = True, **options: Any
) -> History:
    """Put LoRA of rank `r` on the shipped kind of generator and train it, in place, on the brand's pairs.

    Only the factors are trained, on the rewriting's words; the prompt carries no loss. `options` go to
    `companion.training.train`. Errors: ValueError for a generator that has LoRA layers already.
    """
    device = next(generator.model.parameters()).device
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator.model.requires_grad_(False)  # the head too
        add_lora(generator.model.bert, r=r)
    student = PromptedModel(generator.model, generator.tokenizer)
    options = {"warmup": min(10, steps // 10), "bf16": fast_bf16(device)} | options
    history = train(
        student,
        lambda step: student.batch(pairs_batch(seed, step, redraw)),
        answer_loss,
        steps,
        lr=lr,
        seed=seed,
        **options,
    )
    generator.model.eval()
    return history


def taught(model: str, redraw: bool | None, seed: int, steps: int = 150, shown: int = 2) -> dict[str, Any]:
    """One stored run: in voice, facts kept, and the first rewritings. `redraw` None: the model as it is."""
    generator = load_generator(model)
    if redraw is not None:
        teach_voice(generator, steps, seed=seed, redraw=redraw, progress=False)
    plain = [text for text, _ in utterances.brand_voice("held_out")][:shown]
    scores = {name: round(value, 4) for name, value in voice(generator).items()}
    return scores | {"steps": steps, "said": [[text, generator.rewrite(text)] for text in plain]}
