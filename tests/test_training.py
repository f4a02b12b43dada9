"""The one training loop: by hand, against torch's own optimizers, and by property."""

import math
import os

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from companion.checkpoint import read_checkpoint
from companion.training import History, learning_rate, train


def squared_error(model, batch):
    x, y = batch
    return (model(x) - y).pow(2).mean()


def one_weight(value=1.0):
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, value)
    return model


def regression_batches(n=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 16, 3, generator=generator)
    return [(a, a @ torch.tensor([[1.0], [-2.0], [0.5]])) for a in x]


def dropout_model(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1))


def quiet(model, batches, loss=squared_error, **options):
    return train(model, batches, loss, progress=False, **options)


# --- by hand ------------------------------------------------------------------------------------------


def test_one_sgd_step_by_hand():
    # w = 1, x = 2, y = 0: loss = (2w)^2 = 4, gradient 8w = 8, w - 0.1 * 8 = 0.2
    model = one_weight()
    batch = (torch.tensor([[2.0]]), torch.tensor([[0.0]]))
    history = quiet(model, [batch], steps=1, lr=0.1, clip=None, optimizer=torch.optim.SGD)
    assert history.losses == [4.0]
    assert model.weight.item() == pytest.approx(0.2)


def test_clipping_by_hand():
    # the gradient 8 is cut to 0.5, so w = 1 - 0.1 * 0.5
    model = one_weight()
    batch = (torch.tensor([[2.0]]), torch.tensor([[0.0]]))
    quiet(model, [batch], steps=1, lr=0.1, clip=0.5, optimizer=torch.optim.SGD)
    assert model.weight.item() == pytest.approx(0.95, abs=1e-5)


def test_learning_rate_by_hand():
    assert [learning_rate(s, 4) for s in range(4)] == [1.0, 0.75, 0.5, 0.25]
    assert [learning_rate(s, 4, warmup=2) for s in range(4)] == [0.5, 1.0, 1.0, 0.5]
    assert learning_rate(2, 4, schedule="cosine") == pytest.approx(0.5)
    assert learning_rate(3, 4, schedule="constant") == 1.0


# --- against torch ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW])
def test_equals_the_plain_loop(kind):
    batches, ours, plain = regression_batches(), nn.Linear(3, 1), nn.Linear(3, 1)
    plain.load_state_dict(ours.state_dict())
    quiet(ours, batches, steps=20, lr=0.05, clip=None, schedule="constant", optimizer=kind)
    optimizer = kind(plain.parameters(), lr=0.05, weight_decay=0.0)
    for step in range(20):
        optimizer.zero_grad()
        squared_error(plain, batches[step % 8]).backward()
        optimizer.step()
    torch.testing.assert_close(ours.weight, plain.weight)
    torch.testing.assert_close(ours.bias, plain.bias)


def test_linear_schedule_equals_transformers():
    from transformers import get_linear_schedule_with_warmup

    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = get_linear_schedule_with_warmup(optimizer, 0, 10)
    for step in range(10):
        assert learning_rate(step, 10) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()


# --- resume, early stop -------------------------------------------------------------------------------


class Killed(Exception):
    pass


@pytest.mark.parametrize("as_function", [True, False])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, as_function):
    batches, file = regression_batches(), tmp_path / "run" / "checkpoint.safetensors"
    feed = (lambda step: batches[step % 8]) if as_function else batches
    options = {"steps": 30, "lr": 0.01, "warmup": 5, "every": 7, "weight_decay": 0.1}
    options |= {"validate": lambda m: -squared_error(m, batches[0]).item(), "patience": 50}

    def dies(model, batch, left=[17]):  # noqa: B006  counts down over calls
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return squared_error(model, batch)

    whole, parts = dropout_model(), dropout_model()
    expected = quiet(whole, feed, **options)
    with pytest.raises(Killed):
        quiet(parts, feed, loss=dies, checkpoint=file, **options)
    resumed = quiet(dropout_model(seed=9), feed, checkpoint=file, **options)
    again = dropout_model(seed=5)
    finished = quiet(again, feed, checkpoint=file, **options)  # a finished run only loads its weights
    assert resumed.losses == expected.losses == finished.losses
    assert resumed.validation == expected.validation
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    assert os.listdir(file.parent) == [file.name]  # no partial file stays


def test_a_checkpoint_holds_no_pickle(tmp_path):
    file = tmp_path / "c.safetensors"
    quiet(one_weight(), regression_one(), steps=2, checkpoint=file)
    tensors, about = read_checkpoint(file)
    assert about["history"]["losses"] and "weight.0" in tensors and "optimizer.0.exp_avg" in tensors


def regression_one():
    return [(torch.ones(2, 1), torch.zeros(2, 1))]


def test_checkpoint_of_another_run_or_a_broken_one(tmp_path):
    file = tmp_path / "c.safetensors"
    quiet(one_weight(), regression_one(), steps=2, checkpoint=file)
    with pytest.raises(ValueError, match="another run"):
        quiet(one_weight(), regression_one(), steps=2, lr=1.0, checkpoint=file)
    with pytest.raises(ValueError, match="another run"):
        quiet(nn.Linear(1, 2), regression_one(), steps=2, checkpoint=file)
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(ValueError, match="delete it and run again"):
        quiet(one_weight(), regression_one(), steps=2, checkpoint=file)


def test_early_stop_puts_back_the_best_weights():
    scores, seen = iter([0.1, 0.9, 0.5, 0.4, 0.3]), []

    def validate(model):
        assert not model.training
        seen.append(model.weight.item())
        return next(scores)

    model = one_weight()
    history = quiet(model, regression_one(), steps=100, lr=0.01, every=2, validate=validate, patience=2)
    assert history.stopped_early and history.steps == 8 and history.best == (4, 0.9)
    assert model.weight.item() == seen[1]


# --- manners ------------------------------------------------------------------------------------------


def test_frozen_weights_stay_and_outside_parameters_train():
    model, outside = nn.Linear(3, 1), nn.Parameter(torch.zeros(1))
    model.bias.requires_grad_(False)
    before = model.bias.clone()
    loss = lambda m, b: squared_error(m, b) + (outside - 1).pow(2).sum()  # noqa: E731
    quiet(model, regression_batches(), loss, steps=5, lr=0.1, parameters=[*model.parameters(), outside])
    assert torch.equal(model.bias, before) and outside.item() > 0


def test_groups_keep_their_own_learning_rate():
    a, b = one_weight(), nn.Parameter(torch.ones(1))
    loss = lambda m, batch: m.weight.sum() + b.sum()  # noqa: E731  gradient 1 for both
    groups = [{"params": a.parameters()}, {"params": [b], "lr": 0.5}]
    quiet(a, [None], loss, steps=1, lr=0.1, parameters=groups, clip=None, optimizer=torch.optim.SGD)
    assert a.weight.item() == pytest.approx(0.9) and b.item() == pytest.approx(0.5)


def test_leaves_the_callers_random_state_and_mode():
    model = dropout_model().eval()
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    quiet(model, regression_batches(), steps=2)
    assert torch.equal(torch.rand(1), expected) and not model.training


def test_errors_say_what_to_do():
    nan = lambda m, b: m.weight.sum() * float("nan")  # noqa: E731
    with pytest.raises(FloatingPointError, match="loss became nan at step 1: lower lr"):
        quiet(one_weight(), [1], nan, steps=3)
    with pytest.raises(ValueError, match="batches ran out"):
        quiet(one_weight(), iter([]), steps=1)
    with pytest.raises(ValueError, match="batches ran out"):
        quiet(one_weight(), iter(regression_one()), steps=2)
    with pytest.raises(ValueError, match="schedule must be"):
        quiet(one_weight(), regression_one(), steps=1, schedule="step")
    with pytest.raises(ValueError, match="unfreeze"):
        quiet(one_weight().requires_grad_(False), regression_one(), steps=1)
    with pytest.raises(ValueError, match="unfreeze"):
        quiet(one_weight(), [1], lambda m, b: torch.tensor(1.0), steps=1)
    with pytest.raises(ValueError, match="pass validate="):
        quiet(one_weight(), regression_one(), steps=1, patience=1)


def test_bf16_keeps_the_weights_in_float32():
    model = nn.Linear(3, 1)
    history = quiet(model, regression_batches(), steps=40, lr=0.05, bf16=True)
    assert model.weight.dtype == torch.float32 and history.losses[-1] < history.losses[0]


# --- property -----------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    steps=st.integers(1, 300),
    warmup=st.integers(0, 300),
    schedule=st.sampled_from(["linear", "cosine", "constant"]),
)
def test_learning_rate_climbs_then_falls(steps, warmup, schedule):
    factors = [learning_rate(s, steps, warmup, schedule) for s in range(steps)]
    peak = min(warmup, steps - 1)
    assert all(0 <= f <= 1 and math.isfinite(f) for f in factors)
    assert factors[: peak + 1] == sorted(factors[: peak + 1])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), steps=st.integers(1, 12))
def test_same_seed_same_run(seed, steps):
    runs = [quiet(dropout_model(), regression_batches(), steps=steps, seed=seed) for _ in range(2)]
    assert runs[0].losses == runs[1].losses and runs[0].steps == steps


def test_history_without_validation_has_no_best():
    assert History().best is None and History().steps == 0
