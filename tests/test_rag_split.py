"""Chunks: by hand, and what must hold for every text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.rag import split_text
from companion.rag.split import word_spans

windows = st.integers(1, 9).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))


def texts(chunks):
    return [chunk.text for chunk in chunks]


def test_by_hand():
    assert texts(split_text("a b c d e", 3, 1)) == ["a b c", "c d e"]
    assert texts(split_text("a b c d e", 3, 0)) == ["a b c", "d e"]
    assert texts(split_text("a b c d", 2, 1)) == ["a b", "b c", "c d"]
    assert texts(split_text("a b", 5, 2)) == ["a b"]
    assert split_text(" \n ", 3, 1) == split_text("", 3, 1) == []


def test_offsets_point_into_the_text_as_it_is():
    chunk = split_text("  one\n\ttwo  three ", 2, 0)[0]
    assert (chunk.text, chunk.start, chunk.end) == ("one\n\ttwo", 2, 10)


@settings(deadline=None)
@given(st.text(alphabet="ab \n\té漢.", max_size=80), windows)
def test_nothing_is_lost_and_offsets_are_true(text, window):
    size, overlap = window
    chunks = split_text(text, size, overlap)
    words = word_spans(text)
    covered = {at for chunk in chunks for at in range(chunk.start, chunk.end)}
    assert all(set(range(*span)) <= covered for span in words)
    assert all(text[c.start : c.end] == c.text and 1 <= len(c.text.split()) <= size for c in chunks)


@settings(deadline=None)
@given(st.integers(0, 60), windows)
def test_neighbours_share_exactly_the_overlap_and_each_adds_something(length, window):
    size, overlap = window
    chunks = [set(c.text.split()) for c in split_text(" ".join(map(str, range(length))), size, overlap)]
    for before, after in zip(chunks, chunks[1:], strict=False):
        assert len(before & after) == overlap
        assert after - before


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (-1, 0), (3, 3), (3, 4), (3, -1)])
def test_windows_that_cannot_move_are_refused(size, overlap):
    with pytest.raises(ValueError, match=r"smaller than size|at least one word|0 or more"):
        split_text("a b c d", size, overlap)


def test_other_units_than_words():
    def characters(text):
        return [(at, at + 1) for at in range(len(text))]

    assert texts(split_text("abcde", 2, 0, units=characters)) == ["ab", "cd", "e"]
