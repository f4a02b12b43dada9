"""The nine cards of section 2.2, and the learner's guess on each, kept in the ledger."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from companion import ledger

FILE = Path(__file__).with_name("board.toml")
PATHS = {"rag": "RAG", "finetune": "fine-tuning", "distill": "distillation"}
NONE = "none"  # something that is none of the three paths
ORDER = (*PATHS, NONE)  # a guess is kept in the ledger as a place in this row
PREFIX = "board."  # of a guess's key, since a claim's own key holds the prediction made in its lab
Counts = dict[str, float]


@dataclass(frozen=True)
class Card:
    """One job: who has it, what constrains it, what there is to learn from, and the document's path."""

    id: str
    title: str
    who: str
    constraint: str
    data: str
    document: str
    measure: str
    lab: str

    @property
    def key(self) -> str:
        """Where the ledger keeps the guess."""
        return PREFIX + self.id


@cache
def cards() -> tuple[Card, ...]:
    """The nine, in the document's order, with the numbers of their data counted."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["cards"]
    return tuple(_filled(row) for row in rows)


def _filled(row: dict[str, str]) -> Card:
    counted = {name: f"{number:g}" for name, number in COUNTED.get(row["id"], dict)().items()}
    return Card(**{name: said.format(**counted) for name, said in row.items()})


def guess(card: Card) -> ledger.Prediction | None:
    """What the learner locked for this card, if anything."""
    return ledger.predictions().get(card.key)


def guessed_path(card: Card) -> str | None:
    """The path of the learner's guess, if there is one."""
    mine = guess(card)
    return ORDER[int(mine.value)] if mine else None


def keep_guess(card: Card, path: str, confidence: str) -> ledger.Prediction:
    """Lock a guess; the first one stands. After the lab's own card it is late: kept, not scored.

    Raises ValueError for a path that is none of the three, OSError where the ledger cannot be written.
    """
    if path not in PATHS:
        raise ValueError(f"Guess one of {', '.join(PATHS)}, not {path!r}.")
    if card.id in ledger.outcomes():
        settle(card)
    return ledger.lock(card.key, ORDER.index(path), confidence)


def settle(card: Card) -> None:
    """Put the measured winner and the document's choice beside the guess."""
    from companion.show.board_results import standing

    ledger.settle(card.key, ORDER.index(standing(card.id).winner), ORDER.index(card.document), 0.0)


def _law() -> Counts:
    from companion.scenarios import law

    sections = {version.section for version in law.versions()}
    return {"sections": len(sections), "wordings": len(law.versions()), "test": len(law.questions())}


def _papers() -> Counts:
    from companion.scenarios import papers

    return {"papers": len(papers.papers()), "test": len(papers.asked())}


def _tickets() -> Counts:
    from companion.scenarios.tickets import problems

    seen = [problem.seen for problem in problems().values()]
    return {"tickets": sum(seen), "problems": len(seen), "once": seen.count(1)}


def _reports() -> Counts:
    from companion.scenarios.reports import sentences

    return {split: len(sentences(split)[0]) for split in ("train", "test")}


def _abstracts() -> Counts:
    from companion.scenarios.abstracts import abstracts

    return {split: len(abstracts(split)) for split in ("train", "test")}


def _copy() -> Counts:
    from companion.models.recipes.desk import voice_pairs
    from companion.scenarios.voice_copy import copies

    train = [pair for pair in voice_pairs() if pair["split"] == "train"]
    return {"pairs": len(train), "test": len(copies())}


def _edge(name: str) -> Counts:
    from companion.scenarios.edge import JOBS
    from companion.scenarios.edge_data import labelled, unlabelled

    budget = {"megabytes": JOBS[name].megabytes, "milliseconds": JOBS[name].milliseconds}
    labels = {split: len(labelled(name, split)[0]) for split in ("train", "test")}
    return labels | {"unlabelled": len(unlabelled(name))} | budget


COUNTED: dict[str, Callable[[], Any]] = {
    "C2.2-a": _law,
    "C2.2-b": _papers,
    "C2.2-c": _tickets,
    "C2.2-d": _reports,
    "C2.2-e": _abstracts,
    "C2.2-f": _copy,
    "C2.2-g": lambda: _edge("commands"),
    "C2.2-h": lambda: _edge("sensors"),
}
