"""Two jobs with a hard budget, done by every way that fits and by one that does not.

The teacher is the encoder, fine-tuned by LoRA on the few labelled texts. The student is distilled from its answers
to all texts, labelled or not, then exported in eight bits (`companion.scenarios.export`). Against it stand the same
student on the labels alone, and logistic regression on words. Logistic regression is taught by the teacher as well,
and the sensor's student once more with a larger vocabulary. `python -m companion.build runs scenarios_small`
makes the stored table, see `edge_measure`.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import torch

from companion.distill.students import Student, make_student
from companion.distill.study import accuracy, distil, latency_ms
from companion.distill.texts import encoder_tokenizer
from companion.finetune.classifier import TextClassifier
from companion.finetune.lora import merge_all
from companion.finetune.tuning import tune
from companion.scenarios.edge_data import classes, labelled, unlabelled
from companion.scenarios.pieces import small_tokenizer
from companion.scenarios.words import SOFT_STRENGTHS, STRENGTHS, WordClassifier

SOFTNESS = 3.0  # T, as `distil` has it
QUERIES = 200  # timed, after a warm-up
Row = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What has to be sorted, with which student, and what it may cost."""

    name: str  # of the texts, see `edge_data`
    kind: str  # of the student
    megabytes: float  # at most, model and word pieces together
    milliseconds: float  # at most, from text to class, median on one thread
    teacher_steps: int
    student: Mapping[str, Any] = field(default_factory=dict)  # steps and lr
    sizes: Mapping[str, int] = field(default_factory=dict)
    small_vocabulary: bool = False
    pieces: int = 0  # of a small vocabulary: at least so many

    def fits(self, megabytes: float, milliseconds: float) -> bool:
        """Whether both budgets are kept."""
        return megabytes <= self.megabytes and milliseconds <= self.milliseconds


# teacher, steps, rate and width: chosen on the validation split
PHONE = Job("commands", "cnn", 3.0, 2.0, 60, {"steps": 400, "lr": 4e-3}, {"dim": 64, "filters": 64})
SENSOR = Job("sensors", "bag", 0.5, 0.5, 120, {"steps": 1000, "lr": 1.2e-2}, {"dim": 256}, small_vocabulary=True)
RICH = replace(SENSOR, sizes={"dim": 64}, pieces=5000)  # more pieces, narrower vectors: within the same budget
WHOLE = replace(SENSOR, small_vocabulary=False)  # every piece of the encoder: far over it
JOBS = {job.name: job for job in (PHONE, SENSOR)}


def teach(encoder: Any, job: Job, seed: int = 0, **options: Any) -> TextClassifier:
    """The encoder, fine-tuned by LoRA on the labelled texts; the correction is merged, so that it costs no time."""
    texts, labels = labelled(job.name, "train")
    settings = {"steps": job.teacher_steps, "batch_size": 8, "progress": False} | options
    teacher, _ = tune(encoder, texts, labels, "lora", seed=seed, classes=classes(job.name), **settings)
    merge_all(teacher)
    return teacher


def all_texts(job: Job) -> list[str]:
    """The labelled texts of the training split first, then the composed ones."""
    return [*labelled(job.name, "train")[0], *unlabelled(job.name)]


def new_student(encoder: Any, job: Job, seed: int = 0) -> Student:
    """An untaught student whose word vectors are the encoder's, squeezed; of fewer pieces where the job asks."""
    words = encoder.model.get_input_embeddings().weight.detach()
    tokenizer, rows = (
        _pieces(job.name, job.pieces) if job.small_vocabulary else (encoder_tokenizer(), range(len(words)))
    )
    student = make_student(job.kind, len(words), classes(job.name), seed, words, **job.sizes)
    if job.small_vocabulary:
        small = make_student(job.kind, len(rows), classes(job.name), seed, **job.sizes)
        small.embedding.weight.data.copy_(student.embedding.weight.detach()[list(rows)])
        student = small
    student.tokenizer = tokenizer
    return student


@cache
def _pieces(name: str, at_least: int = 0) -> tuple[Any, list[int]]:
    return small_tokenizer(all_texts(JOBS[name]), at_least=at_least)


def distilled(encoder: Any, job: Job, teacher: TextClassifier, seed: int = 0, **options: Any) -> Student:
    """A student that learned what the teacher says of all texts."""
    student, texts = new_student(encoder, job, seed), all_texts(job)
    how = dict(job.student) | {"progress": False} | options
    distil(student, texts, teacher_logits=teacher.logits(texts), seed=seed, **how)
    return student


def without_letters(student: Student) -> Student:
    """A copy in which single letters say nothing: unknown words, which are spelled out, no longer vote."""
    quiet, pieces = copy.deepcopy(student), student.tokenizer.get_vocab()
    spelled = [row for piece, row in pieces.items() if len(piece.removeprefix("##")) == 1 and piece[-1].isalpha()]
    quiet.embedding.weight.data[spelled] = 0
    return quiet


def undistilled(encoder: Any, job: Job, seed: int = 0, **options: Any) -> Student:
    """The same student on people's labels alone."""
    student = new_student(encoder, job, seed)
    texts, labels = labelled(job.name, "train")
    distil(student, texts, labels=labels, seed=seed, **(dict(job.student) | {"progress": False} | options))
    return student


@cache
def on_words(name: str) -> WordClassifier:
    """Logistic regression on words, its penalty chosen on validation."""
    given, check = (*labelled(name, "train"), classes(name)), labelled(name, "validation")
    return max((WordClassifier(*given, strength) for strength in STRENGTHS), key=lambda model: accuracy(model, *check))


def words_taught(job: Job, teacher: TextClassifier) -> WordClassifier:
    """Logistic regression on words, taught as a student is: on the teacher's soft answers (T = 3) to all texts."""
    texts, check = all_texts(job), labelled(job.name, "validation")
    shares = torch.softmax(torch.tensor(teacher.logits(texts)) / SOFTNESS, dim=1)
    made = (WordClassifier(texts, shares, classes(job.name), strength) for strength in SOFT_STRENGTHS)
    return max(made, key=lambda model: accuracy(model, *check))


def measured(model: Any, texts: Sequence[str], labels: Sequence[str]) -> Row:
    """Accuracy, MB where the model knows its own, and milliseconds from text to class.

    Median of 200 queries of one text each, after a warm-up, in processor time of this process: other programs do
    not count. Start Python with OMP_NUM_THREADS=1 where torch is timed; onnxruntime has one thread anyway.
    """
    ms = latency_ms(model, texts, 1, QUERIES, clock=time.process_time)
    size = {"megabytes": round(model.megabytes, 3)} if hasattr(model, "megabytes") else {}
    return {"accuracy": round(accuracy(model, texts, labels), 4), "ms": round(ms, 4)} | size
