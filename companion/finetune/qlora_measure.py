"""The measurements behind C4.2-a: one sorter a way of storing the weights and a seed, and what a step costs.

`python -m companion.build runs qlora` makes the stored table of all of them.
"""

from __future__ import annotations

import ctypes
import gc
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from companion.finetune.classifier import accuracy, classification_loss
from companion.finetune.costs import CLEAR, peak_megabytes
from companion.finetune.forgetting import company_search, search_recall
from companion.finetune.methods import trainable_count
from companion.finetune.qlora import load_4bit_encoder, weight_bytes
from companion.finetune.quantize import INT4, round_trip
from companion.finetune.tuning import copied, start, tune
from companion.labels import labels_to_rows
from companion.stored import chosen
from companion.world.utterances import INTENTS, mail

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

WAYS = ("full precision", "NF4", "int4, crude")
COSTS = {"all weights": ("full precision", "full"), "LoRA": ("full precision", "peft"), "QLoRA": ("NF4", "peft")}
STEPS, TIMED = 150, 6
MB = 1e6
Row = dict[str, Any]


def stored_as(way: str, compute: torch.dtype | None = None) -> Encoder:
    """The encoder with its matrices stored in a way of `WAYS`."""
    from companion.models import load_encoder

    if way == "NF4":
        return load_4bit_encoder(compute=compute)
    return load_encoder() if way == "full precision" else crude(load_encoder())


def crude(encoder: Encoder) -> Encoder:
    """A copy whose linear layers are rounded to fifteen even steps with one scale a matrix: how not to do it."""
    rounded = copied(encoder)
    with torch.no_grad():
        for layer in rounded.model.modules():
            if isinstance(layer, nn.Linear):
                layer.weight.copy_(round_trip(layer.weight, layer.weight.numel(), INT4))
    return rounded


def sorter_run(encoder: Encoder, seed: int, steps: int = STEPS) -> Row:
    """LoRA by peft over the encoder's weights as they are stored: accuracies, search before any training, seconds."""
    model, history = tune(encoder, *mail("train"), "peft", steps, seed=seed, classes=INTENTS, progress=False)
    scores = {name: round(accuracy(model, *mail(name)), 4) for name in ("validation", "test")}
    return scores | {
        "search": round(recall(encoder), 4),
        "seconds": round(history.seconds, 1),
        "trained": trainable_count(model),
    }


@lru_cache(maxsize=1)
def recall(encoder: Encoder) -> float:
    """recall@5 of Kestrel's own search: the same for every seed, since nothing is trained yet."""
    return search_recall(encoder, *company_search())


def cost_run(name: str) -> Row:
    """`costs_of` in a process of its own: what an earlier run freed would be used again and not be seen."""
    command = [sys.executable, "-m", "companion.finetune.qlora_measure", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def costs_of(name: str, memory: bool = True) -> Row:
    """MB of weights, gradients and AdamW's averages; seconds of a step; MB of the whole process while it trains.

    Six steps of 16 letters, computed in float32; the seconds are this process's own, the median step's. `memory`
    needs Linux, and must be the first of its process: what the process holds more than with the libraries alone,
    once the model is there ("loaded"), and at most while it trains ("peak").
    """
    way, method = COSTS[name]
    load_libraries()
    before = held() if memory else 0.0
    model, groups = start(stored_as(way, torch.float32), INTENTS, method)
    loaded = held() if memory else 0.0
    optimizer = torch.optim.AdamW(groups)
    seconds = [step(model, optimizer, number) for number in range(TIMED)]
    weights, trained = weight_bytes(model), [p for p in model.parameters() if p.grad is not None]
    states = [t for s in optimizer.state.values() for t in s.values() if t.dim()]
    found = {"weights": sum(weights.values()), "gradients": size(p.grad for p in trained), "averages": size(states)}
    row = {key: round(value / MB, 2) for key, value in (weights | found).items()}
    row |= {"step": round(median(seconds[1:]), 3), "trained": trainable_count(model)}
    return row | ({"loaded": round(loaded - before), "peak": round(peak() - before)} if memory else {})


def load_libraries() -> None:
    """Import what every way needs, and use it once, so that a library's own memory counts for none of them."""
    import accelerate  # noqa: F401
    import bitsandbytes  # noqa: F401
    import peft  # noqa: F401

    model, groups = start(stored_as("NF4", torch.float32), INTENTS, "peft")
    step(model, torch.optim.AdamW(groups), 0)


def held() -> float:
    """MB held now, after what is free was given back; the mark of the peak is set to it."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    CLEAR.write_text("5", encoding="ascii")
    return peak()


def peak() -> float:
    """The most MB that this process has held since the mark was set."""
    return peak_megabytes() * 1.048576


def step(model: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> float:
    """One step on 16 letters; gives its seconds."""
    texts, labels = mail("train")
    rows = labels_to_rows(labels, INTENTS)
    part = slice(16 * number, 16 * number + 16)
    began = time.process_time()
    optimizer.zero_grad()
    classification_loss(model.train(), (texts[part], rows[part])).backward()
    optimizer.step()
    return time.process_time() - began


def size(tensors) -> int:
    """Bytes of some tensors."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def by_seed(table: Sequence[Row], way: str, what: str = "test") -> dict[int, float]:
    """{seed: score} of a way of storing the weights."""
    return {row["seed"]: row[what] for row in chosen(table, way=way)}


def less_two_points(table: Sequence[Row]) -> dict[int, float]:
    """{seed: accuracy on the test writer's mail of LoRA over full precision, less two points}: the claim's baseline."""
    return {seed: score - 0.02 for seed, score in by_seed(table, "full precision").items()}


def cost_table(table: Sequence[Row]) -> dict[str, Mapping[str, float]]:
    """{name: medians over the rounds} of "all weights", "LoRA", "QLoRA": megabytes, and seconds of a step."""
    rows = {name: chosen(table, cost=name) for name in COSTS}
    what = ("weights", "gradients", "averages", "loaded", "peak", "step")
    return {name: {w: median(row[w] for row in held) for w in what} for name, held in rows.items()}


def means(table: Sequence[Row]) -> dict[str, Mapping[str, float]]:
    """{way: mean accuracy on validation and test, recall@5 of search before training}."""
    what = ("search", "validation", "test")
    return {way: {w: fmean(by_seed(table, way, w).values()) for w in what} for way in WAYS}


def summary(table: Sequence[Row]) -> dict[str, Mapping[str, float]]:
    """`means`, with the standard deviation of the test's accuracy over the seeds, and how many seeds there are."""
    scores = {way: list(by_seed(table, way).values()) for way in WAYS}
    return {way: {**row, "spread": stdev(scores[way]), "seeds": len(scores[way])} for way, row in means(table).items()}


if __name__ == "__main__":
    print(json.dumps(costs_of(sys.argv[1])))
