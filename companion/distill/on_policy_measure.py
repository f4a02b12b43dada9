"""The shipped writer taught a little further, on its teacher's answers or on its own: one row a way."""

from __future__ import annotations

from random import Random

from companion.distill.answers import unlabelled
from companion.distill.llama import LlamaStudent
from companion.distill.llama_measure import Asked, is_right, on_gold_pages, on_wrong_pages
from companion.distill.on_policy import Pairing, go_on
from companion.models import load_generator
from companion.world import world

WORDS_ALONE = "words alone"  # the teacher's, without a probability: sequence distillation
WRITERS = ("as it ships", "teacher", "student", WORDS_ALONE)  # no further teaching; whose answers it goes on with
STEPS, QUESTIONS = 60, 1000


def writer_taught(way: str, seed: int, steps: int = STEPS) -> dict[str, float]:
    """{"exact", "refused"} of the shipped Llama on Kestrel's pages, after `steps` on answers about other companies.

    All ways of one seed meet the same questions in the same order.
    """
    pairing = Pairing(LlamaStudent.load(), load_generator())
    if way != "as it ships":
        items = unlabelled(QUESTIONS, pairing.vocabulary.names(), seed=f"on-policy-{seed}")
        whose, beta = ("teacher", None) if way == WORDS_ALONE else (way, 0.5)
        go_on(pairing, items, whose, steps, beta, seed=seed)
    return scores(pairing.student)


def scores(student: LlamaStudent, count: int = 200) -> dict[str, float]:
    """Share of questions answered exactly and cited, and share of pages of other products that are refused.

    `count` of each. The stored run "writers" has the same 200 questions and 50 wrong pages, of which the student as it
    ships refuses another share: with 50, a standard error is 7 points.
    """
    random, company = Random(0), world(0)
    shares = {}
    for name, asked in (("exact", on_gold_pages(company)), ("refused", on_wrong_pages(company))):
        drawn: list[Asked] = random.sample(asked, count)
        shares[name] = round(sum(is_right(student, *one) for one in drawn) / count, 4)
    return shares
