"""Milestone 2: a router and a small student from the labelled messages, beside what needs no training.

Nothing here is chosen on the test messages: the settings are those of the course, and the student's teacher is the
LoRA router (the probe where LoRA is left out), whichever of the two scores better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING, Any

from companion.capstone.messages import Messages
from companion.capstone.routers import load_router, save_router
from companion.capstone.saved import Row, hashed

if TYPE_CHECKING:
    from companion.capstone.project import Project

UNTRAINED = ("largest class", "nearest class mean", "names of the classes", "nearest examples")
TRAINED = ("probe", "LoRA", "student", "student, labels only")
PASSES = {"probe": 150, "LoRA": 12, "student": 60}  # steps for the probe, else how often each text is read
MOST_STEPS = {"LoRA": 120, "student": 250}
MOST_BORROWED = 600  # sentences of the learner's own documents, which the teacher labels for the student


def measure_sorters(project: Project, lora: bool = True, seed: int = 0) -> dict[str, Row]:
    """{row: whether each test message was sorted rightly, seconds, milliseconds}; from `results/2_sorters.json`.

    lora: False leaves LoRA out, and the probe teaches the student; for large encoders on a small machine.
    """
    read = project.messages
    told = hashed([*read.train[0], *read.train[1], "test", *read.test[0], *read.test[1], *read.unlabelled])
    saved = project.saved("2_sorters", messages=told, seed=str(seed), lora=str(lora))
    work = _Work(project, read, lora, seed, told)
    names = [name for name in (*UNTRAINED, *TRAINED) if lora or name != "LoRA"]
    parts = {"messages": saved.part("messages", lambda: _counted(read))}
    return parts | {name: saved.part(name, lambda name=name: work.row(name)) for name in names}


def _counted(read: Messages) -> Row:
    return {
        "train": len(read.train[0]),
        "test": len(read.test[0]),
        "unlabelled": len(read.unlabelled),
        "classes": Counter(read.train[1] + read.test[1]),
        "both": len(set(map(str.lower, read.train[0])) & set(map(str.lower, read.test[0]))),
        "left out": dict(read.left_out),
    }


class _Work:
    """The models of one split, each made when it is first asked for."""

    def __init__(self, project: Project, read: Messages, lora: bool, seed: int, told: str):
        from companion.models.embedded import Embedded

        self.project, self.read, self.lora, self.seed, self.told = project, read, lora, seed, told
        self.encoder = Embedded(project.encoder)  # every row below asks for the same texts
        self.makers: dict[str, Callable[[], Any]] = {
            "largest class": lambda: _Always(Counter(read.train[1]).most_common(1)[0][0]),
            "nearest class mean": lambda: _ByMean(self.encoder, read.train),
            "names of the classes": self._by_name,
            "nearest examples": self._neighbours,
            "probe": lambda: self._router("probe"),
            "LoRA": lambda: self._router("LoRA"),
            "student": lambda: self._student(taught=True),
            "student, labels only": lambda: self._student(taught=False),
        }

    def row(self, name: str) -> Row:
        """Make the model, and sort every test message."""
        model = self.makers[name]()
        said = model.predict(self.read.test[0])
        row: Row = {"right": [float(a == b) for a, b in zip(said, self.read.test[1], strict=True)], "said": said}
        if hasattr(model, "logits") and name in (*TRAINED[:3],):
            row["milliseconds"] = round(self._milliseconds(model), 2)
        return row

    def _milliseconds(self, model: Any) -> float:
        import time

        from companion.distill import latency_ms

        return latency_ms(model, self.read.test[0], repeat=20, clock=time.process_time)

    def _by_name(self) -> Any:
        from companion.choose import ZeroShot

        return ZeroShot(self.encoder, self.read.classes)

    def _neighbours(self) -> Any:
        from companion.choose import Neighbours

        return Neighbours(self.encoder, *self.read.train, self.read.classes)

    def _router(self, name: str) -> Any:
        """The trained router, from its files where they are of these messages."""
        from companion.finetune.tuning import tune

        folder = self.project.results / f"router-{name.lower()}-{self.told}-{self.seed}"
        if not (folder / "card.json").is_file():
            steps = PASSES["probe"]
            if name == "LoRA":
                steps = min(MOST_STEPS["LoRA"], max(20, PASSES["LoRA"] * len(self.read.train[0]) // 16))
            method = "lora" if name == "LoRA" else "probe"
            model, _ = tune(
                self.project.encoder, *self.read.train, method, steps, seed=self.seed, classes=self.read.classes
            )
            save_router(
                model, folder, {"encoder": self.project.encoder.fingerprint[:16], "method": method, "steps": steps}
            )
            del model  # two copies of an encoder at a time are one too many
        return load_router(folder, self.project.encoder)

    @cached_property
    def borrowed(self) -> list[str]:
        """Texts without a label for the student: the learner's own, and sentences of the documents."""
        from companion.capstone.proposing import sentences

        try:
            files, _ = self.project.documents_read
        except (OSError, ValueError):  # no documents: the messages alone
            files = []
        found = [sentence for file in files for sentence in sentences(file.text)]
        return [*self.read.unlabelled, *found][:MOST_BORROWED]

    def _student(self, taught: bool) -> Any:
        """The CNN of section 1.3: taught by the router on all texts, or by the labels of the labelled ones alone."""
        from companion.distill import distil, make_student
        from companion.distill.measure import SETTINGS

        texts, labels = self.read.train
        learn: dict[str, Any] = {"labels": labels}
        if taught:
            texts = [*texts, *self.borrowed]
            learn = {"teacher_logits": self._router("LoRA" if self.lora else "probe").logits(texts)}
        words = self.project.encoder.model.get_input_embeddings().weight
        student = make_student("cnn", len(words), self.read.classes, self.seed, words, **SETTINGS["cnn"]["sizes"])
        student.tokenizer = self.project.encoder.tokenizer
        steps = min(MOST_STEPS["student"], max(60, PASSES["student"] * len(texts) // 32))
        distil(student, texts, **learn, steps=steps, lr=SETTINGS["cnn"]["lr"], seed=self.seed, progress=False)
        student.eval()
        return student


class _Always:
    def __init__(self, label: str):
        self.label = label

    def predict(self, texts: Sequence[str]) -> list[str]:
        return [self.label] * len(texts)


class _ByMean:
    def __init__(self, encoder: Any, train: tuple[list[str], list[str]]):
        self.encoder, self.known = encoder, list(zip(*train, strict=True))

    def predict(self, texts: Sequence[str]) -> list[str]:
        from companion.models.desk_card import nearest

        return nearest(self.encoder, texts, self.known)


def sorter_table(parts: dict[str, Row]) -> dict[str, dict[str, float]]:
    """{row: {"right": share, "give or take": two standard errors}}, untrained rows first, for printing."""
    return {
        name: {"right": fmean(row["right"]), "give or take": give_or_take(row["right"])} for name, row in _rows(parts)
    }


def _rows(parts: dict[str, Row]) -> list[tuple[str, Row]]:
    return [(name, row) for name, row in parts.items() if "right" in row]


def give_or_take(right: Sequence[float]) -> float:
    """Two standard errors of a share that was counted on so many items, 2 * sqrt(p (1 - p) / n), and at least 2 / n.

    Six of six has no spread, and yet says little: hence the floor.
    """
    share = fmean(right)
    return max(2 * (share * (1 - share) / len(right)) ** 0.5, 2 / len(right))
