"""What a sentence of a financial report says: a gain, a loss, neither, or something hedged.

208 sentences of thirteen invented companies, split by company. Three ways to label them: fine-tuning the encoder,
copying the label of the nearest labelled sentences, and, untrained, the nearest description of a label.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from companion.distill.students import Student, make_student
from companion.distill.study import distil
from companion.finetune.classifier import TextClassifier
from companion.finetune.tuning import tune
from companion.training import History

LABELS = ("gain", "loss", "neutral", "hedged")
SPLITS = ("train", "validation", "test")
DESCRIPTIONS = {  # what an analyst would be told on the first day
    "gain": "A figure of the business got better: more profit, lower costs, a smaller loss.",
    "loss": "A figure of the business got worse: less profit, higher costs, a missed target.",
    "neutral": "A fact about the company or its accounting rules, neither good nor bad.",
    "hedged": "Something that may happen in the future, said with care: expected, could, if, subject to.",
}
NEIGHBOURS = (1, 3, 5, 7, 9)
SETTINGS: dict[str, Any] = {"method": "lora", "steps": 150, "batch_size": 8}  # chosen by leaving out training companies
PROBE: dict[str, Any] = {"method": "probe", "steps": 150, "batch_size": 16}  # the encoder stays as it is
Sentences = tuple[list[str], list[str]]  # texts and labels


def sentences(split: str) -> Sentences:
    """Texts and labels of a split: 112 in "train", 32 in "validation", 64 in "test", sixteen a company.

    No company is in two splits. Raises ValueError for a split that is not there.
    """
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r} of the report sentences: choose one of {', '.join(SPLITS)}.")
    pairs = [
        (text, label)
        for company in companies()
        if company["split"] == split
        for label, texts in company["sentences"].items()
        for text in texts
    ]
    return [text for text, _ in pairs], [label for _, label in pairs]


@cache
def companies() -> list[dict[str, Any]]:
    """The companies: name, trade, split, and sentences by label."""
    return json.loads((files("companion.world") / "data/scenarios/reports.json").read_text(encoding="utf8"))


def fine_tuned(encoder: Any, seed: int = 0, **options: Any) -> tuple[TextClassifier, History]:
    """Fine-tuning: a copy of `encoder` and a new head, trained on the 112 sentences; `options` go to `tune`."""
    return tune(encoder, *sentences("train"), classes=LABELS, seed=seed, **SETTINGS | options)


def nearest(encoder: Any, texts: Sequence[str], k: int) -> list[list[tuple[float, str, str]]]:
    """Retrieval: for each text its k nearest training sentences as (cosine, sentence, label), the nearest first."""
    known, labels = sentences("train")
    scores = encoder.encode(list(texts)) @ encoder.encode(known).T  # (texts, known)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return [[(float(row[at]), known[at], labels[at]) for at in rows] for row, rows in zip(scores, best, strict=True)]


def vote(found: Sequence[tuple[float, str, str]]) -> str:
    """The commonest label; of equally common ones that of the nearer sentence."""
    return Counter(label for _, _, label in found).most_common(1)[0][0]


def retrieved(encoder: Any, texts: Sequence[str], k: int) -> list[str]:
    """The label that the k nearest training sentences vote for, a text each."""
    return [vote(found) for found in nearest(encoder, texts, k)]


def chosen_k(encoder: Any) -> int:
    """The number of neighbours that is right most often on the validation companies; of equals the smallest."""
    texts, labels = sentences("validation")
    found = nearest(encoder, texts, max(NEIGHBOURS))
    return max(NEIGHBOURS, key=lambda k: share_right([vote(row[:k]) for row in found], labels))


def tuned_k(encoder: Any) -> int:
    """The number of neighbours that is right most often on each training company, told by the other six; so LoRA's
    settings were chosen. Of equals the smallest.
    """
    texts, labels = sentences("train")
    firm = [row for row, company in enumerate(c for c in companies() if c["split"] == "train") for _ in range(16)]
    vectors = encoder.encode(texts)
    scores = vectors @ vectors.T - 9 * np.equal.outer(firm, firm)  # (texts, texts); its own company comes last
    order = np.argsort(-scores, axis=1, kind="stable")
    found = [[(float(row[at]), texts[at], labels[at]) for at in rows] for row, rows in zip(scores, order, strict=True)]
    return max(NEIGHBOURS, key=lambda k: share_right([vote(row[:k]) for row in found], labels))


def described(encoder: Any, texts: Sequence[str]) -> list[str]:
    """Untrained: the label whose description lies nearest."""
    scores = encoder.encode(list(texts)) @ encoder.encode(list(DESCRIPTIONS.values())).T
    return [list(DESCRIPTIONS)[row] for row in scores.argmax(1)]


def distilled(teacher: TextClassifier, seed: int = 0, **options: Any) -> Student:
    """Distillation: a small network taught by the fine-tuned encoder, on the same sentences; there are no others."""
    texts, _ = sentences("train")
    words = teacher.encoder.model.get_input_embeddings().weight
    student = make_student("cnn", len(words), LABELS, seed, words)
    options = {"steps": 300, "progress": False} | options
    distil(student, texts, teacher_logits=teacher.logits(texts), seed=seed, **options)
    return student


def share_right(said: Sequence[str], labels: Sequence[str]) -> float:
    """Share of the labels that were said."""
    return sum(a == b for a, b in zip(said, labels, strict=True)) / len(labels)
