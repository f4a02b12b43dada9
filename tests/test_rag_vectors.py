"""The vector index: by hand, against plain numpy, and properties of change."""

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.rag import VectorIndex

SQUARE = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)


@pytest.fixture
def index():
    index = VectorIndex(2)
    index.add(["east", "north", "west", "south"], SQUARE)
    return index


def random_index(n, dim=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    index = VectorIndex(dim)
    index.add([f"v{i}" for i in range(n)], vectors)
    return index, vectors


def test_by_hand(index):
    ids, scores = index.search(np.array([0.8, 0.6]), top_k=2)
    assert ids == ["east", "north"]
    assert scores == pytest.approx([0.8, 0.6])


def test_many_queries_give_a_row_each(index):
    ids, scores = index.search(SQUARE[:2], top_k=1)
    assert ids == [["east"], ["north"]] and scores.shape == (2, 1)


def test_k_beyond_what_there_is_returns_what_there_is(index):
    ids, scores = index.search(SQUARE[0], top_k=99)
    assert sorted(ids) == ["east", "north", "south", "west"] and scores.shape == (4,)
    assert VectorIndex(2).search(SQUARE[0], 3)[0] == []
    assert VectorIndex(2).search(SQUARE, 3)[0] == [[], [], [], []]


def test_the_filter_comes_before_the_best_k(index):
    assert index.search(SQUARE[0], 1, allowed=["west"])[0] == ["west"]
    assert index.search(SQUARE[0], 5, allowed=["west", "unknown"])[0] == ["west"]
    assert index.search(SQUARE[0], 5, allowed=[])[0] == []


def test_remove_really_removes_and_an_id_can_come_back(index):
    index.remove(["east"])
    assert "east" not in index and len(index) == 3
    assert index.search(SQUARE[0], 4)[0][0] in ("north", "south")
    index.add(["east"], SQUARE[2:3])
    assert set(index.search(SQUARE[2], 2)[0]) == {"west", "east"}


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 999))
def test_equals_plain_matrix_product(n, top_k, seed):
    index, vectors = random_index(n, seed=seed)
    query = np.random.default_rng(seed + 1).normal(size=8).astype(np.float32)
    ids, scores = index.search(query, top_k)
    exact = np.sort(vectors @ query)[::-1][:top_k]
    assert scores == pytest.approx(exact, abs=1e-4)
    assert [vectors[int(i[1:])] @ query for i in ids] == pytest.approx(list(exact), abs=1e-4)


def test_equals_faiss():
    index, vectors = random_index(300)
    plain = faiss.IndexFlatIP(8)
    plain.add(vectors)
    scores, rows = plain.search(vectors[:9], 7)
    ids, mine = index.search(vectors[:9], 7)
    assert ids == [[f"v{row}" for row in line] for line in rows.tolist()]
    assert mine == pytest.approx(scores)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 19), unique=True))
def test_after_removal_equal_to_an_index_built_without(removed):
    index, vectors = random_index(20)
    index.remove([f"v{i}" for i in removed])
    kept = [i for i in range(20) if i not in removed]
    fresh = VectorIndex(8)
    fresh.add([f"v{i}" for i in kept], vectors[kept])
    assert index.search(vectors[0], 20)[0] == fresh.search(vectors[0], 20)[0]
    assert index.vectors() == pytest.approx(fresh.vectors())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda i: i.add(["x"], np.ones((1, 3))), r"dim 2.*VectorIndex\(3\)"),
        (lambda i: i.add(["x"], [[np.nan, 0]]), "NaN"),
        (lambda i: i.add(["x"], [[np.inf, 0]]), "NaN or infinity"),
        (lambda i: i.add(["x", "y"], [[1, 0]]), "each vector one id"),
        (lambda i: i.add(["east"], [[1, 0]]), "use update, or remove it first"),
        (lambda i: i.add(["x", "x"], SQUARE[:2]), "an id of its own"),
        (lambda i: i.remove(["east", "nobody"]), "'nobody' is not in the index"),
        (lambda i: i.search(SQUARE[0], 0), "top_k >= 1"),
        (lambda i: i.search(np.ones(3), 1), "dim 2"),
        (lambda i: i.search([np.nan, 1], 1), "NaN"),
        (lambda i: VectorIndex(0), "width of the vectors"),
    ],
)
def test_wrong_use_names_the_fix_and_changes_nothing(index, call, message):
    with pytest.raises(ValueError, match=message):
        call(index)
    assert len(index) == 4 and index.search(SQUARE[0], 1)[0] == ["east"]


def test_an_unknown_id_is_a_key_error_too_and_reads_as_a_sentence(index):
    with pytest.raises(KeyError) as caught:
        index.remove(["nobody"])
    assert str(caught.value).startswith("'nobody' is not")


def test_save_and_load(index, tmp_path):
    index.remove(["north"])
    index.save(tmp_path / "vectors.npz")
    again = VectorIndex.load(tmp_path / "vectors.npz")
    assert again.ids == index.ids == ["east", "west", "south"]
    assert again.vectors() == pytest.approx(index.vectors())
    assert len(list(tmp_path.iterdir())) == 1  # no temporary file is left


def test_save_of_an_empty_index(tmp_path):
    VectorIndex(5).save(tmp_path / "empty")
    assert VectorIndex.load(tmp_path / "empty").dim == 5
