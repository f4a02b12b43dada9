"""What to ask back: needs that are missing, and limits that cannot all be kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from companion.choose.needs import NO_LIMIT, QUESTIONS, Needs
from companion.choose.options import NAMES

GIVES_WAY: dict[str, Any] = {  # each need, and the answer that asks for nothing
    "memory_mb": NO_LIMIT,
    "latency_ms": NO_LIMIT,
    "calls_per_day": 0,
    "sources": False,
    "style": False,
    "labels": 640,
}


def conflict(needs: Needs) -> Iterator[tuple[str, Any]]:
    """The stated needs that could give way, one at a time, each with the answer that asks for nothing."""
    for name, gives in GIVES_WAY.items():
        stated = getattr(needs, name)
        if stated is None or (name == "labels" and stated >= gives) or stated == gives:
            continue
        yield name, gives


def open_questions(needs: Needs, best: Callable[[Needs], str | None]) -> list[str]:
    """A question for each missing need; first those of which one answer would change the `best` path.

    best: the path for other needs, None where no path keeps every limit.
    """
    now, deciding, other = best(needs), [], []
    for name in needs.missing():
        question = QUESTIONS[name]
        paths = {words: best(replace(needs, **{name: value})) for words, value in question.answers}
        turn = next((words for words, path in paths.items() if path != now), None)
        if turn:
            means = NAMES.get(paths[turn], "that no path keeps every limit")
            deciding.append(f'{question.asks} It decides: "{turn}" would mean {means}.')
        else:
            other.append(f"{question.asks} (By itself this changes nothing.)")
    return deciding + other
