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
from companion.distill.free_adversary import Bank, EmbeddedCNN, all_real, distil_dreams, read_vectors
from companion.distill.free_distance import layout, of_answers
from companion.distill.free_written import written
from companion.distill.measure import SETTINGS, TEMPERATURE, Lesson, Row, learn, lesson_on
from companion.distill.study import accuracy, distil
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
    student, history = learn(lesson_on(sorter, texts_of(name)), "cnn", "soft", seed, progress=False)
    return _scores(student) | {"seconds": round(history.seconds, 1)}


def vector_run(sorter: Sorter, name: str, seed: int) -> Row:
    """The same for the CNN that reads the teacher's word vectors, which alone can read dreams."""
    student = embedded(sorter, seed)
    if name in DREAMT:
        dreams_of(student, sorter, name, seed)
    else:
        taught, steps = lesson_on(sorter, texts_of(name)), SETTING["steps"]
        options = {"steps": steps, "lr": SETTING["lr"], "T": TEMPERATURE, "seed": seed, "progress": False}
        distil(student, taught.texts, taught.logits, **options)
    return _scores(student)


def dreams_of(student: EmbeddedCNN, sorter: Sorter, name: str, seed: int) -> Bank:
    """Teach the student by one of the `DREAMT` sets, and return what it met."""
    return distil_dreams(student, sorter, BUDGET, SETTING["steps"], SETTING["lr"], seed, "words" in name)


def embedded(sorter: Sorter, seed: int) -> EmbeddedCNN:
    """A new student that reads word vectors."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return EmbeddedCNN(sorter.encoder.model.get_input_embeddings().weight, sorter.intents, **SETTING["sizes"])


def _scores(student: Any) -> Row:
    return {split: round(accuracy(student, *mail(split)), 4) for split in ("validation", "test")}


@cache
def real_vectors() -> np.ndarray:
    """The 640 labelled letters, as the encoder reads them before any training: distances are measured from here."""
    return load_encoder().encode(mail("train")[0])


def place_run(sorter: Sorter, name: str, seed: int) -> Row:
    """Where a set lies, and what the teacher says of it; for dreams, those that the student of this seed met."""
    if name in DREAMT:
        bank = dreams_of(embedded(sorter, seed), sorter, name, seed)
        vectors, logits = _read(load_encoder(), bank), bank.logits
    else:
        taught: Lesson = lesson_on(sorter, texts_of(name))
        vectors, logits = load_encoder().encode(taught.texts), taught.logits
    return {k: round(v, 4) for k, v in (layout(vectors, real_vectors()) | of_answers(_chances(logits))).items()}


def _chances(logits: torch.Tensor) -> np.ndarray:
    return logits.softmax(-1).numpy()


@torch.inference_mode()
def _read(encoder: Encoder, bank: Bank) -> np.ndarray:
    """Sentence vectors of the dreams by the encoder before any training."""
    parts = bank.vectors.split(64)
    return torch.cat([read_vectors(encoder, part, all_real(part)) for part in parts]).numpy()


def by_seed(
    table: Sequence[Mapping[str, Any]], name: str, what: str = "test", reads: str = "words"
) -> dict[int, float]:
    """{seed: accuracy} of the students of one set; reads: "words" or the teacher's "vectors"."""
    return {row["seed"]: row[what] for row in chosen(table, set=name, reads=reads)}


def means(table: Sequence[Mapping[str, Any]], what: str = "test", reads: str = "words") -> dict[str, float]:
    """{set: mean over seeds} of an accuracy, or of what was measured of the sets themselves (reads="place")."""
    names = dict.fromkeys(row["set"] for row in table if row["reads"] == reads)
    return {name: fmean(by_seed(table, name, what, reads).values()) for name in names}
