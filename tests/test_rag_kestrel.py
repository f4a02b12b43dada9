"""The company's index: shipped vectors are found by text and encoder, and search reaches what is promised."""

import numpy as np
import pytest

from companion.metrics import median_ms, recall_at_k
from companion.models import load_encoder
from companion.rag import kestrel, kestrel_index
from companion.rag.records import searchable
from companion.world import world


class Counting:
    """The real encoder, which counts the texts it is given."""

    def __init__(self, fingerprint=None):
        self.inner, self.texts = load_encoder(), []
        self.dim, self.fingerprint = self.inner.dim, fingerprint or self.inner.fingerprint

    def encode(self, texts):
        self.texts += texts
        return self.inner.encode(texts)


@pytest.fixture(scope="module")
def index():
    return kestrel_index()


def test_every_article_has_a_shipped_vector():
    """If this fails the articles changed: run `python -m companion.rag.kestrel`."""
    encoder = Counting()
    assert len(kestrel_index(encoder)) == len(world(0).articles)
    assert encoder.texts == []


def test_shipped_vectors_are_the_encoders_own(index):
    articles = world(0).articles[::40]
    fresh = load_encoder().encode([searchable(article.title, article.text) for article in articles])
    shipped = index._dense.vectors([article.id for article in articles])
    assert np.abs(fresh - shipped).max() < 2e-3
    assert np.linalg.norm(shipped, axis=1) == pytest.approx(np.ones(len(articles)), abs=1e-6)
    assert kestrel.PATH.stat().st_size < 1e6


def test_only_what_is_missing_is_embedded(tmp_path):
    encoder = Counting()
    kestrel.write_vectors(["one", "two"], encoder, tmp_path / "v.npz")
    encoder.texts.clear()
    vectors = kestrel.vectors(["two", "three", "one", "three"], encoder, tmp_path / "v.npz")
    assert encoder.texts == ["three"]
    assert vectors[0] @ encoder.inner.encode("two") == pytest.approx(1, abs=1e-3)
    other = Counting(fingerprint="another")
    kestrel.vectors(["one"], other, tmp_path / "v.npz")
    assert other.texts == ["one"]
    assert kestrel.vectors(["x"], encoder, tmp_path / "no file").shape == (1, 384)


def test_metadata_filter(index):
    hits = index.search("How long is the warranty?", 20, where={"kind": "forum"})
    assert {hit.metadata["kind"] for hit in hits} == {"forum"}
    assert set(hits[0].metadata) == {"kind", "product", "date", "until"}


def test_recall_at_5_is_as_promised(index):
    questions = [q for q in world(0).questions if q.article_id][::4]
    found = [[hit.id for hit in index.search(q.text, 5)] for q in questions]
    mean = np.mean([recall_at_k(f, [q.article_id], 5) for f, q in zip(found, questions, strict=True)])
    assert mean >= 0.95


def test_changes_take_milliseconds():
    index = kestrel_index()
    vector = np.eye(1, 384)
    first = index.ids[0]
    assert median_ms(lambda: index.update(first, "The lamp is red.", vectors=vector)) < 10
    assert median_ms(lambda: index.search("red lamp", vector=vector[0])) < 20
