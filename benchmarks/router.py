"""The router's way of abstaining, on Kestrel's 400 turns and on CLINC150: `python -m benchmarks.router`.

CLINC150 (Larson et al., 1909.02027) has 150 intents, and 1,000 test texts of none. The same steps as for Kestrel: a
classifier with one class more, out of scope, from 100 such texts; a temperature fitted on validation; then how well
the confidence tells the texts of an intent from the others. A head on the frozen encoder, five seeds.
"""

import argparse
import json
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import torch

from benchmarks.figures import Figure, write
from benchmarks.intents import Remembering
from benchmarks.intents_data import OUTSIDE, Pairs, a_class
from companion.finetune import tune
from companion.hybrid import calibration_error, fit_temperature, load_router, softmax
from companion.hybrid.measure import router_scores
from companion.hybrid.prices import false_accepts_at
from companion.hybrid.turns import turns
from companion.labels import labels_to_rows
from companion.metrics import auroc
from companion.models import load_encoder

AMOUNTS = {"10": "10 a class", "full": "all training texts"}
STEPS = {"10": 3000, "full": 3000}
SEEDS = range(5)
Scores = dict[str, float]


def clinc150(folder: str | None = None) -> dict[str, Pairs]:
    """The six parts: train, val, test, and the out-of-scope texts of each ("oos_train", ...)."""
    folder = folder or os.environ.get("COMPANION_DATA")
    if not folder:
        raise FileNotFoundError("Set COMPANION_DATA to a folder that holds clinc150/data_full.json.")
    parts = json.loads((Path(folder) / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    return {name: ([text for text, _ in pairs], [label for _, label in pairs]) for name, pairs in parts.items()}


def both(parts: dict[str, Pairs], split: str) -> Pairs:
    """A split's texts of an intent, then those of none."""
    return tuple(inside + outside for inside, outside in zip(parts[split], parts[f"oos_{split}"], strict=True))


def kestrel() -> Scores:
    """The shipped router on the 400 turns."""
    found = router_scores(load_router(), turns("test"))
    return {name: found[name] for name in ("accuracy", "auroc", "false_accepts", "error_before", "error")}


def public(parts: dict[str, Pairs], amount: str, seed: int, encoder: Remembering) -> Scores:
    """A classifier of 150 intents and none of them; the confidence is the largest chance of an intent."""
    inside = parts["train"] if amount == "full" else a_class(parts["train"], int(amount), seed)[0]
    texts, labels = (a + b for a, b in zip(inside, parts["oos_train"], strict=True))
    classes = [*sorted(set(inside[1])), OUTSIDE]
    fused = partial(torch.optim.AdamW, fused=True)
    options = {"classes": classes, "seed": seed, "batch_size": 32, "optimizer": fused, "progress": False}
    model, _ = tune(encoder, texts, labels, "probe", STEPS[amount], **options)
    asked, truth = both(parts, "val")
    T = fit_temperature(model.logits(asked), labels_to_rows(truth, classes).tolist())
    return scored(model, *both(parts, "test"), T)


def scored(model, texts: Sequence[str], labels: Sequence[str], T: float) -> Scores:
    """Accuracy on the texts of an intent; AUROC and false accepts of the confidence; calibration error, both ways."""
    logits, classes = model.logits(texts), np.array(model.classes)
    outside = np.array(labels) == OUTSIDE
    intents = classes != OUTSIDE
    right = classes[intents][logits[:, intents].argmax(1)] == np.array(labels)
    sure, raw = (softmax(logits, t)[:, intents].max(1) for t in (T, 1.0))
    found = {"accuracy": right[~outside].mean(), "auroc": auroc(sure[~outside], sure[outside])}
    found |= {"false_accepts": false_accepts_at(0.95, sure[~outside], sure[outside]), "temperature": T}
    found |= {"error_before": calibration_error(raw, right), "error": calibration_error(sure, right)}
    return {name: float(value) for name, value in found.items()}


NAMES = {
    "accuracy": "accuracy on texts of an intent",
    "auroc": "out-of-scope AUROC",
    "false_accepts": "false accepts at 95 % recall",
    "error_before": "expected calibration error, as trained",
    "error": "expected calibration error, temperature fitted on validation",
}


def figures(here: Scores, there: dict[str, list[Scores]]) -> list[Figure]:
    """Everything, as means over seeds."""
    how = "Kestrel: the shipped router (LoRA) on 400 held-out turns, 50 of them out of scope; accuracy is of the route."
    found = [Figure(f"Kestrel's turns: {NAMES[name]}", value, how=how) for name, value in here.items()]
    for amount, rows in there.items():
        how = (
            f"CLINC150: a head on the frozen encoder, 151 classes, 100 training texts out of scope, {len(rows)} seeds."
        )
        for name, said in NAMES.items():
            values = [row[name] for row in rows]
            spread = stdev(values) if len(values) > 1 else None
            found.append(Figure(f"CLINC150, {AMOUNTS[amount]}: {said}", fmean(values), how=how, spread=spread))
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--amount", nargs="+", choices=list(AMOUNTS), default=["10"])
    asked = parser.parse_args(argv)
    base, parts = load_encoder(), clinc150()
    encoder = Remembering(base.model, base.tokenizer, base.fingerprint)
    there = {amount: [public(parts, amount, seed, encoder) for seed in SEEDS] for amount in asked.amount}
    write("router", figures(kestrel(), there))


if __name__ == "__main__":
    main()
