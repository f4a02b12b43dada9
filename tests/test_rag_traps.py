"""Traps of retrieval: spoilt as the recipe says, each gauge sees its fault, each mend takes it away."""

from random import Random

import pytest

from companion.models.embedded import Embedded
from companion.models.replies import Reply
from companion.rag import traps, traps_poison
from companion.rag.records import Document, Hit
from companion.rag.traps_desk import Desk, share, stands_in_its_source
from companion.rag.traps_study import Study
from companion.rag.traps_summary import FAULTS, LIMITS, fault_table, faults, green, right_by_seed, wrong_by_seed
from companion.stored import RUNS, stored
from companion.world import world


class FirstNumber:
    """Answers with the first passage's last word, and cites it; knows no question."""

    def __init__(self):
        self.asked = 0

    def respond(self, question, passages):
        self.asked += 1
        if not passages or "blank" in passages[0]:
            return Reply("not in these articles")
        said = passages[0].split()[-1]
        at = passages[0].rindex(said)
        return Reply(said, (1,), spans=((at, at + len(said)),))


@pytest.fixture(scope="module")
def company():
    return world(1)


@pytest.fixture
def of(tiny_encoder):
    return Study(1, FirstNumber(), tiny_encoder())


# --- documents, cuts and copies ---
def test_every_fact_of_the_manual_is_in_the_joined_manuals(company):
    texts = {d.metadata["product"]: d.text for d in traps.documents(company) if d.metadata["kind"] == "manual"}
    assert len(texts) == len(company.products)
    for product in company.products:
        assert all(value in texts[product.name] for value in product.facts.values())


def test_copies_differ_by_a_line_and_without_copies_takes_out_these_and_no_other(company):
    originals = traps.documents(company)
    copies = traps.printed_again(originals, seed=1)
    assert len(copies) == 4 * round(len(originals) / 3)
    assert not {d.text for d in copies} & {d.text for d in originals}
    assert traps.without_copies([*originals, *copies]) == originals
    assert copies == traps.printed_again(originals, seed=1) != traps.printed_again(originals, seed=2)


def test_shingles_by_hand():
    assert traps.shingles("A b, c. D e!", 4) == {("a", "b", "c", "d"), ("b", "c", "d", "e")}
    assert traps.shingles("Two words") == {("two", "words")}
    one, other = traps.shingles("a b c d e"), traps.shingles("x a b c d e")
    assert traps.within(one, other) == 1.0 and traps.within(one, traps.shingles("p q r s")) == 0.0


def test_small_chunks_cut_facts_and_whole_documents_cut_none(company, of):
    pages, asked = traps.documents(company), of.test
    small, whole = traps.cut(pages, *traps.SPOILT), traps.cut(pages, 500, 0)
    assert traps.whole_facts(small, asked) < LIMITS["facts whole"]["at_least"] < traps.whole_facts(whole, asked) == 1.0
    assert all(chunk.metadata["document"] == chunk.id.split("#")[0] for chunk in small)


def hit(text, name="a", **metadata):
    return Hit(name, 1.0, text, "", {"kind": "manual", "product": ""} | metadata)


def test_repeats_count_what_was_found_before():
    text = "The Owl has a warranty of 24 months and weighs 90 grams."
    assert (
        traps.repeats([hit(text), hit(f"Printed on 3 March 2025. {text}"), hit("Nothing of the sort is here.")])
        == 1 / 3
    )
    assert traps.repeats([]) == 0.0


def test_vectors_are_computed_once(tiny_encoder):
    embedded, calls = Embedded(tiny_encoder()), []
    encode = embedded.encoder.encode
    embedded.encoder.encode = lambda texts: calls.append(list(texts)) or encode(texts)
    first = embedded.encode(["one", "two", "one"])
    assert embedded.encode(["two"]) == pytest.approx(first[1:2]) and calls == [["one", "two"]]


# --- the desk ---
def test_a_desk_asks_once_and_knows_merlin_2_from_merlin_2_pro():
    desk = Desk(FirstNumber(), ["Merlin 2", "Merlin 2 Pro", "Merlin"])
    assert desk.products("Is the Merlin 2 Pro here, or Merlin?") == {"Merlin 2 Pro", "Merlin"}
    assert desk.products("the Merlin 2's price") == {"Merlin 2"}
    for _ in range(3):
        desk.answer("q", ["says 5"])
    assert desk.generator.asked == 1


def test_voices_are_of_passages_about_the_product_and_refusals_are_none():
    desk = Desk(FirstNumber(), ["Owl", "Owl 2"])
    passages = ["The Owl says 5", "Owl: blank", "The Owl 2 says 9", "Of the Owl, 5", "The Owl says 7"]
    assert desk.voices("How much is the Owl?", passages) == {"5", "7"}


def test_an_answer_that_stands_nowhere_has_no_source():
    assert stands_in_its_source(Reply("5", (1,), spans=((0, 1),))) and not stands_in_its_source(Reply("685", (1,)))
    assert share([], bool) == 0.0 and share(iter([1, 0]), bool) == 0.5


# --- poison ---
def question(company):
    return next(q for q in company.questions if q.answer and not q.article_id.startswith("policy"))


def test_a_poisoned_article_states_the_wrong_value_and_never_the_right_one(company):
    asked = Random(0).sample([q for q in company.questions if q.answer and "policy" not in q.article_id], 40)
    for q in asked:
        for form in traps_poison.FORMS:
            page = traps_poison.poisoned(q, form)
            assert traps_poison.wrong_value(q) in page.text and page.text.startswith(q.text)
        assert traps_poison.poisoned(q, copy=1).id != traps_poison.poisoned(q).id
    assert traps_poison.gives_orders(traps_poison.poisoned(asked[0]).text)
    assert not traps_poison.gives_orders(traps_poison.poisoned(asked[0], "the value twice").text)


def test_neutral_pages_are_as_many_and_as_long(company):
    pages = [Document(str(n), "", "word " * n) for n in (3, 20, 7)]
    found = traps_poison.neutral(pages, world(2))
    assert [len(page.text.split()) for page in found] == [3, 20, 7]


def test_what_is_planted_can_be_uprooted(of, company):
    index = of.embedded.base(traps.documents(company)[:5])
    before = index.ids
    traps_poison.plant(index, [traps_poison.poisoned(question(company))])
    traps_poison.plant(index, [])
    assert len(index) == 6
    traps_poison.uproot(index)
    assert index.ids == before


def test_left_behind_pages_are_outdated_and_nothing_else(of, company):
    ids = {u.article_id for u in company.updates[:4]}
    index = of.embedded.base([Document(a.id, a.title, a.text, {"date": a.date}) for a in company.articles[:300]])
    changes = [u for u in company.updates[:4] if u.article_id in index]
    traps_poison.left_behind(index, changes)
    assert set(traps_poison.outdated(index)) == {u.article_id for u in changes} <= ids


def test_each_defence_does_what_its_name_says(of, company):
    asked = question(company)
    index = of.articles()
    article = traps_poison.poisoned(asked).text
    said, hits, cited = traps_poison.answered_under(of, index, asked, article, "forum", "none")
    assert said and "planted/here" not in index
    for defence in ("order filter", "trusted kinds"):
        _, hits, _ = traps_poison.answered_under(of, index, asked, article, "forum", defence)
        assert not any(h.metadata.get("planted") for h in hits)
    with pytest.raises(ValueError, match="is no defence"):
        traps_poison.answered_under(of, index, asked, article, "forum", "hope")


# --- what was stored ---
@pytest.mark.skipif(not (RUNS / "traps_rag.json").exists(), reason="not measured yet")
def test_every_planted_fault_is_found_by_its_gauge_and_gone_after_the_mend():
    table = stored("traps_rag")["rows"]
    found = faults(table)
    assert {(row["fault"], row["seed"]) for row in found} == {(fault, seed) for fault in FAULTS for seed in range(5)}
    assert all(row["found"] and row["gone"] for row in found), [r for r in found if not (r["found"] and r["gone"])]
    assert all(row["found"] == "5 of 5" for row in fault_table(table).values())
    assert right_by_seed(table, "mended").keys() == wrong_by_seed(table, "poisoned").keys() == set(range(5))


def test_a_gauge_is_judged_as_it_is_shown():
    assert green("recall@5", 0.896) and not green("recall@5", 0.894)
    assert green("copies among the five", 0.054) and not green("copies among the five", 0.056)
