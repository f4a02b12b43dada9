"""BANKING77 and CLINC150: probe, LoRA, adapters and full fine-tuning of the shipped encoder, five seeds each.

`python -m benchmarks.intents` measures what is missing and `--figures` writes what is there; each row is a process
of its own, so that its peak memory is its own. Rates are those of `companion.finetune.tuning`; `--held-out`
measures others on training texts that were held out. The test sets choose nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from safetensors.torch import save_file

from benchmarks.figures import Figure, write
from benchmarks.intents_data import NAMES, Pairs, Task, a_class, load
from benchmarks.rows import Row, keep, kept, key, seeds, summary
from companion.finetune import TextClassifier, trainable_count, tune
from companion.metrics import auroc
from companion.models.encoder import Encoder, load_encoder
from companion.stored import chosen

METHODS = {"probe": "probe", "lora": "LoRA", "adapter": "adapters", "full": "all weights"}
AMOUNTS = {"10": "10 a class", "full": "all training texts"}
PASSES, BATCH = {"10": 6, "full": 4}, {"10": 16, "full": 32}
WINDOW = {"10": 1, "full": 16}  # of all training texts, those of alike lengths make a batch: half the time
PROBE_PASSES = 30  # a pass over stored vectors costs nearly nothing
SEEDS = range(5)


@dataclass(frozen=True)
class Job:
    """What one row measures. rate: of the body, None for the method's own; held_out: scored on training texts."""

    data: str
    amount: str
    method: str
    seed: int
    rate: float | None = None
    held_out: bool = False


class Remembering(Encoder):
    """An encoder that reads each text once: a probe never changes what it reads, whatever the seed."""

    read: dict[str, np.ndarray] = {}

    def encode(self, texts: Sequence[str], batch_size: int = 32, show_progress: bool = False) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in self.read]
        self.read.update(zip(new, super().encode(new, batch_size), strict=True))
        return np.stack([self.read[text] for text in texts])


def measure(job: Job, task: Task, encoder: Encoder, save: Path | None = None) -> Row:
    """Train, then score; save: where the trained weights go."""
    (texts, labels), (asked, right) = parts(job, task)
    size = BATCH[job.amount]
    steps = (PROBE_PASSES if job.method == "probe" else PASSES[job.amount]) * -(-len(texts) // size)
    reading = reading_seconds(encoder, task.train[0]) * len(texts) if job.method == "probe" else 0.0
    before, began, wall = psutil.Process().memory_info().rss / 1e6, time.process_time(), time.perf_counter()
    fused = partial(torch.optim.AdamW, fused=True)
    options = {"classes": task.classes, "optimizer": fused, "progress": False}
    options |= {"batch_size": size} | ({} if job.method == "probe" else {"window": WINDOW[job.amount]})
    model, _ = tune(encoder, texts, labels, job.method, steps, job.rate, job.seed, **options)
    row = {"texts": len(texts), "steps": steps, "seconds": round(reading + time.process_time() - began, 1)}
    row |= {"wall": round(time.perf_counter() - wall, 1), "trained": trainable_count(model)}
    row |= {"before_mb": round(before), "peak_mb": round(peak_mb())}
    if save is not None:
        save.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, save)
    return asdict(job) | row | scores(model, asked, right, [] if job.held_out else task.outside)


def parts(job: Job, task: Task) -> tuple[Pairs, Pairs]:
    """What is trained on, and what is scored: the test set, or 1,000 training texts that were not trained on."""
    if job.amount == "full" and not job.held_out:
        return task.train, task.test
    if job.amount == "full":
        held, train = a_class(task.train, 1000 // len(task.classes), seed=100)
        return train, held
    train, rest = a_class(task.train, int(job.amount), job.seed)
    return train, (a_class(rest, 1000 // len(task.classes), seed=100)[0] if job.held_out else task.test)


def scores(model: TextClassifier, texts: Sequence[str], labels: Sequence[str], outside: Sequence[str]) -> Row:
    """Accuracy, and how well the largest probability tells the texts of some intent from those of none."""
    logits = model.logits(texts)
    right = [model.classes[row] == label for row, label in zip(logits.argmax(1), labels, strict=True)]
    found: Row = {"accuracy": round(float(np.mean(right)), 4)}
    if outside:
        found["auroc"] = round(auroc(largest(logits), largest(model.logits(outside))), 4)
    return found


def largest(logits: np.ndarray) -> list[float]:
    """The largest softmax probability of each row (Hendrycks and Gimpel, arXiv 1610.02136)."""
    return torch.from_numpy(logits).double().softmax(-1).amax(-1).tolist()


def reading_seconds(encoder: Encoder, texts: Sequence[str]) -> float:
    """Processor seconds for one text; measured when they are first read, and remembered with them."""
    if not hasattr(encoder, "per_text"):
        began = time.process_time()
        encoder.encode(texts)
        encoder.per_text = (time.process_time() - began) / len(texts)
    return encoder.per_text


def peak_mb() -> float:
    """The most memory that this process ever held, in MB."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def jobs(data: Sequence[str], amounts: Sequence[str], methods: Sequence[str], wished: Sequence[int]) -> Iterator[Job]:
    """All jobs, one seed of everything before the next one."""
    for amount in amounts:
        for seed in wished:
            for method in methods:
                yield from (Job(name, amount, method, seed) for name in data)


def run(wanted: Sequence[Job], save: Path | None = None) -> None:
    """Measure in processes of their own and keep each row; all probes of a data set share one."""
    probes = {name: [job for job in wanted if (job.data, job.method) == (name, "probe")] for name in NAMES}
    groups = [group for group in probes.values() if group]
    for group in [*groups, *([job] for job in wanted if job.method != "probe")]:
        order = json.dumps([asdict(job) for job in group])
        command = [sys.executable, "-m", "benchmarks.intents", "--child", order]
        command += ["--save", str(save)] if save else []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as child:
            for line in child.stdout:
                keep("intents", json.loads(line))
                print(line, end="", flush=True)
        if child.returncode:
            raise SystemExit(f"The process of {group[0]} ended with {child.returncode}: start again, rows are kept.")


def child(order: str, save: Path | None) -> None:
    """Measure the jobs of one data set and print a row each."""
    group = [Job(**job) for job in json.loads(order)]
    task, encoder = load(group[0].data), load_encoder()
    if group[0].method == "probe":
        encoder = Remembering(encoder.model, encoder.tokenizer, encoder.fingerprint)
    for job in group:
        print(json.dumps(measure(job, task, encoder, save)), flush=True)


def figures(rows: Sequence[Row]) -> list[Figure]:
    """What is there, as means over seeds."""
    found = []
    for data in NAMES:
        for amount in AMOUNTS:
            these = chosen(rows, data=data, amount=amount, rate=None, held_out=False)
            by_method = {method: chosen(these, method=method) for method in METHODS}
            how = how_much(data, amount, by_method)
            for method, its in by_method.items():
                found += summarised(f"{NAMES[data]}, {AMOUNTS[amount]}, {METHODS[method]}", its, how)
    return found


def how_much(data: str, amount: str, by_method: dict[str, list[Row]]) -> str:
    """Training texts, and the seeds of each method."""
    texts = next((its[0]["texts"] for its in by_method.values() if its), 0)
    drawn = ", drawn anew for each seed" if amount == "10" else ", in batches of alike lengths"
    counts = ", ".join(f"{METHODS[method]} {seeds(its)}" for method, its in by_method.items() if its)
    return f"{NAMES[data]}, {AMOUNTS[amount]}: {texts} texts{drawn}; mean ± standard deviation over seeds: {counts}."


def summarised(what: str, rows: Sequence[Row], how: str) -> list[Figure]:
    """Accuracy, AUROC, time and memory of one method."""
    outside = "AUROC: largest softmax probability, test texts of the 150 intents against 1,000 texts of none."
    thread = "Training: processor time of one thread, without loading and scoring."
    return [
        *summary(f"{what}: accuracy", rows, "accuracy", how=how),
        *summary(f"{what}: out-of-scope AUROC", rows, "auroc", how=outside),
        *summary(f"{what}: training", rows, "seconds", unit="s", how=thread),
        *summary(f"{what}: peak memory", rows, "peak_mb", unit="MB", how="Memory: the most that the process held."),
    ]


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=list(NAMES), default=list(NAMES))
    parser.add_argument("--amount", nargs="+", choices=list(AMOUNTS), default=list(AMOUNTS))
    parser.add_argument("--only", nargs="+", choices=list(METHODS), default=list(METHODS), help="methods")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--held-out", nargs="+", type=float, metavar="RATE", help="score these rates on training texts")
    parser.add_argument("--figures", action="store_true", help="write the figures of the rows that are there")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--save", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> Any:
    asked = arguments(argv)
    if asked.child:
        return child(asked.child, asked.save)
    if asked.figures:
        return write("intents", figures(kept("intents")))
    wanted = list(jobs(asked.data, asked.amount, asked.only, asked.seeds))
    if asked.held_out:
        wanted = [Job(**asdict(job) | {"rate": rate, "held_out": True}) for job in wanted for rate in asked.held_out]
    there = {key(row) for row in kept("intents")}
    return run([job for job in wanted if key(asdict(job)) not in there])


if __name__ == "__main__":
    main()
