"""Train the Fusion-in-Decoder reader: `python -m companion.rag.fid_training`; run again after a kill, it goes on.

It starts from the shipped generator's adapter, which knows how to read one passage and to cite it; what it learns is
to choose among passages that it read apart. Few steps at a low rate: at 3e-4 the loss is near 0 after 20 steps, and
from then on questions in other words are answered ever worse. Companies of other seeds than Kestrel's. The searcher
is not touched.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils import parametrize

from companion.models.causal import head_tensors
from companion.models.generator import ADAPTERS, load_shipped
from companion.models.prompted import all_right, marked
from companion.models.recipes.contexts import TRAINING_SEEDS, VALIDATION_SEEDS, draw
from companion.models.recipes.generator import ALPHA, RANK, Student
from companion.models.recipes.lowrank import save_adapter
from companion.models.weights import ENCODER
from companion.rag.fid import WEIGHTS, FusionReader, decode, encode, fuse, numbered_prompt, pad
from companion.training import History, train

PASSAGES_A_STEP = 60  # 30 questions of two passages, or three of twenty: a step costs the same
NUMBERS = range(1, 21)  # a passage's number says nothing of its place, it is there to be copied
CURRICULUM = [(0.2, [2, 3, 5]), (0.5, [3, 5, 10]), (1.1, [5, 10, 20])]  # share of the run done -> passages
SEARCHED, SEARCHED_COMPANIES = 0.6, 6  # share of the batches whose passages a search found, among so many companies
HIDDEN, BLURRED = 0.25, 0.4  # how often the right passage is left out; and words of the question, lest it learn those
Example = tuple[list[str], str]  # prompts, one a passage; target


class FusionStudent(nn.Module):
    """The shipped generator with trainable low-rank factors and head, reading passages apart; as a loss sees it."""

    def __init__(self, start: Path = ADAPTERS / "generator"):
        super().__init__()
        self.shop = Student(RANK, ALPHA)
        self.shop.load(start)

    def batch(self, examples: list[Example]) -> dict[str, Tensor]:
        """ids, real: (questions * passages, length); said: the decoder's input and labels: (questions, tokens)."""
        tokenizer = self.shop.tokenizer
        prompts = [[marked(tokenizer, prompt, start=True) for prompt in prompts] for prompts, _ in examples]
        ids, real = pad([row[:-1] for rows in prompts for row in rows])
        targets = [marked(tokenizer, target, end=True) for _, target in examples]
        answers = [[rows[0][-1], *target] for rows, target in zip(prompts, targets, strict=True)]
        said, there = pad(answers)
        begins = real.sum(1).reshape(len(examples), -1).amax(1)  # where the longest passage ends
        labels = torch.where(there, said, -100)[:, 1:]
        return {"ids": ids, "real": real, "said": said[:, :-1], "labels": labels, "begins": begins}

    def logits(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Scores over the vocabulary at the answers' places, and the labels there: (places, words), (places,)."""
        bert, dtype = self.shop.model.bert, self.shop.dtype
        passages = len(batch["ids"]) // len(batch["said"])
        with parametrize.cached():  # the adapted weights are made once for reading and writing
            kept = encode(bert, batch["ids"], batch["real"], dtype)
            hidden = decode(bert, batch["said"], *fuse(kept, batch["real"], passages), batch["begins"], dtype)
        places = batch["labels"] != -100
        words = bert.embeddings.word_embeddings.weight
        scores = self.shop.head(hidden.last_hidden_state[places].float()).to(words.dtype) @ words.T
        return scores, batch["labels"][places]

    def reader(self) -> FusionReader:
        """The trained model as a reader, its adapter merged into a copy of the weights."""
        shop = load_shipped(ADAPTERS / "generator")
        with torch.no_grad():
            for name, low in self.shop.added.items():
                layer, trained = shop.model.get_submodule(name), self.shop.model.get_submodule(name)
                layer.weight.copy_(trained.parametrizations.weight.original + low.scale * low.B @ low.A)
            shop.model.cls.predictions.transform.load_state_dict(head_tensors(self.shop.model))
        return FusionReader("trained", shop.model, shop.tokenizer)


def fusion_loss(model: FusionStudent, batch: dict[str, Tensor]) -> Tensor:
    """Cross-entropy of the answer's tokens."""
    logits, labels = model.logits(batch)
    return F.cross_entropy(logits.float(), labels)


def exact(model: FusionStudent, batch: dict[str, Tensor]) -> float:
    """Share of answers whose every token is the likeliest, given the right ones before it."""
    return all_right(*model.logits(batch), batch["labels"]).float().mean().item()


def example(random: Random, count: int, search: bool, seeds: range, wording: str, blur: float = 0.0) -> Example:
    """One question with `count` passages under numbers of their own."""
    how = {"hidden": HIDDEN, "search": search, "seeds": seeds, "wording": wording, "blur": blur}
    question, passages, target = draw(random, count, **how)
    numbers = random.sample(NUMBERS, count)
    if target.startswith("["):
        place, value = target[1:].split("] ", 1)
        target = f"[{numbers[int(place) - 1]}] {value}"
    return [numbered_prompt(question, text, n) for text, n in zip(passages, numbers, strict=True)], target


def examples(done: float, random: Random, passages: int = PASSAGES_A_STEP) -> list[Example]:
    """A batch for a moment of the run, `done` from 0 to 1."""
    count = random.choice(next(counts for until, counts in CURRICULUM if done < until))
    search = random.random() < SEARCHED
    seeds = TRAINING_SEEDS[:SEARCHED_COMPANIES] if search else TRAINING_SEEDS
    return [example(random, count, search, seeds, "practice", BLURRED) for _ in range(max(1, passages // count))]


def held_out(model: FusionStudent) -> list[dict[str, Tensor]]:
    """48 questions with ten passages as search finds them, of companies and in wordings of no training batch."""
    random = Random("fid-validation")
    asked = [example(random, 10, True, VALIDATION_SEEDS[:2], "validation") for _ in range(48)]
    return [model.batch(asked[at : at + 6]) for at in range(0, 48, 6)]


def fit(out: Path, steps: int, lr: float, seed: int = 0, **settings: Any) -> History:
    """Train and write adapter and head to `out`; the checkpoint stands beside them until the run is over."""
    torch.manual_seed(seed)
    model = FusionStudent()
    held = held_out(model)

    def validate(student: FusionStudent) -> float:
        score = sum(exact(student, batch) for batch in held) / len(held)
        print(f"  exact, ten passages of companies not trained on: {score:.3f}", flush=True)
        return score

    history = train(
        model,
        lambda step: model.batch(examples(step / steps, Random(f"fid-{seed}-{step}"))),
        fusion_loss,
        steps,
        lr=lr,
        seed=seed,
        warmup=steps // 10,
        weight_decay=0.01,
        checkpoint=out / "run.ckpt",
        validate=validate,
        patience=steps,  # never stops early, and keeps the weights that validated best
        parameters=[p for p in model.parameters() if p.requires_grad],
        **settings,
    )
    save_adapter(model.shop.added, out, ENCODER, RANK, ALPHA)
    head = {k: v.detach().to("cpu", torch.float16).contiguous() for k, v in head_tensors(model.shop.model).items()}
    save_file(head, out / "head.safetensors")
    return history


def main(argv: list[str] | None = None) -> None:
    """Train, and say what it took."""
    parser = argparse.ArgumentParser(description="Train the Fusion-in-Decoder reader.")
    parser.add_argument("--steps", type=int, default=80, help=f"steps of {PASSAGES_A_STEP} passages")
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the weights")
    asked = parser.parse_args(argv)
    history = fit(asked.out, asked.steps, asked.lr, asked.seed, every=20)
    done = {"steps": history.steps, "minutes": round(history.seconds / 60, 1), "validation": history.validation}
    (asked.out / "training.json").write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
