"""The measurements behind claim C4.3-b: students of other shapes, taught on the 640 labelled letters.

`python -m companion.build runs across` makes the stored table; the functions at the end read it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache
from statistics import fmean, stdev
from typing import Any

from companion.distill.across_texts import augmented
from companion.distill.layers import lessons, teach_layers
from companion.distill.measure import SETTINGS, TEMPERATURE, Lesson, Row, lesson_on
from companion.distill.students import Student, make_student
from companion.distill.study import accuracy, distil, latency_ms
from companion.distill.terms import Hint, LogitError
from companion.distill.trimmed import only_words_of
from companion.models.sorter import Sorter
from companion.stored import chosen
from companion.world.utterances import mail

COPIES = 3  # variants of each letter, so that 640 become 2,560
SMALL = {"dim": 96, "layers": 3, "heads": 12}  # twelve heads, as the teacher has: scores go head by head
SIZES: dict[str, dict[str, int]] = {kind: settings["sizes"] for kind, settings in SETTINGS.items()}
SIZES |= {"transformer": SMALL}
WAYS = {
    "cnn": ("gold", "soft", "logits", "hint", "augmented"),
    "bag": ("gold", "logits", "augmented"),
    "bilstm": ("gold", "logits", "augmented"),
    "transformer": ("gold", "logits", "layers"),
}
LAYER_STEPS = 300
CLAIMED = ("gold", "soft", "logits")  # the baseline, and two ways of which the validation writer chooses one


def across_run(sorter: Sorter, kind: str, way: str, seed: int) -> Row:
    """One row of the stored table: accuracy on both tests, parameters, milliseconds of the processor a letter."""
    student = new_student(sorter, kind, seed)
    teach(student, sorter, way, seed)
    return _measured(student, parameters(student))


def teacher_run(sorter: Sorter) -> Row:
    """The teacher's own row."""
    return _measured(sorter, parameters(sorter.encoder.model) + parameters(sorter.head))


def _measured(model: Any, count: int) -> Row:
    scores = {split: round(accuracy(model, *mail(split)), 4) for split in ("validation", "test")}
    spent = latency_ms(model, mail("test")[0], repeat=40, clock=time.process_time)
    return scores | {"parameters": count, "ms": round(spent, 3)}


def new_student(sorter: Sorter, kind: str, seed: int) -> Student:
    """An untaught student that begins with the teacher's word vectors, squeezed."""
    words = sorter.encoder.model.get_input_embeddings().weight
    return make_student(kind, len(words), sorter.intents, seed, words, **SIZES[kind])


def teach(student: Student, sorter: Sorter, way: str, seed: int) -> None:
    """Train a student on the labelled letters.

    way: "gold" labels by people; the teacher's "soft" targets; its "logits", by squared errors; these with a "hint",
    or on "augmented" letters; or after a stage of "layers".
    """
    taught = lesson_of(sorter, COPIES if way == "augmented" else 0)
    with only_words_of(student, taught.texts):
        if way == "layers":
            teach_layers(student, layers_of(sorter), LAYER_STEPS, seed=seed, progress=False)
        _answers(student, taught, way, seed)


def _answers(student: Student, taught: Lesson, way: str, seed: int) -> None:
    kind = type(student).__name__.removesuffix("Student").lower()
    options = {"steps": SETTINGS[kind]["steps"], "lr": SETTINGS[kind]["lr"], "seed": seed, "progress": False}
    if way == "gold":
        distil(student, taught.texts, labels=mail("train")[1], **options)
    elif way == "soft":
        distil(student, taught.texts, taught.logits, T=TEMPERATURE, **options)
    else:
        terms = [LogitError(taught.logits)]
        terms += [Hint(taught.vectors, student.features_dim, 1.0, seed)] if way == "hint" else []
        distil(student, taught.texts, terms=terms, **options)


@cache
def lesson_of(sorter: Sorter, copies: int) -> Lesson:
    """The labelled letters and variants of them, with the teacher's answers."""
    return lesson_on(sorter, augmented(mail("train")[0], copies))


@cache
def layers_of(sorter: Sorter) -> list[dict]:
    """The teacher's layers for the labelled letters, about 250 MB."""
    return lessons(sorter.encoder, mail("train")[0])


def parameters(student: Any) -> int:
    """How many numbers a student has."""
    return sum(parameter.numel() for parameter in student.parameters())


def by_seed(table: Sequence[Mapping[str, Any]], kind: str, way: str, what: str = "test") -> dict[int, float]:
    """{seed: accuracy} of one kind of student, taught in one way."""
    return {row["seed"]: row[what] for row in chosen(table, kind=kind, way=way)}


def claimed_way(table: Sequence[Mapping[str, Any]]) -> str:
    """How the claim's student is taught: "soft" or "logits", whichever is better for the validation writer."""
    return max(("soft", "logits"), key=lambda way: fmean(by_seed(table, "cnn", way, "validation").values()))


def frontier(table: Sequence[Mapping[str, Any]], what: str = "test") -> dict[str, dict[str, float]]:
    """{kind: {way: mean accuracy, "parameters", "ms"}}."""
    found: dict[str, dict[str, float]] = {}
    for kind in dict.fromkeys(row["kind"] for row in table):
        rows = [row for row in table if row["kind"] == kind]
        ways = dict.fromkeys(row["way"] for row in rows)
        found[kind] = {way: fmean(by_seed(table, kind, way, what).values()) for way in ways}
        found[kind] |= {"parameters": rows[0]["parameters"], "ms": fmean(row["ms"] for row in rows)}
    return found


def ways_of(table: Sequence[Mapping[str, Any]], kind: str) -> dict[str, dict[str, float]]:
    """{way: mean and spread on the test, mean on validation, how many seeds}; without a spread for one seed."""
    found = {}
    for way in dict.fromkeys(row["way"] for row in table if row["kind"] == kind):
        test, other = (list(by_seed(table, kind, way, what).values()) for what in ("test", "validation"))
        row = {"test": fmean(test), "spread": stdev(test) if len(test) > 1 else ""}
        found[way] = row | {"validation": fmean(other), "seeds": len(test)}
    return found
