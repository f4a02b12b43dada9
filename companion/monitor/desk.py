"""The desk that is watched: the course's own models, each asked each text once.

Search and generator answer questions, the sorter (the teacher) and a mail student name intents, the router hands turns
to a person. Answers are kept in COMPANION_HOME, since the same question comes back and a reply takes 0.2 seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from companion.checkpoint import read_checkpoint, write_checkpoint
from companion.distill.measure import FEW, MANY, SETTINGS, learn, lesson
from companion.distill.students import Student, make_student
from companion.ledger import path as ledger_path
from companion.models.generator import ADAPTERS
from companion.models.sorter import Sorter
from companion.models.weights import file_sha256
from companion.monitor.gauges import relevance
from companion.monitor.stream import Arrival, drafts, weight
from companion.progress import progress
from companion.rag import KnowledgeIndex, kestrel_index
from companion.rag.kestrel import metadata
from companion.whole import write_whole
from companion.world import Article, world

TOP = 5
DEPLOYED = ("cnn", MANY, "soft")
SWAPPED = ("bag", 160, "hard")  # the desk's first student: cheaper to run, taught by one writer's letters
BESIDE = {"older weights": ("cnn", FEW, "hard"), "another shape": ("bag", MANY, "soft")}
Lesson = tuple[str, int, str]


def home() -> Path:
    """Where answers and students of a run are kept."""
    return ledger_path().parent / "monitor"


@dataclass(frozen=True)
class Said:
    """The reply to a question: text, the ids found and cited (none: a refusal), and the `relevance` to the sources."""

    text: str
    found: tuple[str, ...]
    cited: tuple[str, ...]
    relevance: float


class SearchDesk:
    """Questions answered from an index; replies are kept in `file` under the question and what it found."""

    def __init__(self, index: KnowledgeIndex, generator: Any = None, file: Path | None = None):
        self.index, self._generator, self.file = index, generator, file
        kept = json.loads(file.read_text(encoding="utf-8")) if file and file.is_file() else {}
        self.kept: dict[str, Said] = {key: Said(**_tuples(said)) for key, said in kept.items()}

    @property
    def generator(self) -> Any:
        """The model that answers, loaded when a question comes that was never asked."""
        if self._generator is None:
            from companion.models import load_generator

            self._generator = load_generator()
        return self._generator

    def answer(self, query: str, vector: np.ndarray) -> Said:
        """The reply to a question with this vector (dim,)."""
        hits = self.index.search(query, TOP, vector=vector)
        key = f"{query} | {' '.join(hit.id for hit in hits)}"
        if key not in self.kept:
            self.kept[key] = self._answered(query, vector, hits)
        return self.kept[key]

    def _answered(self, query: str, vector: np.ndarray, hits: Sequence[Any]) -> Said:
        reply = self.generator.respond(query, [hit.text for hit in hits])
        cited = [number - 1 for number in reply.cited]
        said = self.index.embed(f"{query} {reply.text}") if cited else vector
        near = relevance(said, self.index.encoder.encode([hit.text for hit in hits]), cited)
        found = tuple(hit.id for hit in hits)
        return Said(reply.text, found, tuple(found[row] for row in cited), round(near, 4))

    def answers(self, queries: Sequence[str]) -> dict[str, Said]:
        """{question: reply}; the vectors are computed together, and what is new is written to the disk."""
        asked, before = list(dict.fromkeys(queries)), len(self.kept)
        vectors = self.index.encoder.encode(asked) if asked else []
        said = {}
        for number, (query, vector) in enumerate(zip(progress(asked, "questions"), vectors, strict=True), start=1):
            said[query] = self.answer(query, vector)
            if self.file and len(self.kept) > before and (number % 50 == 0 or number == len(asked)):
                self.save()
        return said

    def save(self) -> None:
        """Write the replies, whole or not at all."""
        write_whole(self.file, json.dumps({key: asdict(said) for key, said in self.kept.items()}))


def _tuples(said: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}


def search_desk(article: Article | None = None) -> SearchDesk:
    """Kestrel's desk; with an article, the desk into whose index it was put."""
    index, sha = kestrel_index(), file_sha256(ADAPTERS / "generator" / "adapter_model.safetensors")[:8]
    if article is not None:
        index.add(article.id, article.text, article.title, metadata(article))
    return SearchDesk(index, file=home() / f"answers-{sha}.json")


@cache
def injected(seed: int) -> Article:
    """The false page that is planted: of the drafts the one that misleads most.

    Whoever attacks a desk can ask it as often as they like: each draft is tried with the questions about its own four
    facts, a price counting four times. The first of the best is taken.
    """
    return max(drafts(seed), key=misled)


def misled(article: Article) -> int:
    """How many of the questions about its facts are answered from a false page, prices counted as often as asked."""
    desk, asked = search_desk(article), [world(0).question(product, a) for product, a, _ in article.facts]
    said = desk.answers([question.text for question in asked])
    return sum(weight(question.attribute) for question in asked if article.id in said[question.text].cited)


def all_answers(found: Sequence[Arrival], article: Article, week: int) -> list[Said]:
    """The reply to each question of the stream, the false page being in the index in its `week` only."""
    false = [arrival.text for arrival in found if arrival.day // 7 == week]
    usual = [arrival.text for arrival in found if arrival.day // 7 != week]
    said = search_desk().answers(usual)
    wrong = search_desk(article).answers(false)  # after the first: both keep their replies in one file
    return [(wrong if arrival.day // 7 == week else said)[arrival.text] for arrival in found]


# --- the mail -------------------------------------------------------------------------------------------------
class Once:
    """A classifier that reads each text once."""

    def __init__(self, model: Any):
        self.model, self.classes = model, tuple(model.classes)
        self.read: dict[str, np.ndarray] = {}

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """As the model's own, (n, classes)."""
        if new := [text for text in dict.fromkeys(texts) if text not in self.read]:
            self.read.update(zip(new, np.asarray(self.model.logits(new)), strict=True))
        return np.stack([self.read[text] for text in texts])

    def named(self, texts: Sequence[str]) -> list[str]:
        """The likeliest class of each text."""
        return [self.classes[row] for row in self.logits(texts).argmax(1)]


def student_of(sorter: Sorter, how: Lesson, seed: int) -> Student:
    """A mail student of this kind, number of letters and labels; taught if it is not on the disk."""
    kind, texts, labels = how
    file = home() / f"{kind}-{texts}-{labels}-{seed}.safetensors"
    words = sorter.encoder.model.get_input_embeddings().weight
    if not file.is_file():
        taught, _ = learn(lesson(sorter).take(texts), kind, labels, seed, progress=False)
        write_checkpoint(file, dict(taught.state_dict()), {"student": file.stem})
    student = make_student(kind, len(words), sorter.classes, seed, words, **SETTINGS[kind]["sizes"])
    student.load_state_dict(read_checkpoint(file)[0])
    return student.eval()


def milliseconds(
    model: Any, texts: Sequence[str], clock: Callable[[], float] = time.process_time, tries: int = 3
) -> list[float]:
    """The model's time for each text alone: the quickest of `tries`, for whatever else the machine does only adds.

    The first two texts are read once before the clock runs, since another model has just been at work.
    """
    for text in texts[:2]:
        model.logits([text])
    return [min(_once(model, text, clock) for _ in range(tries)) for text in texts]


def _once(model: Any, text: str, clock: Callable[[], float]) -> float:
    start = clock()
    model.logits([text])
    return 1000 * (clock() - start)
