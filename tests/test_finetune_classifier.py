"""The classifier, its loss and its labels: by hand, against torch and scikit-learn, by property."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from companion.finetune import TextClassifier, accuracy, batches, classification_loss, labels_to_rows
from companion.finetune.classifier import alike_batches, classes_of, row_batches

TEXTS = ["where is my parcel", "it broke", "cancel it please", "my lamp is dead and it will not start", "hello"]


class HandThrough(nn.Module):
    """A model whose logits are the batch's own "texts", so that the loss runs on plain tensors."""

    def forward(self, logits):
        return logits


def test_loss_by_hand():
    logits = torch.tensor([[0.0, 0.0], [0.0, math.log(3)]])
    # -ln 1/2 and -ln 3/4
    loss = classification_loss(HandThrough(), (logits, torch.tensor([0, 1])))
    assert loss.item() == pytest.approx((math.log(2) - math.log(0.75)) / 2, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(2, 9), st.integers(0, 999))
def test_loss_equals_scikit_learn(count, classes, seed):
    from sklearn.metrics import log_loss

    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(count, classes, generator=generator)
    rows = torch.randint(classes, (count,), generator=generator)
    expected = log_loss(rows, torch.softmax(logits.double(), 1), labels=range(classes))
    assert classification_loss(HandThrough(), (logits, rows)).item() == pytest.approx(expected, abs=1e-5)


def test_logits_are_the_head_over_the_encoders_vectors(tiny_encoder):
    encoder = tiny_encoder()
    model = TextClassifier(encoder, ["a", "b", "c"])
    expected = encoder.encode(TEXTS) @ model.head.weight.detach().numpy().T + model.head.bias.detach().numpy()
    np.testing.assert_allclose(model(TEXTS).detach().numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(model.logits(TEXTS, batch_size=2), expected, atol=1e-5)
    assert model.predict(TEXTS) == [model.classes[row] for row in expected.argmax(1)]
    assert model.encoder is encoder and not model.training


def test_prediction_is_without_dropout_even_in_the_midst_of_training(tiny_encoder):
    model = TextClassifier(tiny_encoder(), ["a", "b"]).train()
    assert not torch.equal(model(TEXTS), model(TEXTS))
    assert np.array_equal(model.logits(TEXTS), model.logits(TEXTS))


def test_accuracy_by_hand(tiny_encoder):
    model = TextClassifier(tiny_encoder(), ["a", "b"])
    model.head.weight.data.zero_()
    model.head.bias.data = torch.tensor([0.0, 1.0])  # everything is "b"
    assert accuracy(model, TEXTS, ["a", "b", "b", "a", "b"]) == pytest.approx(0.6)
    assert accuracy(model, TEXTS, [0, 1, 1, 0, 1]) == pytest.approx(0.6)


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_rows_pass_as_they_are(kind):
    assert labels_to_rows(kind([2, 0, 1]), ["x", "y", "z"]).tolist() == [2, 0, 1]


def test_names_become_rows():
    rows = labels_to_rows(np.array(["z", "x"]), ["x", "y", "z"])
    assert rows.tolist() == [2, 0] and rows.dtype == torch.int64
    assert classes_of(["b", "a", "b"]) == ["a", "b"]
    assert classes_of(torch.tensor([3, 0])) == ["0", "1", "2", "3"]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(1, 8), st.integers(0, 99))
def test_a_pass_draws_every_row_once(count, size, seed):
    draw, per_pass = row_batches(count, size, seed), -(-count // size)
    for start in (0, per_pass):
        assert sorted(row for step in range(start, start + per_pass) for row in draw(step)) == list(range(count))
    assert draw(3) == row_batches(count, size, seed)(3)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 8), st.integers(1, 5), st.integers(0, 99))
def test_alike_batches_draw_every_row_once_too(count, size, window, seed):
    draw, per_pass = alike_batches([row * 7 % 11 for row in range(count)], size, seed, window), -(-count // size)
    for start in (0, per_pass):
        assert sorted(row for step in range(start, start + per_pass) for row in draw(step)) == list(range(count))


def test_alike_batches_hold_alike_lengths():
    lengths = [1, 9, 2, 8, 3, 7, 4, 6]
    draw = alike_batches(lengths, size=2, seed=0, window=4)  # the whole set is one window
    drawn = [tuple(lengths[row] for row in draw(step)) for step in range(8)]
    assert set(drawn[:4]) == {(1, 2), (3, 4), (6, 7), (8, 9)} == set(drawn[4:]) and drawn[:4] != drawn[4:]


def test_batches_keep_text_and_label_together():
    rows = torch.arange(5)
    batch = batches(TEXTS, rows, size=2, seed=1)
    for step in range(6):
        texts, labels = batch(step)
        assert texts == [TEXTS[row] for row in labels]
    assert batch(0)[0] != batches(TEXTS, rows, size=2, seed=2)(0)[0] or batch(1)[0] != batches(TEXTS, rows, 2, 2)(1)[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: TextClassifier(m.encoder, ["only"]), "at least two classes"),
        (lambda m: TextClassifier(m.encoder, []), "at least two classes"),
        (lambda m: TextClassifier(m.encoder, ["a", "a"]), "each class once"),
        (lambda m: classes_of(["a", "a"]), "holds only 'a'"),
        (lambda m: classes_of([]), "is empty"),
        (lambda m: labels_to_rows(["a", "q"], m.classes), "no class 'q': give one of a, b"),
        (lambda m: labels_to_rows([0, 2], m.classes), "Label 2 is out of range: give rows from 0 to 1"),
        (lambda m: labels_to_rows([-1], m.classes), "Label -1 is out of range"),
        (lambda m: m([]), "no texts: give at least one"),
        (lambda m: m.predict([]), "no texts: give at least one"),
        (lambda m: m.predict("a text"), "pass a list"),
        (lambda m: accuracy(m, TEXTS, ["a"]), "5 texts came with 1 labels"),
        (lambda m: batches([], torch.tensor([])), "no texts: give at least one"),
        (lambda m: batches(TEXTS, torch.arange(5), size=0), "at least one text a step"),
    ],
)
def test_what_cannot_be_names_the_fix(tiny_encoder, call, message):
    with pytest.raises(ValueError, match=message):
        call(TextClassifier(tiny_encoder(), ["a", "b"]))
