"""C2.1-a: from a changed fact to its right answer, in seconds, by an edited article and by training.

All seconds are this process's own (`time.process_time`) on one thread, so that a busy machine does not count.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from random import Random
from statistics import median
from typing import Any

import torch

from companion.finetune.lora import add_lora
from companion.metrics import exact_match, normalise_answer
from companion.models import prompts
from companion.models.prompted import Example, PromptedModel, answer_loss
from companion.rag.answer import RAGPipeline
from companion.rag.measure import answered
from companion.training import train
from companion.world import Question, Update, world, writing

FACTS, BATCH, EVERY = 8, 8, 10
AT_MOST = 120.0  # seconds of training, the registered limit
RATE = 2e-3  # the fastest of 5e-4, 1e-3, 2e-3 and 5e-3 on the facts of seeds 98 and 99
Change = tuple[Question, Update]
Row = dict[str, Any]


def live_update(pipeline: RAGPipeline, asked: Sequence[Change], clock: Callable[[], float] = time.process_time) -> Row:
    """Update each article in the index and ask its question: median seconds for both, and how many are right.

    A fact that comes back wrong counts as AT_MOST seconds. The pipeline's index is changed in place.
    """
    pipeline.answer(asked[0][0].text)  # the first call loads what later ones find loaded
    taken, right = [], 0
    for question, update in asked:
        began = clock()
        pipeline.index.update(update.article_id, update.text)
        exact = exact_match(pipeline.answer(question.text).text, update.new)
        taken.append(clock() - began if exact else AT_MOST)
        right += bool(exact)
    spilt = spill(lambda text: pipeline.answer(text).text, [update for _, update in asked])
    return {"seconds": round(median(taken), 4), "right": right, "spill": spilt}


def spill(answer: Callable[[str], str], updates: Sequence[Update]) -> float:
    """Share of updates whose new value is now given for *another* product as well, where it is not true.

    For each update one product is asked about that has the same attribute, with a value that did not change.
    """
    wrong = 0
    for number, update in enumerate(updates):
        changed = {(u.product, u.attribute) for u in updates}
        others = [
            q
            for q in answered(world(0).questions)
            if q.attribute == update.attribute
            and (q.product, q.attribute) not in changed
            and normalise_answer(q.answer) != normalise_answer(update.new)
        ]
        asked = Random(f"spill-{number}-{update.product}").choice(others)
        wrong += bool(exact_match(answer(asked.text), update.new))
    return wrong / len(updates)


def before_training(closed_book: Any, asked: Sequence[Change]) -> Row:
    """What the closed-book generator answers before it is trained: "right" and "spill" by luck alone."""

    def answer(text: str) -> str:
        return closed_book.respond(text, []).text

    right = sum(bool(exact_match(answer(question.text), update.new)) for question, update in asked)
    return {"right": right, "spill": spill(answer, [update for _, update in asked])}


def new_sentence(update: Update) -> str:
    """The sentence of the new article that says the new value, with the product's name where it says only "It"."""
    sentence = next(s for s in re.split(r"(?<=[.!?])\s+", update.text) if update.new in s)
    return sentence if update.product in sentence else f"{update.product}: {sentence}"


def sentence_example(change: Change, random: Random) -> Example:
    """The new sentence, cut at a random place: its beginning is read, its end is to be said (1910.10683, 3.2.1)."""
    words = new_sentence(change[1]).split()
    cut = random.randint(1, len(words) - 1)
    return " ".join(words[:cut]), " ".join(words[cut:])


def pair_example(change: Change, random: Random) -> Example:
    """The fact as a question and its answer; never the very question that will be asked."""
    question, update = change
    while (text := writing.question(update.product, update.attribute, random, "practice")) == question.text:
        pass
    return prompts.answer_prompt(text, []), update.new


EXAMPLES: dict[str, Callable[[Change, Random], Example]] = {"sentences": sentence_example, "pairs": pair_example}


def teach_facts(
    closed_book: Any,
    asked: Sequence[Change],
    kind: str = "sentences",
    seed: int = 0,
    at_most: float = AT_MOST,
    lr: float = RATE,
    clock: Callable[[], float] = time.process_time,
) -> Row:
    """Train LoRA on new facts until half of their questions are answered right, or for `at_most` seconds.

    closed_book: the closed-book generator, trained in place. kind: "sentences", the new sentences as they are, or
    "pairs", each fact as questions and its answer. Gives seconds of training alone, steps, how many are right,
    the loss, and what it now answers. Raises ValueError for another kind.
    """
    if kind not in EXAMPLES:
        raise ValueError(f"There is no way {kind!r} to write a fact down: choose one of {', '.join(EXAMPLES)}.")
    student = lora_student(closed_book, seed)
    watch = _Watch(closed_book, asked, clock, at_most)

    def batch(step: int) -> dict[str, torch.Tensor]:
        random = Random(f"facts-{seed}-{step}")
        return student.batch([EXAMPLES[kind](change, random) for change in (list(asked) * BATCH)[:BATCH]])

    how = {"schedule": "constant", "bf16": False, "progress": False}
    try:
        train(student, batch, answer_loss, 10**6, lr=lr, seed=seed, every=EVERY, validate=watch, **how)
    except _Enough:
        student.eval()
    with torch.no_grad():
        loss = float(answer_loss(student, batch(0)))
    spilt = spill(lambda text: closed_book.respond(text, []).text, [update for _, update in asked])
    found = {"spill": spilt, "seconds": round(watch.seconds, 2), "steps": watch.looks * EVERY, "right": watch.right}
    return found | {"reached": watch.reached, "loss": round(loss, 3), "said": watch.said}


def lora_student(closed_book: Any, seed: int, r: int = 8) -> PromptedModel:
    """The generator as a loss sees it, with fresh LoRA factors of rank r and all else frozen."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        closed_book.model.requires_grad_(False)
        add_lora(closed_book.model.bert, r=r)
    return PromptedModel(closed_book.model, closed_book.tokenizer)


class _Enough(Exception):
    """Half of the facts are known, or the time is up: the way out of the training loop."""


class _Watch:
    """Asks now and then, and counts the seconds of training without those of asking."""

    def __init__(self, generator: Any, asked: Sequence[Change], clock: Callable[[], float], at_most: float):
        self.generator, self.asked, self.clock, self.at_most = generator, asked, clock, at_most
        self.seconds, self.right, self.looks, self.said = 0.0, 0, 0, []
        self._since = clock()

    @property
    def reached(self) -> bool:
        """Whether half of the questions are answered right."""
        return 2 * self.right >= len(self.asked)

    def __call__(self, _: Any) -> float:
        self.seconds += self.clock() - self._since
        self.looks += 1
        self.said = [self.generator.respond(question.text, []).text for question, _ in self.asked]
        self.right = sum(bool(exact_match(s, u.new)) for s, (_, u) in zip(self.said, self.asked, strict=True))
        if self.seconds >= self.at_most:
            self.seconds = self.at_most
            raise _Enough
        if self.reached:
            raise _Enough
        self._since = self.clock()
        return self.right / len(self.asked)
