"""Teacher and student side by side: how often each is right, and how fast each writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from companion.distill.llama import parameters
from companion.distill.sequences import greedy, until_end
from companion.metrics import exact_match, normalise_answer
from companion.models.generator import Generator
from companion.models.prompts import REFUSAL
from companion.progress import progress
from companion.world import World

Asked = tuple[str, list[str], str | None]  # question, passages, the right answer; None: it should refuse


@dataclass(frozen=True)
class Figures:
    """What one model did.

    Attributes:
        exact: share of questions with an answer that it answers exactly, with a citation.
        refused: share of questions without one that it refuses; nan where there is none.
        tokens_per_second: answer tokens, the end included, over the seconds for prompt and answer; median question.
        milliseconds: for prompt and answer, median question.
        parameters: how many numbers it has.
    """

    exact: float
    refused: float
    tokens_per_second: float
    milliseconds: float
    parameters: int


def side_by_side(teacher: Generator, student: Generator, asked: Sequence[Asked]) -> dict[str, Figures]:
    """The figures of both under "teacher" and "student"; they take turns, so that a busy machine slows both alike.

    Times are those of the same loop (`companion.distill.sequences.greedy`), batch 1, after one warm-up each.
    Compare them on as few threads as both can use: OMP_NUM_THREADS=1.
    """
    if not asked:
        raise ValueError("There is nothing to compare on: pass at least one question with its passages.")
    models = {"teacher": teacher, "student": student}
    right: dict[str, list[tuple[bool, bool]]] = {name: [] for name in models}  # (has an answer, was right)
    times: dict[str, list[tuple[int, float]]] = {name: [] for name in models}
    for generator in models.values():
        write_timed(generator, *asked[0][:2])
    for question, passages, answer in progress(asked, "side by side"):
        for name, generator in models.items():
            times[name].append(write_timed(generator, question, passages))
            right[name].append((answer is not None, is_right(generator, question, passages, answer)))
    return {name: figures(models[name], right[name], times[name]) for name in models}


def figures(generator: Generator, right: list[tuple[bool, bool]], times: list[tuple[int, float]]) -> Figures:
    """The summary of one model's answers and times."""
    answered = [ok for has, ok in right if has]
    silent = [ok for has, ok in right if not has]
    return Figures(
        exact=sum(answered) / len(answered) if answered else float("nan"),
        refused=sum(silent) / len(silent) if silent else float("nan"),
        tokens_per_second=median(tokens / seconds for tokens, seconds in times),
        milliseconds=1000 * median(seconds for _, seconds in times),
        parameters=parameters(generator.model),
    )


def is_right(generator: Generator, question: str, passages: list[str], answer: str | None) -> bool:
    """Whether the reply is the answer, with a citation; or, for None, the refusal."""
    reply = generator.respond(question, passages)
    if answer is None:
        return normalise_answer(reply.text) == normalise_answer(REFUSAL)
    return reply.cited != () and bool(exact_match(reply.text, answer))


def write_timed(generator: Generator, question: str, passages: list[str]) -> tuple[int, float]:
    """(answer tokens, seconds) from the prompt's text to the last token."""
    began = perf_counter()
    ids = generator.encode(generator.prompt(question, passages))
    tokens, _ = greedy(generator, ids)
    seconds = perf_counter() - began
    return len(until_end(tokens[0], generator.tokenizer.sep_token_id)), seconds


def on_gold_pages(company: World) -> list[Asked]:
    """Each question that an article answers, with that article's text as its one passage."""
    answered = [q for q in company.questions if q.answer is not None]
    return [(q.text, [company.article(q.article_id).text], q.answer) for q in answered]
