"""The measurements behind claim C4.3-a: one student a call, on one transfer set; and where each set lies.

`python -m companion.build runs written free` makes the stored tables; the functions at the end read them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch

from companion.distill import free
from companion.distill.free_adversary import EmbeddedCNN, all_real, distil_dreams, read_vectors
from companion.distill.free_distance import layout, of_answers
from companion.distill.free_written import written
from companion.distill.measure import SETTINGS, TEMPERATURE, Lesson, Row, lesson_on
from companion.distill.students import Student, make_student
from companion.distill.study import accuracy, distil
from companion.distill.trimmed import only_words_of
from companion.models.encoder import Encoder, load_encoder
from companion.models.sorter import Sorter
from companion.stored import chosen, stored
from companion.world.utterances import mail

BUDGET = 1920  # texts that the teacher answers, once each, whatever they are; 120 for each intent
TEXTS = ("letters", "strayed 25", "strayed 50", "strayed 75", "articles", "written", "frequent words",
         "any words")  # fmt: skip
PUBLIC = ("bank letters", "encyclopedia")  # where COMPANION_DATA names a folder that holds them
VECTORS = ("letters", "any words", "dreamt words", "dreams")  # sets of the student that reads word vectors
DREAMT = ("dreamt words", "dreams")
PLACED = 640  # texts of a set that are compared with real letters
PLACES = ("frechet", "strays", "uncovered", "sure", "kinds")
CLAIMED = ("written", "letters")  # the claim's value and its baseline
SETTING = SETTINGS["cnn"]


def texts_of(name: str, budget: int = BUDGET) -> list[str]:
    """The texts of one set, always the same: students differ by their seeds, the sets do not."""
    if name == "written":
        return written(stored("written")["rows"], budget)
    found = free.sources(load_encoder().tokenizer, public())
    if name not in found:
        raise ValueError(f"There is no set {name!r} here: choose among {', '.join([*found, 'written'])}.")
    return found[name](budget)


def public() -> Path | None:
    """The folder of public data that COMPANION_DATA names, if it is there."""
    folder = Path(os.environ.get("COMPANION_DATA", ""))
    return folder if (folder / "banking77").is_dir() and (folder / "squad").is_dir() else None


def free_run(sorter: Sorter, name: str, seed: int) -> Row:
    """The CNN of section 1.3, taught by the teacher's answers to one set: accuracy on both tests."""
    student, seconds = taught_on(lesson_on(sorter, texts_of(name)), seed)
    return _scores(student) | {"seconds": round(seconds, 1)}


def taught_on(lesson: Lesson, seed: int) -> tuple[Student, float]:
    """A CNN after this lesson, and the seconds it took."""
    words = lesson.sorter.encoder.model.get_input_embeddings().weight
    student = make_student("cnn", len(words), lesson.sorter.intents, seed, words, **SETTING["sizes"])
    options = {"steps": SETTING["steps"], "lr": SETTING["lr"], "T": TEMPERATURE, "seed": seed, "progress": False}
    with only_words_of(student, lesson.texts):
        history = distil(student, lesson.texts, lesson.logits, **options)
    return student, history.seconds


def vector_run(sorter: Sorter, name: str, seed: int) -> Row:
    """The same for the CNN that reads the teacher's word vectors, which alone can read dreams; where dreams lie."""
    student, rate, steps = embedded(sorter, seed), SETTING["lr"], SETTING["steps"]
    if name in DREAMT:
        bank = distil_dreams(student, sorter, BUDGET, steps, rate, seed, real_words="words" in name)
        return _scores(student) | _place(_read(load_encoder(), bank.vectors[:: BUDGET // PLACED]), bank.logits)
    taught = lesson_on(sorter, texts_of(name))
    distil(student, taught.texts, taught.logits, steps=steps, lr=rate, T=TEMPERATURE, seed=seed, progress=False)
    return _scores(student)


def embedded(sorter: Sorter, seed: int) -> EmbeddedCNN:
    """A new student that reads word vectors."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return EmbeddedCNN(sorter.encoder.model.get_input_embeddings().weight, sorter.intents, **SETTING["sizes"])


def _scores(student: Any) -> Row:
    return {split: round(accuracy(student, *mail(split)), 4) for split in ("validation", "test")}


@cache
def real_vectors() -> np.ndarray:
    """The 320 letters of the two writers whom neither teacher nor generator has read: distances are measured to them.

    By the encoder as it was before any training. Distances to the *training* letters would flatter the generator,
    which was raised on these.
    """
    return load_encoder().encode([*mail("validation")[0], *mail("test")[0]])


def place_run(sorter: Sorter, name: str, seed: int) -> Row:
    """Where a set of texts lies, and what the teacher says of it; it has no seed but 0."""
    taught = lesson_on(sorter, texts_of(name))
    return _place(load_encoder().encode(taught.texts[:PLACED]), taught.logits)


def _place(vectors: np.ndarray, logits: torch.Tensor) -> Row:
    found = layout(vectors, real_vectors()) | of_answers(logits.softmax(-1).numpy())
    return {name: round(value, 4) for name, value in found.items()}


@torch.inference_mode()
def _read(encoder: Encoder, dreams: torch.Tensor) -> np.ndarray:
    """Sentence vectors of dreams by the encoder before any training."""
    return torch.cat([read_vectors(encoder, part, all_real(part)) for part in dreams.split(64)]).numpy()


def by_seed(
    table: Sequence[Mapping[str, Any]], name: str, what: str = "test", reads: str = "words"
) -> dict[int, float]:
    """{seed: accuracy} of the students of one set; reads: "words" or the teacher's "vectors"."""
    return {row["seed"]: row[what] for row in chosen(table, set=name, reads=reads)}


def means(table: Sequence[Mapping[str, Any]], what: str = "test", reads: str = "words") -> dict[str, float]:
    """{set: mean over seeds}, in the table's order."""
    names = dict.fromkeys(row["set"] for row in table if row["reads"] == reads)
    return {name: fmean(by_seed(table, name, what, reads).values()) for name in names}


def places(table: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """{set: {"frechet", "strays", "uncovered", "sure", "kinds"}}; of dreams, which differ by the seed, the means."""
    found = {}
    for name in dict.fromkeys(row["set"] for row in table):
        reads = "vectors" if name in DREAMT else "place"
        found[name] = {what: fmean(by_seed(table, name, what, reads).values()) for what in PLACES}
    return found
