"""The measurements behind the claims of section 1.1: one function a claim, one seed a call.

Each returns (value, baseline) in the units registered in `companion/claims.toml`. A notebook runs one seed live;
`python -m companion.build reference` runs all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from companion.metrics import exact_match, recall_at_k
from companion.progress import progress
from companion.rag.answer import RAGPipeline
from companion.rag.kestrel import articles_index, kestrel_index
from companion.rag.records import searchable
from companion.rag.retriever import train_retriever
from companion.world import Question, Update, World, world


def answered(questions: Sequence[Question]) -> list[Question]:
    """Those that an article answers."""
    return [question for question in questions if question.answer is not None]


def changes(seed: int, count: int = 40) -> list[tuple[Question, Update]]:
    """`count` facts of Kestrel that change, each with the question that asks for it."""
    chosen = Random(f"changes-{seed}").sample(world(0).updates, count)
    return [(world(0).question(u.product, u.attribute), u) for u in chosen]


def changed_facts(generator: Any, closed_book: Any, seed: int, count: int = 40) -> tuple[float, float]:
    """C1.1-b: exact match on facts that just changed, with retrieval and closed book."""
    pipeline, asked = RAGPipeline(kestrel_index(), generator), changes(seed, count)
    for _, update in asked:
        pipeline.index.update(update.article_id, update.text)
    told = closed = 0.0
    for question, update in progress(asked, "changed facts"):
        told += exact_match(pipeline.answer(question.text).text, update.new)
        closed += exact_match(closed_book.respond(question.text, []).text, update.new)
    return told / count, closed / count


def twin(question: Question, random: Random) -> str | None:
    """A sibling's real page, changed so that it states the *same value* as the right answer; None without siblings."""
    products = {p.name: p for p in world(0).products}
    if question.product not in products:
        return None
    stem = products[question.product].stem
    siblings = [p.name for p in products.values() if p.stem == stem and p.name != question.product]
    sibling = world(0).question(random.choice(siblings), question.attribute)
    return world(0).article(sibling.article_id).text.replace(sibling.answer, question.answer)


def provenance(generator: Any, index: Any, seed: int, items: int = 60) -> tuple[float, float]:
    """C1.1-d: share of answers that are exact *and* cite the gold article, against citing what search ranks first.

    In every second item a wrong passage is replaced by a sibling's page that states the same value: finding the
    value is then not enough, the name has to match as well. `index` holds Kestrel's articles as they ship.
    """
    random, right, first = Random(f"provenance-{seed}"), 0, 0
    questions = random.sample([q for q in answered(world(0).questions) if "policy" not in q.article_id], items)
    for number, question in enumerate(progress(questions, "provenance")):
        hits = index.search(question.text, 5)
        ids, passages = [h.id for h in hits], [h.text for h in hits]
        if number % 2:
            place = random.choice([n for n, id in enumerate(ids) if id != question.article_id])
            ids[place], passages[place] = "twin", twin(question, random)
        reply = generator.respond(question.text, passages)
        exact = exact_match(reply.text, question.answer)
        right += bool(exact) and [ids[n - 1] for n in reply.cited] == [question.article_id]
        first += ids[0] == question.article_id
    return right / items, first / items


def training_pairs(company: World) -> list[tuple[str, str]]:
    """(question, article as it is indexed) for every question that has an answer."""
    texts = {a.id: searchable(a.title, a.text) for a in company.articles}
    return [(q.text, texts[q.article_id]) for q in answered(company.questions)]


def recall(index: Any, questions: Sequence[Question], k: int, mode: str = "hybrid") -> float:
    """Share of questions whose article is among the first `k`."""
    found = [recall_at_k([h.id for h in index.search(q.text, k, mode)], {q.article_id}, k) for q in questions]
    return sum(found) / len(found)


def retriever_apart(encoder: Any, seed: int, steps: int = 60) -> tuple[float, float]:
    """C1.1-e: dense recall@1 on Kestrel after `encoder` is trained on another company, and before.

    The encoder is trained in place; the generator is not touched.
    """
    index, questions = kestrel_index(encoder), answered(world(0).questions)
    before = recall(index, questions, 1, "dense")
    train_retriever(encoder, training_pairs(world(seed + 1)), steps, seed=seed, warmup=5)
    return recall(articles_index(world(0).articles, encoder), questions, 1, "dense"), before


def sample(count: int, seed: int = 0) -> list[Question]:
    """`count` of Kestrel's questions that an article answers, from all kinds of products."""
    return Random(f"sample-{seed}").sample(answered(world(0).questions), count)


def closed_book_score(closed_book: Any, questions: Sequence[Question]) -> float:
    """Share of questions that a model answers exactly without any article."""
    right = [exact_match(closed_book.respond(q.text, []).text, q.answer or "") for q in progress(questions)]
    return sum(right) / len(right)
