"""The measurements behind C2.2-g, -h and -i: one job and one seed a call, by every way.

`python -m companion.build runs scenarios_small` makes the stored table; the functions at the end read it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import numpy as np
from torch import Tensor, nn

from companion.distill.study import accuracy, latency_ms
from companion.finetune.classifier import TextClassifier
from companion.labels import labels_to_rows
from companion.models.encoder import mean_pool
from companion.scenarios.cost import cpu_hours
from companion.scenarios.edge import (
    JOBS,
    QUERIES,
    RICH,
    WHOLE,
    Job,
    distilled,
    measured,
    on_words,
    teach,
    undistilled,
    without_letters,
    words_taught,
)
from companion.scenarios.edge_data import classes, labelled
from companion.scenarios.export import to_device
from companion.stored import chosen

NEIGHBOURS = (1, 3, 5, 7)
UNDISTILLED = ("words", "labels int8")  # the ways within the budgets that need no teacher
Row = dict[str, Any]
Table = Sequence[Mapping[str, Any]]


def edge_run(encoder: Any, name: str, seed: int) -> Row:
    """One row of the stored table: {"ways": {way: accuracy, ms, megabytes}} and CPU-seconds of both trainings."""
    job, test = JOBS[name], labelled(name, "test")
    with cpu_time() as tuning:
        teacher = teach(encoder, job, seed)
    with cpu_time() as distilling:
        student = distilled(encoder, job, teacher, seed)
    alone = undistilled(encoder, job, seed)
    ways = {
        "teacher": measured(teacher, *test),
        "nearest torch": measured(NearestLabelled.chosen(encoder, name), *test),
        "words": measured(on_words(name), *test),
    }
    for way, model in (("teacher", EncoderGraph(teacher)), ("distilled", student), ("labels", alone)):
        ways |= {f"{way} {kind}": on_device(model, *test, kind == "int8") for kind in ("int8", "float32")}
    ways["nearest"] = nearest_on_device(encoder, name, ways["teacher float32"]["ms"])
    ways |= further_ways(encoder, job, teacher, seed)
    seconds = {"tuning_seconds": round(tuning[0], 1), "distilling_seconds": round(distilling[0], 1)}
    return {"ways": ways, "labels": len(labelled(name, "train")[0])} | seconds


def further_ways(encoder: Any, job: Job, teacher: TextClassifier, seed: int) -> dict[str, Row]:
    """Words with a teacher; for the sensor the larger vocabularies, one of them without a teacher too."""
    test = labelled(job.name, "test")
    ways = {"words taught": measured(words_taught(job, teacher), *test)}
    if job.name == RICH.name:
        rich = distilled(encoder, RICH, teacher, seed)
        ways |= {f"rich {kind}": on_device(rich, *test, kind == "int8") for kind in ("int8", "float32")}
        ways["rich labels int8"] = on_device(undistilled(encoder, RICH, seed), *test)
        own = without_letters(distilled(encoder, job, teacher, seed))
        ways["no letters int8"] = on_device(own, *test)
        ways["whole int8"] = on_device(distilled(encoder, WHOLE, teacher, seed), *test)
    return ways


def nearest_on_device(encoder: Any, name: str, encoder_ms: float) -> Row:
    """Retrieval whose encoder was exported in float32; its size counts the labelled texts' vectors too.

    Its milliseconds are `encoder_ms`, what the fine-tuned encoder takes in the same program, plus those of the
    search. Two timings of one network would differ by what else the machine does.
    """
    width = encoder.model.config.hidden_size
    bare = SimpleNamespace(encoder=encoder, head=nn.Identity(), classes=range(width))  # a "logit" for each number
    with tempfile.TemporaryDirectory() as folder:
        device = to_device(EncoderGraph(bare), Path(folder), int8=False)
        exported = SimpleNamespace(encode=device.logits, megabytes=device.megabytes)
        model, texts = NearestLabelled.chosen(exported, name), labelled(name, "test")[0]
        row = measured(model, *labelled(name, "test"))
    vectors = dict(zip(texts, encoder.encode(texts), strict=True))
    model.encoder = SimpleNamespace(encode=lambda asked: np.stack([vectors[text] for text in asked]))
    search = latency_ms(model, texts, 1, QUERIES, clock=time.process_time)
    return row | {"ms": round(encoder_ms + search, 4), "search_ms": round(search, 4)}


def on_device(model: nn.Module, texts: Sequence[str], labels: Sequence[str], int8: bool = True) -> Row:
    """A model exported, and measured as the device would run it."""
    with tempfile.TemporaryDirectory() as folder:
        return measured(to_device(model, Path(folder), int8), texts, labels)


class EncoderGraph(nn.Module):
    """A fine-tuned encoder from word pieces to logits, so that it can be exported as a student is."""

    def __init__(self, teacher: TextClassifier):
        super().__init__()
        self.encoder, self.head, self.classes = teacher.encoder.model, teacher.head, teacher.classes
        self.tokenizer = teacher.encoder.tokenizer

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Logits (batch, classes) of ids and mask (batch, length)."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state  # (batch, length, dim)
        return self.head(nn.functional.normalize(mean_pool(hidden, mask), dim=-1))


class NearestLabelled:
    """Retrieval: a class's logit is the sum of the cosines of its texts among the k nearest labelled ones."""

    def __init__(self, encoder: Any, name: str, k: int):
        texts, labels = labelled(name, "train")
        self.encoder, self.classes, self.k = encoder, classes(name), k
        self.known, self.rows = encoder.encode(texts), labels_to_rows(labels, self.classes).numpy()

    @classmethod
    def chosen(cls, encoder: Any, name: str) -> NearestLabelled:
        """With the k that is right most often on validation; of equals the smallest."""
        return max(
            (cls(encoder, name, k) for k in NEIGHBOURS), key=lambda m: accuracy(m, *labelled(name, "validation"))
        )

    @property
    def megabytes(self) -> float:
        """The encoder's where it knows its own, and the vectors of the labelled texts."""
        return self.encoder.megabytes + self.known.nbytes / 1e6

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """(n, classes), 0 for a class without a near text."""
        cosines = self.encoder.encode(list(texts)) @ self.known.T  # (n, known)
        out = np.zeros((len(texts), len(self.classes)), np.float32)
        for row, best in enumerate(np.argsort(-cosines, axis=1, kind="stable")[:, : self.k]):
            np.add.at(out[row], self.rows[best], cosines[row, best])
        return out


def mail_student_run(seed: int) -> Row:
    """The CNN student of section 1.3, exported in float32 and in eight bits: accuracy, MB and ms on one thread."""
    from companion.distill.measure import learn
    from companion.world.utterances import mail

    student, _ = learn(_mail_lesson(), "cnn", "soft", seed, progress=False)
    test = mail("test")
    ways = {kind: on_device(student, *test, kind == "int8") for kind in ("int8", "float32")}
    return {"ways": ways | {"torch": {"accuracy": round(accuracy(student, *test), 4)}}}


def by_seed(table: Table, job: str, way: str, what: str = "accuracy") -> dict[int, float]:
    """{seed: number} of a job's way."""
    return {row["seed"]: row["ways"][way][what] for row in chosen(table, job=job)}


def average(table: Table, job: str, way: str, what: str = "accuracy") -> float:
    """The mean over seeds."""
    return fmean(by_seed(table, job, way, what).values())


def best_undistilled(table: Table, job: str) -> str:
    """The way without a teacher that is right most often *on the test split*: the choice helps the baseline."""
    return max(UNDISTILLED, key=lambda way: average(table, job, way))


def million_calls(table: Table, way: str, job: str = "commands") -> dict[int, float]:
    """{seed: CPU-hours for a million calls}."""
    return {seed: cpu_hours(ms) for seed, ms in by_seed(table, job, way, "ms").items()}


@contextmanager
def cpu_time():
    """A list that holds the processor seconds of the block once it has ended."""
    began, took = time.process_time(), []
    yield took
    took.append(time.process_time() - began)


@cache
def _mail_lesson() -> Any:
    from companion.distill.measure import lesson
    from companion.models import load_sorter

    return lesson(load_sorter())
