"""The measurements behind C4.2-b: three desks' mail in sequence, one way of holding on to the old a run.

`python -m companion.build runs ewc` makes the stored table of all of them; the functions below it read that table.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import fmean
from typing import Any

import torch

from companion.finetune.continual import (
    DESKS,
    Letters,
    Springs,
    Tail,
    columns_of,
    feed,
    learn,
    letters,
    open_columns,
    piece,
    share_right,
)
from companion.finetune.ewc import Diagonal, fisher_diagonal, ones_like, remember
from companion.finetune.lora import add_lora
from companion.metrics import backward_transfer, forgetting
from companion.stored import chosen
from companion.world.utterances import INTENTS

STEPS, RATE, LORA_RATE, HEAD_RATE = 40, 1e-3, 5e-3, 5e-2
FISHER_LETTERS, KEPT = 40, 0.05
STRENGTHS = (1e3, 1e4, 1e5)
PULLS = (1e-3, 1e-2, 3e-2, 1e-1)  # strengths of L2: every weight counts as much as the heaviest
SLOWER = (5e-4, 2e-4, 1e-4)  # plain training at these rates; they stand in the place of a strength
METHODS = {"plain": (0.0,), "slower": SLOWER, "ewc": STRENGTHS, "l2": PULLS}
METHODS |= {"replay": (0.0,), "lora": (0.0,), "joint": (0.0,)}
SHARED = {**METHODS, "slower": (), "ewc": (1e4, 1e5, 1e6), "l2": ()}  # with one head for all
NAMES = list(DESKS)
Row = dict[str, Any]
Matrix = list[list[float | None]]


@cache
def read() -> tuple[Any, dict[str, dict[str, Letters]]]:
    """The encoder, and {split: {desk: letters}}."""
    from companion.models import load_encoder

    encoder = load_encoder()
    return encoder, {split: letters(encoder, split) for split in ("train", "validation", "test")}


@dataclass
class First:
    """A model that has learned the first desk, its scores, and the spring to where it is."""

    model: Tail
    scores: dict[str, list[float | None]]
    anchor: Diagonal
    fisher: Diagonal


def desk(at: int, own_head: bool) -> tuple[Letters, list[int]]:
    """The training letters of a desk, and the columns that are open for them when it is learned."""
    return read()[1]["train"][NAMES[at]], open_columns(NAMES[: at + 1], at, own_head)


def scores(model: Tail, at: int, own_head: bool) -> dict[str, list[float | None]]:
    """{split: share right on every desk met so far}, None for those to come."""
    met = NAMES[: at + 1]
    opened = [open_columns(met, j, own_head) for j in range(len(met))]
    none = [None] * (len(NAMES) - len(met))
    return {
        split: [round(share_right(model, read()[1][split][d], c), 4) for d, c in zip(met, opened, strict=True)] + none
        for split in ("validation", "test")
    }


@lru_cache(maxsize=2)
def first(own_head: bool, seed: int, rate: float = RATE) -> First:
    """The first desk learned: the same for every method, for there is nothing to hold on to yet."""
    model = Tail(read()[0], seed=seed)
    learn(model, feed(*desk(0, own_head), seed), STEPS, rate, HEAD_RATE, seed)
    return First(model, scores(model, 0, own_head), remember(model), fisher(model, 0, own_head))


def fisher(model: Tail, at: int, own_head: bool, kind: str = "exact", count: int = FISHER_LETTERS) -> Diagonal:
    """The Fisher of a desk from about `count` of its letters, evenly drawn from its intents."""
    held, columns = desk(at, own_head)
    (inputs, rows, _), model.columns = piece(held.take(range(0, len(held), len(held) // count)), columns), columns
    return fisher_diagonal(model, [(inputs, rows)], kind)


def sequence_run(method: str, strength: float, own_head: bool, seed: int) -> Row:
    """R[i][j], the share right on desk j after learning desk i, for validation and for test.

    own_head: only a desk's own intents may be named for its letters (task-incremental); else all intents met so
    far (class-incremental). Methods: plain, slower (plain, with `strength` as the rate), ewc, l2 (springs of equal
    stiffness), replay (5 % of the old letters come again), lora (a LoRA for every desk over the encoder as it was),
    joint (all desks at once: no sequence).
    """
    if method in ("lora", "joint"):
        return apart(own_head, seed) if method == "lora" else joint(own_head, seed)
    rate, strength = (strength, 0.0) if method == "slower" else (RATE, strength)
    start = first(own_head, seed, rate)
    model, springs, R = copy.deepcopy(start.model), Springs(strength), [start.scores]
    for at in (1, 2):
        if strength:
            springs.tasks.append(spring(model, start, method, at - 1, own_head))
        old = [kept(j, own_head) for j in range(at)] if method == "replay" else []
        fed = feed(*desk(at, own_head), seed, old_open(old, at, own_head))
        learn(model, fed, STEPS, rate, HEAD_RATE, seed, springs)
        R.append(scores(model, at, own_head))
    return {split: [row[split] for row in R] for split in R[0]}


def spring(model: Tail, start: First, method: str, at: int, own_head: bool) -> tuple[Diagonal, Diagonal]:
    """(anchor, stiffness) of the desk that was just learned."""
    anchor = remember(model)
    if method == "l2":
        return anchor, free_to_come(ones_like(anchor), at)
    return anchor, start.fisher if at == 0 else fisher(model, at, own_head)


def free_to_come(stiffness: Diagonal, at: int) -> Diagonal:
    """No spring on the head's rows of desks still to come: the Fisher is 0 there, and a fair rival leaves them too."""
    met = open_columns(NAMES[: at + 1], at, own_head=False)
    to_come = [column for column in range(len(INTENTS)) if column not in met]
    for name in ("head.weight", "head.bias"):
        stiffness[name][to_come] = 0.0
    return stiffness


def kept(at: int, own_head: bool) -> Letters:
    """The 5 % of a desk's letters that were not thrown away, evenly drawn from its intents."""
    held, _ = desk(at, own_head)
    return held.take(range(0, len(held), round(1 / KEPT)))


def old_open(old: Sequence[Letters], at: int, own_head: bool) -> list[tuple[Letters, list[int]]]:
    """Old letters with the columns that are open for them now."""
    return [(held, open_columns(NAMES[: at + 1], j, own_head)) for j, held in enumerate(old)]


@lru_cache(maxsize=2)
def adapters(seed: int) -> list[Tail]:
    """For every desk a LoRA of its own over the encoder's last layer, and its columns of a head."""
    models = []
    for at in range(len(NAMES)):
        model = Tail(read()[0], seed=seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            add_lora(model.layers)
        learn(model, feed(*desk(at, True), seed), STEPS, LORA_RATE, HEAD_RATE, seed)
        models.append(model)
    return models


def apart(own_head: bool, seed: int) -> Row:
    """LoRA for each desk: its own is asked; with one head for all, every one met so far, and the loudest wins."""
    models, found = adapters(seed), {"validation": [], "test": []}
    for split, R in found.items():
        for i in range(len(NAMES)):
            row = [round(share_of(models[: i + 1], j, read()[1][split], own_head), 4) for j in range(i + 1)]
            R.append(row + [None] * (len(NAMES) - i - 1))
    return found


@torch.inference_mode()
def share_of(models: Sequence[Tail], at: int, held: dict[str, Letters], own_head: bool) -> float:
    """Share right on desk `at` with several adapters at hand."""
    asked = [at] if own_head else range(len(models))
    wanted, logits = held[NAMES[at]], torch.full((len(held[NAMES[at]]), len(INTENTS)), -torch.inf)
    for j in asked:
        models[j].eval().columns = columns_of(NAMES[j])
        logits[:, models[j].columns] = models[j]((wanted.hidden, wanted.mask))
    return float((logits.argmax(1) == wanted.columns).float().mean())


def joint(own_head: bool, seed: int) -> Row:
    """All desks learned at once, in as many steps: what is possible when nothing has to be thrown away."""
    found = scores(all_at_once(seed), len(NAMES) - 1, own_head)
    return {split: [row] for split, row in found.items()}


@lru_cache(maxsize=1)
def all_at_once(seed: int) -> Tail:
    """A model that has learned the three desks together."""
    train = [desk(at, False)[0] for at in range(len(NAMES))]
    together = Letters(*(torch.cat([getattr(d, part) for d in train]) for part in ("hidden", "mask", "columns")))
    model = Tail(read()[0], seed=seed)
    learn(model, feed(together, open_columns(NAMES, 0, False), seed), 3 * STEPS, RATE, HEAD_RATE, seed)
    return model


def rows_of(table: Sequence[Row], method: str, own_head: bool = True, strength: float | None = None) -> list[Row]:
    """The table's rows of one method, by seed."""
    wanted = {"method": method, "own_head": own_head} | ({} if strength is None else {"strength": strength})
    return chosen(table, **wanted)


def last_mean(row: Row, split: str = "test") -> float:
    """Mean share right over the three desks when all were learned."""
    return fmean(row[split][-1])


def best(table: Sequence[Row], method: str, own_head: bool = True) -> float:
    """The strength with the best mean over desks and seeds at the end, on the validation writer's letters."""
    found = sorted({row["strength"] for row in rows_of(table, method, own_head)})
    return max(found, key=lambda s: fmean(last_mean(r, "validation") for r in rows_of(table, method, own_head, s)))


def forgotten(table: Sequence[Row], method: str, own_head: bool = True, strength: float | None = None) -> dict:
    """{seed: forgetting on the test writer's letters}; the strength chosen on validation where it is not given."""
    strength = best(table, method, own_head) if strength is None else strength
    return {row["seed"]: forgetting(row["test"]) for row in rows_of(table, method, own_head, strength)}


def summary(table: Sequence[Row], method: str, own_head: bool = True, strength: float | None = None) -> dict:
    """{"forgetting", "transfer", "end", "new"} in means over seeds; "new": share right on a desk just learned."""
    strength = best(table, method, own_head) if strength is None else strength
    rows = rows_of(table, method, own_head, strength)
    found = {"strength": strength, "end": fmean(last_mean(row) for row in rows)}
    if method != "joint":
        found["new"] = fmean(fmean(row["test"][i][i] for i in range(3)) for row in rows)
        found["forgetting"] = fmean(forgetting(row["test"]) for row in rows)
        found["transfer"] = fmean(backward_transfer(row["test"]) for row in rows)
    return found
