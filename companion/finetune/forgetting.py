"""What fine-tuning forgets: how well the same encoder still searches while it learns another task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from companion.device import fast_bf16
from companion.finetune.classifier import TextClassifier, accuracy
from companion.finetune.tuning import HOW, checked, fit, start, taken
from companion.labels import Labels
from companion.metrics import recall_at_k
from companion.world.records import searchable

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

Search = tuple[Sequence[str], Sequence[str], Sequence[int]]  # questions, passages, row of each question's passage
Moment = tuple[int, float, dict[str, float]]  # steps done, accuracy, recall by the name of the search


def search_recall(
    encoder: Encoder,
    questions: Sequence[str],
    passages: Sequence[str],
    gold_rows: Sequence[int],
    k: int = 5,
    bf16: bool = False,
) -> float:
    """recall@k of dense search: share of questions whose passage is among the k with the largest q . p.

    Exact, over all passages; equal to a dense search in an index of the same texts. gold_rows: the row of each
    question's passage. bf16: encode in bfloat16, twice as fast on a processor that has it, and within about
    0.005 of the exact figure. Raises ValueError for no question, lists that do not fit, and k < 1.
    """
    if not len(questions) or len(questions) != len(gold_rows):
        raise ValueError(f"{len(questions)} questions came with {len(gold_rows)} gold rows: give each its passage.")
    if not 0 <= min(gold_rows) <= max(gold_rows) < len(passages):
        raise ValueError(f"A gold row names no passage: rows go from 0 to {len(passages) - 1}.")
    with torch.autocast(encoder.model.device.type, torch.bfloat16, enabled=bf16):
        scores = encoder.encode(list(questions)) @ encoder.encode(list(passages)).T  # (questions, passages)
    ranked = np.argsort(-scores, axis=1, kind="stable")  # best first; of equal scores the earlier passage
    return float(np.mean([recall_at_k(row.tolist(), {gold}, k) for row, gold in zip(ranked, gold_rows, strict=True)]))


def company_search() -> Search:
    """Kestrel's own search: every question that an article answers, all articles, the row of each one's article."""
    from companion.world import world

    company = world(0)
    asked = [question for question in company.questions if question.article_id is not None]
    rows = {article.id: row for row, article in enumerate(company.articles)}
    passages = [searchable(article.title, article.text) for article in company.articles]
    return [question.text for question in asked], passages, [rows[question.article_id] for question in asked]


def watch_forgetting(
    encoder: Encoder,
    texts: Sequence[str],
    labels: Labels,
    test: tuple[Sequence[str], Labels],
    searches: Mapping[str, Search],
    method: str = "full",
    steps: int = 150,
    lr: float | None = None,
    seed: int = 0,
    every: int = 25,
    k: int = 5,
    bf16: bool | None = None,
    **options: Any,
) -> list[Moment]:
    """Tune a copy of `encoder` and write down (steps done, accuracy on `test`, {name: recall@k of the search}).

    The first moment is before the first step, then one every `every` steps, the last after the last step. A
    search is (questions, passages, gold rows): `company_search()`, or texts of your own. `options` go to
    `tune`. Nothing is chosen by what is written down, so `test` may be the test set: do not pass patience.
    """
    if "patience" in options or "validate" in options or "validation" in options:
        raise ValueError("watch_forgetting runs to the last step: leave out validation, validate and patience.")
    fast = fast_bf16(encoder.model.device) if bf16 is None else bf16
    moments: list[Moment] = []

    def look(model: TextClassifier) -> float:
        recalls = {name: search_recall(model.encoder, *search, k, fast) for name, search in searches.items()}
        moments.append((min(len(moments) * every, steps), accuracy(model, *test), recalls))
        return moments[-1][1]

    rows, classes = checked(texts, labels, options.pop("classes", None))
    model, groups = start(encoder, classes, method, lr, seed, **taken(options, (*HOW, "head_lr")))
    look(model)
    fit(model, groups, texts, rows, steps, seed, every=every, bf16=fast, validate=look, **options)
    return moments
