"""The company: what search finds, and what the shipped generator answers from what search returned."""

from collections.abc import Sequence
from random import Random
from statistics import fmean, median

from benchmarks.figures import Figure, write
from companion.metrics import exact_match, recall_at_k
from companion.models import load_generator
from companion.rag import Answer, KnowledgeIndex, RAGPipeline, kestrel_index
from companion.world import Question, world

ASKED = 200  # of each kind


def search(index: KnowledgeIndex, questions: Sequence[Question]) -> list[Figure]:
    """Recall over all questions that an article answers."""
    how = f"{len(questions)} questions with an answer, {len(index)} articles, no filter."
    figures = []
    for mode in ("hybrid", "dense", "sparse"):
        found = [[hit.id for hit in index.search(q.text, 5, mode=mode)] for q in questions]
        for k in (5, 1):
            recall = fmean(recall_at_k(f, [q.article_id], k) for f, q in zip(found, questions, strict=True))
            name = "hybrid, by reciprocal rank" if mode == "hybrid" else mode
            low = 0.95 if (mode, k) == ("hybrid", 5) else None
            figures.append(Figure(f"recall@{k}, {name}", recall, low=low, how=how))
    return figures


def answered(
    pipeline: RAGPipeline, questions: Sequence[Question], top_k: int, low: float, kind: str
) -> list[Figure]:
    """Exact answers and right citations."""
    answers = [pipeline.answer(q.text, top_k=top_k) for q in questions]
    exact = [exact_match(a.text, q.answer) for a, q in zip(answers, questions, strict=True)]
    cited = [a.citations == [q.article_id] for a, q in zip(answers, questions, strict=True)]
    how = f"{len(questions)} questions of a kind, seeded; hybrid search; the passages that it really returns."
    figures = [
        Figure(f"exact answer, {kind}, {top_k} passages", fmean(exact), low=low, how=how),
        Figure(f"cited the right article, {kind}, {top_k} passages", fmean(cited), low=low, how=how),
    ]
    if top_k == 5:
        figures.append(
            Figure(f"an answer takes, median, {kind}", median(map(reading, answers)), "ms", high=300)
        )
    return figures


def reading(answer: Answer) -> float:
    """Milliseconds of the generator alone."""
    return answer.milliseconds["generate"]


def refused(pipeline: RAGPipeline, questions: Sequence[Question]) -> Figure:
    """Refusals of questions that no article answers."""
    answers = [pipeline.answer(q.text, top_k=5) for q in questions]
    how = f"{len(questions)} questions that no article answers."
    return Figure("refused, no article answers", fmean(not a.citations for a in answers), low=0.9, how=how)


def invented(questions: Sequence[Question]) -> list[Figure]:
    """The closed-book model: it never refuses and cannot know."""
    model = load_generator("closed-book")
    replies = [model.respond(q.text, []) for q in questions]
    right = fmean(exact_match(r.text, q.answer) for r, q in zip(replies, questions, strict=True))
    return [Figure("exact answer without articles, closed-book model", right)]


def some(questions: list[Question]) -> list[Question]:
    """At most ASKED of them, the same each time."""
    return Random(0).sample(questions, min(ASKED, len(questions)))


def main() -> None:
    index, company = kestrel_index(), world(0)
    with_answer = [q for q in company.questions if q.article_id]
    known = some([q for q in with_answer if not q.held_out])
    new = some([q for q in with_answer if q.held_out])
    pipeline = RAGPipeline(index, load_generator())
    pipeline.answer(known[0].text)  # warm-up
    figures = search(index, with_answer)
    for top_k in (1, 3, 5):
        low = 0.95 if top_k == 5 else None
        figures += answered(pipeline, known, top_k, low, "unseen products")
    figures += answered(pipeline, new, 5, 0.85, "held-out phrasings")
    figures.append(refused(pipeline, some([q for q in company.questions if not q.article_id])))
    write("company", figures + invented(known))


if __name__ == "__main__":
    main()
