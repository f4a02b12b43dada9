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


def same_value_elsewhere(question: Question, passages: list[str], gold: str, random: Random) -> list[str]:
    """The passages, one wrong one replaced by a sentence that states the *same value* of another product."""
    from companion.world import writing

    products = [p for p in world(0).products if question.attribute in p.facts and p.name != question.product]
    if not products or question.attribute not in writing.read_data("phrasings.toml"):
        return passages
    twin = writing.statement(random.choice(products).name, question.attribute, question.answer, random)
    wrong = [n for n, text in enumerate(passages) if text != gold]
    place = random.choice(wrong)
    return [twin if n == place else text for n, text in enumerate(passages)]


def provenance(generator: Any, index: Any, seed: int, items: int = 60) -> tuple[float, float]:
    """C1.1-d: share of answers that cite the gold article, against always citing what search ranks first."""
    random, right, first = Random(f"provenance-{seed}"), 0, 0
    questions = random.sample(answered(world(0).questions), items)
    for number, question in enumerate(progress(questions, "provenance")):
        gold = world(0).article(question.article_id).text
        passages = [hit.text for hit in index.search(question.text, 5)]
        if number % 2:
            passages = same_value_elsewhere(question, passages, gold, random)
        cited = generator.respond(question.text, passages).cited
        right += bool(cited) and passages[cited[0] - 1] == gold
        first += passages[0] == gold
    return right / items, first / items


def training_pairs(company: World) -> list[tuple[str, str]]:
    """(question, article as it is indexed) for every question that has an answer."""
    texts = {a.id: f"{a.title} {a.text}" for a in company.articles}
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


def closed_book_score(closed_book: Any, questions: Sequence[Question]) -> float:
    """Share of questions that a model answers exactly without any article."""
    right = [exact_match(closed_book.respond(q.text, []).text, q.answer or "") for q in progress(questions)]
    return sum(right) / len(right)
