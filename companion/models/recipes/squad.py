"""SQuAD 1.1 in three parts by article, and for each question passages that do not answer it.

Rajpurkar et al., 1606.05250, CC BY-SA 4.0. Passages of XQuAD (1910.11856) are left out everywhere, so that
they stay unseen for measuring. No article stands in two parts.
"""

import json
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import bm25s
import Stemmer

from companion.metrics import normalise_answer

HELD_OUT = 8  # articles of the test
VALIDATION = 3  # articles that the refusal's threshold is set on
NEAREST = 20  # passages looked at for each question
NEGATIVES = 8  # of which so many, without the answer, are kept


@dataclass(frozen=True)
class Passage:
    """A paragraph of an article."""

    title: str
    text: str


@dataclass(frozen=True)
class Asked:
    """A question with its right answers: distinct (start, end) characters in `passages[passage]`."""

    id: str
    text: str
    passage: int
    spans: tuple[tuple[int, int], ...]
    answers: tuple[str, ...]  # one for each annotator, for scoring


@dataclass
class Part:
    """Passages of some articles, the questions on them, and for each question's id its near misses."""

    passages: list[Passage] = field(default_factory=list)
    questions: list[Asked] = field(default_factory=list)
    near: dict[str, list[int]] = field(default_factory=dict)


def parts(folder: str | None = None, seed: int = 0) -> dict[str, Part]:
    """Train, validation and test: the articles are shuffled by the seed; 8 are the test, 3 the validation."""
    articles, left_out = read_articles(folder)
    titles = sorted(articles)
    Random(seed).shuffle(titles)
    cut = HELD_OUT + VALIDATION
    named = {"test": titles[:HELD_OUT], "validation": titles[HELD_OUT:cut], "train": titles[cut:]}
    return {name: _part(sorted(chosen), articles, left_out) for name, chosen in named.items()}


def _part(titles: list[str], articles: dict[str, list[dict]], left_out: set[str]) -> Part:
    part = Part()
    for title in titles:
        for paragraph in articles[title]:
            if paragraph["context"] in left_out:
                continue
            part.questions += [_asked(qa, len(part.passages)) for qa in paragraph["qas"]]
            part.passages.append(Passage(title, paragraph["context"]))
    part.near = near_misses(part)
    return part


def _asked(qa: dict, passage: int) -> Asked:
    spans = {(a["answer_start"], a["answer_start"] + len(a["text"])) for a in qa["answers"]}
    answers = tuple(a["text"] for a in qa["answers"])
    return Asked(qa["id"], qa["question"], passage, tuple(sorted(spans)), answers)


def near_misses(part: Part) -> dict[str, list[int]]:
    """For each question the passages that BM25 finds first and that hold none of its answers."""
    stem = Stemmer.Stemmer("english")

    def tokens(texts: list[str]):
        return bm25s.tokenize(texts, stopwords="en", stemmer=stem, show_progress=False)

    index = bm25s.BM25(k1=0.9, b=0.4)
    index.index(tokens([p.text for p in part.passages]), show_progress=False)
    count = min(NEAREST, len(part.passages))
    rows, _ = index.retrieve(tokens([q.text for q in part.questions]), k=count, show_progress=False)
    texts = [f" {normalise_answer(p.text)} " for p in part.passages]
    return {q.id: _without(q, row, texts) for q, row in zip(part.questions, rows.tolist(), strict=True)}


def _without(question: Asked, found: list[int], texts: list[str]) -> list[int]:
    truths = [f" {normalise_answer(answer)} " for answer in question.answers]
    misses = [i for i in found if i != question.passage and not any(truth in texts[i] for truth in truths)]
    return misses[:NEGATIVES]


def read_articles(folder: str | None = None) -> tuple[dict[str, list[dict]], set[str]]:
    """Articles by title, as SQuAD's paragraphs, and the passages of XQuAD.

    From `folder` or COMPANION_DATA (squad/dev-v1.1.json.zip, xquad/xquad.en.json), else from the hub through
    the `datasets` library.
    """
    folder = folder or os.environ.get("COMPANION_DATA")
    if not folder:
        return _from_hub()
    squad, xquad = Path(folder) / "squad" / "dev-v1.1.json.zip", Path(folder) / "xquad" / "xquad.en.json"
    for file in (squad, xquad):
        if not file.is_file():
            raise FileNotFoundError(f"{file} is missing: point COMPANION_DATA at the folder that holds it.")
    with zipfile.ZipFile(squad) as archive:
        data = json.loads(archive.read(archive.namelist()[0]))["data"]
    held = json.loads(xquad.read_text(encoding="utf-8"))["data"]
    articles = {article["title"]: article["paragraphs"] for article in data}
    return articles, {p["context"] for article in held for p in article["paragraphs"]}


def _from_hub() -> tuple[dict[str, list[dict]], set[str]]:
    try:
        from datasets import load_dataset
    except ImportError as error:
        raise ImportError("Set COMPANION_DATA to a folder with SQuAD, or run `pip install datasets`.") from error
    articles: dict[str, dict[str, dict]] = {}
    for row in load_dataset("rajpurkar/squad", split="validation"):
        paragraphs = articles.setdefault(row["title"], {})
        paragraph = paragraphs.setdefault(row["context"], {"context": row["context"], "qas": []})
        pairs = zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True)
        answers = [{"text": text, "answer_start": start} for text, start in pairs]
        paragraph["qas"].append({"id": row["id"], "question": row["question"], "answers": answers})
    held = {row["context"] for row in load_dataset("google/xquad", "xquad.en", split="validation")}
    return {title: list(paragraphs.values()) for title, paragraphs in articles.items()}, held
