"""A student that writes, taught further: whose answers, which loss, and what the teacher is asked for."""

import math

import pytest
import torch
import torch.nn.functional as F
from transformers import AutoTokenizer

from companion.build import llama_card
from companion.distill import generalised_jsd_loss, on_policy_measure
from companion.distill.answers import unlabelled
from companion.distill.llama import WEIGHTS, LlamaStudent, answer_logits, make_llama
from companion.distill.on_policy import Pairing, go_on
from companion.distill.sequences import SharedVocabulary, shop_texts
from companion.models import load_generator
from companion.models.weights import file_sha256, installed_encoder
from companion.stored import stored


@pytest.fixture(scope="module")
def vocabulary():
    return SharedVocabulary.cut([*shop_texts(range(1, 3))], AutoTokenizer.from_pretrained(installed_encoder()))


@pytest.fixture
def pairing(vocabulary):
    model = make_llama(vocabulary, dim=32, layers=2, heads=2, inner=48)
    return Pairing(LlamaStudent("tiny", model, vocabulary.tokenizer), load_generator())


@pytest.fixture(scope="module")
def items(vocabulary):
    return unlabelled(4, vocabulary.names(), seed=1, seeds=range(1, 3))


def test_words_alone_cost_the_log_of_the_pieces_where_all_are_alike(pairing, items):
    with torch.no_grad():
        pairing.student.model.get_input_embeddings().weight.zero_()  # tied with the head: every logit is 0
    history = go_on(pairing, items, "teacher", 1, beta=None, size=4)
    assert history.losses == pytest.approx([math.log(len(pairing.vocabulary))])


def test_words_alone_are_torchs_cross_entropy_and_ask_for_no_probability(pairing, items, monkeypatch):
    scored = pairing.batch(items, "teacher")
    expected = F.cross_entropy(*answer_logits(pairing.student.model, scored)).item()

    def asked(*_):
        raise AssertionError("the teacher was asked for its probabilities")

    monkeypatch.setattr(pairing, "_scores", asked)
    plain = pairing.batch(items, "teacher", scored=False)
    assert set(scored) - set(plain) == {"teacher"} and all(torch.equal(plain[name], scored[name]) for name in plain)
    assert go_on(pairing, items, "teacher", 1, beta=None, size=4).losses == pytest.approx([expected], rel=1e-4)


def test_with_a_beta_it_is_the_divergence_on_the_same_answers(pairing, items):
    batch = pairing.batch(items, "teacher")
    with torch.no_grad():
        expected = generalised_jsd_loss(answer_logits(pairing.student.model, batch)[0], batch["teacher"], 0.5).item()
    assert go_on(pairing, items, "teacher", 1, size=4).losses == pytest.approx([expected], rel=1e-4)


def test_words_alone_are_learnt(pairing, items):
    losses = go_on(pairing, items, "teacher", 8, beta=None, size=4, lr=3e-3).losses
    assert losses[-1] < losses[0]


def test_the_students_own_words_alone_and_strangers_are_refused(pairing, items):
    with pytest.raises(ValueError, match="choose its answers"):
        go_on(pairing, items, "student", 1, beta=None)
    with pytest.raises(ValueError, match="choose the teacher or the student"):
        pairing.answers(items, "neighbour")


@pytest.mark.parametrize("way", on_policy_measure.WRITERS)
def test_each_way_is_taught_as_it_is_called(way, monkeypatch):
    taught = []
    monkeypatch.setattr(
        on_policy_measure, "go_on", lambda p, items, whose, steps, beta, seed: taught.append((whose, beta))
    )
    monkeypatch.setattr(on_policy_measure, "scores", lambda student: {})
    on_policy_measure.writer_taught(way, 0)
    expected = {"as it ships": [], "words alone": [("teacher", None)]}
    assert taught == expected.get(way, [(way, 0.5)])


def test_the_stored_run_has_every_way():
    ways = [row["way"] for row in stored("across")["rows"] if row["kind"] == "writer"]
    assert sorted(ways) == sorted(on_policy_measure.WRITERS)


def test_the_card_is_of_these_weights_and_says_what_was_stored():
    card = (WEIGHTS / "README.md").read_text(encoding="utf-8")
    assert file_sha256(WEIGHTS / "model.safetensors") in card
    assert card == llama_card.text(), "write it anew: python -m companion.build reference across"
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) <= 4_000_000
