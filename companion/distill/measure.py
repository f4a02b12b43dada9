"""The measurements behind the claims of section 1.3: one student a call, from stored answers of the teacher.

`python -m companion.build runs students` makes the stored table; the functions at the end read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from companion.distill.students import Student, make_student
from companion.distill.study import accuracy, distil
from companion.distill.terms import AttentionTransfer, Hint, Relations, Term, encoder_attentions
from companion.distill.texts import MAX_LENGTH
from companion.distill.transfer import teacher_outputs
from companion.models.sorter import Sorter
from companion.progress import progress
from companion.stored import chosen
from companion.world import utterances
from companion.world.utterances import mail

FEW, MANY = 640, 4040  # the labelled messages; with the unlabelled ones
SETTINGS: dict[str, dict[str, Any]] = {  # chosen on the validation writer with seed 0
    "cnn": {"steps": 600, "lr": 4e-3, "sizes": {"dim": 64, "filters": 64}},
    "bag": {"steps": 1000, "lr": 1.2e-2, "sizes": {}},
    "bilstm": {"steps": 600, "lr": 4e-3, "sizes": {}},
    "transformer": {"steps": 600, "lr": 2e-3, "sizes": {}},
}
TEMPERATURE = 3.0
Row = dict[str, Any]


@dataclass(frozen=True)
class Lesson:
    """What a teacher said of the texts: `texts` are the labelled messages first, then the unlabelled ones."""

    texts: list[str]
    logits: Tensor  # (texts, intents)
    vectors: Tensor  # (texts, width), scaled so that a number is about 1
    sorter: Sorter
    attentions: Tensor | None = None  # (texts, 1, length, length): the mean over heads of the last layer

    def take(self, amount: int) -> Lesson:
        """The first `amount` texts."""
        looks = None if self.attentions is None else self.attentions[:amount]
        return Lesson(self.texts[:amount], self.logits[:amount], self.vectors[:amount], self.sorter, looks)


def lesson(sorter: Sorter, attentions: bool = False) -> Lesson:
    """The teacher's answers to all messages, the labelled ones first; attentions where asked for."""
    messages = [*utterances.labelled("train"), *utterances.unlabelled()]
    return lesson_on(sorter, [message.text for message in messages], attentions)


def lesson_on(sorter: Sorter, texts: list[str], attentions: bool = False) -> Lesson:
    """The teacher's answers to any texts, computed once and kept in COMPANION_HOME."""

    def compute(batch: list[str]) -> dict[str, Tensor]:
        vectors = torch.from_numpy(sorter.encoder.encode(batch))
        with torch.inference_mode():
            return {"logits": sorter.head(vectors), "vectors": vectors}

    said = teacher_outputs(compute, texts, f"{sorter.encoder.fingerprint} logits vectors")
    looks = attentions_of(sorter, texts) if attentions else None
    return Lesson(texts, said["logits"], said["vectors"] * said["vectors"].shape[1] ** 0.5, sorter, looks)


def attentions_of(sorter: Sorter, texts: Sequence[str]) -> Tensor:
    """Where the teacher's last layer looks, the mean over its heads: (texts, 1, length, length)."""
    parts = [texts[at : at + 64] for at in range(0, len(texts), 64)]
    looks = [encoder_attentions(sorter.encoder, part, MAX_LENGTH).mean(1, keepdim=True) for part in progress(parts)]
    return torch.cat(looks)


def learn(
    taught: Lesson, kind: str, labels: str, seed: int, extra: str = "", weight: float = 1.0, **options: Any
) -> tuple[Student, Any]:
    """A student of this kind trained on the lesson; labels: "gold", "hard" or "soft" (the teacher's)."""
    sorter, settings = taught.sorter, SETTINGS[kind]
    words = sorter.encoder.model.get_input_embeddings().weight
    student = make_student(kind, len(words), sorter.intents, seed, words, **settings["sizes"])
    given = {"teacher_logits": taught.logits} if labels == "soft" else {"labels": taught.logits.argmax(1).tolist()}
    if labels == "gold":
        given = {"labels": mail("train")[1]}
    terms = [term(extra, taught, student, weight, seed)] if extra else []
    how = {"steps": settings["steps"], "lr": settings["lr"], "T": TEMPERATURE} | options
    return student, distil(student, taught.texts, **given, terms=terms, seed=seed, **how)


def term(extra: str, taught: Lesson, student: Student, weight: float, seed: int) -> Term:
    """What a student imitates beside the answers: "hint", "relations" or "attention"."""
    if extra == "hint":
        return Hint(taught.vectors, student.features_dim, weight, seed)
    if extra == "relations":
        return Relations(taught.vectors, weight)
    if extra != "attention" or taught.attentions is None:
        raise ValueError(f"No term {extra!r} here: hint, relations, or attention of a lesson(attentions=True).")
    return AttentionTransfer(taught.attentions, weight)


def student_run(taught: Lesson, kind: str, texts: int, labels: str, extra: str, seed: int, weight: float = 1.0) -> Row:
    """One row of the stored table: accuracy on both tests, seconds, parameters."""
    student, history = learn(taught.take(texts), kind, labels, seed, extra, weight, progress=False)
    scores = {split: round(accuracy(student, *mail(split)), 4) for split in ("validation", "test")}
    count = sum(parameter.numel() for parameter in student.parameters())
    return scores | {"seconds": round(history.seconds, 1), "parameters": count}


def by_seed(table: Sequence[Mapping[str, Any]], what: str = "test", **wanted: Any) -> dict[int, float]:
    """{seed: score} of the table's rows that have all of `wanted`."""
    return {row["seed"]: row[what] for row in chosen(table, **wanted)}


def two_by_two(table: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[float]]:
    """{("few" | "many", "hard" | "soft"): accuracies by seed} of the CNN."""
    return {
        (amount, labels): list(by_seed(table, kind="cnn", texts=texts, labels=labels, extra="").values())
        for amount, texts in (("few", FEW), ("many", MANY))
        for labels in ("hard", "soft")
    }
