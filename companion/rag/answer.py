"""Search, then read: the two stages of the document's listing P1.1, with what it leaves out.

It adds citations, the prompt in plain sight, and the milliseconds of each stage.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from companion.rag.knowledge import MODES, KnowledgeIndex
from companion.rag.prompt import build_prompt, cited_passages
from companion.rag.records import Answer, Where

NOTHING_FOUND = "There is nothing about this in the documents."


class RAGPipeline:
    """`answer(query)` searches `index` and lets `generator` answer from what was found.

    generator: anything with respond(question, passages), as the course's generator and reader have, or with
    generate(prompt) -> str; None is the course's generator, loaded with the first answer.
    """

    def __init__(self, index: KnowledgeIndex, generator: Any = None, mode: str = "hybrid"):
        if mode not in MODES:
            raise ValueError(f"mode is {mode!r}: choose one of {', '.join(MODES)}.")
        self.index, self.mode = index, mode
        self._generator = generator

    @property
    def generator(self) -> Any:
        """The model that answers."""
        if self._generator is None:
            from companion.models import load_generator

            self._generator = load_generator()
        return self._generator

    def answer(self, query: str, top_k: int = 5, where: Where | None = None) -> Answer:
        """Answer from the best `top_k` documents that pass `where`; errors are those of `index.search`.

        Where none passes, the model is not asked: with nothing to read it could only invent.
        """
        generator = self.generator  # loaded before the clock starts
        clock = _Clock()
        vector = self.index.embed(query) if self.mode != "sparse" else None
        clock.stop("embed")
        hits = self.index.search(query, top_k, mode=self.mode, where=where, vector=vector)
        clock.stop("search")
        reply = respond(generator, query, [hit.text for hit in hits]) if hits else PlainReply(NOTHING_FOUND)
        clock.stop("generate")
        citations = [hits[number - 1].id for number in reply.cited]
        return Answer(reply.text, citations, reply.prompt, clock.milliseconds, hits, reply.spans, reply.score)


@dataclass(frozen=True)
class PlainReply:
    """The reply of a model that only turns a prompt into text; the fields are those of every reply."""

    text: str
    cited: tuple[int, ...] = ()
    prompt: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    score: float | None = None


def respond(generator: Any, question: str, passages: list[str]) -> Any:
    """The model's reply: its own `respond`, or `generate` on the prompt of P1.1 with the numbers it cites."""
    if hasattr(generator, "respond"):
        return generator.respond(question, passages)
    prompt = build_prompt(question, passages)
    text = generator.generate(prompt).strip()
    return PlainReply(text, cited_passages(text, len(passages)), prompt)


class _Clock:
    def __init__(self):
        self.milliseconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def stop(self, stage: str) -> None:
        now = time.perf_counter()
        self.milliseconds[stage], self._last = 1000 * (now - self._last), now
