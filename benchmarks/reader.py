"""The reader on SQuAD articles it never saw, alone and at the end of the whole chain."""

from collections.abc import Sequence
from random import Random
from statistics import fmean, median

from benchmarks.figures import Figure, write
from companion.metrics import exact_match, recall_at_k, token_f1
from companion.models import load_encoder, load_reader
from companion.models.recipes.scoring import figures, outcomes
from companion.models.recipes.squad import Asked, Part, parts
from companion.rag import Answer, KnowledgeIndex, RAGPipeline

ASKED = 300  # questions to the whole chain


def alone(part: Part) -> list[Figure]:
    """Question and passage given."""
    score = figures(outcomes(load_reader(), part))
    titles = len({passage.title for passage in part.passages})
    how = (
        f"{score['answerable']} questions of {titles} held-out SQuAD articles, each on its own passage, and "
        "again, unanswerable, on the nearest passage (BM25) that does not hold the answer."
    )
    return [
        Figure("F1 of the best span", score["f1"], low=0.7, how=how),
        Figure("exact match of the best span", score["exact_match"], how=how),
        Figure("F1, a wrong refusal counting 0", score["f1_if_it_may_refuse"], how=how),
        Figure("exact match, a wrong refusal counting 0", score["exact_match_if_it_may_refuse"], how=how),
        Figure("refuses where the passage does not answer", score["refused_rightly"], how=how),
        Figure("refuses where it does", score["refused_wrongly"], how=how),
    ]


def chain(data: dict[str, Part]) -> list[Figure]:
    """Only the question given: search among the passages of all articles, then read five."""
    index = KnowledgeIndex(load_encoder())
    for name, part in data.items():
        ids = [f"{name}-{n}" for n in range(len(part.passages))]
        titles = [passage.title.replace("_", " ") for passage in part.passages]
        index.add(ids, [passage.text for passage in part.passages], titles)
    questions = Random(0).sample(data["test"].questions, ASKED)
    pipeline = RAGPipeline(index, load_reader())
    answers = [pipeline.answer(asked.text, top_k=5) for asked in questions]
    return judged(questions, answers, len(index))


def judged(questions: Sequence[Asked], answers: Sequence[Answer], size: int) -> list[Figure]:
    """What became of each question."""
    how = f"{len(questions)} of these, seeded; {size} passages of all articles; hybrid search; five are read."
    gold = [f"test-{asked.passage}" for asked in questions]
    found = [[hit.id for hit in answer.passages] for answer in answers]
    texts = [answer.text if answer.citations else "" for answer in answers]
    cited = [g in answer.citations for g, answer in zip(gold, answers, strict=True)]
    f1 = [token_f1(text, asked.answers) for text, asked in zip(texts, questions, strict=True)]
    exact = [exact_match(text, asked.answers) for text, asked in zip(texts, questions, strict=True)]
    took = median(sum(answer.milliseconds.values()) for answer in answers)
    return [
        Figure(
            "right passage first",
            fmean(recall_at_k(f, [g], 1) for f, g in zip(found, gold, strict=True)),
            how=how,
        ),
        Figure(
            "right passage among five",
            fmean(recall_at_k(f, [g], 5) for f, g in zip(found, gold, strict=True)),
        ),
        Figure("answer taken from the right passage", fmean(cited), how=how),
        Figure(
            "right passage and exactly the right span",
            fmean(c * e for c, e in zip(cited, exact, strict=True)),
        ),
        Figure("F1 of the whole chain", fmean(f1), how=how),
        Figure("exact match of the whole chain", fmean(exact), how=how),
        Figure("refused", fmean(not answer.citations for answer in answers), how=how),
        Figure("an answer takes, median", took, "ms", how=how),
    ]


def main() -> None:
    data = parts()
    write("reader", alone(data["test"]) + chain(data))


if __name__ == "__main__":
    main()
