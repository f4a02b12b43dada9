"""The company: what search finds, and what the shipped generator answers from what search returned."""

from collections.abc import Sequence
from statistics import fmean

from benchmarks.figures import Figure, write
from companion.build.reference import QUESTIONS
from companion.ledger import reference
from companion.metrics import exact_match, recall_at_k
from companion.models import load_generator
from companion.rag import KnowledgeIndex, kestrel_index
from companion.world import Question, world

WORDS = {
    "exact": ("exact answer", {"at_5": 0.95, "held_out_at_5": 0.85}),
    "cited": ("cited the right article", {"at_5": 0.95}),
    "whole_chain": ("exact answer, wrong retrieval counting 0", {}),
}


def search(index: KnowledgeIndex, questions: Sequence[Question]) -> list[Figure]:
    """Recall over all questions that an article answers."""
    how = f"Search: {len(questions)} questions with an answer, {len(index)} articles, no filter."
    figures = []
    for mode in ("hybrid", "dense", "sparse"):
        found = [[hit.id for hit in index.search(q.text, 5, mode=mode)] for q in questions]
        for k in (5, 1):
            recall = fmean(recall_at_k(f, [q.article_id], k) for f, q in zip(found, questions, strict=True))
            name = "hybrid, by reciprocal rank" if mode == "hybrid" else mode
            low = 0.95 if (mode, k) == ("hybrid", 5) else None
            figures.append(Figure(f"recall@{k}, {name}", recall, low=low, how=how))
    return figures


def answers() -> list[Figure]:
    """The generator's card, as `python -m companion.build reference generator` measured it on this machine."""
    stored = reference()["numbers"]
    numbers = {name.removeprefix("generator."): value for name, value in stored.items() if "generator." in name}
    how = (
        f"Answers: at most {QUESTIONS} questions of a kind, seeded, on products that were in no training; "
        "passages as hybrid search returns them; exact answer and citation where the right one is among them."
    )
    figures = []
    for phrasing, prefix in (("", ""), (", held-out phrasings", "held_out_")):
        for place in (f"{prefix}at_{k}" for k in (1, 3, 5) if f"{prefix}at_{k}.exact" in numbers):
            for key, (words, targets) in WORDS.items():
                what = f"{words}, {place[-1]} passages{phrasing}"
                figures.append(Figure(what, numbers[f"{place}.{key}"], low=targets.get(place), how=how))
        refusal = numbers[f"{prefix}refusal"]
        figures.append(Figure(f"refuses, no passage holds it{phrasing}", refusal, low=0.9, how=how))
    median = numbers["at_5.milliseconds"]
    return [*figures, Figure("an answer from 5 passages takes, median", median, "ms", high=300, how=how)]


def invented(questions: Sequence[Question]) -> Figure:
    """The closed-book model: it never refuses and cannot know."""
    model = load_generator("closed-book")
    replies = [model.respond(q.text, []) for q in questions]
    right = fmean(exact_match(r.text, q.answer) for r, q in zip(replies, questions, strict=True))
    return Figure(f"exact answer of the closed-book model, {len(questions)} questions", right)


def main() -> None:
    questions = [q for q in world(0).questions if q.article_id]
    write(
        "company",
        [*search(kestrel_index(), questions), *answers(), invented(questions[:: len(questions) // 200])],
    )


if __name__ == "__main__":
    main()
