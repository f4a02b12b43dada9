"""What the hybrid is compared with: each path alone, as the whole desk, and search in the classifier's place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from companion.hybrid.model import HAND_OVER, Turn
from companion.hybrid.router import FAQ, OTHER, PERSON, Decision, Router, load_router
from companion.rag.knowledge import KnowledgeIndex
from companion.world import utterances
from companion.world.utterances import FAQ_INTENTS

REPLY = "reply"  # the kind of a document that holds a request and its gold reply
TOP = 5


def with_replies(index: KnowledgeIndex) -> KnowledgeIndex:
    """The index with the 144 gold replies put in, each under its request; the metadata hold the reply."""
    for intent, pairs in utterances.replies().items():
        for number, (request, reply) in enumerate(pairs):
            index.add(f"reply/{intent}/{number}", reply, request, {"kind": REPLY, "intent": intent})
    return index


class RagAlone:
    """One search over articles and gold replies. A reply found first is sent as it stands; else the generator reads.

    It gets the five best *articles*, so for a question it does exactly what the hybrid's retriever does. A refusal
    goes to a person, as everywhere.
    """

    def __init__(self, index: KnowledgeIndex, generator: Any):
        self.index, self.generator = index, generator

    def __call__(self, query: str) -> Turn:
        vector = self.index.embed(query)
        best = self.index.search(query, 1, vector=vector)[0]
        if best.metadata["kind"] == REPLY:
            return Turn(best.text, OTHER, intent=best.metadata["intent"], sources=(best.id,))
        hits = self.index.search(query, TOP, where=_is_article, vector=vector)
        reply = self.generator.respond(query, [hit.text for hit in hits])
        if not reply.cited:
            return Turn(HAND_OVER, PERSON, tried=FAQ)
        return Turn(reply.text, FAQ, sources=tuple(hits[number - 1].id for number in reply.cited))


class SearchRouter:
    """Search in the classifier's place: an article found first makes a turn an FAQ, a gold reply another request.

    A question that no article answers needs no abstaining here, since the generator refuses it. A letter does, and
    there `router` is asked: a person takes over where it holds a person to be the likeliest route. So nothing is
    tuned, and no threshold is chosen. Search says not how sure it is: the `Decision`'s confidence is None.

    Left out: Kestrel's index with the gold replies, and the shipped router. The trap: the index must hold both kinds
    of document, or every turn is of one kind.
    """

    def __init__(self, index: KnowledgeIndex | None = None, router: Router | None = None):
        self.index = _articles_and_replies() if index is None else index
        self.router = load_router() if router is None else router

    def __call__(self, query: str) -> Decision:
        route, intent = self.first(query)
        if route == FAQ:
            return Decision(intent, FAQ, None, {})
        chances = self.router(query).chances
        return Decision(intent, PERSON if max(chances, key=chances.get) == PERSON else OTHER, None, chances)

    def first(self, query: str) -> tuple[str, str]:
        """The machine route of the document that is found first, and the intent of a reply."""
        found = self.index.search(query, 1)[0].metadata
        return (OTHER, found["intent"]) if found["kind"] == REPLY else (FAQ, FAQ)


class FineTunedAlone:
    """The sorter names the intent: a canned reply for it or, for a common question, the closed-book generator.

    It has neither articles nor a way to say that it does not know.
    """

    def __init__(self, sorter: Any, closed_book: Any):
        self.sorter, self.closed_book = sorter, closed_book
        self.canned = {intent: pairs[0][1] for intent, pairs in utterances.replies().items()}

    def __call__(self, query: str) -> Turn:
        intent = self.sorter.predict([query])[0]
        if intent in FAQ_INTENTS:
            return Turn(self.closed_book.respond(query, []).text, FAQ, intent)
        return Turn(self.canned[intent], OTHER, intent)


def distilled_alone(student: Callable[[str], str]) -> Callable[[str], Turn]:
    """The reply student answers everything."""
    return lambda query: Turn(student(query), OTHER)


def _articles_and_replies() -> KnowledgeIndex:
    from companion.rag import kestrel_index

    return with_replies(kestrel_index())


def _is_article(metadata: dict) -> bool:
    return metadata["kind"] != REPLY
