"""How good a generator is on what search really returns: exact match, citations, refusals, at 1, 3 and 5 passages."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from companion.metrics import exact_match, normalise_answer
from companion.models.prompts import REFUSAL
from companion.progress import progress
from companion.rag.kestrel import articles_index
from companion.world import Question, world


def ask(generator: Any, index: Any, question: Question, top_k: int, hide_gold: bool = False) -> dict:
    """One question over the `top_k` passages that search returns; with `hide_gold` the right one is left out."""
    hits = index.search(question.text, top_k + hide_gold)
    hits = [h for h in hits if not (hide_gold and h.id == question.article_id)][:top_k]
    began = perf_counter()
    reply = generator.respond(question.text, [h.text for h in hits])
    cited = [hits[n - 1].id for n in reply.cited]
    return {
        "milliseconds": 1000 * (perf_counter() - began),
        "retrieved": question.article_id in [h.id for h in hits],
        "refused": normalise_answer(reply.text) == normalise_answer(REFUSAL),
        "cited": cited == [question.article_id],
        "exact": cited != [] and bool(exact_match(reply.text, question.answer or "")),
        "question": question.text,
        "said": f"{reply.text} {cited}",
        "wanted": f"{question.answer} [{question.article_id}]",
    }


def share(rows: Sequence[dict], name: str) -> float:
    """Share of rows for which `name` is true."""
    return sum(row[name] for row in rows) / max(1, len(rows))


def at(generator: Any, index: Any, questions: Sequence[Question], top_k: int) -> tuple[dict[str, float], list[dict]]:
    """Scores over questions with an answer, where the right passage was among those retrieved; and all rows."""
    rows = [ask(generator, index, q, top_k) for q in progress(questions, f"{top_k} passages")]
    there = [row for row in rows if row["retrieved"]]
    right = [row for row in there if row["cited"] and row["exact"]]
    return {
        "retrieved": share(rows, "retrieved"),
        "exact": share(there, "exact"),
        "cited": share(there, "cited"),
        "cited_and_exact": len(right) / max(1, len(there)),
        "whole_chain": share(rows, "exact"),
        "milliseconds": median(row["milliseconds"] for row in rows),
    }, rows


def refusals(generator: Any, index: Any, questions: Sequence[Question], top_k: int = 5) -> float:
    """Share refused when no passage holds the answer: attributes that a product lacks, and gold articles hidden."""
    rows = [ask(generator, index, q, top_k, hide_gold=True) for q in progress(questions, "refusals")]
    return share(rows, "refused")


def card(generator: Any, encoder: Any, count: int = 200) -> dict[str, float]:
    """The whole card, numbers by name; `count` questions each, drawn from Kestrel's by a fixed seed."""
    numbers: dict[str, float] = {}
    for name, company in (("", world(0)), ("held_out_", world(0, held_out=True))):
        index = articles_index(company.articles, encoder)
        random = Random("generator card")
        answered = [q for q in company.questions if q.answer is not None]
        chosen = random.sample(answered, min(count, len(answered)))
        for top_k in (1, 3, 5) if not name else (5,):
            scores, _ = at(generator, index, chosen, top_k)
            numbers |= {f"{name}at_{top_k}.{key}": value for key, value in scores.items()}
        missing = [q for q in company.questions if q.answer is None]
        numbers[f"{name}refusal"] = refusals(generator, index, random.sample(missing, 70) + random.sample(answered, 70))
    return numbers
