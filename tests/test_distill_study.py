"""Distilling: by hand, against torch, by property; and that terms are trained along."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.distill import (
    AttentionTransfer,
    Hint,
    Relations,
    accuracy,
    distil,
    encoder_attentions,
    latency_ms,
    make_student,
)
from companion.distill.study import see, transfer_batches

TEXTS = ["it is warm", "so warm today", "very warm", "it is cold", "so cold today", "very cold"]
LABELS = ["warm"] * 3 + ["cold"] * 3
LOGITS = torch.tensor([[2.0, 0.0]] * 3 + [[0.0, 2.0]] * 3)
SMALL = {"bag": {}, "cnn": {"filters": 8}, "bilstm": {"hidden": 8}, "transformer": {"heads": 2}}


@pytest.fixture(scope="module")
def vocab(tokenizer):
    return len(tokenizer)


def pupil(vocab, kind="bag", seed=0, dropout=0.0):
    return make_student(kind, vocab, ["warm", "cold"], seed, dim=8, dropout=dropout, **SMALL[kind])


def quiet(student, *args, steps=30, lr=0.05, **options):
    return distil(student, TEXTS, *args, steps=steps, lr=lr, progress=False, **options)


# --- by hand, and against torch -------------------------------------------------------------------------


def test_the_first_loss_is_the_formula(vocab):
    for soft in (0.0, 0.25, 1.0):
        model = pupil(vocab)
        logits = torch.from_numpy(model.logits(TEXTS))
        kl = F.kl_div((logits / 3).log_softmax(-1), (LOGITS / 3).softmax(-1), reduction="batchmean") * 9
        hard = F.cross_entropy(logits, torch.tensor([0] * 3 + [1] * 3))
        history = quiet(model, LOGITS, LABELS, steps=1, soft=soft)
        assert history.losses[0] == pytest.approx((soft * kl + (1 - soft) * hard).item(), abs=1e-5)


def test_one_kind_of_target_alone_ignores_the_share(vocab):
    only_hard = quiet(pupil(vocab), labels=LABELS, steps=1).losses
    only_soft = quiet(pupil(vocab), LOGITS, steps=1).losses
    assert only_hard == quiet(pupil(vocab), LOGITS, LABELS, steps=1, soft=0.0).losses
    assert only_soft == quiet(pupil(vocab), LOGITS, LABELS, steps=1, soft=1.0).losses


def test_the_fused_optimizer_is_adamw(vocab):
    students = []
    for options in ({}, {"optimizer": torch.optim.AdamW}):
        students.append(pupil(vocab))
        quiet(students[-1], LOGITS, **options)
    for mine, plain in zip(*(s.parameters() for s in students), strict=True):
        torch.testing.assert_close(mine, plain, atol=1e-4, rtol=1e-3)


def test_accuracy_by_hand(vocab):
    model = pupil(vocab)
    right = model.predict(TEXTS)
    assert accuracy(model, TEXTS, right) == 1.0
    turned = ["cold" if name == "warm" else "warm" for name in right]
    assert accuracy(model, TEXTS, turned) == 0.0
    assert accuracy(model, TEXTS, right[:2] + turned[2:]) == pytest.approx(2 / 6)
    assert accuracy(model, TEXTS, [model.classes.index(name) for name in right]) == 1.0


def test_latency_is_of_whole_batches(vocab):
    sizes = []

    class Slow:
        def logits(self, texts):
            sizes.append(len(texts))

    assert latency_ms(Slow(), TEXTS, batch_size=2, repeat=4) >= 0
    assert sizes == [2] * 7
    assert latency_ms(pupil(vocab), TEXTS, repeat=3) > 0


# --- learning -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("targets", [{"labels": LABELS}, {"teacher_logits": LOGITS}])
def test_every_student_learns_from_either(vocab, kind, targets):
    model = pupil(vocab, kind)
    history = quiet(model, **targets, steps=60, lr=0.03, batch_size=6)
    assert history.losses[-1] < history.losses[0] / 2
    assert accuracy(model, TEXTS, LABELS) == 1.0


def test_soft_targets_hand_over_the_doubts(vocab):
    """A student of soft targets ends at the teacher's probabilities; one of hard labels is ever surer."""
    doubting = torch.tensor([[0.5, 0.0]] * 3 + [[0.0, 0.5]] * 3)
    soft, hard = pupil(vocab), pupil(vocab)
    quiet(soft, doubting, steps=200, batch_size=6)
    quiet(hard, None, LABELS, steps=200, batch_size=6)
    sure = [torch.from_numpy(m.logits(TEXTS)).softmax(-1).max(-1).values for m in (soft, hard)]
    torch.testing.assert_close(sure[0], doubting.softmax(-1).max(-1).values, atol=0.03, rtol=0)
    assert sure[1].min() > 0.95


def test_terms_are_trained_along(vocab, tokenizer):
    teacher = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    model = pupil(vocab, "transformer")
    length = int(model.tokens(TEXTS)[1].shape[1])
    hint = Hint(teacher, model.features_dim)
    before = hint.regressor.weight.detach().clone()
    attended = torch.rand(6, 3, length + 2, length + 2).softmax(-1)
    attended[..., length:] = 0
    attended = attended / attended.sum(-1, keepdim=True)
    terms = [hint, Relations(teacher, weight=0.5), AttentionTransfer(attended)]
    history = quiet(model, LOGITS, terms=terms, steps=60, batch_size=6, lr=0.01)
    assert not torch.equal(before, hint.regressor.weight)
    assert history.losses[-1] < history.losses[0]


def test_a_term_alone_is_enough_to_learn_from(vocab):
    model = pupil(vocab)
    history = quiet(model, terms=[Relations(LOGITS + torch.arange(6)[:, None] / 9)], batch_size=6)
    assert history.losses[-1] < history.losses[0]


def test_attentions_of_the_encoder_fit_a_student():
    from companion.models import load_encoder

    encoder = load_encoder()
    model = make_student("transformer", len(encoder.tokenizer), 2, dim=8, heads=2)
    ids, mask = model.tokens(TEXTS)
    before = encoder.encode(TEXTS)
    attended = encoder_attentions(encoder, TEXTS, 12)
    assert attended.shape == (6, 12, 12, 12)
    np.testing.assert_allclose(encoder.encode(TEXTS), before, atol=1e-6)  # it is left as it was
    loss = AttentionTransfer(attended, weight=2.0)(see(model, ids, mask, True), torch.arange(6))
    assert loss.item() > 0


# --- properties -----------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 99))
def test_batches_are_full_and_a_pass_repeats_nothing(n, size, seed):
    rows, per_pass = transfer_batches(n, size, seed), max(1, n // size)
    one_pass = torch.cat([rows(step) for step in range(per_pass)]).tolist()
    assert len(set(one_pass)) == len(one_pass) == min(n, per_pass * size)
    assert all(len(rows(step)) == min(n, size) for step in range(2 * per_pass))
    assert torch.equal(rows(3), transfer_batches(n, size, seed)(3))


def test_a_seed_is_a_run(vocab):
    weights = []
    for seed in (1, 1, 2):
        model = pupil(vocab, "cnn", dropout=0.5)
        quiet(model, LOGITS, seed=seed, batch_size=2, steps=8)
        weights.append(model.head.weight.detach().clone())
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_a_checkpoint_goes_on(vocab, tmp_path):
    whole, cut = pupil(vocab, "cnn", dropout=0.5), pupil(vocab, "cnn", dropout=0.5)
    quiet(whole, LOGITS, steps=6, batch_size=2)

    options = {"checkpoint": tmp_path / "run", "steps": 6, "batch_size": 2}
    quiet(pupil(vocab, "cnn", dropout=0.5), LOGITS, **options)
    quiet(cut, LOGITS, **options)  # all six steps are done: the weights come from the file
    torch.testing.assert_close(cut.head.weight, whole.head.weight)


# --- errors: one sentence that says what to do ------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": None}, "nothing to learn from"),
        ({"texts": [], "labels": []}, "empty"),
        ({"labels": LABELS[:5]}, "6 texts and 5 labels"),
        ({"labels": ["warm"] * 5 + ["hot"]}, "out of range"),
        ({"labels": [0] * 5 + [2]}, "from 0 to 1"),
        ({"labels": ["warm"] * 6}, "at least two classes"),
        ({"teacher_logits": torch.zeros(5, 2)}, "a row for each text"),
        ({"teacher_logits": torch.zeros(6, 3)}, "a row for each text"),
        ({"teacher_logits": torch.full((6, 2), torch.nan)}, "NaN"),
        ({"teacher_logits": LOGITS, "soft": 1.5}, "between 0 and 1"),
        ({"teacher_logits": LOGITS, "T": 0}, "above 0"),
        ({"terms": [Relations(torch.zeros(5, 2))]}, "6 texts and 5 rows"),
        ({"terms": [AttentionTransfer(torch.full((6, 1, 9, 9), 1 / 9))]}, "has no attentions"),
        ({"batch_size": 0}, "at least one of each"),
    ],
)
def test_errors(vocab, changes, message):
    call = {"texts": TEXTS, "labels": LABELS, "steps": 2, "progress": False} | changes
    with pytest.raises(ValueError, match=message):
        distil(pupil(vocab), call.pop("texts"), **call)


def test_errors_of_measuring(vocab):
    with pytest.raises(ValueError, match="at least one text"):
        accuracy(pupil(vocab), [], [])
    with pytest.raises(ValueError, match="out of range"):
        accuracy(pupil(vocab), TEXTS, ["hot"] * 6)
    with pytest.raises(ValueError, match="batch of 32"):
        latency_ms(pupil(vocab), TEXTS, batch_size=32)
    with pytest.raises(ValueError, match="0 or more"):
        Relations(LOGITS, weight=-1)
