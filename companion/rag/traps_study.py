"""One company under study: its articles, its questions, and a desk that answers them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from random import Random
from typing import Any

from companion.progress import progress
from companion.rag.kestrel import articles_index
from companion.rag.knowledge import KnowledgeIndex
from companion.rag.measure import answered
from companion.rag.records import Hit
from companion.rag.traps import SIZES, Bases, cut, documents, holds, printed_again, without_copies
from companion.rag.traps_desk import Desk, right, share
from companion.world import Question, world

ASKED, CHOOSING = 120, 16  # questions that are measured on; of the others, those that choose a size by answers


class Study:
    """A company with a generator that reads its pages; whatever two parts share is computed once."""

    def __init__(self, company: int, generator: Any, encoder: Any):
        self.world, self.embedded = world(company), Bases(encoder)
        self.desk = Desk(generator, [product.name for product in self.world.products])
        self.documents = documents(self.world)
        self.copied = [*self.documents, *printed_again(self.documents, company)]
        asked = [q for q in answered(self.world.questions) if not q.article_id.startswith("policy")]
        drawn = Random(f"traps-{company}").sample(asked, len(asked))
        self.test, self.validation = drawn[:ASKED], drawn[ASKED : 2 * ASKED]
        self.drawn = [*self.test, *drawn[2 * ASKED :]]  # validation questions are never measured on

    def articles(self) -> KnowledgeIndex:
        """The company's articles, one passage each, as every other notebook searches them."""
        return articles_index(self.world.articles, self.embedded.encoder)

    def hits(self, index: KnowledgeIndex, question: Question, where: Any = None) -> list[Hit]:
        """The five passages that search finds."""
        return self.embedded.search(index, question.text, where=where)

    def reply(self, question: Question, hits: Sequence[Hit]) -> Any:
        """The generator's reply from these passages."""
        return self.desk.answer(question.text, [hit.text for hit in hits])

    def right(self, index: KnowledgeIndex, question: Question, where: Any = None) -> bool:
        """Whether the desk answers rightly."""
        return right(self.reply(question, self.hits(index, question, where)), question.answer)

    def recall(self, index: KnowledgeIndex, questions: Sequence[Question]) -> float:
        """Share of questions whose fact stands whole in a passage that the generator has room to read."""
        return share(questions, lambda q: any(holds(hit, q) for hit in self.read(q, self.hits(index, q))))

    @cached_property
    def sweep(self) -> dict[int, tuple[float, float]]:
        """For every size recall and right answers on validation questions, the base free of copies."""
        pages, found, asked = without_copies(self.copied), {}, self.validation[:CHOOSING]
        for size in progress(SIZES, "sizes"):
            index = self.embedded.base(cut(pages, size, overlap(size)))
            said = share(asked, lambda q, index=index: self.right(index, q))
            found[size] = (round(self.recall(index, self.validation), 4), round(said, 4))
        return found

    @property
    def chosen(self) -> int:
        """The size with the most right answers; of equals the one with the better recall, then the smaller."""
        return max(self.sweep, key=lambda size: (self.sweep[size][::-1], -size))

    def read(self, question: Question, hits: Sequence[Hit]) -> Sequence[Hit]:
        """Those of the found passages that fit into the prompt."""
        return hits[: len(self.desk.fitting(question.text, [hit.text for hit in hits]))]


@lru_cache(maxsize=1)
def study(company: int) -> Study:
    """The study of one company with the shipped models; the last one is kept."""
    from companion.models import load_encoder, load_generator

    return Study(company, load_generator(), load_encoder())


def overlap(size: int) -> int:
    """A quarter of the chunk is shared with the next."""
    return size // 4
