"""A desk that answers from what search found, and its gauges: what was found, what was said, who agrees."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from companion.metrics import exact_match, normalise_answer
from companion.models.prompts import REFUSAL
from companion.models.replies import Reply
from companion.rag.records import Hit

ANSWER_TOKENS = 24


class Desk:
    """Asks the generator; the same question with the same passages is asked once.

    names: the shop's catalogue. With it the desk sees which product a question asks for and which passages are
    about it; this needs no labels.
    """

    def __init__(self, generator: Any, names: Collection[str] = ()):
        self.generator, self._kept = generator, {}
        longest = sorted(names, key=len, reverse=True)  # "Merlin 2 Pro" before "Merlin 2"
        self._names = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, longest)) + r")(?!\w)") if longest else None

    def answer(self, question: str, passages: Sequence[str]) -> Reply:
        """The generator's reply to as many of the first passages as its prompt has room for."""
        key = (question, *passages)
        if key not in self._kept:
            self._kept[key] = self.generator.respond(question, self.fitting(question, passages))
        return self._kept[key]

    def fitting(self, question: str, passages: Sequence[str]) -> list[str]:
        """The first passages that fit into the prompt, with room for an answer."""
        kept = list(passages)
        if not hasattr(self.generator, "room"):
            return kept
        while kept and self._length(question, kept) > self.generator.room() - ANSWER_TOKENS:
            kept.pop()
        return kept

    def _length(self, question: str, passages: list[str]) -> int:
        return self.generator.encode(self.generator.prompt(question, passages)).shape[1]

    def products(self, text: str) -> set[str]:
        """The products of the catalogue that a text names; of nested names the longest."""
        return set(self._names.findall(text)) if self._names else set()

    def voices(self, question: str, passages: Sequence[str]) -> set[str]:
        """The different answers when each passage that names the asked product is read alone; refusals left out."""
        asked = self.products(question)
        alone = [self.answer(question, [p]) for p in passages if not asked or asked & self.products(p)]
        said = {normalise_answer(reply.text) for reply in alone if reply.cited}
        return said - {normalise_answer(REFUSAL)}


def share(of: Iterable[Any], holds: Callable[[Any], Any]) -> float:
    """The share of the items for which it holds; 0 of none."""
    found = [bool(holds(item)) for item in of]
    return sum(found) / max(1, len(found))


def right(reply: Reply, answer: str) -> bool:
    """Whether the reply's text is the answer."""
    return bool(exact_match(reply.text, answer))


def rests_on(reply: Reply, hits: Sequence[Hit]) -> list[Hit]:
    """The found passages that the reply cites."""
    return [hits[number - 1] for number in reply.cited]


def stands_in_its_source(reply: Reply) -> bool:
    """Whether the passage that is cited says what the reply says, word by word; a blended number stands in none."""
    return len(reply.spans) == len(reply.cited) > 0
