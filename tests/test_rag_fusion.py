"""Reciprocal rank fusion: by hand, and properties."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.rag import reciprocal_rank_fusion

rankings = st.lists(st.lists(st.sampled_from("abcdef"), unique=True), max_size=4)


def test_by_hand():
    scores = reciprocal_rank_fusion([["a", "b"], ["b", "c"]])
    assert scores == pytest.approx({"a": 1 / 61, "b": 1 / 62 + 1 / 61, "c": 1 / 62})
    assert list(scores) == ["b", "a", "c"]
    assert reciprocal_rank_fusion([["a"]], k=0) == {"a": 1.0}
    assert reciprocal_rank_fusion([]) == reciprocal_rank_fusion([[], []]) == {}


def test_an_id_twice_in_a_ranking_counts_once_and_moves_none_down():
    assert reciprocal_rank_fusion([["a", "a", "b"]]) == pytest.approx({"a": 1 / 61, "b": 1 / 62})


@settings(deadline=None)
@given(rankings, st.integers(0, 100))
def test_sum_of_the_parts_best_first(lists, k):
    scores = reciprocal_rank_fusion(lists, k)
    assert set(scores) == {item for ranking in lists for item in ranking}
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    for item, score in scores.items():
        assert score == pytest.approx(sum(1 / (k + r.index(item) + 1) for r in lists if item in r))


@settings(deadline=None)
@given(rankings)
def test_the_order_of_the_rankings_does_not_change_a_score(lists):
    assert reciprocal_rank_fusion(lists) == pytest.approx(reciprocal_rank_fusion(lists[::-1]))


def test_wrong_input_names_the_fix():
    with pytest.raises(ValueError, match="0 or more"):
        reciprocal_rank_fusion([["a"]], k=-1)
    with pytest.raises(ValueError, match="list of lists"):
        reciprocal_rank_fusion(["abc"])
