"""The knowledge index on a small encoder made by hand: search, filter, change, save, fingerprint."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.rag import KnowledgeIndex, files, reciprocal_rank_fusion
from companion.rag.records import searchable

WORDS = ["lamp", "door", "hub", "red", "green", "warranty", "months", "price"]


class CountEncoder:
    """Unit vectors of word counts; and it counts how many texts it was given."""

    dim = len(WORDS) + 1

    def __init__(self, fingerprint="f" * 64):
        self.fingerprint, self.encoded = fingerprint, 0

    def encode(self, texts):
        self.encoded += len(texts)
        rows = [[text.lower().split().count(word) for word in WORDS] + [0.1] for text in texts]
        rows = np.array(rows, np.float32).reshape(-1, self.dim)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


DOCUMENTS = {
    "lamp": ("Lamp", "the lamp is red", {"kind": "manual", "year": 2024}),
    "door": ("Door", "the door is green", {"kind": "manual", "year": 2025}),
    "rumour": ("Forum", "the lamp is green", {"kind": "forum", "year": 2025}),
    "hub": ("Hub", "warranty 24 months", {"kind": "policy", "year": 2025}),
}


@pytest.fixture
def index():
    index = KnowledgeIndex(CountEncoder())
    titles, texts, metadata = zip(*DOCUMENTS.values(), strict=True)
    index.add(list(DOCUMENTS), texts, titles, metadata)
    return index


def found(index, *args, **options):
    return [hit.id for hit in index.search(*args, **options)]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "sparse"])
def test_each_mode_finds_it(index, mode):
    hit = index.search("red lamp", 1, mode=mode)[0]
    assert (hit.id, hit.title, hit.text) == ("lamp", "Lamp", "the lamp is red")
    assert hit.metadata["kind"] == "manual"


def test_hybrid_is_the_fusion_of_the_other_two(index):
    dense, sparse = (found(index, "green lamp", 9, mode=mode) for mode in ("dense", "sparse"))
    hits = index.search("green lamp", 9)
    assert {hit.id: hit.score for hit in hits} == pytest.approx(reciprocal_rank_fusion([dense, sparse]))


def test_equal_texts_stay_two_documents(index):
    index.add(["copy"], ["the lamp is red"], ["Lamp"])  # fused by text, one of the two would be lost
    assert set(found(index, "red lamp", 2)) == {"lamp", "copy"}


def test_k_beyond_what_there_is_and_an_empty_index(index):
    assert sorted(found(index, "lamp", 100)) == sorted(DOCUMENTS)
    assert KnowledgeIndex(CountEncoder()).search("lamp") == []


@pytest.mark.parametrize("mode", ["hybrid", "dense", "sparse"])
def test_where_is_applied_before_the_best_k(index, mode):
    # "lamp" ranks below "rumour" and would be lost by a filter that comes after top_k = 1
    assert found(index, "green lamp", 1, mode=mode, where={"kind": "manual", "year": 2024}) == ["lamp"]
    assert found(index, "green lamp", 1, mode=mode, where=lambda m: m["year"] < 2025) == ["lamp"]
    assert found(index, "green lamp", 5, mode=mode, where={"colour": "red"}) == []


def test_add_one_document_by_plain_values(index):
    index.add("new", "price of the hub", "Price", {"kind": "manual"})
    assert index["new"].title == "Price"
    assert found(index, "price", 1) == ["new"]


@pytest.mark.parametrize("mode", ["dense", "sparse"])
def test_an_update_reaches_vectors_and_words(index, mode):
    index.update("hub", "the price is red")
    assert found(index, "price", 1, mode=mode) == ["hub"]
    assert "hub" not in found(index, "warranty months", 1, mode=mode)
    assert (index["hub"].title, index["hub"].metadata["kind"]) == ("Hub", "policy")  # kept
    index.update("hub", metadata={"kind": "archived"})
    assert index["hub"].text == "the price is red"
    assert found(index, "price", 1, where={"kind": "archived"}) == ["hub"]


def test_a_change_embeds_only_what_changed(index):
    before = index.encoder.encoded
    index.update(["lamp", "door"], ["lamp price", "door price"])
    index.remove("hub")
    assert index.encoder.encoded == before + 2


def test_given_vectors_are_used_and_not_computed(index):
    before = index.encoder.encoded
    index.add(["x"], ["nothing to see"], vectors=CountEncoder().encode(["red hub"]))
    assert index.encoder.encoded == before
    assert found(index, "red hub", 1, mode="dense") == ["x"]


changes = st.lists(
    st.tuples(st.booleans(), st.sampled_from("abcd"), st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)),
    max_size=20,
)


@settings(max_examples=30, deadline=None)
@given(changes, st.sampled_from(["hybrid", "dense", "sparse"]))
def test_after_any_changes_equal_to_an_index_built_anew(steps, mode):
    index, texts = KnowledgeIndex(CountEncoder()), {}
    for put, item, text in steps:
        if put:
            (index.update if item in texts else index.add)(item, text)
            texts.pop(item, None)
            texts[item] = text
        elif item in texts:
            index.remove(item)
            del texts[item]
    fresh = KnowledgeIndex(CountEncoder())
    fresh.add(list(texts), list(texts.values()))
    for query in ("red lamp door", "warranty"):
        if mode == "hybrid":  # ranks of equal scores may swap: compare what is found
            assert set(found(index, query, 9)) == set(found(fresh, query, 9))
        else:
            scores = [{h.id: h.score for h in i.search(query, 9, mode=mode)} for i in (index, fresh)]
            assert scores[0] == pytest.approx(scores[1], abs=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda i: i.search(""), "ask something"),
        (lambda i: i.search(" \n"), "ask something"),
        (lambda i: i.search(None), "ask something"),
        (lambda i: i.search("lamp", 0), "top_k >= 1"),
        (lambda i: i.search("lamp", mode="best"), "hybrid, dense, sparse"),
        (lambda i: i.add("lamp", "x"), "use update"),
        (lambda i: i.add(["x", "y"], ["one"]), "each document its own"),
        (lambda i: i.add(["x"], ["one"], ["a", "b"]), "each document its own"),
        (lambda i: i.add(["x"], [None]), "texts are str"),
        (lambda i: i.add(["x"], ["one"], vectors=np.ones((1, 3))), "dim 9"),
        (lambda i: i.add(["x"], ["one"], vectors=np.full((1, 9), np.nan)), "NaN"),
        (lambda i: i.add(["x"], ["one"], vectors=np.ones((2, 9))), "each vector one id"),
        (lambda i: i.update("nobody", "x"), "not in the index"),
        (lambda i: i.update(["lamp", "lamp"], ["x", "y"]), "twice"),
        (lambda i: i.update(["lamp", "door"], ["x", "y"], vectors=np.ones((1, 9))), "each vector one id"),
        (lambda i: i.remove(["lamp", "nobody"]), "not in the index"),
        (lambda i: i["nobody"], "not in the index"),
        (lambda i: i.search("lamp", vector=np.ones(3)), "dim 9"),
    ],
)
def test_wrong_use_names_the_fix_and_changes_nothing(index, call, message):
    before = [index.search("red lamp warranty", 9, mode=mode) for mode in ("dense", "sparse")]
    with pytest.raises(ValueError, match=message):
        call(index)
    assert [index.search("red lamp warranty", 9, mode=mode) for mode in ("dense", "sparse")] == before


def test_save_and_load(index, tmp_path):
    index.remove("door")
    index.save(tmp_path / "sub" / "kestrel.npz")
    encoder = CountEncoder()
    again = KnowledgeIndex.load(tmp_path / "sub" / "kestrel.npz", encoder)
    assert encoder.encoded == 0
    assert again.search("green lamp", 9) == index.search("green lamp", 9)
    again.update("lamp", "the lamp has a price")
    assert found(again, "price", 1) == ["lamp"]


def test_save_into_a_folder(index, tmp_path):
    index.save(tmp_path)
    assert KnowledgeIndex.load(tmp_path, CountEncoder()).ids == index.ids


def test_a_foreign_encoder_is_refused(index, tmp_path):
    index.save(tmp_path / "index")
    with pytest.raises(ValueError, match="load it with that encoder"):
        KnowledgeIndex.load(tmp_path / "index", CountEncoder("0" * 64))


def test_an_encoder_that_was_trained_since_is_refused_until_the_index_is_embedded_anew(index):
    index.encoder.fingerprint = "trained"
    for call in (
        lambda: index.search("lamp"),
        lambda: index.add("x", "y"),
        lambda: index.update("lamp", "y"),
    ):
        with pytest.raises(ValueError, match="reembed"):
            call()
    index.reembed()
    assert found(index, "red lamp", 1) == ["lamp"]
    assert index.fingerprint == "trained"


def test_a_crash_while_saving_leaves_the_old_file(index, tmp_path, monkeypatch):
    index.save(tmp_path / "index")
    index.remove("lamp")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="full"):
        index.save(tmp_path / "index")
    monkeypatch.undo()
    assert "lamp" in KnowledgeIndex.load(tmp_path / "index", CountEncoder())
    assert len(list(tmp_path.iterdir())) == 1


def test_metadata_that_cannot_be_saved_leaves_the_old_file(index, tmp_path):
    index.save(tmp_path / "index")
    index.add("odd", "text", metadata={"when": object()})
    with pytest.raises(ValueError, match="metadata"):
        index.save(tmp_path / "index")
    assert len(KnowledgeIndex.load(tmp_path / "index", CountEncoder())) == len(DOCUMENTS)


def test_no_file_a_broken_file_another_kind_of_file(index, tmp_path):
    with pytest.raises(FileNotFoundError, match="save it there first"):
        KnowledgeIndex.load(tmp_path / "nowhere", CountEncoder())
    (tmp_path / "broken").write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(ValueError, match="build it again"):
        KnowledgeIndex.load(tmp_path / "broken", CountEncoder())
    files.write(tmp_path / "other", {}, {"kind": "VectorIndex"})
    with pytest.raises(ValueError, match="class and version"):
        KnowledgeIndex.load(tmp_path / "other", CountEncoder())


def test_what_is_searched_is_title_and_text():
    assert searchable("Title", "text") == "Title text"
    assert searchable("", "text") == "text"
