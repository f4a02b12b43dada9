"""BM25: by hand, against bm25s, and statistics that follow every change."""

import math
from itertools import pairwise

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.metrics import median_ms
from companion.rag import SparseIndex
from companion.rag.sparse import tokenize

TEXTS = {"a": "red lamp lamp", "b": "red door", "c": "green door hinge lock"}


def index_of(texts, **options):
    index = SparseIndex(**options)
    index.add(list(texts), list(texts.values()))
    return index


def found(index, query, top_k=10, **options):
    return dict(zip(*index.search(query, top_k, **options), strict=True))


def test_by_hand():
    # N = 3, df(lamp) = 1, tf = 2, length 3, mean length 3: idf = ln(1 + 2.5 / 1.5), saturation 2 / (2 + 0.9)
    assert found(index_of(TEXTS), "lamp") == pytest.approx({"a": math.log(1 + 2.5 / 1.5) * 2 / 2.9})


def test_tokens_keep_numbers_and_drop_stop_words_and_endings():
    assert tokenize(["The doors of the Merlin 2", "", "the"]) == [["door", "merlin", "2"], [], []]


def test_a_document_without_a_shared_word_is_not_returned():
    assert found(index_of(TEXTS), "green unknown").keys() == {"c"}
    assert found(index_of(TEXTS), "of the") == found(SparseIndex(), "door") == {}


def test_best_first_at_most_top_k_and_only_among_the_allowed():
    index = index_of(TEXTS)
    ids, scores = index.search("red lamp door", 2)
    assert ids == ["a", "b"] and scores[0] >= scores[1]
    assert found(index, "red lamp door", 1, allowed={"c"}).keys() == {"c"}
    assert found(index, "door", 1, allowed={"c"})["c"] == found(index, "door")["c"]  # same statistics
    assert found(index, "door", 1, allowed=set()) == {}


words = st.lists(st.sampled_from(["lamp", "door", "hub", "2", "red", "locks", "zip"]), max_size=12).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(st.lists(words, min_size=1, max_size=12), words, st.sampled_from([(0.9, 0.4), (1.5, 0.75), (1.2, 0.0)]))
def test_equals_bm25s(texts, query, parameters):
    k1, b = parameters
    tokens = tokenize([*texts, "anchor"])
    reference = bm25s.BM25(method="lucene", k1=k1, b=b)
    reference.index(tokens, show_progress=False)
    known = [word for word in tokenize([query])[0] if any(word in t for t in tokens)]
    expected = reference.get_scores(known) if known else np.zeros(len(tokens))
    scores = found(index_of(dict(enumerate_ids([*texts, "anchor"])), k1=k1, b=b), query, 100)
    assert [scores.get(f"d{n}", 0.0) for n in range(len(tokens))] == pytest.approx(list(expected), abs=1e-5)


def enumerate_ids(texts):
    return ((f"d{n}", text) for n, text in enumerate(texts))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["put", "remove"]), st.sampled_from("abcde"), words), max_size=25),
    words,
)
def test_after_any_changes_equal_to_an_index_built_anew(changes, query):
    index, texts = SparseIndex(), {}
    for kind, item, text in changes:
        if kind == "put":
            index.update([item], [text]) if item in texts else index.add([item], [text])
            texts[item] = text
        elif item in texts:
            index.remove([item])
            del texts[item]
    assert found(index, query) == pytest.approx(found(index_of(texts), query))
    assert index._counts.keys() == index_of(texts)._counts.keys()  # words of removed documents are gone


def test_removing_a_document_makes_its_words_rarer():
    index = index_of(TEXTS)
    before = found(index, "door")["c"]
    index.remove(["b"])
    assert found(index, "door")["c"] > before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda i: i.add(["a"], ["x"]), "use update"),
        (lambda i: i.add(["x", "x"], ["1", "2"]), "an id of its own"),
        (lambda i: i.add(["x"], []), "each text one id"),
        (lambda i: i.add([3], ["x"]), "ids are str"),
        (lambda i: i.remove(["nobody"]), "check the id"),
        (lambda i: i.search("x", 0), "top_k >= 1"),
        (lambda i: SparseIndex(b=2), "b from 0 to 1"),
    ],
)
def test_wrong_use_names_the_fix_and_changes_nothing(call, message):
    index = index_of(TEXTS)
    with pytest.raises(ValueError, match=message):
        call(index)
    assert found(index, "red lamp door lock") == found(index_of(TEXTS), "red lamp door lock")


def test_a_change_takes_milliseconds_in_5000_documents():
    vocabulary = [f"word{n}" for n in range(500)]
    rng = np.random.default_rng(0)
    texts = {f"d{n}": " ".join(rng.choice(vocabulary, 40)) for n in range(5000)}
    index = index_of(texts)
    assert median_ms(lambda: index.update(["d7"], ["word1 word2 new"])) < 10
    assert median_ms(lambda: index.search("word1 word2 word3 word4 word5")) < 20


def test_ties_keep_one_order():
    index = index_of({f"d{n}": "same words" for n in range(9)})
    ids, scores = index.search("same", 9)
    assert ids == sorted(ids) and all(a == b for a, b in pairwise(scores))
