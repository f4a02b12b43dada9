"""The picture tower: shapes, batches, ranks by hand, the shipped weights, and one index for three kinds."""

import json

import numpy as np
import pytest
import torch

from companion.rag import KnowledgeIndex, add_pictures, load_tower
from companion.rag.pictures import WEIGHTS, PictureTower, save_tower
from companion.rag.pictures_measure import nearest_pixels, preferred, ranks
from companion.rag.pictures_mixed import by_rank, calibrated, raw
from companion.rag.pictures_training import Lesson, batches_of, companies, lesson, train_tower
from companion.world.pictures import catalogue, difference


class Flat:
    """An encoder without meaning, for shapes."""

    dim, fingerprint = 12, "flat"

    def encode(self, texts):
        if isinstance(texts, str):
            return self.encode([texts])[0]
        drawn = np.stack([np.random.default_rng(len(t)).normal(size=self.dim) for t in texts]).astype(np.float32)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def taught() -> Lesson:
    return lesson(Flat(), [3], times=2)


def test_a_tower_is_small_and_gives_unit_vectors(taught):
    tower = PictureTower(12)
    assert sum(p.numel() for p in PictureTower().parameters()) < 500_000
    vectors = tower.encode(taught.pictures[:5, 0])
    assert vectors.shape == (5, 12) and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[:2], tower.encode(taught.pictures[:2, 0]), atol=1e-6)  # no batch decides
    assert tower.encode(taught.pictures[:0, 0]).shape == (0, 12)


@pytest.mark.parametrize("wrong", [np.zeros((2, 32, 32, 3), np.uint8), np.zeros((2, 48, 48, 3), np.float32)])
def test_pictures_of_another_shape_or_type_are_refused(wrong):
    with pytest.raises(ValueError, match="pass uint8"):
        PictureTower().encode(wrong)


def test_a_batch_holds_each_thing_once_beside_its_look_alike(taught):
    pictures, vectors = batches_of(taught, seed=1, size=64)(5)
    assert pictures.shape == (64, 48, 48, 3) and vectors.shape == (64, 12)
    again = batches_of(taught, seed=1, size=64)(5)
    assert torch.equal(pictures, again[0])
    own, copies = catalogue(3)[:70], catalogue(3)[70:]
    assert all(len(difference(a.look, b.look)) == 1 for a, b in zip(own, copies, strict=True))


def test_training_lowers_the_loss_and_leaves_the_callers_random_state(taught):
    torch.manual_seed(9)
    before = torch.random.get_rng_state()
    tower, history = train_tower(taught, seed=0, steps=12, progress=False)
    assert np.mean(history.losses[-3:]) < np.mean(history.losses[:3])
    assert torch.equal(before, torch.random.get_rng_state()) and not tower.training


def test_no_seed_learns_from_kestrel_and_no_two_from_the_same_company():
    every = [number for seed in range(5) for number in companies(seed)]
    assert 0 not in every and len(set(every)) == len(every)


def test_ranks_by_hand():
    queries = np.array([[1.0, 0.0], [0.0, 1.0]])
    documents = np.array([[0.8, 0.6], [1.0, 0.0]])
    assert ranks(queries, documents).tolist() == [2, 2]
    assert ranks(queries, documents[::-1]).tolist() == [1, 1]
    assert ranks(queries, np.ones((2, 2))).tolist() == [2, 2]  # a tie is no find
    assert preferred(queries, documents[::-1]).tolist() == [True, True]


def test_the_nearest_in_pixels():
    known = np.stack([np.zeros((48, 48, 3)), np.full((48, 48, 3), 200)]).astype(np.uint8)
    assert nearest_pixels(known, np.full((1, 48, 48, 3), 150, np.uint8)).tolist() == [1]


def test_an_altered_file_is_refused(tmp_path):
    save_tower(PictureTower(), tmp_path, {"steps": 0})
    load_tower(tmp_path)
    card = json.loads((tmp_path / "card.json").read_text()) | {"sha256": "0" * 64}
    (tmp_path / "card.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match="altered or incomplete"):
        load_tower(tmp_path)
    with pytest.raises(FileNotFoundError, match="holds no tower"):
        load_tower(tmp_path / "none")


def test_half_precision_moves_no_vector_far(tmp_path, taught):
    tower = PictureTower()
    save_tower(tower, tmp_path, {})
    one, other = (t.encode(taught.pictures[:8, 0]) for t in (tower, load_tower(tmp_path)))
    assert (one * other).sum(1).min() > 0.999


def test_the_shipped_tower_is_the_one_of_its_card():
    from companion.models.weights import ENCODER_SHA256

    card = json.loads((WEIGHTS / "card.json").read_text(encoding="utf-8"))
    assert card["encoder"] == ENCODER_SHA256 and card["parameters"] < 500_000
    assert (WEIGHTS / "model.safetensors").stat().st_size < 1_000_000
    assert "CC0" in (WEIGHTS / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_shipped_tower_scores_as_its_card_says():
    from companion.models import load_encoder
    from companion.rag.pictures_measure import tower_scores

    card = json.loads((WEIGHTS / "card.json").read_text(encoding="utf-8"))
    scores = tower_scores(load_encoder(), load_tower(), seed=0)
    assert abs(scores["at_1"] - card["at_1"]) < 0.03 and abs(scores["at_5"] - card["at_5"]) < 0.03


def mixed_index(gap: float) -> tuple[KnowledgeIndex, np.ndarray]:
    """Twelve texts and twelve pictures; each kind has one that stands out, pictures lie lower by `gap`."""

    class Line:
        dim, fingerprint = 2, "line"

        def encode(self, texts):
            single = isinstance(texts, str)
            return np.array([1.0, 0.0], np.float32) if single else np.array([[1.0, 0.0]] * len(texts), np.float32)

    index = KnowledgeIndex(Line())
    heights = [0.9 if n == 0 else 0.5 + 0.02 * n for n in range(12)]
    for kind, low in (("manual", 0.0), ("picture", gap)):
        cosines = np.array(heights) - low
        vectors = np.stack([cosines, np.sqrt(1 - cosines**2)], 1).astype(np.float32)
        ids = [f"{kind}/{n}" for n in range(12)]
        index.add(ids, [""] * 12, [""] * 12, [{"kind": kind}] * 12, vectors=vectors)
    return index


def test_the_gap_hides_pictures_from_a_raw_ranking_only():
    index = mixed_index(0.45)
    assert not any(id.startswith("picture") for id in raw(index, "x"))
    usual = {"text": (0.9, 0.1), "picture": (0.45, 0.1)}
    assert {"manual/0", "picture/0"} == set(by_rank(index, "x", 2)) == set(calibrated(index, "x", usual, 2))


def test_calibrated_scores_let_one_kind_fill_the_list():
    usual = {"text": (0.95, 0.01), "picture": (0.2, 0.1)}  # no text comes near to what a right one has
    assert all(id.startswith("picture") for id in calibrated(mixed_index(0.45), "x", usual, 5))


def test_pictures_are_found_by_vector_and_have_no_words(taught):
    index, tower = KnowledgeIndex(Flat()), PictureTower(12)
    add_pictures(index, ["a", "b"], taught.pictures[:2, 0], tower, company="Kestrel")
    assert {hit.id for hit in index.search("anything", 2, "dense")} == {"a", "b"}
    assert index["a"].metadata == {"kind": "picture", "company": "Kestrel"}
    assert index.search("anything", 2, "sparse") == []
