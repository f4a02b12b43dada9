"""BANKING77 and CLINC150: what customers write, and the intent of each.

BANKING77: 77 intents of one bank, Casanueva et al., arXiv 2003.04807. CLINC150: 150 intents of ten domains, and
texts that belong to none of them, Larson et al., arXiv 1909.02027.
"""

import csv
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

Pairs = tuple[list[str], list[str]]  # texts and their intents
NAMES = {"banking77": "BANKING77", "clinc150": "CLINC150"}
OUTSIDE = "oos"  # CLINC150's own name for a text without an intent


@dataclass(frozen=True)
class Task:
    """Training texts, test texts, and texts of no intent, which are only tested on."""

    train: Pairs
    test: Pairs
    outside: list[str] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        """The intents in order."""
        return sorted(set(self.train[1]))


def load(name: str, folder: str | None = None) -> Task:
    """One of `NAMES`, from `folder` or COMPANION_DATA, else from the hub."""
    folder = folder or os.environ.get("COMPANION_DATA")
    if not folder:
        return from_hub(name)
    place = Path(folder) / name
    if not place.is_dir():
        raise FileNotFoundError(f"{place} is missing: point COMPANION_DATA at the folder that holds it.")
    if name == "banking77":
        return Task(_csv(place / "train.csv"), _csv(place / "test.csv"))
    parts = json.loads((place / "data_full.json").read_text(encoding="utf-8"))
    return Task(_unzipped(parts["train"]), _unzipped(parts["test"]), _unzipped(parts["oos_test"])[0])


def _csv(file: Path) -> Pairs:
    with file.open(encoding="utf-8", newline="") as lines:
        return _unzipped([(row["text"], row["category"]) for row in csv.DictReader(lines)])


def _unzipped(pairs: Sequence[Sequence[str]]) -> Pairs:
    return [text for text, _ in pairs], [intent for _, intent in pairs]


def from_hub(name: str) -> Task:
    """The same through the `datasets` library."""
    try:
        from datasets import load_dataset
    except ImportError as error:
        raise ImportError(f"Set COMPANION_DATA to a folder with {name}, or run `pip install datasets`.") from error
    banking = name == "banking77"
    parts = load_dataset("legacy-datasets/banking77") if banking else load_dataset("clinc/clinc_oos", "plus")
    column = "label" if banking else "intent"
    named = parts["train"].features[column].int2str
    train, test = ([(row["text"], named(row[column])) for row in parts[split]] for split in ("train", "test"))
    return Task(_unzipped(_inside(train)), _unzipped(_inside(test)), [t for t, intent in test if intent == OUTSIDE])


def _inside(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if pair[1] != OUTSIDE]


def a_class(pairs: Pairs, count: int, seed: int) -> tuple[Pairs, Pairs]:
    """`count` texts of each intent, drawn from the seed, and all the others; an intent with fewer gives all it has."""
    by_intent: dict[str, list[str]] = defaultdict(list)
    for text, intent in zip(*pairs, strict=True):
        by_intent[intent].append(text)
    random, taken, rest = Random(f"{count} a class, {seed}"), [], []
    for intent in sorted(by_intent):
        texts = random.sample(by_intent[intent], len(by_intent[intent]))
        taken += [(text, intent) for text in texts[:count]]
        rest += [(text, intent) for text in texts[count:]]
    return _unzipped(taken), _unzipped(rest)
