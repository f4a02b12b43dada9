"""The document's listing P3.2, and what a desk needs beside it: abstaining, a person, a trace of each turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from companion.hybrid.router import FAQ, OTHER, PERSON, Decision

HAND_OVER = "I am passing this on to a colleague, who will write to you today."


@dataclass(frozen=True)
class Turn:
    """One reply and how it came about.

    Attributes:
        text: what the customer reads.
        route: who answered: "FAQ" (search), "other" (the distilled writer) or "person".
        intent, confidence: what the classifier made of the query; None where it does not say how sure it is.
        sources: ids of the documents that the reply rests on.
        milliseconds: by stage, "classifier", then "retriever" or "generator".
        tried: the path that was asked first and had nothing, where a person took over from it; else "".
    """

    text: str
    route: str
    intent: str = ""
    confidence: float | None = None
    sources: tuple[str, ...] = ()
    milliseconds: dict[str, float] = field(default_factory=dict, compare=False)
    tried: str = ""

    def __str__(self) -> str:
        return self.text


class HybridModel:
    """A classifier names the intent; an FAQ goes to the retriever, all else to the generator (listing P3.2).

    Attributes, each a function of the query:
        retriever: gives an `Answer` with citations (a `RAGPipeline`'s `answer`), or plain text.
        generator: gives the reply as text; a distilled, light one.
        classifier: gives a `Decision` (a `Router`), or plainly "FAQ", an FAQ intent, "person", or anything else.

    What is left out is loaded: Kestrel's index with the shipped generator, the reply student, the shipped router.
    """

    def __init__(
        self,
        retriever: Callable[[str], Any] | None = None,
        generator: Callable[[str], str] | None = None,
        classifier: Callable[[str], Any] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ):
        self.retriever = _load_retriever() if retriever is None else retriever
        self.generator = _load_generator() if generator is None else generator
        self.classifier = _load_classifier() if classifier is None else classifier
        self._clock = clock

    def respond(self, query: str) -> Turn:
        """The reply to one turn, with its trace. Raises ValueError for an empty query."""
        if not isinstance(query, str) or not query.strip():
            raise ValueError("The query is empty: pass what the customer wrote.")
        spent: dict[str, float] = {}
        intent = as_decision(self._timed("classifier", self.classifier, query, spent))
        known = {"intent": intent.intent, "confidence": intent.confidence, "milliseconds": spent}
        if intent.route == PERSON:
            return Turn(HAND_OVER, PERSON, **known)
        if intent.route == FAQ:
            said = self._timed("retriever", self.retriever, query, spent)
            text, sources = getattr(said, "text", said), tuple(getattr(said, "citations", ()))
            if hasattr(said, "citations") and not sources:  # it found nothing that answers
                return Turn(HAND_OVER, PERSON, tried=FAQ, **known)
            return Turn(text, FAQ, sources=sources, **known)
        return Turn(str(self._timed("generator", self.generator, query, spent)), OTHER, **known)

    def _timed(self, stage: str, call: Callable, query: str, spent: dict[str, float]) -> Any:
        start = self._clock()
        said = call(query)
        spent[stage] = 1000 * (self._clock() - start)
        return said


def as_decision(said: Any) -> Decision:
    """A `Decision` as it is; a plain intent as one that nobody said how sure of."""
    from companion.world.utterances import FAQ_INTENTS, OUT_OF_SCOPE

    if isinstance(said, Decision):
        return said
    name = str(said)
    route = FAQ if name == FAQ or name in FAQ_INTENTS else PERSON if name in (PERSON, OUT_OF_SCOPE) else OTHER
    return Decision(name, route, None, {})


def _load_retriever() -> Callable:
    from companion.rag import RAGPipeline, kestrel_index

    return RAGPipeline(kestrel_index()).answer


def _load_generator() -> Callable:
    from companion.distill.reply_student import ReplyStudent

    return ReplyStudent.load()


def _load_classifier() -> Callable:
    from companion.hybrid.router import load_router

    return load_router()
