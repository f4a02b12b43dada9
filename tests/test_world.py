"""The company: what it promises about itself, checked on several seeds."""

import random
import re
import tomllib
from importlib.resources import files

import pytest

from companion.models.recipes.contexts import TRAINING_SEEDS, VALIDATION_SEEDS, draw, shelf
from companion.world import World, world, writing

SEEDS = [0, 1, 7]


def phrasings(key: str) -> list[str]:
    tables = [*writing.read_data("phrasings.toml").values(), *writing.read_data("policies.toml").values()]
    return [text for table in tables for text in table[key]]


@pytest.fixture(params=SEEDS, ids=lambda seed: f"seed{seed}")
def company(request) -> World:
    return world(request.param)


def test_size_of_the_company(company):
    assert len(company.products) >= 60
    assert len({p.kind for p in company.products}) >= 8
    assert all(len(p.facts) == 10 for p in company.products)
    assert len({p.name for p in company.products}) == len(company.products)


def test_at_least_300_phrasings_and_100_of_them_held_out():
    held = phrasings("held_questions") + phrasings("held_statements")
    seen = phrasings("questions") + phrasings("statements")
    assert len(held) >= 100 and len(held) + len(seen) >= 300
    assert not set(held) & set(seen)
    assert len(set(held + seen)) == len(held + seen)


def test_the_same_seed_makes_the_same_company():
    assert world.__wrapped__(3) == world.__wrapped__(3)
    assert world.__wrapped__(3).products != world.__wrapped__(4).products


@pytest.mark.parametrize("seed", [-1, 1.5, "0"])
def test_a_seed_that_cannot_be_says_what_to_do(seed):
    with pytest.raises(ValueError, match="whole number"):
        world(seed)


def test_articles_fit_the_prompt(company, tokenizer):
    assert max(len(tokenizer.tokenize(a.text)) for a in company.articles) <= 70


def test_the_gold_article_states_the_answer(company):
    for question in company.questions:
        if question.answer is not None:
            article = company.article(question.article_id)
            assert (question.product, question.attribute, question.answer) in article.facts
            assert question.answer in article.text and article.kind in ("manual", "policy")


def test_what_cannot_be_answered_stands_nowhere(company):
    stated = {fact[:2] for a in company.articles for fact in a.facts}
    missing = [q for q in company.questions if q.answer is None]
    assert len(missing) >= 100
    assert not any((q.product, q.attribute) in stated for q in missing)


def test_rivals_state_the_same_kind_of_fact_under_near_identical_names(company):
    for product in company.products:
        family = [p for p in company.products if p.stem == product.stem]
        assert len(family) >= 3 and all(p.facts.keys() == product.facts.keys() for p in family)


def test_superseded_pages_are_dated_and_contradict_the_manual(company):
    truth = {p.name: p.facts for p in company.products}
    old = [a for a in company.articles if a.kind == "archived"]
    assert len(old) >= 30
    for article in old:
        product, attribute, value = article.facts[0]
        assert truth[product][attribute] != value
        assert article.until in article.text and article.date < article.until


def test_the_forum_contradicts_the_manual(company):
    truth = {p.name: p.facts for p in company.products}
    posts = [a for a in company.articles if a.kind == "forum"]
    assert len(posts) >= 30
    assert all(truth[p][a] != v for post in posts for p, a, v in post.facts)


def test_some_pages_deny_a_value(company):
    denials = [a for a in company.articles if " not " in a.text or " never " in a.text]
    assert len(denials) >= 20


def test_an_update_changes_one_value_and_nothing_else(company):
    for update in company.updates:
        article = company.article(update.article_id)
        assert update.old in article.text and update.new not in article.text
        assert update.text == article.text.replace(update.old, update.new)
        assert update.date > article.date


def test_nothing_of_kestrel_is_in_any_training_company():
    names = {p.name for p in world(0).products}
    birds = set(tomllib.loads((files("companion.world") / "data/names.toml").read_text("utf8"))["birds"])
    for seed in TRAINING_SEEDS:
        products = shelf(seed).world.products
        assert not names & {p.name for p in products}
        assert not birds & {p.stem for p in products}
    facts = {(p.name, a, v) for p in world(0).products for a, v in p.facts.items()}
    trained = {(p.name, a, v) for s in TRAINING_SEEDS for p in shelf(s).world.products for a, v in p.facts.items()}
    assert not facts & trained


def test_validation_companies_are_in_no_training_batch():
    assert not set(TRAINING_SEEDS) & set(VALIDATION_SEEDS) and 0 not in TRAINING_SEEDS


def test_kestrel_is_refused_as_training_data():
    with pytest.raises(ValueError, match="Kestrel"):
        shelf(0)


def test_training_examples_hold_no_held_out_wording():
    held = phrasings("held_questions") + phrasings("held_statements")
    found = re.compile("|".join(re.sub(r"\\{[pcv]\\}", ".{1,30}?", re.escape(text)) for text in held))
    assert found.search(held[0].format(p="Owl Air"))
    for step in range(300):
        question, passages, _ = draw(random.Random(step), 3)
        assert not any(found.fullmatch(text) or found.search(text) for text in [question, *passages])


def test_a_training_example_is_what_it_says():
    for step in range(300):
        question, passages, target = draw(random.Random(step), 5)
        assert len(passages) == 5
        if target.startswith("["):
            place, value = int(target[1]), target[4:]
            assert value in passages[place - 1]
    refused = sum(not draw(random.Random(s), 5)[2].startswith("[") for s in range(1000)) / 1000
    assert 0.2 < refused < 0.4


def test_held_out_worlds_have_the_same_facts_in_other_words():
    seen, held = world(0), world(0, held_out=True)
    assert [p.facts for p in seen.products] == [p.facts for p in held.products]
    assert not {q.text for q in seen.questions} & {q.text for q in held.questions}
