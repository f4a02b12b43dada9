"""C2.1-b and -c: sorting mail by each path, with fewer and fewer labels; what each costs, and how well it sorts.

CPU-seconds (`time.process_time`) on one thread. The student learns from its teacher's chances on all 4,040 letters.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import cycle
from random import Random
from typing import Any

import numpy as np
import torch

from companion.device import fast_bf16
from companion.distill.measure import Lesson, learn
from companion.distill.study import accuracy
from companion.finetune.lora import unload
from companion.finetune.tuning import tune
from companion.metrics import median_ms
from companion.models import load_encoder
from companion.models.sorter import Sorter
from companion.rag import SparseIndex
from companion.world import utterances, world
from companion.world.records import searchable
from companion.world.utterances import INTENTS, mail

AMOUNTS = (640, 320, 160, 80)
WHOLE, QUARTER = AMOUNTS[0], AMOUNTS[2]
STEPS, NEAR = 150, 5
Row = dict[str, Any]


def fewer(amount: int, seed: int) -> tuple[list[str], list[str]]:
    """`amount` of the 640 labelled letters, as many of each intent, drawn by the seed."""
    texts, intents = mail("train")
    random, kept = Random(f"fewer-{seed}"), []
    for intent in INTENTS:
        rows = [row for row, said in enumerate(intents) if said == intent]
        kept += random.sample(rows, amount // len(INTENTS))
    return [texts[row] for row in kept], [intents[row] for row in kept]


def weak_teacher(amount: int, seed: int, steps: int = STEPS, bf16: bool | None = None) -> tuple[Sorter, float]:
    """A sorter fine-tuned by LoRA on `amount` labelled letters, merged, and the CPU-seconds of its training."""
    encoder, (texts, labels) = load_encoder(), fewer(amount, seed)
    began = time.process_time()
    how = {"classes": INTENTS, "bf16": bf16, "progress": False}
    model, _ = tune(encoder, texts, labels, "lora", steps, seed=seed, **how)
    seconds = time.process_time() - began
    unload(model.model)
    return Sorter(model.encoder, model.head, INTENTS), seconds


def taught_by(teacher: Sorter) -> tuple[Lesson, float]:
    """What this teacher says of all 4,040 letters, and the CPU-seconds of its passes over them."""
    texts = [u.text for u in (*utterances.labelled("train"), *utterances.unlabelled())]
    began = time.process_time()
    vectors = torch.from_numpy(teacher.encoder.encode(texts))
    with torch.inference_mode():
        logits = teacher.head(vectors)
    seconds = time.process_time() - began
    return Lesson(texts, logits.clone(), vectors * vectors.shape[1] ** 0.5, teacher), seconds


def mail_run(amount: int, seed: int, steps: int = STEPS) -> Row:
    """Teacher and student on the same labels: both accuracies on both writers, and the CPU-seconds of each stage.

    With all labels everything is computed in float32, as on a machine without bfloat16; with fewer, where only
    accuracy is asked for, the teacher is tuned in whatever is faster here.
    """
    teacher, tuning = weak_teacher(amount, seed, steps, bf16=False if amount == WHOLE else None)
    taught, passes = taught_by(teacher)
    began = time.process_time()
    student, _ = learn(taught, "cnn", "soft", seed, progress=False, bf16=False)
    studying = time.process_time() - began
    row: Row = {"seconds": {"tuning": round(tuning, 1), "passes": round(passes, 1), "studying": round(studying, 1)}}
    row["float32"] = amount == WHOLE or not fast_bf16()
    for split in ("validation", "test"):
        row[split] = {"finetune": round(accuracy(teacher, *mail(split)), 4)}
        row[split]["distill"] = round(accuracy(student, *mail(split)), 4)
    return row


def nearest_run(amount: int, seed: int) -> Row:
    """The same without training: the label of the letter BM25 ranks first, and the vote of the 5 nearest vectors."""
    texts, labels = fewer(amount, seed)
    encoder, sparse = load_encoder(), SparseIndex()
    sparse.add([str(n) for n in range(len(texts))], texts)
    known = encoder.encode(texts)
    row: Row = {}
    for split in ("validation", "test"):
        asked, truth = mail(split)
        said = {"bm25": [_first(sparse, text, labels) for text in asked]}
        said["rag"] = [vote(scores, labels) for scores in encoder.encode(asked) @ known.T]
        row[split] = {
            way: round(float(np.mean([s == t for s, t in zip(found, truth, strict=True)])), 4)
            for way, found in said.items()
        }
    return row


def embedding_run(what: str) -> Row:
    """What retrieval costs before the first question: CPU-seconds to embed all "articles", or the labelled "letters".

    And what it costs at each letter: milliseconds of BM25, and of an embedding with a look at all vectors.
    """
    encoder, texts = load_encoder(), mail("train")[0]
    if what == "articles":
        texts = [searchable(article.title, article.text) for article in world(0).articles]
    began = time.process_time()
    known = encoder.encode(texts)
    seconds, sparse, asked = time.process_time() - began, SparseIndex(), cycle(mail("test")[0])
    sparse.add([str(n) for n in range(len(texts))], texts)
    clock = {"repeat": 20, "clock": time.process_time}
    times = {"bm25": median_ms(lambda: sparse.search(next(asked), 1), **clock)}
    times["rag"] = median_ms(lambda: np.argsort(-(encoder.encode([next(asked)]) @ known.T)), **clock)
    rounded = {way: round(value, 3) for way, value in times.items()}
    return {"seconds": round(seconds, 2), "texts": len(texts), "milliseconds": rounded}


def vote(scores: np.ndarray, labels: Sequence[str], k: int = NEAR) -> str:
    """The label with the largest sum of scores among the k letters with the largest scores."""
    totals: dict[str, float] = {}
    for row in np.argsort(-scores, kind="stable")[:k]:
        totals[labels[row]] = totals.get(labels[row], 0.0) + float(scores[row])
    return max(totals, key=totals.__getitem__)


def _first(index: SparseIndex, text: str, labels: Sequence[str]) -> str:
    ids, _ = index.search(text, 1)
    return labels[int(ids[0])] if len(ids) else labels[0]
