"""Two small jobs at the edge: what people say to a phone, and what sensors report to a hub.

Both are hand-written and split by who speaks: a score on the test split is one on strangers. Beside them stand
unlabelled texts, put together from hand-written parts. How all were made is in `companion/world/data/DATA_CARD.md`.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

SOURCES = {"commands": ("speakers", "intents"), "sensors": ("makers", "classes")}
SPLITS = ("train", "validation", "test")
EACH = 60  # composed texts for each list of requests
CHOICE = re.compile(r"\(([^()]*)\)")


def labelled(job: str, split: str) -> tuple[list[str], list[str]]:
    """Texts and their labels; job "commands" or "sensors", split "train", "validation" or "test".

    Raises ValueError for another job or split.
    """
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r}: choose one of {', '.join(SPLITS)}.")
    pairs = [
        (text, label)
        for who in people(job).values()
        if who["split"] == split
        for label, texts in who[_source(job)[1]].items()
        for text in texts
    ]
    return [text for text, _ in pairs], [label for _, label in pairs]


def people(job: str) -> dict[str, dict[str, Any]]:
    """Who speaks, by name: "split", "style", and their texts by label."""
    group, _ = _source(job)
    return _read(job)[group]


def classes(job: str) -> list[str]:
    """The labels of a job, sorted."""
    return sorted(set(labelled(job, "train")[1]))


@cache
def unlabelled(job: str, each: int = EACH, seed: int = 0) -> tuple[str, ...]:
    """Composed texts without labels, shuffled: `each` for each list of requests; the same seed gives the same.

    A text is [opening] request [closing]; in one of three a word is misheard, where the parts say as what.
    None of them is a labelled text. Raises ValueError unless `each` is 1 to 500.
    """
    _source(job)
    if not 1 <= each <= 500:
        raise ValueError(f"The parts give 1 to 500 texts a list, not {each}: choose a number between.")
    parts, random = _read(f"{job}_parts"), Random(f"{seed}-{job}")
    known = {text.lower() for split in SPLITS for text in labelled(job, split)[0]}
    made: dict[str, None] = {}
    for requests in parts["requests"].values():
        target = len(made) + each
        while len(made) < target:
            if (text := compose(requests, parts, random)).lower() not in known:
                made.setdefault(text)
    texts = list(made)
    random.shuffle(texts)
    return tuple(texts)


def compose(requests: list[str], parts: dict[str, Any], random: Random) -> str:
    """One text: a request with its choices made and slots filled; two in five with an opening, one with a closing."""
    pieces = [random.choice(requests)]
    if random.random() < 0.4:
        pieces.insert(0, random.choice(parts["openings"]))
    if random.random() < 0.2:
        pieces.append(random.choice(parts["closings"]))
    text = fill(" ".join(pieces), parts["slots"], random)
    return misheard(text, parts["misheard"], random) if random.random() < 1 / 3 else text


def fill(piece: str, slots: dict[str, list[str]], random: Random) -> str:
    """Every `(a|b|)` becomes one of its choices, every `{slot}` one of its values, the same value never twice."""
    while choices := CHOICE.search(piece):
        piece = piece[: choices.start()] + random.choice(choices[1].split("|")) + piece[choices.end() :]
    left = {name: random.sample(values, len(values)) for name, values in slots.items()}
    return " ".join(re.sub(r"\{(\w+)\}", lambda slot: left[slot[1]].pop(), piece).split())


def misheard(text: str, heard: dict[str, str], random: Random) -> str:
    """The text with one of its words as a recogniser may write it."""
    words = text.split()
    places = [place for place, word in enumerate(words) if word in heard]
    if places:
        place = random.choice(places)
        words[place] = heard[words[place]]
    return " ".join(words)


def _source(job: str) -> tuple[str, str]:
    if job not in SOURCES:
        raise ValueError(f"There is no job {job!r}: choose one of {', '.join(SOURCES)}.")
    return SOURCES[job]


@cache
def _read(name: str) -> dict[str, Any]:
    file = files("companion.world").joinpath("data", "scenarios", f"{name}.json")
    return json.loads(file.read_text(encoding="utf-8"))
