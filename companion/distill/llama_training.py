"""How the generator's student is trained: on the teacher's words, on its probabilities, or on both.

Sequence distillation (1606.07947) is all that a teacher behind an interface allows, which gives words only; where
its logits can be had, each token of an answer carries a whole distribution (1503.02531).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from companion.device import fast_bf16
from companion.distill.answers import TransferSet, answered_by, unlabelled
from companion.distill.llama import WEIGHTS, LlamaStudent, answer_logits, make_llama
from companion.distill.losses import soft_target_loss
from companion.distill.muon import MuonAndAdamW, matrices_and_rest
from companion.distill.sequences import SharedVocabulary, shop_texts
from companion.ledger import path as ledger_path
from companion.models import load_generator
from companion.models.generator import Generator
from companion.models.prompted import all_right
from companion.models.recipes.contexts import TRAINING_SEEDS, VALIDATION_SEEDS
from companion.training import History, train

NEIGHBOURS = 8  # a batch is drawn from so many times its size of examples of like length
ALL_FROM = 0.3  # share of the run after which long passages are as frequent as short ones
SHIPPED_SOFT = 0.5  # half the teacher's words, half its probabilities
PART, HELD = 4000, 512  # questions in one file of the transfer set; questions to validate on


def distillation_loss(
    model: LlamaForCausalLM, batch: dict[str, Tensor], soft: float = SHIPPED_SOFT, T: float = 1, reading: float = 1.0
) -> Tensor:
    """soft * T^2 KL(teacher || student) + (1 - soft) * cross-entropy with the teacher's words + reading * prompt loss.

    Means over tokens. soft = 0 is sequence distillation, soft = 1 distillation by logits. The prompt loss is the
    cross-entropy of the prompt's own next tokens. Without it a student from scratch learns to copy hardly at all:
    an answer has two or three tokens that are copied, a prompt repeats the product's name again and again.
    The trap: T = 3 is for 16 classes. Over 5,500 pieces it lifts the thousands that the teacher gives 1e-8 each,
    until together they outweigh the answer.
    """
    every, answer = model(input_ids=batch["ids"], use_cache=False).logits.float(), batch["labels"] != -100
    logits, words = every[answer], batch["labels"][answer]
    loss = (1 - soft) * F.cross_entropy(logits, words) if soft < 1 else logits.new_zeros(())
    if soft:
        loss = loss + soft * soft_target_loss(logits, batch["teacher"], T)
    if reading:
        loss = loss + reading * F.cross_entropy(every.flatten(0, 1), prompt_labels(batch).flatten())
    return loss


def prompt_labels(batch: dict[str, Tensor]) -> Tensor:
    """The next token inside each prompt, (batch, size): -100 where an answer's token is due, and after the end."""
    following = F.pad(batch["ids"][:, 1:], (0, 1))
    place = torch.arange(following.shape[1], device=following.device)
    return torch.where(place < batch["prefix"][:, None], following, -100)


def agreement(model: LlamaForCausalLM, batches: list[dict[str, Tensor]]) -> float:
    """Share of answers that the student gives token for token as the teacher did."""
    right = []
    for batch in batches:
        logits, words = answer_logits(model, batch)
        right += all_right(logits, words, batch["labels"]).tolist()
    return sum(right) / len(right)


def renumbered(batch: dict[str, Tensor], numbers: list[Tensor], pieces: int, random: Random) -> dict[str, Tensor]:
    """The same examples with the numbers dealt anew: 24 becomes 57 in prompt, answer and teacher's logits alike.

    It takes the teacher to read 57 as it reads 24, and saves asking. `numbers`: `SharedVocabulary.numbers()`.
    """
    new = torch.arange(pieces)
    for shape in numbers:
        new[shape] = shape[random.sample(range(len(shape)), len(shape))]
    labels = torch.where(batch["labels"] == -100, -100, new[batch["labels"].clamp(min=0)])
    dealt = batch | {"ids": new[batch["ids"]], "labels": labels}
    return dealt | {"teacher": batch["teacher"][:, new.argsort()]} if "teacher" in batch else dealt


def batches_of(
    transfer: TransferSet, vocabulary: SharedVocabulary, steps: int, size: int, seed: int
) -> Callable[[int], dict[str, Tensor]]:
    """A function from the step to its batch: short passages first, then all.

    Rows of one batch are alike in length, so that little is padded.
    """
    numbers, order = vocabulary.numbers(), sorted(range(len(transfer)), key=transfer.length)
    window = min(size * NEIGHBOURS, len(order))

    def batch(step: int) -> dict[str, Tensor]:
        random, done = Random(f"batch-{seed}-{step}"), step / steps
        reach = int(len(order) * min(1, 0.25 + 0.75 * done / ALL_FROM))
        at = random.randrange(max(1, reach - window + 1))
        rows = random.sample(order[at : at + window], min(size, window))
        return renumbered(transfer.batch(rows, len(vocabulary)), numbers, len(vocabulary), random)

    return batch


def distil_generator(
    transfer: TransferSet,
    vocabulary: SharedVocabulary,
    steps: int = 4000,
    soft: float = SHIPPED_SOFT,
    T: float = 1,
    lr: float = 3e-3,
    seed: int = 0,
    size: int = 16,
    held: TransferSet | None = None,
    model: LlamaForCausalLM | None = None,
    **settings,
) -> tuple[LlamaStudent, History]:
    """Train a student on what the teacher said; other settings go to `companion.training.train`.

    soft, T: as in `distillation_loss`. size: examples a batch. held: answers to validate on, by `agreement`.
    model: a Llama to go on with; None is `make_llama(vocabulary, seed=seed)`.
    """
    model = make_llama(vocabulary, seed=seed) if model is None else model
    if held is not None:
        rows = [range(at, min(at + 64, len(held))) for at in range(0, len(held), 64)]
        checks = [held.batch(part, len(vocabulary)) for part in rows]
        settings = {"validate": lambda trained: agreement(trained, checks)} | settings
    history = train(
        model,
        batches_of(transfer, vocabulary, steps, size, seed),
        lambda trained, batch: distillation_loss(trained, batch, soft, T),
        steps,
        lr=lr,
        seed=seed,
        warmup=min(100, steps // 10),
        weight_decay=0.01,
        parameters=matrices_and_rest(model),
        optimizer=MuonAndAdamW,
        bf16=fast_bf16(),
        **settings,
    )
    return LlamaStudent("llama", model, vocabulary.tokenizer), history


def shared_vocabulary(teacher: Generator, folder: Path) -> SharedVocabulary:
    """The pieces of all training companies; cut once (half a minute), then read from `folder`."""
    if (folder / "tokenizer.json").is_file():
        return SharedVocabulary(PreTrainedTokenizerFast.from_pretrained(folder), teacher.tokenizer)
    vocabulary = SharedVocabulary.cut(shop_texts(), teacher.tokenizer)
    vocabulary.tokenizer.save_pretrained(folder)
    return vocabulary


def part_of_transfer(teacher: Generator, vocabulary: SharedVocabulary, folder: Path, part: int | str) -> Path:
    """The file with the teacher's answers to one part of the questions ("held": to validate on), written if missing."""
    path = folder / f"part-{part}.safetensors"
    if not path.is_file():
        count, seeds = (HELD, VALIDATION_SEEDS) if part == "held" else (PART, TRAINING_SEEDS)
        answered_by(teacher, unlabelled(count, vocabulary.names(), part, seeds=seeds), vocabulary).save(path)
    return path


def main(argv: list[str] | None = None) -> None:
    """Ask the teacher, train the student, save it; a killed run goes on where it stopped."""
    parser = argparse.ArgumentParser(description="Distil the shipped generator into a small Llama.")
    parser.add_argument("--steps", type=int, default=4000, help="steps of 16 examples")
    parser.add_argument("--parts", type=int, default=2, help=f"parts of the transfer set, {PART:,} answers each")
    parser.add_argument("--soft", type=float, default=SHIPPED_SOFT, help="weight of its probabilities, 0 to 1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kept", type=Path, default=ledger_path().parent / "transfer", help="for teacher's answers")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the student")
    asked = parser.parse_args(argv)
    teacher = load_generator()
    folder = asked.kept / teacher.weights_sha256()[:12]  # another teacher's answers are not these
    vocabulary = shared_vocabulary(teacher, folder)
    parts = [part_of_transfer(teacher, vocabulary, folder, part) for part in [*range(asked.parts), "held"]]
    student, history = distil_generator(
        TransferSet.load(*parts[:-1]),
        vocabulary,
        asked.steps,
        asked.soft,
        seed=asked.seed,
        held=TransferSet.load(parts[-1]),
        model=make_llama(vocabulary, seed=asked.seed, teacher=teacher),
        checkpoint=folder / f"{asked.steps}-{asked.parts}-{asked.soft}-{asked.seed}.ckpt",
        every=200,
    )
    student.save(asked.out)
    done = {"steps": history.steps, "answers": asked.parts * PART, "minutes": round(history.seconds / 60, 1)}
    done |= {"agreement": round(history.validation[-1][1], 4) if history.validation else None}
    (asked.out / "training.json").write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(done | {"validations": history.validation, "out": str(asked.out)}))
