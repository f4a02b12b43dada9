"""The measurements behind C5.1-e and C5.1-f: teachers that teach badly, and a student that is too small.

`python -m companion.build runs traps_distil` makes the stored table, one row a student; the functions at the end
read it. Four teachers of one family: a weak one and a plain one are probes over the encoder as it comes, the sorter
is the course's, and the committee is the mean of the sorter's and the plain one's scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from safetensors.torch import load_file, save_file
from torch import Tensor

from companion.calibration import calibration_error, fit_temperature, softmax
from companion.distill.measure import SETTINGS, lesson_on
from companion.distill.students import make_student
from companion.distill.study import accuracy, distil
from companion.distill.transfer import teacher_outputs
from companion.distill.trimmed import only_words_of
from companion.labels import labels_to_rows
from companion.models import load_encoder, load_sorter
from companion.models.sorter import Sorter
from companion.probe import Setting, probe
from companion.stored import chosen
from companion.world import utterances
from companion.world.utterances import INTENTS, mail

LESSON = Path(__file__).parent / "weights" / "lesson" / "sorter.safetensors"
TEACHERS = ("weak", "plain", "sorter", "committee")
OTHERS = ("validation", "test")  # the writers whom no teacher read
FEW = 3  # letters of an intent that the weak teacher has seen
CELLS = {"weak": (3.0,), "plain": (1.0, 3.0), "sorter": (1.0, 3.0, 8.0), "committee": (1.0, 3.0)}
TOO_SURE, TOO_FLAT, FITTED = 8.0, 0.2, 0.0  # a badly calibrated teacher: the sorter's scores times this; 0: mended
WIDTHS = (64, 16, 8)  # of word vectors and of filters; the course's student has 64
LONGER, PATIENCE = 3, (3, 9, 27)  # times the steps: what the claim compares, and how far the smallest one was taken
GOOD, CALIBRATED, DOUBT, FOLLOWED = 0.7, 0.15, 0.15, 0.9  # the gauges' limits
Row = dict[str, Any]


@cache
def course_teacher() -> Sorter:
    """The shipped sorter."""
    return load_sorter()


@cache
def lesson_texts() -> list[str]:
    """The 640 labelled letters first, then the 3,400 unlabelled ones."""
    return [message.text for message in (*utterances.labelled("train"), *utterances.unlabelled())]


def write_lesson() -> None:
    """Ask the shipped sorter anew and keep its scores: `companion/distill/weights/lesson/sorter.safetensors`."""
    LESSON.parent.mkdir(parents=True, exist_ok=True)
    save_file({"logits": lesson_on(course_teacher(), lesson_texts()).logits.contiguous()}, LESSON)


@cache
def plain_vectors(what: str) -> np.ndarray:
    """The encoder's vectors, as it comes, of the "lesson" (the labelled letters first) or of one writer's letters."""
    encoder, texts = load_encoder(), lesson_texts() if what == "lesson" else mail(what)[0]

    def compute(batch: list[str]) -> dict[str, Any]:
        return {"vectors": encoder.encode(batch)}

    return teacher_outputs(compute, texts, f"{encoder.fingerprint} vectors")["vectors"].numpy()


@cache
def sorter_scores() -> dict[str, np.ndarray]:
    """The sorter's logits: of the lesson as they ship (to ask anew takes half a minute), of both other writers live."""
    others = {writer: course_teacher().logits(mail(writer)[0]) for writer in OTHERS}
    return {"lesson": load_file(LESSON)["logits"].numpy()} | others


def rows_of(split: str) -> np.ndarray:
    """The labels of a split as columns."""
    return labels_to_rows(mail(split)[1], INTENTS).numpy()


def probe_scores(each: int | None, seed: int, wanted: Sequence[str] = ("lesson", *OTHERS)) -> dict[str, np.ndarray]:
    """Logits of a probe that learned so many letters of each intent, or all; without the lesson it takes seconds."""
    rows, vectors = rows_of("train"), plain_vectors("lesson" if "lesson" in wanted else "train")
    rng = np.random.default_rng(seed)
    places = np.concatenate([rng.permutation(np.flatnonzero(rows == c))[:each] for c in range(len(INTENTS))])
    model = probe(vectors[places], rows[places], INTENTS, Setting(), seed)
    return {what: model.logits(plain_vectors(what)) for what in wanted}


def log_chances(logits: np.ndarray) -> np.ndarray:
    """Logits whose softmax is the same, and whose sizes can be compared between models."""
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def teacher(name: str, seed: int) -> dict[str, np.ndarray]:
    """{"lesson", "validation", "test"}: a teacher's logits (n, intents)."""
    if name not in TEACHERS:
        raise ValueError(f"There is no teacher {name!r}: choose one of {', '.join(TEACHERS)}.")
    if name in ("weak", "plain"):
        return probe_scores(FEW if name == "weak" else None, seed)
    if name == "sorter":
        return sorter_scores()
    plain = probe_scores(None, seed)
    return {what: (log_chances(s) + log_chances(plain[what])) / 2 for what, s in sorter_scores().items()}


def gauges_of(said: dict[str, np.ndarray], T: float = 1.0) -> dict[str, float]:
    """What can be known of a teacher before a student is taught.

    "right": share of the validation writer's letters; "calibration": `calibration_of` them; "doubt": in the lesson,
    what softmax(logits / T) leaves beside the likeliest class, the mean over its texts.
    """
    right = (said["validation"].argmax(1) == rows_of("validation")).mean()
    doubt = 1 - softmax(said["lesson"], T).max(1).mean()
    numbers = {"right": right, "calibration": calibration_of(said), "doubt": doubt}
    return {name: round(float(value), 4) for name, value in numbers.items()}


def calibration_of(said: dict[str, np.ndarray], writer: str = "validation") -> float:
    """Expected calibration error of a teacher's own chances, at T = 1, on the letters of a writer."""
    chances = softmax(said[writer])
    return calibration_error(chances.max(1), chances.argmax(1) == rows_of(writer))


def scaled(said: dict[str, np.ndarray], factor: float) -> dict[str, np.ndarray]:
    """The same teacher, surer (factor above 1) or less sure: the order within a row stays."""
    return {what: logits * factor for what, logits in said.items()}


def calibrated(said: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], float]:
    """The teacher at the temperature that fits the validation letters best, and that temperature."""
    T = fit_temperature(said["validation"], rows_of("validation"))
    return scaled(said, 1 / T), T


@cache
def squeezed(width: int) -> Tensor:
    """The teacher's word vectors as every student of a width begins with them; computed once."""
    words = course_teacher().encoder.model.get_input_embeddings().weight
    return make_student("cnn", len(words), INTENTS, 0, words, dim=width).embedding.weight.detach()


def taught(said: dict[str, np.ndarray], T: float, seed: int, width: int = 64, longer: int = 1) -> Row:
    """A CNN that learned a teacher's lesson: both writers' letters sorted rightly, and how far it follows.

    "followed": share of the lesson's own texts that it sorts as its teacher does.
    """
    texts, how = lesson_texts(), SETTINGS["cnn"]
    student = make_student("cnn", len(squeezed(width)), INTENTS, seed, dim=width, filters=width)
    student.embedding.weight.data.copy_(squeezed(width))
    about = {"steps": longer * how["steps"], "lr": how["lr"], "T": T, "seed": seed, "progress": False}
    with only_words_of(student, texts):
        history = distil(student, texts, said["lesson"], **about)
    row = {split: round(accuracy(student, *mail(split)), 4) for split in ("validation", "test")}
    followed = student.logits(texts).argmax(1) == said["lesson"].argmax(1)
    parameters = sum(p.numel() for p in student.parameters())
    tail = {"followed": round(float(followed.mean()), 4), "loss": round(fmean(history.losses[-100:]), 4)}
    return row | tail | {"parameters": parameters, "seconds": round(history.seconds, 1)}


def cell_run(name: str, T: float, seed: int) -> Row:
    """One student of one teacher at one temperature, beside the teacher's gauges."""
    said = teacher(name, seed)
    own = {"teacher right": round(float((said["test"].argmax(1) == rows_of("test")).mean()), 4)}
    return own | gauges_of(said, T) | taught(said, T, seed)


def calibration_run(factor: float, seed: int) -> Row:
    """A student of the sorter whose scores were multiplied; FITTED stands for the factor that calibrates them."""
    said = scaled(sorter_scores(), factor) if factor else calibrated(sorter_scores())[0]
    return gauges_of(said, 3.0) | taught(said, 3.0, seed)


def size_run(width: int, longer: int, seed: int) -> Row:
    """A student of some width, taught by the sorter at T = 3, perhaps for longer."""
    return taught(sorter_scores(), 3.0, seed, width, longer)


def cells(table: Sequence[Row], what: str = "test") -> dict[tuple[str, float], dict[int, float]]:
    """{(teacher, T): {seed: value}}."""
    found: dict[tuple[str, float], dict[int, float]] = {}
    for row in chosen(table, part="teacher"):
        found.setdefault((row["teacher"], row["T"]), {})[row["seed"]] = row[what]
    return found


def chosen_by_validation(table: Sequence[Row]) -> dict[int, Row]:
    """{seed: the row of the teacher and temperature whose student is best on validation}; of equals the first."""
    best: dict[int, Row] = {}
    for row in chosen(table, part="teacher"):
        if row["validation"] > best.get(row["seed"], {"validation": -1})["validation"]:
            best[row["seed"]] = row
    return best


def most_accurate(table: Sequence[Row]) -> dict[int, Row]:
    """{seed: the row at T = 1 of the teacher that is itself most accurate on validation}: the blind choice."""
    best: dict[int, Row] = {}
    for row in chosen(table, part="teacher", T=1.0):
        if row["right"] > best.get(row["seed"], {"right": -1})["right"]:
            best[row["seed"]] = row
    return best


def preparation(table: Sequence[Row]) -> tuple[dict[int, float], dict[int, float]]:
    """C5.1-e: {seed: test} of the student that validation chose, and of the most accurate teacher's at T = 1."""
    pair = (chosen_by_validation(table), most_accurate(table))
    return tuple({seed: row["test"] for seed, row in sorted(found.items())} for found in pair)


def of_size(table: Sequence[Row], width: int, longer: int = 1, what: str = "test") -> dict[int, float]:
    """{seed: value} of the students of a width; the course's own stands among the teachers' cells."""
    if (width, longer) == (64, 1):
        return cells(table, what)["sorter", 3.0]
    return {row["seed"]: row[what] for row in chosen(table, part="size", width=width, longer=longer)}


def capacity(table: Sequence[Row]) -> tuple[dict[int, float], dict[int, float]]:
    """C5.1-f: {seed: lost by an eighth of the width}, {seed: lost when that one learns three times as long}."""
    wide = of_size(table, 64)
    narrow, long = of_size(table, 8), of_size(table, 8, LONGER)
    return tuple({s: round(wide[s] - small[s], 4) for s in wide} for small in (narrow, long))
