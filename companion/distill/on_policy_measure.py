"""The shipped writer taught a little further, on its teacher's answers or on its own: one row a way."""

from __future__ import annotations

from random import Random

from companion.distill.answers import unlabelled
from companion.distill.llama import LlamaStudent
from companion.distill.llama_measure import Asked, is_right, on_gold_pages, on_wrong_pages
from companion.distill.on_policy import Pairing, go_on
from companion.models import load_generator
from companion.world import world

WRITERS = ("as it ships", "teacher", "student")  # no further teaching; on the answers of one of the two
STEPS, QUESTIONS = 60, 1000


def writer_taught(whose: str, seed: int, steps: int = STEPS) -> dict[str, float]:
    """{"exact", "refused"} of the shipped Llama on Kestrel's pages, after `steps` on answers about other companies."""
    pairing = Pairing(LlamaStudent.load(), load_generator())
    if whose != "as it ships":
        items = unlabelled(QUESTIONS, pairing.vocabulary.names(), seed=f"on-policy-{seed}")
        go_on(pairing, items, whose, steps, seed=seed)
    return scores(pairing.student)


def scores(student: LlamaStudent, count: int = 200) -> dict[str, float]:
    """Share of questions answered exactly and cited, and share of pages of other products that are refused."""
    random, company = Random(0), world(0)
    shares = {}
    for name, asked in (("exact", on_gold_pages(company)), ("refused", on_wrong_pages(company))):
        drawn: list[Asked] = random.sample(asked, count)
        shares[name] = round(sum(is_right(student, *one) for one in drawn) / count, 4)
    return shares
