"""Teacher and student side by side: how often each is right, and how fast each writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from random import Random
from statistics import median
from time import perf_counter

from companion.distill.llama import WEIGHTS, LlamaStudent, parameters
from companion.distill.sequences import greedy, until_end
from companion.ledger import path as ledger_path
from companion.metrics import exact_match, normalise_answer
from companion.models.generator import Generator
from companion.models.prompts import REFUSAL
from companion.progress import progress
from companion.world import World, world

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


def writer_run(soft: float, seed: int, count: int = 200) -> dict[str, dict[str, float]]:
    """Figures of the teacher and of a student on Kestrel, which neither was trained on; it is trained if missing.

    soft: as in `distillation_loss`; the student that ships is the one of `SHIPPED_SOFT` and seed 0.
    """
    from companion.distill import llama_training
    from companion.models import load_generator

    shipped = (soft, seed) == (llama_training.SHIPPED_SOFT, 0)
    folder = WEIGHTS if shipped else ledger_path().parent / "students" / f"llama-{soft}-{seed}"
    if not (folder / "model.safetensors").is_file():
        llama_training.main(["--soft", str(soft), "--seed", str(seed), "--out", str(folder)])
    company, random = world(0), Random(seed)
    asked = [*random.sample(on_gold_pages(company), count), *random.sample(on_wrong_pages(company), count // 4)]
    both = side_by_side(load_generator(), LlamaStudent.load(folder), asked)
    return {name: {k: round(v, 4) for k, v in asdict(found).items()} for name, found in both.items()}


def writers_table(rows: Sequence[dict]) -> dict[str, dict[str, float]]:
    """{who: exact, refused, tokens a second, ms, parameters} of the stored run "writers", for printing."""
    named = {"teacher": rows[0]["teacher"]}
    for row in rows:
        named["student, words and chances" if row["soft"] else "student, words alone"] = row["student"]
    short = {"tokens_per_second": "tokens/s", "milliseconds": "ms"}
    return {who: {short.get(k, k): v if v < 10 else round(v) for k, v in found.items()} for who, found in named.items()}


def on_wrong_pages(company: World) -> list[Asked]:
    """Each question that an article answers, with a page of another product as its one passage: to be refused."""
    manual = [article for article in company.articles if article.kind == "manual"]
    answered = [q for q in company.questions if q.answer is not None]
    random = Random("wrong pages")
    others = [random.choice([a for a in manual if a.product != q.product]) for q in answered]
    return [(q.text, [article.text], None) for q, article in zip(answered, others, strict=True)]


def on_gold_pages(company: World) -> list[Asked]:
    """Each question that an article answers, with that article's text as its one passage."""
    answered = [q for q in company.questions if q.answer is not None]
    return [(q.text, [company.article(q.article_id).text], q.answer) for q in answered]
