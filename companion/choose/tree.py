"""The document's tree (section 3.1), as data, and the way that needs take through it.

A node is {"ask": question, "yes": node, "no": node}, a leaf the name of a path. The document gives no numbers for
"live", "enough" and "smaller"; the thresholds below are ours, taken from its own words where it has some.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from companion.choose.needs import QUESTIONS, Needs

LIVE_DAYS = 7.0  # its matrix gives fine-tuning "weeks, months": what changes within a week cannot wait
ENOUGH_LABELS = 500  # it gives no number; 640 letters made fine-tuning good on the course's mail
MANY_CALLS = 1_000_000  # a day: its own example of a job for distillation
MODEL_MB = 91.0  # the course's encoder: 22.7 million numbers of 4 bytes
MODEL_MS = 50.0  # what the encoder needs for a letter on a slow core, with room to spare

Tree = Mapping[str, Any] | str
TREE: Tree = {
    "ask": "live",
    "yes": "rag",
    "no": {
        "ask": "labels",
        "yes": "finetune",
        "no": {"ask": "smaller", "yes": "distill", "no": "zero-shot"},
    },
}
ASKED = {
    "live": "Is live updating of knowledge needed?",
    "labels": "Is there enough labelled data?",
    "smaller": "Must the model be made smaller?",
    # not the document's, for trees of your own:
    "facts": "Does the model lack facts?",
    "sources": "Must an answer name its source?",
    "style": "Is an own style wanted?",
}


def _live(needs: Needs) -> bool | None:
    return None if needs.update_days is None else needs.update_days < LIVE_DAYS


def _labels(needs: Needs) -> bool | None:
    return None if needs.labels is None else needs.labels >= ENOUGH_LABELS


def _facts(needs: Needs) -> bool | None:
    return None if needs.kind is None else needs.kind != "behaviour"


def _smaller(needs: Needs) -> bool | None:
    """Yes if one need says so, no if all are known and none does."""
    too_large = (
        needs.memory_mb is not None and needs.memory_mb < MODEL_MB,
        needs.latency_ms is not None and needs.latency_ms < MODEL_MS,
        needs.calls_per_day is not None and needs.calls_per_day >= MANY_CALLS,
    )
    if any(too_large):
        return True
    return None if None in (needs.memory_mb, needs.latency_ms, needs.calls_per_day) else False


ANSWERS: dict[str, tuple[Callable[[Needs], bool | None], tuple[str, ...]]] = {  # question -> (answer, what it reads)
    "live": (_live, ("update_days",)),
    "labels": (_labels, ("labels",)),
    "smaller": (_smaller, ("memory_mb", "latency_ms", "calls_per_day")),
    "facts": (_facts, ("kind",)),
    "sources": (lambda needs: needs.sources, ("sources",)),
    "style": (lambda needs: needs.style, ("style",)),
}


@dataclass(frozen=True)
class Walk:
    """A way through the tree: its steps as (question's name, yes or no), and the leaf where it ends.

    `path` is None where an answer is missing; then `question` asks for it in plain words.
    """

    path: str | None
    steps: tuple[tuple[str, bool], ...] = ()
    question: str | None = None


def tree_path(needs: Needs, tree: Tree = TREE) -> Walk:
    """Walk `tree` from its root. Raises ValueError for a question that is none."""
    steps: list[tuple[str, bool]] = []
    while not isinstance(tree, str):
        if tree["ask"] not in ANSWERS:
            raise ValueError(f"The tree asks {tree['ask']!r}: choose one of {', '.join(ANSWERS)}.")
        answer, reads = ANSWERS[tree["ask"]]
        said = answer(needs)
        if said is None:
            unknown = next(name for name in reads if getattr(needs, name) is None)
            return Walk(None, tuple(steps), QUESTIONS[unknown].asks)
        steps.append((tree["ask"], said))
        tree = tree["yes" if said else "no"]
    return Walk(tree, tuple(steps))


def reads(question: str) -> tuple[str, ...]:
    """The needs that a question of the tree looks at."""
    return ANSWERS[question][1]


def leaves(tree: Tree = TREE) -> tuple[str, ...]:
    """The paths that a tree can name, from the left."""
    return (tree,) if isinstance(tree, str) else (*leaves(tree["yes"]), *leaves(tree["no"]))
