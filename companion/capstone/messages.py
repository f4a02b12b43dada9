"""The labelled messages: read, cleaned with every removal counted, and split into training and test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from companion.capstone.csvs import read_csv

FEWEST = 4  # of a class: two to learn from, two to be tested on
TEST_SHARE = 0.4
MOST_TRAINED = 300  # texts; more are drawn down, so that LoRA takes no longer than a minute


@dataclass(frozen=True)
class Messages:
    """What a CSV holds, after cleaning: `train` and `test` are (texts, labels), `unlabelled` texts without a label.

    left_out: {why: how many rows}, so that nothing vanishes without a word.
    """

    train: tuple[list[str], list[str]]
    test: tuple[list[str], list[str]]
    unlabelled: list[str]
    classes: list[str]
    left_out: Mapping[str, int]


def read_messages(
    path: str | Path, columns: tuple[str, str] = ("text", "label"), encoding: str | None = None, seed: int = 0
) -> Messages:
    """Read, clean and split: 40 % of each class are the test.

    Rows without text are left out, rows without a label are kept as unlabelled; a text that comes again counts once
    (else it would stand in training and test), and one with two labels is left out, as are classes of fewer than
    four. Labels that differ in capitals or blanks alone are one class, in the spelling that comes most often. Raises
    ValueError, in one sentence, where fewer than two classes are left; else as `read_csv` does.
    """
    rows = read_csv(path, columns, encoding)
    spelling = _spellings(row[columns[1]] for row in rows)
    left_out: Counter[str] = Counter()
    labels: dict[str, set[str]] = {}
    texts: dict[str, str] = {}
    for row in rows:
        text, label = row[columns[0]], spelling[_key(row[columns[1]])]
        key = _key(text)
        if not key:
            left_out["no text"] += 1
            continue
        left_out["the same text again"] += key in texts
        texts.setdefault(key, text)
        labels.setdefault(key, set()).update({label} if label else ())
    left_out["two labels for one text"] = sum(len(some) > 1 for some in labels.values())
    pairs = [(texts[key], next(iter(some))) for key, some in labels.items() if len(some) == 1]
    counts = Counter(label for _, label in pairs)
    left_out[f"a class of fewer than {FEWEST}"] = sum(n for n in counts.values() if n < FEWEST)
    classes = sorted(label for label, n in counts.items() if n >= FEWEST)
    if len(classes) < 2:
        raise ValueError(_too_few_classes(Path(path).name, columns, counts))
    kept = [pair for pair in pairs if pair[1] in classes]
    train, test = split(kept, seed)
    left_out[f"to learn from, beyond {MOST_TRAINED} in all"] = len(kept) - len(train) - len(test)
    unlabelled = [texts[key] for key, some in labels.items() if not some]
    return Messages(_apart(train), _apart(test), unlabelled, classes, {why: n for why, n in left_out.items() if n})


def _key(text: str) -> str:
    """What two texts share that differ in capitals and blanks alone."""
    return " ".join(text.lower().split())


def _spellings(labels: Iterable[str]) -> dict[str, str]:
    """{key: the label as it is written most often}, so that `Price` and `price` are one class."""
    found: dict[str, Counter[str]] = {}
    for label in labels:
        found.setdefault(_key(label), Counter())[label] += 1
    return {key: counts.most_common(1)[0][0] for key, counts in found.items()}


def split(pairs: Sequence[tuple[str, str]], seed: int = 0) -> tuple[list, list]:
    """(train, test): of each class 40 %, at least two, are the test; drawn by seed, in the order of the file.

    No more than `MOST_TRAINED` are kept for training, as many of each class as can be.
    """
    by_class: dict[str, list[int]] = {}
    for at, (_, label) in enumerate(pairs):
        by_class.setdefault(label, []).append(at)
    room, train, test = MOST_TRAINED // len(by_class), [], []
    for label, rows in sorted(by_class.items()):
        drawn = Random(f"{seed} {label}").sample(rows, len(rows))
        cut = max(2, round(TEST_SHARE * len(rows)))
        test += drawn[:cut]
        train += drawn[cut:][: max(2, room)]
    return [pairs[at] for at in sorted(train)], [pairs[at] for at in sorted(test)]


def _apart(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [text for text, _ in pairs], [label for _, label in pairs]


def _too_few_classes(name: str, columns: Sequence[str], counts: Mapping[str, int]) -> str:
    if not counts:
        return f"{name} has no row with a text and a label: write a label into the column {columns[1]!r}."
    if len(counts) == 1:
        return f"{name} holds only {next(iter(counts))!r}: add messages of at least one other class, {FEWEST} or more."
    return f"{name} has fewer than two classes with {FEWEST} different messages or more: add messages, or join classes."
