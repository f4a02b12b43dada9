"""Distilling a student that writes: on the teacher's own answers, or on answers that the student writes itself.

On the teacher's, the student never meets its own slips, though it will have to go on after them. On-policy distillation
lets it write, and asks the teacher what it would have said at each place (GKD, arXiv 2306.13649). A teacher that gives
its words and no probabilities can still be imitated on its own answers: sequence distillation (1606.07947).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import torch
from torch import Tensor

from companion.distill.answers import LONGEST, Item, of_one_length
from companion.distill.llama import LlamaStudent, answer_logits
from companion.distill.llama_training import distillation_loss
from companion.distill.losses import generalised_jsd_loss
from companion.distill.sequences import SharedVocabulary, greedy, until_end
from companion.models.generator import Generator
from companion.models.prompted import PromptedModel, padded
from companion.training import History, train

Ids = list[int]
WHOSE = ("teacher", "student")


class Pairing:
    """A student and its teacher, with what both need to look at the same answer.

    Attributes: `student`, `teacher`, `vocabulary` (the student's pieces and their ids with the teacher).
    """

    def __init__(self, student: LlamaStudent, teacher: Generator):
        self.student, self.teacher = student, teacher
        self.vocabulary = SharedVocabulary(student.tokenizer, teacher.tokenizer)
        self._scored = PromptedModel(teacher.model, teacher.tokenizer)

    def answers(self, items: Sequence[Item], whose: str, seed: int = 0) -> list[Ids | None]:
        """An answer to each item in the student's ids: the teacher's greedy one, or one drawn from the student.

        None where the teacher uses a piece that the student lacks. Raises ValueError for somebody else.
        """
        if whose not in WHOSE:
            raise ValueError(f"Nobody called {whose!r} writes here: choose the teacher or the student.")
        writer = self.teacher if whose == "teacher" else self.student
        prompts = [writer.encode(writer.prompt(*item))[0] for item in items]
        found: list[Ids | None] = [None] * len(items)
        for rows in of_one_length(prompts):
            ids, end = torch.stack([prompts[row] for row in rows]), writer.tokenizer.sep_token_id
            said = greedy(writer, ids, LONGEST)[0] if whose == "teacher" else sampled(writer, ids, seed)
            for row, tokens in zip(rows, said, strict=True):
                own = until_end(tokens, end).tolist()
                found[row] = self.vocabulary.from_teacher(own) if whose == "teacher" else own
        return found

    @torch.no_grad()
    def batch(self, items: Sequence[Item], whose: str, seed: int = 0, scored: bool = True) -> dict[str, Tensor]:
        """The student's prompts with these answers, and "teacher": its logits over the shared pieces at each token.

        Not `scored`: the prompts and the answers only; the teacher is not asked for a probability.
        """
        answered = [(item, a) for item, a in zip(items, self.answers(items, whose, seed), strict=True) if a]
        own = [(self.student.encode(self.student.prompt(*item))[0].tolist(), answer) for item, answer in answered]
        return padded(own) | ({"teacher": self._scores(answered)} if scored else {})

    def _scores(self, answered: Sequence[tuple[Item, Ids]]) -> Tensor:
        """The teacher's logits where each token of these answers stands: (answer tokens, shared pieces)."""
        rows = self.vocabulary.rows
        seen = [self.teacher.encode(self.teacher.prompt(*item))[0].tolist() for item, _ in answered]
        asked = padded([(ids, rows[answer].tolist()) for ids, (_, answer) in zip(seen, answered, strict=True)])
        return self.vocabulary.restrict(self._scored.logits(asked)[0].float())


@torch.no_grad()
def sampled(student: LlamaStudent, ids: Tensor, seed: int, longest: int = LONGEST) -> Tensor:
    """Answers drawn from the student at temperature 1: (batch, tokens) for prompts (batch, length) of one length."""
    random, cache, token = torch.Generator().manual_seed(seed), student.read(ids), ids[:, -1:]
    tokens, ended = [], torch.zeros(len(ids), dtype=torch.bool)
    while len(tokens) < longest and not ended.all():
        logits = student.model(input_ids=token, past_key_values=cache, use_cache=True).logits[:, -1]
        token = torch.multinomial(logits.softmax(-1), 1, generator=random)
        tokens.append(token)
        ended |= token[:, 0] == student.tokenizer.sep_token_id
    return torch.cat(tokens, 1)


def go_on(
    pairing: Pairing,
    items: Sequence[Item],
    whose: str,
    steps: int,
    beta: float | None = 0.5,
    lr: float = 2e-4,
    seed: int = 0,
    size: int = 16,
    **options,
) -> History:
    """Train the student further by `generalised_jsd_loss` on answers of one of the two; the teacher stays as it is.

    beta: of that loss; None is sequence distillation, the cross-entropy with the teacher's words, mean over tokens.
    Raises ValueError for the student's own words so: it would be taught to say what it says.
    On the student's, each batch is written by the student as it is at that step: no gradient flows through the drawing
    of words, so this is plain supervised learning on places where the student really goes.
    """
    if beta is None and whose != "teacher":
        raise ValueError("Words alone teach only if they are the teacher's: choose its answers, or give a beta.")

    def batches(step: int) -> dict[str, Tensor]:
        pairing.student.model.eval()
        drawn = Random(f"items-{seed}-{step}").sample(range(len(items)), size)
        return pairing.batch([items[row] for row in drawn], whose, seed * 10_000 + step, beta is not None)

    def loss(model: torch.nn.Module, batch: dict[str, Tensor]) -> Tensor:
        if beta is None:
            return distillation_loss(model, batch, soft=0, reading=0)
        return generalised_jsd_loss(answer_logits(model, batch)[0], batch["teacher"], beta)

    options = {"warmup": steps // 10, "progress": False} | options
    return train(pairing.student.model, batches, loss, steps, lr, seed, **options)
