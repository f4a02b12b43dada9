"""Scores: by hand, against scikit-learn, and properties."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.metrics import auroc, exact_match, median_ms, ndcg_at_k, recall_at_k, reciprocal_rank, token_f1

RANKED = ["a", "b", "c", "d"]
ids = st.lists(st.sampled_from("abcdefgh"), max_size=8, unique=True)


def test_recall_by_hand():
    assert recall_at_k(RANKED, {"b", "d", "x"}, 3) == pytest.approx(1 / 3)
    assert recall_at_k(RANKED, ["b", "d"], 4) == 1
    assert recall_at_k(["a", "a"], ["a", "b"], 2) == 0.5  # the same id twice is one hit


def test_a_query_that_returned_nothing_counts_as_zero():
    assert recall_at_k([], ["a"], 5) == reciprocal_rank([], ["a"]) == ndcg_at_k([], {"a": 1}, 5) == 0


def test_reciprocal_rank_by_hand():
    assert reciprocal_rank(RANKED, ["c", "d"]) == pytest.approx(1 / 3)
    assert reciprocal_rank(RANKED, ["x"]) == 0


def test_ndcg_by_hand_has_linear_gain():
    # DCG = 3/log2(2) + 0 + 2/log2(4); ideal = 3/log2(2) + 2/log2(3). With 2^g - 1 it would be 0.9147
    expected = (3 + 2 / 2) / (3 + 2 / math.log2(3))
    assert ndcg_at_k(["a", "z", "b"], {"a": 3, "b": 2}, 3) == pytest.approx(expected)
    assert ndcg_at_k(["a", "a"], {"a": 1, "b": 1}, 2) < 1  # a repeated id gains once
    assert ndcg_at_k(RANKED, {}, 3) == 0


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=9), st.randoms(), st.integers(1, 12))
def test_ndcg_equals_sklearn(grades, random, k):
    from sklearn.metrics import ndcg_score

    order = list(range(len(grades)))
    random.shuffle(order)
    scores = [-order.index(item) for item in range(len(grades))]
    mine = ndcg_at_k(order, dict(enumerate(grades)), k)
    assert mine == pytest.approx(ndcg_score([grades], [scores], k=k), abs=1e-9)


@settings(deadline=None)
@given(ids, ids.filter(bool), st.integers(1, 9))
def test_scores_lie_within_0_and_1_and_recall_grows_with_k(ranked, relevant, k):
    grades = dict.fromkeys(relevant, 1)
    assert 0 <= recall_at_k(ranked, relevant, k) <= recall_at_k(ranked, relevant, k + 1) <= 1
    assert 0 <= ndcg_at_k(ranked, grades, k) <= 1 + 1e-9
    assert ndcg_at_k(relevant, grades, k) == pytest.approx(1)


@pytest.mark.parametrize("score", [recall_at_k, lambda r, g, k: ndcg_at_k(r, {"a": 1}, k)])
def test_k_below_1_names_the_fix(score):
    with pytest.raises(ValueError, match="k >= 1"):
        score(RANKED, ["a"], 0)


def test_recall_without_a_relevant_id_is_refused():
    with pytest.raises(ValueError, match="refusal"):
        recall_at_k(RANKED, [], 3)


def test_exact_match_and_f1_follow_squad():
    assert exact_match("The  24 months!", "24 months") == 1
    assert exact_match("24 months", ["two years", "24 Months."]) == 1
    assert token_f1("about 24 months", "24 months") == pytest.approx(0.8)  # precision 2/3, recall 1
    assert token_f1("x x", "x y") == pytest.approx(0.5)  # a repeated word counts as often as it is shared
    assert (token_f1("", ""), token_f1("", "x"), token_f1("x", "")) == (1, 0, 0)
    assert exact_match("", "") == 1


def test_no_truth_is_refused():
    with pytest.raises(ValueError, match="without an answer"):
        token_f1("x", [])


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_f1_is_symmetric_and_1_for_equal(a, b):
    assert token_f1(a, b) == pytest.approx(token_f1(b, a))
    assert token_f1(a, a) == exact_match(a, a) == 1


def test_auroc_by_hand():
    # of the six pairs (0.9, 0.4 against 0.4, 0.3, 0.5): 0.9 beats three; 0.4 ties one, beats one, loses one
    assert auroc([0.9, 0.4], [0.4, 0.3, 0.5]) == pytest.approx((3 + 0.5 + 1) / 6)
    assert auroc([2, 3], [0, 1]) == 1 and auroc([0, 1], [2, 3]) == 0 and auroc([1, 1], [1]) == 0.5


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=20), st.lists(st.integers(0, 6), min_size=1, max_size=20))
def test_auroc_equals_sklearn_and_turns_round(positive, negative):
    from sklearn.metrics import roc_auc_score

    mine = auroc(positive, negative)
    labels = [1] * len(positive) + [0] * len(negative)
    assert mine == pytest.approx(roc_auc_score(labels, positive + negative), abs=1e-12)
    assert mine == pytest.approx(1 - auroc(negative, positive), abs=1e-12)


@pytest.mark.parametrize(
    ("positive", "negative", "message"),
    [([], [1.0], "at least one"), ([1.0], [], "at least one"), ([math.nan], [1.0], "NaN")],
)
def test_auroc_without_scores_names_the_fix(positive, negative, message):
    with pytest.raises(ValueError, match=message):
        auroc(positive, negative)


def test_median_ms_does_not_count_the_warm_up():
    calls = []
    assert median_ms(lambda: calls.append(1), repeat=3, warmup=2) < 50
    assert len(calls) == 5
    with pytest.raises(ValueError, match="at least one run"):
        median_ms(print, repeat=0)
