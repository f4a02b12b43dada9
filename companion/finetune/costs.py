"""What each way of training costs: memory while it trains, milliseconds a letter when it is used.

`python -m companion.build runs costs` makes the stored table. The memory is read from Linux's own account.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from companion.finetune.lora import merge_all
from companion.finetune.methods import trainable_count
from companion.finetune.tuning import checked, fit, start
from companion.world.utterances import INTENTS, mail

if TYPE_CHECKING:
    from companion.finetune.classifier import TextClassifier
    from companion.models.encoder import Encoder

METHODS = ("full", "last", "adapter", "lora", "probe")
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_megabytes() -> float:
    """The most memory that this process has held since the mark was last set back."""
    line = next(line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def memory_of_training(method: str, steps: int = 8) -> float:
    """MB that a few steps of 16 letters add to the process's peak: gradients, AdamW's two moments, activations.

    To be called once in a fresh process: what an earlier run freed would be used again and not be seen.
    """
    from companion.models import load_encoder

    encoder, (texts, labels) = load_encoder(), mail("train")
    rows, _ = checked(texts, labels, INTENTS)
    model, groups = start(encoder, INTENTS, method)
    model.predict(texts[:16])
    CLEAR.write_text("5", encoding="ascii")  # sets the mark back to what is held now
    before = peak_megabytes()
    fit(model, groups, texts, rows, steps, seed=0, bf16=False, progress=False)
    return peak_megabytes() - before


def memory_apart(method: str) -> float:
    """`memory_of_training` in a process of its own."""
    command = [sys.executable, "-m", "companion.finetune.costs", method]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def ready_for_use(encoder: Encoder, seed: int = 0) -> dict[str, TextClassifier]:
    """{way: sorter} as each is used: all weights trained (or none), LoRA beside its matrices and merged, adapters.

    Weights do not change the time, so nothing is trained.
    """
    ways = {name: start(encoder, INTENTS, method, seed=seed)[0] for name, method in USED.items()}
    merge_all(ways["lora, merged"])
    return ways


USED = {"full": "full", "lora": "lora", "lora, merged": "lora", "adapter": "adapter"}


def milliseconds(ways: dict[str, TextClassifier], texts: Sequence[str]) -> dict[str, float]:
    """Median milliseconds of one letter at a time; the ways take turns, so that a busy machine slows all alike."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number, text in enumerate([texts[0], texts[0], *texts]):  # the first two warm up
        for name, model in ways.items():
            began = time.process_time()
            model.logits([text])
            if number > 1:
                taken[name].append(1000 * (time.process_time() - began))
    return {name: round(median(values), 2) for name, values in taken.items()}


def costs_of(encoder: Encoder, seed: int) -> dict[str, Any]:
    """One round: trained numbers and MB by method, milliseconds by way of use."""
    trained = {method: trainable_count(start(encoder, INTENTS, method)[0]) for method in METHODS}
    memory = {method: round(memory_apart(method)) for method in METHODS}
    return {"trained": trained, "memory": memory, "ms": milliseconds(ready_for_use(encoder, seed), mail("test")[0])}


if __name__ == "__main__":
    print(json.dumps(memory_of_training(sys.argv[1])))
