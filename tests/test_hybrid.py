"""The hybrid: calibration against scipy and by hand, thresholds that never turn back, and a desk of stand-ins."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from companion.hybrid import (
    Decision,
    HybridModel,
    Prices,
    Router,
    best_threshold,
    bill,
    calibration_error,
    fit_temperature,
    further,
    practice,
    router_training,
    softmax,
)
from companion.hybrid.calibration import log_loss
from companion.hybrid.measure import DESKS, alone, best_alone, by_seed, routed
from companion.hybrid.model import HAND_OVER
from companion.hybrid.paths import SearchRouter
from companion.hybrid.prices import false_accepts_at
from companion.hybrid.scores import Done, misrouted, outcome, summary
from companion.hybrid.turns import Asked, answerable, turns
from companion.rag import Answer
from companion.stored import stored
from companion.world import writing
from companion.world.utterances import FAQ_INTENTS, replies


# --- calibration -------------------------------------------------------------------------------------------
def drawn(seed: int, n: int = 300, classes: int = 5, sharpness: float = 3.0):
    """Labels drawn from softmax(z), and logits that are `sharpness` times too bold."""
    random = np.random.default_rng(seed)
    z = random.normal(size=(n, classes)) * 1.5
    labels = [int(random.choice(classes, p=p)) for p in softmax(z)]
    return z * sharpness, labels


def test_softmax_is_torchs():
    logits, _ = drawn(0, n=4)
    want = (torch.tensor(logits) / 2.5).softmax(-1).numpy()
    np.testing.assert_allclose(softmax(logits, 2.5), want, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_temperature_is_the_one_that_scipy_finds(seed):
    logits, labels = drawn(seed)
    want = minimize_scalar(lambda t: log_loss(logits, labels, np.exp(t)), bounds=(-3, 3), method="bounded").x
    assert fit_temperature(logits, labels) == pytest.approx(np.exp(want), rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_temperature_of_routes_is_the_one_that_scipy_finds(seed):
    logits, labels = drawn(seed)
    groups = [0, 0, 1, 1, 2]
    asked = [groups[label] for label in labels]
    want = minimize_scalar(lambda t: log_loss(logits, asked, np.exp(t), groups), bounds=(-3, 3), method="bounded").x
    assert fit_temperature(logits, asked, groups) == pytest.approx(np.exp(want), rel=1e-3)


def test_log_loss_is_scikit_learns():
    from sklearn.metrics import log_loss as theirs

    logits, labels = drawn(1)
    assert log_loss(logits, labels, 2.0) == pytest.approx(theirs(labels, softmax(logits, 2.0), labels=range(5)))


def test_temperature_makes_up_for_boldness_and_changes_no_winner():
    logits, labels = drawn(7, n=4000)
    T = fit_temperature(logits, labels)
    assert pytest.approx(3.0, rel=0.15) == T
    assert (softmax(logits, T).argmax(1) == logits.argmax(1)).all()
    sure = [softmax(logits, t).max(1) for t in (1.0, T)]
    right = logits.argmax(1) == np.array(labels)
    assert calibration_error(sure[1], right) < calibration_error(sure[0], right) / 3


def test_calibration_error_by_hand():
    # bin (0.5, 0.6]: two turns of 0.6, one right: |0.5 - 0.6| * 2/4; bin (0.8, 0.9]: two of 0.9, both right
    assert calibration_error([0.6, 0.6, 0.9, 0.9], [1, 0, 1, 1]) == pytest.approx(2 / 4 * 0.1 + 2 / 4 * 0.1)
    assert calibration_error([1.0, 1.0], [1, 1]) == 0
    assert calibration_error([0.0], [1]) == 1
    assert calibration_error([0.25, 0.75], [0, 1], bins=1) == pytest.approx(0)  # one bin: means only


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: softmax([[1.0, 2.0]], 0), "above 0"),
        (lambda: fit_temperature(np.zeros((0, 2)), []), "give each row"),
        (lambda: fit_temperature(np.zeros((2, 2)), [1]), "give each row"),
        (lambda: fit_temperature(np.zeros((1, 2)), [1], [0]), "give each class"),
        (lambda: calibration_error([], []), "give each turn both"),
        (lambda: calibration_error([0.5], [1], bins=0), "at least one"),
        (lambda: best_threshold([], []), "give each turn both"),
        (lambda: Prices(wrong=-1), "at least 0"),
        (lambda: false_accepts_at(0, [1], [1]), "more than 0"),
        (lambda: Router(None, threshold=1.2), "between 0 and 1"),
        (lambda: turns("train"), "validation"),
        (lambda: summary([], []), "each turn its own"),
    ],
)
def test_errors_say_what_to_do(call, says):
    with pytest.raises(ValueError, match=says):
        call()


# --- money -------------------------------------------------------------------------------------------------
CONFIDENCE, RIGHT = [0.3, 0.5, 0.7, 0.9], [False, True, False, True]


def test_bill_by_hand():
    counted = bill(CONFIDENCE, RIGHT, 0.5, Prices(wrong=10, person=3))
    assert (counted.false_accepts, counted.hand_overs, counted.money) == (1, 1, 13)


def test_best_threshold_is_the_best_of_all_tried_ones():
    for seed in range(20):
        random = np.random.default_rng(seed)
        confidence = random.random(40).round(2)
        right = random.random(40) < confidence
        prices = Prices(wrong=float(random.integers(1, 20)), person=float(random.integers(1, 10)))
        best = bill(confidence, right, best_threshold(confidence, right, prices), prices).money
        assert best == min(bill(confidence, right, t, prices).money for t in np.linspace(0, 1.01, 400))


def test_thresholds_are_monotone_in_prices():
    for seed in range(20):
        random = np.random.default_rng(seed)
        confidence = random.random(60)
        right = random.random(60) < confidence
        dearer = [best_threshold(confidence, right, Prices(wrong=w, person=4)) for w in range(1, 30)]
        assert dearer == sorted(dearer)
        cheaper = [best_threshold(confidence, right, Prices(wrong=12, person=p)) for p in range(12, 0, -1)]
        assert cheaper == sorted(cheaper)


def test_a_higher_threshold_accepts_less():
    random = np.random.default_rng(3)
    confidence, right = random.random(80), random.random(80) < 0.7
    bills = [bill(confidence, right, t) for t in np.linspace(0, 1.1, 50)]
    assert [b.hand_overs for b in bills] == sorted(b.hand_overs for b in bills)
    assert [b.false_accepts for b in bills] == sorted((b.false_accepts for b in bills), reverse=True)


def test_break_even_is_where_answering_costs_what_a_person_costs():
    assert Prices(wrong=12, person=4).break_even == pytest.approx(2 / 3)
    assert Prices(wrong=4, person=12).break_even == 0


def test_false_accepts_by_hand():
    assert false_accepts_at(0.5, [0.9, 0.8, 0.4, 0.2], [0.85, 0.5]) == 0.5  # threshold 0.8
    assert false_accepts_at(1.0, [0.9, 0.8, 0.4, 0.2], [0.85, 0.1]) == 0.5  # threshold 0.2


# --- the desk ----------------------------------------------------------------------------------------------
class Words:
    """A stand-in for a sorter: the class whose name is in the text gets a large logit."""

    classes = ("warranty_terms", "order_status", "out_of_scope")

    def logits(self, texts):
        return np.array([[4.0 * (name in text) for name in self.classes] for text in texts])


def desk(**options):
    answer = Answer("24 months", ["merlin/1"], "", {"embed": 1.0}, [])
    parts = {"retriever": lambda query: answer, "generator": lambda query: "Tap Track.", "classifier": Router(Words())}
    return HybridModel(**(parts | options))


def test_the_listing_as_it_stands():
    model = HybridModel(lambda q: "found", lambda q: "written", lambda q: "FAQ" if "?" in q else "complaint")
    assert [str(model.respond(q)) for q in ("How long?", "It broke.")] == ["found", "written"]


def test_each_route_and_its_trace():
    faq, other = desk().respond("warranty_terms"), desk().respond("order_status")
    assert (faq.route, faq.text, faq.sources) == ("FAQ", "24 months", ("merlin/1",))
    assert (other.route, other.text, other.sources) == ("other", "Tap Track.", ())
    assert list(faq.milliseconds) == ["classifier", "retriever"]
    assert list(other.milliseconds) == ["classifier", "generator"]
    assert 0.5 < faq.confidence < 1


def test_a_person_takes_over_below_the_threshold_and_where_nothing_is_found():
    unsure = desk(classifier=Router(Words(), threshold=0.9)).respond("hello")
    assert (unsure.route, unsure.text, unsure.tried) == ("person", HAND_OVER, "")
    nothing = desk(retriever=lambda q: Answer("not in these articles", [], "", {}, [])).respond("warranty_terms")
    assert (nothing.route, nothing.tried) == ("person", "FAQ")


def test_a_router_that_never_abstains_answers_talk_about_the_weather():
    assert Router(Words())("out_of_scope").route in ("FAQ", "other")
    assert Router(Words(), threshold=0.5)("out_of_scope").route == "person"


def test_chances_of_routes_sum_to_one_and_temperature_evens_them():
    bold, even = (Router(Words(), T)("order_status") for T in (0.5, 5.0))
    assert sum(bold.chances.values()) == pytest.approx(1) == sum(even.chances.values())
    assert bold.confidence > even.confidence and bold.intent == even.intent == "order_status"


def test_an_empty_query_is_refused():
    with pytest.raises(ValueError, match="empty"):
        desk().respond("  ")


# --- turns and scores --------------------------------------------------------------------------------------
@pytest.mark.parametrize("split", ["test", "validation"])
def test_400_turns_of_three_kinds(split):
    asked = turns(split)
    assert [sum(t.route == route for t in asked) for route in ("FAQ", "other", "person")] == [222, 128, 50]
    assert len({t.text for t in asked}) == 400


def test_validation_and_test_share_no_turn_and_no_company():
    test, validation = ({t.text for t in turns(split)} for split in ("test", "validation"))
    assert not test & validation
    assert not {q.product for q in answerable("test")} & {q.product for q in answerable("validation")}


def test_outcomes():
    reply = replies()["order_status"][0][1]
    faq, other, person = (
        Asked("a", "FAQ", (), "24 months"),
        Asked("b", "other", ("order_status",)),
        Asked("c", "person"),
    )
    assert outcome(faq, "24 Months.", False) == "right" and outcome(faq, "12 months", False) == "wrong"
    assert outcome(other, reply.lower(), False) == "right" and outcome(other, reply[:-9], False) == "wrong"
    assert outcome(other, replies()["cancel_order"][0][1], False) == "wrong"
    assert outcome(person, "", True) == "right" and outcome(person, reply, False) == "wrong"
    assert outcome(faq, "", True) == outcome(other, "", True) == "handed"


def test_summary_by_hand():
    asked = [Asked("a", "FAQ", (), "1"), Asked("b", "other", ("x",)), Asked("c", "person"), Asked("d", "other", ("x",))]
    done = [
        Done("FAQ", "right", 100),
        Done("FAQ", "wrong", 50),
        Done("person", "right", 10),
        Done("person", "handed", 10),
    ]
    got = summary(asked, done, Prices(wrong=12, person=4, cpu_hour=3.6))
    assert (got["accuracy"], got["wrong"], got["handed"]) == (0.5, 0.25, 0.5)
    assert (got["faq"], got["other"], got["misrouted"]) == (1.0, 0.0, 0.25)
    assert got["money"] == 1000 / 4 * (12 + 4 + 4)
    assert got["cpu"] == pytest.approx(42.5) and got["cpu_money"] == pytest.approx(0.0425)  # CPU-seconds of 1,000 turns


def test_a_person_is_never_a_wrong_path():
    assert not misrouted(Asked("a", "FAQ"), "person")
    assert misrouted(Asked("a", "FAQ"), "other") and misrouted(Asked("a", "person"), "FAQ")


def test_composed_desks_do_what_the_model_does():
    asked = [Asked("warranty_terms", "FAQ", (), "24 months"), Asked("order_status", "other", ("order_status",))]
    asked.append(Asked("out_of_scope", "person"))
    router = Router(Words(), threshold=0.5)
    search, written = ([[text, path, 5.0]] * 3 for text, path in (("24 months", "FAQ"), ("Tap Track.", "other")))
    model = desk(classifier=router)
    said = [model.respond(turn.text) for turn in asked]
    done = routed(asked, router.decide([turn.text for turn in asked]), search, written, 2.0)
    assert [d.path for d in done] == [turn.route for turn in said]
    assert [d.outcome for d in done] == [
        outcome(a, t.text, t.route == "person") for a, t in zip(asked, said, strict=True)
    ]
    assert [d.milliseconds for d in done] == [7.0, 7.0, 2.0]
    assert [d.outcome for d in alone(asked, search)] == ["right", "wrong", "wrong"]


def test_reading_the_table():
    rows = [{"seed": s, "desks": {"a": {"x": s}, "b": {"x": 1 - s}}} for s in (1, 0)]
    assert by_seed(rows, "desks", "a", "x") == {0: 0, 1: 1}
    assert best_alone(rows, "x", ("a", "b")) == {0: 1, 1: 1}


def test_a_plain_intent_needs_no_confidence():
    turn = desk(classifier=lambda q: "return_policy").respond("How long?")
    assert (turn.route, turn.confidence) == ("FAQ", None)
    assert desk(classifier=lambda q: Decision("", "person", 0.1, {})).respond("x").route == "person"


class Shelf:
    """A stand-in for an index: what a word finds first."""

    def search(self, query, top_k):
        kind = "reply" if "order" in query or "out" in query else "manual"
        return [SimpleNamespace(metadata={"kind": kind, "intent": "order_status"})]


def test_search_in_the_classifiers_place():
    route = SearchRouter(Shelf(), Router(Words(), threshold=1.0))  # its threshold is not asked
    assert [route(q).route for q in ("warranty_terms", "order_status", "out_of_scope")] == ["FAQ", "other", "person"]
    assert route("out_of_scope").confidence is None
    turn = desk(classifier=route).respond("order_status")
    assert (turn.text, turn.intent, turn.confidence) == ("Tap Track.", "order_status", None)


# --- what stands beside the registered ways ----------------------------------------------------------------
def test_product_questions_for_practice_are_nobody_elses():
    texts, labels = practice.product_questions()
    tested = {turn.text for split in ("test", "validation") for turn in turns(split)}
    assert len(texts) == len(labels) == practice.QUESTIONS and not tested & set(texts)
    assert set(labels) <= set(FAQ_INTENTS) and (texts, labels) == practice.product_questions()
    with pytest.raises(ValueError, match="practise on others"):
        practice.product_questions(companies=(0, 1))


def test_practice_wordings_are_no_tested_ones():
    for attribute in ("price", "warranty", "water", "returns"):
        fresh, usual = practice.fresh_wordings(attribute), writing.wordings(attribute, "questions", "usual")
        assert fresh and not {w.lower() for w in fresh} & {w.lower() for w in usual}


def test_a_router_without_questions_learns_from_letters_alone():
    texts, labels = router_training.lessons()
    more, _ = router_training.lessons(questions=True)
    assert len(texts) == len(labels) == 840 and more[:840] == texts and len(more) == 840 + practice.QUESTIONS


def test_rag_alone_hands_over_below_its_thresholds(monkeypatch):
    reply = replies()["order_status"][0][1]
    asked = [Asked("a", "FAQ", (), "1"), Asked("b", "FAQ", (), "1"), Asked("c", "person"), Asked("d", "FAQ", (), "1")]
    found = [("article", 0.7), ("article", 0.3), ("reply", 0.45), ("article", 0.9)]
    said = [["1", "FAQ", 9.0], ["1", "FAQ", 9.0], [reply, "other", 1.0], [HAND_OVER, "person", 9.0]]
    monkeypatch.setattr(further, "nearest_documents", lambda split: found)
    monkeypatch.setattr(further, "thresholds", lambda: (0.5, 0.6))
    done = further.with_threshold(asked, said)
    assert [d.outcome for d in done] == ["right", "handed", "right", "handed"]
    assert [d.path for d in done] == ["FAQ", "person", "person", "person"]


def test_the_stored_rows_hold_every_desk_and_what_stands_beside():
    rows = stored("hybrid")["rows"]
    assert [sorted(row["desks"]) for row in rows] == [sorted(DESKS)] * 5
    for row in rows:
        sent = row["beside"]["sent"]
        assert [sum(sent[kind].values()) for kind in ("FAQ", "other", "person")] == [222, 128, 50]
        right = sent["FAQ"].get("FAQ", 0) + sent["other"].get("other", 0)
        assert right / 350 <= row["beside"]["accuracy"] <= 1  # which counts those that are then handed over
