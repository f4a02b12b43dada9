"""Across architectures: the layer map and the two new losses by hand, against trl and torch, and by property."""

import math
from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from companion.distill import distil, generalised_jsd_loss, layer_map, make_student, sorted_probability_loss
from companion.distill.across_measure import claimed_way, frontier, ways_of
from companion.distill.across_texts import augmented, unseen
from companion.distill.layers import Looked, layer_loss, lessons, look_of_student, look_of_teacher, teach_layers
from companion.distill.terms import LogitError
from companion.distill.trimmed import only_words_of

TEXTS = ["it is warm", "so warm today my friend", "it is cold", "so cold"]
LOGITS = torch.tensor([[2.0, 0.0], [3.0, -1.0], [0.0, 2.0], [-1.0, 1.0]])
few = settings(max_examples=25, deadline=None)


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- generalised Jensen-Shannon -----------------------------------------------------------------------------

# computed by trl 1.16.0 (trl.experimental.gkd): logits 2 randn(2, 3, 5) of seeds 0 and 1, three real tokens
TRL = {
    (0, 1): 1.751388, (0, 2): 0.549316, (0.1, 1): 0.128127, (0.1, 2): 0.046368, (0.5, 1): 0.289099,
    (0.5, 2): 0.113259, (0.9, 1): 0.112954, (0.9, 2): 0.040002, (1, 1): 1.463858, (1, 2): 0.450678,
}  # fmt: skip
LABELS = torch.tensor([[1, 1, -100], [1, -100, -100]])


@pytest.mark.parametrize("beta, T", TRL)
def test_jsd_equals_what_trl_computed(beta, T):
    student, teacher = 2 * randn(2, 3, 5), 2 * randn(2, 3, 5, seed=1)
    found = generalised_jsd_loss(student, teacher, beta, T, LABELS != -100)
    assert found.item() == pytest.approx(TRL[beta, T], abs=1e-5)


def test_jsd_equals_trl_where_it_is_installed():
    trainer = pytest.importorskip("trl.experimental.gkd").GKDTrainer
    student, teacher = randn(2, 3, 5), randn(2, 3, 5, seed=1)
    for beta in (0, 0.3, 1):
        theirs = trainer.generalized_jsd_loss(student, teacher, labels=LABELS, beta=beta)
        assert torch.allclose(generalised_jsd_loss(student, teacher, beta, mask=LABELS != -100), theirs)


def test_jsd_by_hand():
    # P = (1, 0), Q = (1/2, 1/2), M = (3/4, 1/4)
    teacher, student = torch.tensor([[40.0, 0.0]]), torch.zeros(1, 2)
    expected = 0.5 * math.log(4 / 3) + 0.5 * (0.5 * math.log(2 / 3) + 0.5 * math.log(2))
    assert generalised_jsd_loss(student, teacher).item() == pytest.approx(expected, abs=1e-6)
    assert generalised_jsd_loss(student, teacher, beta=0).item() == pytest.approx(math.log(2), abs=1e-6)


@few
@given(st.integers(0, 999), st.floats(0.05, 0.95))
def test_jsd_is_bounded_and_turns_round_with_beta(seed, beta):
    one, other = 5 * randn(4, 6, seed=seed), 5 * randn(4, 6, seed=seed + 1)
    value = generalised_jsd_loss(one, other, beta)
    entropy = -beta * math.log(beta) - (1 - beta) * math.log(1 - beta)
    assert 0 <= value <= entropy + 1e-6
    assert torch.allclose(value, generalised_jsd_loss(other, one, 1 - beta), atol=1e-6)
    assert generalised_jsd_loss(one, one, beta).abs() < 1e-6


def test_jsd_moves_the_student_only_and_refuses():
    student, teacher = randn(2, 3).requires_grad_(), randn(2, 3, seed=1).requires_grad_()
    generalised_jsd_loss(student, teacher).backward()
    assert student.grad is not None and teacher.grad is None
    with pytest.raises(ValueError, match="choose beta from 0 to 1"):
        generalised_jsd_loss(student, teacher, beta=1.5)
    with pytest.raises(ValueError, match="make them the same"):
        generalised_jsd_loss(randn(2, 3), randn(2, 4))


# --- two vocabularies -----------------------------------------------------------------------------------------


def test_sorted_probabilities_by_hand():
    # student (3/4, 1/4), teacher (1/2, 1/4, 1/4), whatever the order: 1/4 + 0 + 1/4
    student, teacher = torch.tensor([[0.0, math.log(3)]]), torch.tensor([[0.0, math.log(2), 0.0]])
    assert sorted_probability_loss(student, teacher).item() == pytest.approx(0.5, abs=1e-6)


@few
@given(st.integers(0, 999))
def test_sorted_probabilities_do_not_know_names(seed):
    one, other = randn(3, 5, seed=seed), randn(3, 7, seed=seed + 1)
    mixed = one[:, torch.randperm(5, generator=torch.Generator().manual_seed(seed))]
    assert torch.allclose(sorted_probability_loss(one, other), sorted_probability_loss(mixed, other), atol=1e-6)
    assert sorted_probability_loss(one, mixed) < 1e-6
    assert 0 <= sorted_probability_loss(one, other) <= 2


def test_sorted_probabilities_refuse_what_has_no_rows_in_common():
    with pytest.raises(ValueError, match="no rows in common"):
        sorted_probability_loss(randn(2, 3), randn(3, 3))


# --- squared errors of logits, and texts for them ----------------------------------------------------------------


def test_logits_alone_can_be_learnt(tokenizer):
    student = make_student("bag", len(tokenizer), ["warm", "cold"], dim=8, dropout=0.0)
    history = distil(student, TEXTS, terms=[LogitError(LOGITS)], steps=200, lr=0.05, progress=False)
    assert history.losses[0] == pytest.approx(3.0, rel=0.3)  # the mean of the squared logits
    assert torch.allclose(torch.from_numpy(student.logits(TEXTS)), LOGITS, atol=0.3)


def test_augmented_texts_keep_the_letters_first_and_use_their_words_only():
    texts = augmented(TEXTS, copies=3, seed=1)
    assert texts[:4] == TEXTS and len(texts) == 16
    assert augmented(TEXTS, copies=3, seed=1) == texts
    assert {word for text in texts for word in text.split()} <= {"[MASK]", *" ".join(TEXTS).split()}
    assert augmented(TEXTS, copies=1, mask=0, exchange=0, cut=0)[4:] == TEXTS


def test_words_are_masked_and_exchanged_as_often_as_asked():
    long = " ".join(["a"] * 4000)
    counts = Counter(augmented([long], 1, mask=0.3, exchange=0, cut=0)[1].split())
    assert counts["[MASK]"] / 4000 == pytest.approx(0.3, abs=0.03)
    with pytest.raises(ValueError, match="do not fit"):
        augmented(["a"], 1, mask=0.7, exchange=0.7)


def test_unseen_words_count_as_often_as_they_stand_there():
    assert unseen(["so so hot", "it is hot"], TEXTS) == pytest.approx(2 / 6)
    assert unseen(["my cat"], [], list) == 1
    assert unseen(TEXTS, augmented(TEXTS, copies=2)) == 0
    with pytest.raises(ValueError, match="no word to look for"):
        unseen([""], TEXTS)


# --- the layer map -----------------------------------------------------------------------------------------------


def test_the_map_is_uniform_and_begins_with_the_embeddings():
    assert layer_map(4, 12) == (0, 3, 6, 9, 12)  # TinyBERT's own
    assert layer_map(3, 6) == (0, 2, 4, 6)
    assert layer_map(2, 2) == (0, 1, 2)
    with pytest.raises(ValueError, match="choose a divisor"):
        layer_map(4, 6)


def two_layers():
    """A student of one layer, a teacher of two, one token, one head, widths 1 and 1."""
    student = Looked([torch.full((1, 1, 1), h) for h in (1.0, 2.0)], [torch.full((1, 1, 1, 1), 3.0)])
    teacher = Looked(
        [torch.full((1, 1, 1), h) for h in (2.0, 50.0, 5.0)], [torch.full((1, 1, 1, 1), s) for s in (70.0, 4.0)]
    )
    return student, teacher, torch.ones(1, 1)


def test_two_layers_by_hand():
    student, teacher, mask = two_layers()
    # embeddings (1 - 2)^2, hidden (2 - 5)^2 and scores (3 - 4)^2 of the teacher's second layer: 1 + 9 + 1
    assert layer_loss(student, teacher, (0, 2), nn.Identity(), mask).item() == pytest.approx(11)
    # one off: hidden (2 - 50)^2, scores (3 - 70)^2
    assert layer_loss(student, teacher, (0, 1), nn.Identity(), mask).item() == pytest.approx(1 + 2304 + 4489)


def test_padding_counts_on_neither_side_of_a_score():
    student = Looked([randn(1, 2, 3), randn(1, 2, 3, seed=1)], [randn(1, 2, 2, 2, seed=2)])
    teacher = Looked([randn(1, 2, 3, seed=3), randn(1, 2, 3, seed=4)], [randn(1, 2, 2, 2, seed=5)])
    alone = layer_loss(student, teacher, (0, 1), nn.Identity(), torch.tensor([[1, 0]]))
    by_hand = sum(F.mse_loss(student.hidden[m][:, 0], teacher.hidden[m][:, 0]) for m in (0, 1))
    by_hand = by_hand + F.mse_loss(student.scores[0][..., 0, 0], teacher.scores[0][..., 0, 0])
    assert torch.allclose(alone, by_hand)


def test_a_map_that_does_not_fit_is_refused():
    student, teacher, mask = two_layers()
    with pytest.raises(ValueError, match="give each student layer"):
        layer_loss(student, teacher, (0, 3), nn.Identity(), mask)
    with pytest.raises(ValueError, match="give each student layer"):
        layer_loss(student, teacher, (2,), nn.Identity(), mask)
    wide = Looked(teacher.hidden, [scores.repeat(1, 2, 1, 1) for scores in teacher.scores])
    with pytest.raises(ValueError, match="equally many heads"):
        layer_loss(student, wide, (0, 2), nn.Identity(), mask)


def pupil(tokenizer, layers=3):
    return make_student("transformer", len(tokenizer), ["warm", "cold"], dim=16, layers=layers, heads=2, dropout=0.0)


def test_scores_before_the_softmax_are_what_the_attentions_come_from(tokenizer):
    student = pupil(tokenizer).eval()
    ids, mask = student.tokens(TEXTS)
    looked = look_of_student(student, ids, mask)
    attentions = student.states(ids, mask)[1]
    hidden = (mask == 0)[:, None, None, :]
    for scores, attention in zip(looked.scores, attentions, strict=True):
        assert torch.allclose(scores.masked_fill(hidden, -1e9).softmax(-1), attention, atol=1e-5)
    assert len(looked.hidden) == 4 and len(looked.scores) == 3


def test_the_teachers_layers_are_its_own_and_without_gradient(tiny_encoder):
    encoder = tiny_encoder()
    batch = encoder.tokenizer(TEXTS, padding=True, return_tensors="pt")
    looked = look_of_teacher(encoder, batch["input_ids"], batch["attention_mask"])
    assert len(looked.hidden) == 4 and len(looked.scores) == 3
    assert looked.scores[0].shape[:2] == (4, 2) and not looked.scores[0].requires_grad
    assert not encoder.model.encoder.layer[0].attention.self.query._forward_hooks


def test_a_student_learns_the_layers_and_keeps_its_head(tokenizer, tiny_encoder):
    student = pupil(tokenizer)
    prepared, head = lessons(tiny_encoder(), TEXTS, size=2), student.head.weight.clone()
    history = teach_layers(student, prepared, steps=60, lr=1e-2, progress=False)
    assert history.losses[-1] < 0.5 * history.losses[0]
    assert torch.equal(head, student.head.weight)


# --- training some word vectors only -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bag", "cnn", "bilstm"])
def test_training_the_used_words_alone_gives_the_same_student(tokenizer, kind):
    students = [make_student(kind, len(tokenizer), ["warm", "cold"], dim=8) for _ in range(2)]
    distil(students[0], TEXTS, LOGITS, steps=8, lr=0.02, progress=False)
    with only_words_of(students[1], TEXTS):
        assert sum(p.numel() for p in students[1].parameters()) < 40_000
        distil(students[1], TEXTS, LOGITS, steps=8, lr=0.02, progress=False)
    for one, other in zip(*(student.parameters() for student in students), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_another_text_inside_is_an_error_and_the_words_come_back_all_the_same(tokenizer):
    student = make_student("bag", len(tokenizer), 2, dim=8)
    with pytest.raises(IndexError), only_words_of(student, TEXTS):
        student.logits(["battery"])
    assert student.embedding.num_embeddings == len(tokenizer)


# --- the stored table ---------------------------------------------------------------------------------------------


def row(way, validation, test, seed=0):
    scores = {"validation": validation, "test": test}
    return {"kind": "cnn", "way": way, "seed": seed, "parameters": 9, "ms": 1} | scores


def test_the_claims_way_is_chosen_on_validation():
    table = [row("soft", 0.6, 0.5), row("logits", 0.5, 0.9)]
    assert claimed_way(table) == "soft"
    assert frontier(table) == {"cnn": {"soft": 0.5, "logits": 0.9, "parameters": 9, "ms": 1}}


def test_the_seeds_of_each_way_are_counted():
    found = ways_of([row("soft", 0.6, 0.5), row("soft", 0.7, 0.7, seed=1), row("hint", 0.5, 0.9)], "cnn")
    assert found["soft"] == pytest.approx({"test": 0.6, "spread": 0.02**0.5, "validation": 0.65, "seeds": 2})
    assert found["hint"] == {"test": 0.9, "spread": "", "validation": 0.5, "seeds": 1}
