"""The tree, the recommender and its card: worked by hand, over all combinations of coarse needs, and as properties."""

import math
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion import choose, ledger
from companion.choose import deciding, measure, page
from companion.choose.advice import TIE, rank
from companion.choose.figures import CURVE, STYLE, read_figures, values
from companion.choose.needs import NEVER, QUESTIONS, Needs
from companion.choose.options import PAIRS, PATHS, Option, curve, weigh
from companion.choose.reasons import _second
from companion.choose.situations import agreement, all_situations, cases, servable, situation, tree_against_figures
from companion.choose.tree import TREE, leaves, tree_path
from companion.stored import stored

EVIL = "<script>alert(\"x\")</script> & 'more'"
EASY = {"latency_ms": math.inf, "memory_mb": math.inf, "calls_per_day": 100, "sources": False, "style": False}
patient = settings(max_examples=60, deadline=None)


@pytest.fixture(scope="module")
def figures():
    return read_figures(records=[])


@pytest.fixture(scope="module")
def v(figures):
    return values(figures)


def easy(**stated):
    return Needs(**{"kind": "both", "update_days": NEVER, "labels": 600} | EASY | stated)


# --- needs ---


@pytest.mark.parametrize(
    "wrong, says",
    [
        ({"kind": "magic"}, "choose facts, behaviour or both"),
        ({"update_days": 0}, "give a number above 0"),
        ({"latency_ms": -5.0}, "give a number above 0"),
        ({"labels": -1}, "give a number above 0, or 0"),
        ({"labels": math.inf}, "can be counted"),
        ({"memory_mb": math.nan}, "give a number, or None"),
        ({"calls_per_day": "many"}, "give a number, or None"),
        ({"labels": True}, "give a number, or None"),
        ({"sources": "maybe"}, "say True, False or None"),
    ],
)
def test_needs_that_cannot_be_are_refused_in_one_sentence(wrong, says):
    with pytest.raises(ValueError, match=says) as caught:
        Needs(**wrong)
    assert str(caught.value).count(". ") == 0 and "\n" not in str(caught.value)


def test_what_is_missing_is_named():
    assert Needs(kind="facts", style=False).missing() == (
        "update_days",
        "labels",
        "latency_ms",
        "memory_mb",
        "calls_per_day",
        "sources",
    )
    assert set(Needs().missing()) == set(QUESTIONS)


# --- the document's tree ---


@pytest.mark.parametrize(
    "stated, path",
    [
        ({"update_days": 1.0}, "rag"),
        ({"update_days": 6.9, "labels": 5000}, "rag"),
        ({"update_days": 7.0, "labels": 500}, "finetune"),
        ({"update_days": NEVER, "labels": 499, "memory_mb": 10.0}, "distill"),
        ({"update_days": NEVER, "labels": 0, "latency_ms": 5.0}, "distill"),
        ({"update_days": NEVER, "labels": 0, "calls_per_day": 1_000_000}, "distill"),
        ({"update_days": NEVER, "labels": 0}, "zero-shot"),
    ],
)
def test_the_document_s_tree(stated, path):
    assert tree_path(easy(**stated)).path == path


def test_the_tree_asks_for_what_it_misses_and_for_nothing_else():
    assert tree_path(Needs(update_days=1.0)).path == "rag"  # the first answer is enough
    walk = tree_path(Needs(update_days=30.0))
    assert walk.path is None and walk.question == QUESTIONS["labels"].asks and walk.steps == (("live", False),)
    walk = tree_path(Needs(update_days=30.0, labels=0, memory_mb=1000.0))
    assert walk.question == QUESTIONS["latency_ms"].asks
    assert tree_path(Needs(update_days=30.0, labels=0, memory_mb=10.0)).path == "distill"  # one "yes" is enough


def test_another_tree_can_be_walked_and_an_unknown_question_is_named():
    tree = {**TREE, "ask": "facts"}
    assert tree_path(easy(kind="facts"), tree).path == "rag"
    assert tree_path(easy(kind="behaviour"), tree).path == "finetune"
    assert leaves(TREE) == ("rag", "finetune", "distill", "zero-shot")
    with pytest.raises(ValueError, match="choose one of live, labels"):
        tree_path(easy(), {"ask": "weather", "yes": "rag", "no": "rag"})


# --- figures ---


def test_a_measurement_of_the_learner_goes_before_the_reference():
    own = ledger.Record("C1.1-b", {0: 0.5, 1: 0.7}, {0: 0.1, 1: 0.1}, "undecided", "", "")
    found = read_figures([own])
    assert found["facts.rag"].value == pytest.approx(0.6) and found["facts.rag"].own
    assert found["facts.rag"].source == "your ledger, C1.1-b"
    assert not found["facts.cited"].own and "reference" in found["facts.cited"].source
    advice = choose.recommend(easy(kind="facts"), found)
    assert not any("with retrieval" in phrase and "C1.1-b" in phrase for phrase in advice.fallbacks)
    assert any("C1.1-d" in phrase for phrase in choose.recommend(easy(kind="facts", sources=True), found).fallbacks)


def test_facts_put_in_by_training_are_the_measured_share_of_all_facts(figures):
    rows = [row for row in stored("matrix")["rows"] if (row["part"], row["way"]) == ("answers", "facts as pairs")]
    taught = figures["facts.taught"]
    assert taught.value == pytest.approx(sum(row["right"] for row in rows) / len(rows)) and "all facts" in taught.says
    few = read_figures([ledger.Record("C2.1-a", {0: 1.0}, {0: 60.0}, "", "", "")])  # eight facts, and what they spill
    assert few["facts.taught"].value == taught.value and few["seconds.finetune"].value == 60.0


def test_a_style_is_read_off_the_held_out_sentences(figures, v):
    assert all("2_2b" in figures[key].source for key in STYLE)
    assert v["style.kept"] <= v["style.taught"] and v["style.template"] <= v["style.filled"]


@patient
@given(st.floats(1, 1e5), st.floats(1, 1e5))
def test_more_labels_never_count_for_less_where_the_points_rise(first, second):
    v = {f"probe.{n}": 0.1 + 0.1 * at for at, n in enumerate(CURVE)} | {"sort.full": 0.9}
    low, high = sorted((first, second))
    assert curve("probe", low, v) <= curve("probe", high, v) + 1e-12
    assert curve("probe", 16, v) == 0.1 and curve("probe", 640, v) == pytest.approx(0.9)
    assert curve("probe", math.sqrt(80 * 160), v) == pytest.approx(0.35)  # half-way on log paper


# --- options, by hand ---


def test_what_rag_does_with_facts(v):
    option = weigh("rag", easy(kind="facts", calls_per_day=1000), v)
    assert option.right == pytest.approx(v["facts.rag"], abs=1e-4)
    assert option.milliseconds == v["ms.rag"] and option.megabytes == v["mb.encoder"] + v["mb.reading"]
    assert option.cpu_hours == pytest.approx(v["ms.rag"] / 3600) and option.broken == {}
    least = min(v["facts.rag"], v["facts.cited"])
    assert weigh("rag", easy(kind="facts", sources=True), v).right == pytest.approx(least, abs=1e-4)


def test_two_kinds_of_call_are_averaged_and_the_slower_one_counts(v):
    option = weigh("rag+finetune", easy(), v)
    assert option.right == pytest.approx((v["facts.rag"] + curve("probe", 600, v)) / 2, abs=1e-4)
    assert option.milliseconds == max(v["ms.rag"], v["ms.encoder"])
    assert option.megabytes == pytest.approx(2 * v["mb.encoder"] + v["mb.reading"])  # search, sorter, reader


def test_a_style_takes_examples_and_costs_facts(v):
    stated = easy(kind="facts", style=True)
    told = {
        **v,
        "style.untaught": 0.0,
        "style.template": 0.6,
        "style.kept": 0.3,
        "style.filled": 0.9,
        "style.taught": 1.0,
    }
    assert weigh("rag", stated, told).right == pytest.approx(v["facts.rag"] * 0.6, abs=1e-4)
    assert weigh("rag+finetune", stated, told).right == weigh("rag", stated, told).right  # the better of the two
    assert weigh("rag+finetune", stated, {**told, "style.kept": 0.8}).right == pytest.approx(
        v["facts.rag"] * 0.8, abs=1e-4
    )
    few = easy(kind="facts", style=True, labels=PAIRS - 1)
    assert weigh("rag", few, told).right == 0 and "right" in weigh("rag", few, told).broken
    assert str(PAIRS) in weigh("rag+finetune", few, told).broken["labels"]
    sorted_only = easy(kind="behaviour", style=True)
    assert weigh("rag", sorted_only, told).right == pytest.approx(curve("neighbours", 600, v) * 0.9, abs=1e-4)
    assert weigh("finetune", sorted_only, told).right == pytest.approx(curve("probe", 600, v), abs=1e-4)


def test_sources_never_raise_the_share(v):
    told = {**v, "facts.rag": 0.9, "facts.cited": 0.95}
    assert weigh("rag", easy(kind="facts", sources=True), told).right == 0.9
    assert weigh("rag", easy(kind="facts", sources=True), {**told, "facts.cited": 0.8}).right == 0.8


def test_what_takes_longer_than_a_change_is_always_out_of_date(v):
    told = {**v, "facts.taught": 0.5, "seconds.finetune": 43_200.0}
    assert weigh("finetune", easy(kind="facts", update_days=1.0), told).right == pytest.approx(0.25)
    assert weigh("finetune", easy(kind="facts", update_days=0.4), told).right == 0
    assert weigh("finetune", easy(kind="facts"), told).right == 0.5


@pytest.mark.parametrize(
    "path, stated, need",
    [
        ("rag", {"latency_ms": 50.0}, "latency_ms"),
        ("rag", {"memory_mb": 100.0}, "memory_mb"),
        ("rag", {"kind": "facts", "calls_per_day": 1_000_000}, "calls_per_day"),
        ("finetune", {"sources": True}, "sources"),
        ("finetune", {"labels": 15}, "labels"),
        ("zero-shot", {"kind": "facts"}, "right"),
    ],
)
def test_each_limit_can_be_broken_and_says_why(v, path, stated, need):
    assert need in weigh(path, easy(**stated), v).broken


def test_an_unknown_path_is_named(v):
    with pytest.raises(ValueError, match="choose one of rag, finetune"):
        weigh("magic", easy(), v)


def test_ranking_by_hand():
    def option(path, right, broken=()):
        return Option(path, right, 1.0, 1.0, 1.0, dict.fromkeys(broken, "why"))

    ranked = rank(
        [
            option("rag+finetune", 0.90),
            option("rag", 0.90 - TIE / 2),
            option("distill", 0.99, ["latency_ms"]),
            option("finetune", 0.5),
        ]
    )
    assert [one.path for one in ranked] == ["rag", "rag+finetune", "finetune", "distill"]


def test_a_second_that_is_right_more_often_says_why_it_is_second():
    def said(*rights, broken=()):
        names = ("rag", "rag+finetune")
        options = [Option(p, r, 1.0, 1.0, 1.0, {}) for p, r in zip(names, rights, strict=True)]
        options[1] = replace(options[1], broken=dict.fromkeys(broken, "why"))
        return _second(options)

    assert said(0.508, 0.529) == "Next comes RAG with fine-tuning with 0.53: within 0.03, so the simpler comes first."
    assert said(0.508, 0.508) == said(0.508, 0.5081) == "Next comes RAG with fine-tuning with 0.51."
    assert said(0.5, 0.9, broken=["sources"]).endswith("with 0.90, but why.")


# --- the recommender ---


def test_it_unpacks_into_path_reasons_questions(figures):
    path, reasons, questions = choose.recommend(easy(kind="facts"), figures)
    assert path == "rag" and reasons and questions == ()


@pytest.mark.parametrize(
    "stated, path",
    [
        ({"kind": "facts", "update_days": 1.0}, "rag"),
        ({"kind": "facts"}, "rag"),  # facts that never change are facts as well
        ({"kind": "behaviour", "update_days": 1.0}, "finetune"),
        ({"kind": "behaviour", "labels": 0}, "zero-shot"),
        ({"kind": "behaviour", "labels": 0, "memory_mb": 10.0}, "distill"),
        ({"kind": "behaviour", "latency_ms": 5.0}, "finetune+distill"),
        ({"kind": "facts", "style": True}, "rag"),  # its own sentences, filled in
        ({"style": True}, "rag+finetune"),
        ({"kind": "facts", "latency_ms": 50.0}, "rag+distill"),
        ({}, "rag+finetune"),
    ],
)
def test_advice_for_plain_jobs(figures, stated, path):
    assert choose.recommend(easy(**stated), figures).path == path


def test_limits_that_no_path_keeps_get_a_question(figures):
    advice = choose.recommend(easy(kind="facts", latency_ms=5.0), figures)
    assert advice.path is None and advice.questions[0].endswith("?")
    assert "27 ms for an answer" in advice.questions[0] or " ms for an answer" in advice.questions[0]
    both = choose.recommend(easy(kind="facts", latency_ms=5.0, memory_mb=10.0, style=True), figures)
    assert both.path is None and "even if one gives way" in both.questions[0]
    style = choose.recommend(easy(kind="facts", style=True, labels=0), figures)
    assert style.path is None and "more labelled examples" in style.questions[0]


def test_nothing_known_is_no_advice(figures):
    advice = choose.recommend(Needs(), figures)
    assert advice.path is None and len(advice.questions) == len(QUESTIONS)
    assert "facts" in advice.questions[0] and "It decides" in advice.questions[0]


def test_anything_but_needs_is_refused():
    with pytest.raises(ValueError, match="put the answers into Needs"):
        choose.recommend({"kind": "facts"})


def test_every_combination_of_coarse_needs_gets_advice_or_a_question(figures, v):
    """24,576 combinations: a path that keeps all limits, or none and a question."""
    count = 0
    for needs in all_situations():
        ranking = rank([weigh(path, needs, v) for path in PATHS])
        assert sorted(option.path for option in ranking) == sorted(PATHS)
        assert all(0 <= option.right <= 1 and option.megabytes > 0 for option in ranking)
        if count % 7 == 0:  # whole advice, sentences included, for every seventh
            path, reasons, questions = choose.recommend(needs, figures)
            assert (path is None) == bool(ranking[0].broken) == bool(questions)
            assert path in (*PATHS, None) and len(reasons) >= 3
        count += 1
    assert count == math.prod(len(question.answers) for question in QUESTIONS.values())


@pytest.mark.slow
def test_every_combination_with_unknown_needs_asks_for_what_is_missing(figures):
    for at, needs in enumerate(all_situations(unknown=True)):
        if at % 97 and needs.missing():
            continue
        advice = choose.recommend(needs, figures)
        missing = [QUESTIONS[name].asks for name in needs.missing()]
        asked = "\n".join(advice.questions)
        assert all(question in asked for question in missing)
        assert advice.path is not None or advice.questions


@patient
@given(st.randoms(use_true_random=False))
def test_asking_for_less_never_breaks_more(random):
    v, needs = values(read_figures(records=[])), situation(random)
    less = Needs(**vars(needs) | {"latency_ms": math.inf, "memory_mb": math.inf, "sources": False})
    for path in PATHS:
        assert set(weigh(path, less, v).broken) <= set(weigh(path, needs, v).broken) | {"right"}


# --- claim C3.1 ---


def test_the_tree_s_share_worked_by_hand(v):
    drawn = [
        (easy(kind="facts", update_days=1.0), weigh("rag", easy(), v)),
        (easy(kind="facts"), weigh("rag", easy(), v)),
        (easy(), weigh("rag+finetune", easy(), v)),
        (easy(labels=0), weigh("rag+distill", easy(), v)),
    ]
    assert agreement(drawn) == 0.5  # rag in rag; finetune not in rag; finetune in two; zero-shot not in two


def test_what_no_path_can_serve_is_set_aside(figures):
    drawn = cases(0, figures=figures)
    usable = servable(drawn)
    assert 0 < len(usable) < len(drawn) and all(not first.broken for _, first in usable)
    assert all(case[1].broken for case in drawn if case not in usable)


def test_what_is_stored_for_the_claim_is_what_comes_out(figures):
    run = ledger.reference()["runs"]["C3.1"]
    for seed in run["values"]:
        assert tree_against_figures(seed, figures=figures) == (run["values"][seed], run["baseline"][seed])


def test_situations_are_the_same_in_every_process(figures):
    assert [needs for needs, _ in cases(0, 5, figures)] == [needs for needs, _ in cases(0, 5, figures)]
    assert cases(0, 3, figures)[0][0] != cases(1, 3, figures)[0][0]


# --- the one measurement ---


def test_the_measurement_turns_the_advice_and_the_step_before_does_not(v):
    needs = easy(kind="behaviour")
    turning = choose.decisive(needs, v)
    one = turning.measurement
    assert deciding.best(needs, one.put(v, turning.turns_at)) == turning.path != deciding.best(needs, v)
    step = 0.01 if turning.below else -0.01
    assert deciding.best(needs, one.put(v, turning.turns_at + step)) == deciding.best(needs, v)


def test_a_choice_that_nothing_turns_says_so(v, monkeypatch):
    monkeypatch.setattr(deciding, "MEASUREMENTS", ())
    assert choose.decisive(easy(), v) is None
    assert "None of our figures" in page.measure(None)


# --- the card ---


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.attributes += attrs


def test_the_card_is_one_page_that_loads_nothing_and_escapes_everything(figures, v):
    advice = choose.recommend(easy(), figures)
    html = choose.card_html(advice, choose.decisive(easy(), v), EVIL, EVIL)
    tags = Tags()
    tags.feed(html)
    assert not {"script", "link", "img", "iframe", "object"} & set(tags.seen)
    assert not {"src", "href"} & {name for name, _ in tags.attributes} and not any(
        n.startswith("on") for n, _ in tags.attributes
    )
    assert html.count("&lt;script&gt;") == 3 and "default-src 'none'" in html and "@media print" in html
    assert "http:" not in html and "https:" not in html


def test_the_card_says_what_was_said_and_what_is_lent(figures, v):
    html = choose.card_html(choose.recommend(easy(), figures), choose.decisive(easy(), v))
    for words in ("RAG with fine-tuning", "about 600", "hardly ever", "The one measurement", "the reference"):
        assert words in html
    open_one = choose.card_html(choose.recommend(Needs(), figures), None)
    assert "<b>Open.</b>" in open_one and "not known yet" in open_one


# --- what needs no training ---


class Letters:
    """An encoder that counts letters: unit vectors, known by hand."""

    def encode(self, texts):
        counts = np.array([[text.count(letter) for letter in "abc"] for text in texts], np.float32)
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)


def test_zero_shot_goes_to_the_nearest_name():
    sorter = choose.ZeroShot(Letters(), ["a_a", "b", "c"])
    assert sorter.predict(["aab", "bbb", "cca"]) == ["a_a", "b", "c"]
    assert sorter.logits(["ab"])[0] == pytest.approx([0.5**0.5, 0.5**0.5, 0])
    with pytest.raises(ValueError, match="no place for the name"):
        choose.ZeroShot(Letters(), ["a"], "names")


def test_neighbours_vote_with_their_cosines():
    texts, labels = ["a", "aab", "b", "c"], ["x", "x", "y", "y"]
    sorter = choose.Neighbours(Letters(), texts, labels, ["x", "y"], k=2)
    assert sorter.predict(["aa", "bc"]) == ["x", "y"]
    assert sorter.logits(["a"])[0] == pytest.approx([1 + 2 / 5**0.5, 0])
    with pytest.raises(ValueError, match="pass at least one"):
        choose.Neighbours(Letters(), [], [], ["x", "y"])


def test_k_is_chosen_on_the_validation_writer(monkeypatch):
    told = {1: (0.4, 0.9), 3: (0.5, 0.6), 5: (0.5, 0.7)}
    monkeypatch.setattr(measure, "KS", (1, 3, 5, 25))
    monkeypatch.setattr(measure, "few", lambda labels, seed: (["a"] * labels, ["order_status"] * labels))
    monkeypatch.setattr(measure, "Neighbours", lambda encoder, texts, labels, classes, k: k)
    monkeypatch.setattr(measure, "scores", lambda k: dict(zip(("validation", "test"), told[k], strict=True)))
    assert measure.neighbours(None, 16, 0) == {"validation": 0.5, "test": 0.6, "k": 3}


@patient
@given(st.lists(st.text("abc", min_size=1, max_size=6), min_size=3, max_size=12), st.integers(1, 12))
def test_neighbours_are_scikit_learn_s_where_it_is_installed(texts, k):
    neighbors = pytest.importorskip("sklearn.neighbors")
    labels = [len(text) % 2 for text in texts]
    ours = choose.Neighbours(Letters(), texts, labels, ["even", "odd"], k=k).logits(texts)
    vectors = Letters().encode(texts)
    found = neighbors.NearestNeighbors(n_neighbors=min(k, len(texts)), metric="cosine").fit(vectors).kneighbors(vectors)
    assert ours.sum(1) == pytest.approx((1 - found[0]).sum(1), abs=1e-4)
