"""What the claims of 1.1 are measured by: an oracle scores what it must, and a fool scores nothing."""

from random import Random

import pytest

from companion.models.replies import Reply
from companion.rag import kestrel_index
from companion.rag.generator_card import ask, at, refusals
from companion.rag.measure import answered, changed_facts, changes, provenance, recall, sample, training_pairs, twin
from companion.world import world


class Oracle:
    """Knows the questions: finds the gold page by its text, answers from the key."""

    def __init__(self):
        self.key = {q.text: q for q in world(0).questions}

    def respond(self, question: str, passages: list[str]) -> Reply:
        asked = self.key[question]
        gold = asked.article_id and world(0).article(asked.article_id).text
        if gold in passages:
            return Reply(asked.answer, (passages.index(gold) + 1,))
        return Reply("not in these articles")


class Parrot:
    """Says the same whatever it is asked, and cites the first passage."""

    def respond(self, question: str, passages: list[str]) -> Reply:
        return Reply("blue moon", (1,) if passages else ())


@pytest.fixture(scope="module")
def index():
    return kestrel_index()


def test_the_oracle_is_right_wherever_the_page_was_found(index):
    value, first = provenance(Oracle(), index, seed=3, items=40)
    assert first < value <= 1.0
    assert provenance(Parrot(), index, seed=3, items=40)[0] == 0.0


def test_a_twin_states_the_same_value_of_a_sibling():
    for question in sample(60, seed=5):
        page = twin(question, Random(1))
        if page is not None:
            assert question.answer in page
            assert page != world(0).article(question.article_id).text


def test_changed_facts_need_the_new_value():
    told, closed = changed_facts(Oracle(), Parrot(), seed=0, count=5)
    assert (told, closed) == (0.0, 0.0)  # the oracle knows the old values, and no page holds its gold text any more


def test_each_draw_of_changes_asks_for_what_changed():
    for question, update in changes(seed=1):
        assert (question.product, question.attribute) == (update.product, update.attribute)
        assert question.answer == update.old != update.new


def test_the_card_by_hand(index):
    asked = sample(30, seed=2)
    scores, rows = at(Oracle(), index, asked, 5)
    assert scores["exact"] == scores["cited_and_exact"] == 1.0
    assert scores["whole_chain"] == scores["retrieved"] == pytest.approx(recall(index, asked, 5))
    assert refusals(Oracle(), index, asked) == 1.0 and refusals(Parrot(), index, asked) == 0.0
    assert len(rows) == 30


def test_a_wrong_citation_is_no_refusal(index):
    row = ask(Parrot(), index, sample(1)[0], 5, hide_gold=True)
    assert not row["refused"] and not row["cited"] and not row["exact"]


def test_recall_at_5_meets_its_budget(index):
    assert recall(index, answered(world(0).questions)[::3], 5) >= 0.95


def test_training_pairs_hold_the_answer():
    company = world(2)
    for (question, passage), asked in zip(training_pairs(company), answered(company.questions), strict=True):
        assert question == asked.text and asked.answer in passage
