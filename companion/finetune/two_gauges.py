"""Overfitting and forgetting, planted apart and together, and the two gauges that tell them apart.

The encoder's last layer and a head learn the mail; what the frozen layers say of every text is computed once. The
first gauge looks at letters that the run never saw: how far has their loss risen above its lowest point? The second
looks at the old task: what share of recall@5 has Kestrel's own search lost?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn

from companion.finetune.continual import Inputs, Letters, Tail, frozen, learn, piece
from companion.finetune.ewc_measure import Row
from companion.labels import labels_to_rows, pass_rows
from companion.metrics import recall_at_k
from companion.world.utterances import INTENTS, mail

ALL = list(range(len(INTENTS)))
LOOKS = 6  # at the losses of a run, evenly spread; at the search only before and after
WRONG = 0.2  # of the labels, where a plan reads letters as they came
RISE, LOST = 0.1, 0.05  # the gauges' limits: nats above the lowest loss; share of recall lost. Set on seed 9
NAMES = ("sound", "overfitting", "forgetting", "both")


@dataclass(frozen=True)
class Plan:
    """How a sorter is to be trained on the 640 letters: steps of 16, rates of layer and head, when to stop."""

    steps: int = 60
    rate: float = 1e-5
    head_rate: float = 5e-2
    wrong: float = 0.0  # share of labels mixed up
    stop: bool = False  # keep the moment with the lowest loss on validation


LONG = {"steps": 180, "head_rate": 0.3, "wrong": WRONG}  # uncleaned letters, learned by heart
PLANS = {
    "sound": Plan(),
    "overfitting": Plan(**LONG),
    "forgetting": Plan(rate=1e-3),
    "both": Plan(**LONG, rate=1e-3),
}
STOP, GENTLE = {"wrong": 0.0, "head_rate": 5e-2, "stop": True}, {"rate": 1e-5}
MENDS = {"overfitting": STOP, "forgetting": GENTLE, "both": STOP | GENTLE}  # what is changed against each fault


def mended(name: str) -> Plan:
    """The plan of a planted fault, mended."""
    return replace(PLANS[name], **MENDS[name])


@dataclass(frozen=True)
class Heap:
    """Everything that a run reads, as the frozen layers leave it."""

    encoder: Any
    letters: dict[str, Letters]
    questions: Inputs
    articles: Inputs
    gold: list[int]


@cache
def read() -> Heap:
    """Mail of all three splits, Kestrel's questions and articles. Takes some seconds, once."""
    from companion.finetune.forgetting import company_search
    from companion.models import load_encoder

    encoder, (questions, articles, gold) = load_encoder(), company_search()
    splits = {split: mail(split) for split in ("train", "validation", "test")}
    letters = {s: Letters(*frozen(encoder, texts), labels_to_rows(y, INTENTS)) for s, (texts, y) in splits.items()}
    return Heap(encoder, letters, frozen(encoder, questions[::2]), frozen(encoder, articles), list(gold)[::2])


@torch.inference_mode()
def vectors(model: Tail, inputs: Inputs, batch_size: int = 64) -> np.ndarray:
    """The tail's vectors (n, dim) of any number of texts."""
    model.eval()
    pairs = zip(*(part.split(batch_size) for part in inputs), strict=True)
    return torch.cat([model.vectors(pair) for pair in pairs]).numpy()


def old_recall(model: Tail, k: int = 5) -> float:
    """recall@k of Kestrel's own search with this last layer, over every second question and all articles."""
    heap = read()
    scores = vectors(model, heap.questions) @ vectors(model, heap.articles).T
    ranked = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean([recall_at_k(row.tolist(), {gold}, k) for row, gold in zip(ranked, heap.gold, strict=True)]))


@torch.inference_mode()
def seen(model: Tail, held: Letters) -> tuple[float, float]:
    """Mean cross-entropy in nats, and share right, on letters."""
    model.columns = ALL
    logits = model.head(torch.from_numpy(vectors(model, (held.hidden, held.mask)))).float()
    loss = nn.functional.cross_entropy(logits, held.columns)
    return float(loss), float((logits.argmax(1) == held.columns).float().mean())


def mixed_up(held: Letters, share: float, seed: int) -> Letters:
    """The letters with a share of their labels drawn anew; a new label is never the old one."""
    rng = np.random.default_rng(seed)
    changed, columns = rng.permutation(len(held))[: round(share * len(held))], held.columns.clone()
    columns[changed] = (columns[changed] + torch.from_numpy(rng.integers(1, len(ALL), len(changed)))) % len(ALL)
    return Letters(held.hidden, held.mask, columns)


def fault_run(plan: Plan, seed: int, look: Callable[[dict[str, float]], None] | None = None) -> Row:
    """Train by a plan; {"moments": losses and shares by step, "recall": (before, after), "kept": the step kept}."""
    heap = read()
    held, model, moments, weights = (
        mixed_up(heap.letters["train"], plan.wrong, seed),
        Tail(heap.encoder, seed=seed),
        [],
        [],
    )
    looked = {"train": held.take(range(0, len(held), max(1, len(held) // 160)))}
    looked |= {split: heap.letters[split] for split in ("validation", "test")}
    before, every = old_recall(model), plan.steps // LOOKS

    def moment(tuned: Tail) -> float:
        found = {"step": len(moments) * every}
        for name, letters in looked.items():
            found[name], found[f"{name} right"] = (round(value, 4) for value in seen(tuned, letters))
        moments.append(found)
        weights.append({n: p.detach().clone() for n, p in tuned.state_dict().items()} if plan.stop else None)
        if look:
            look(found)
        return -found["validation"]

    def batch(step: int) -> Any:
        return [piece(held.take(draw(step)), ALL)]

    draw = pass_rows(len(held), 16, seed)
    moment(model)
    learn(model, batch, plan.steps, plan.rate, plan.head_rate, seed, every=every, validate=moment, schedule="constant")
    kept = min(range(len(moments)), key=lambda at: moments[at]["validation"]) if plan.stop else len(moments) - 1
    if plan.stop:
        model.load_state_dict(weights[kept])
    recalls = [round(before, 4), round(old_recall(model), 4)]
    return {"moments": moments, "recall": recalls, "kept": moments[kept]["step"]}


def readings(run: Mapping[str, Any], unseen: str = "test") -> dict[str, float]:
    """Both gauges of a run, and the one that stands on most dashboards: the accuracy on unseen letters."""
    moments = {moment["step"]: moment for moment in run["moments"]}
    kept, so_far = moments[run["kept"]], [m[unseen] for step, m in moments.items() if step <= run["kept"]]
    before, after = run["recall"]
    rise, lost = kept[unseen] - min(so_far), (before - after) / before
    return {"rise": round(rise, 4), "lost": round(max(0.0, lost), 4), "accuracy": kept[f"{unseen} right"]}


def stopped(run: Mapping[str, Any]) -> dict[str, Any]:
    """The same run as early stopping would have left it: kept at its lowest loss on validation."""
    return {**run, "kept": min(run["moments"], key=lambda moment: moment["validation"])["step"]}


def diagnosis(reading: Mapping[str, float]) -> str:
    """The name of the fault that the two gauges give."""
    return NAMES[(reading["rise"] > RISE) + 2 * (reading["lost"] > LOST)]
