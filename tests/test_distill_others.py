"""The losses against the formulas of TextBrewer (Apache-2.0) and mdistiller (MIT), written out here in plain loops.

Neither is installed: TextBrewer is 0.2.1, mdistiller is no package. Where they differ from ours, the test says by what.
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.distill import (
    attention_transfer_loss,
    hint_loss,
    rkd_angle_loss,
    rkd_distance_loss,
    soft_target_loss,
)

seeds, temperatures = st.integers(0, 9999), st.floats(0.5, 8)
few = settings(max_examples=20, deadline=None)


def rows(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def softmax(logits, T=1.0):
    powers = [math.exp(logit / T) for logit in logits]
    return [power / sum(powers) for power in powers]


def cross_entropy(p, q):
    return -sum(a * math.log(b) for a, b in zip(p, q, strict=True))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


@few
@given(seeds, temperatures)
def test_textbrewer_kd_ce_is_ours_over_t_squared_plus_the_teachers_entropy(seed, T):
    """`kd_ce_loss` is a cross-entropy, without T squared: other values, the same direction of the gradient."""
    student, teacher = rows(5, 4, seed=seed), rows(5, 4, seed=seed + 1)
    ps, qs = ([softmax(row, T) for row in logits.tolist()] for logits in (teacher, student))
    theirs = mean(cross_entropy(p, q) for p, q in zip(ps, qs, strict=True))
    entropy = mean(cross_entropy(p, p) for p in ps)
    assert soft_target_loss(student, teacher, T).item() == pytest.approx((theirs - entropy) * T**2, abs=1e-6)


@few
@given(seeds, temperatures)
def test_textbrewer_kd_ce_of_three_dimensions_is_a_mean_over_tokens(seed, T):
    student, teacher = rows(2, 3, 4, seed=seed), rows(2, 3, 4, seed=seed + 1)
    pairs = list(zip(teacher.flatten(0, 1).tolist(), student.flatten(0, 1).tolist(), strict=True))
    soft = [(softmax(t, T), softmax(s, T)) for t, s in pairs]
    theirs = mean(cross_entropy(p, q) - cross_entropy(p, p) for p, q in soft)
    assert soft_target_loss(student, teacher, T).item() == pytest.approx(theirs * T**2, abs=1e-6)


@few
@given(seeds)
def test_textbrewer_kd_mse_is_where_ours_goes_for_a_large_t(seed):
    """`kd_mse_loss` on logits: for a large T and centred logits ours is half the squared error (1503.02531)."""
    student, teacher = (rows(3, 5, seed=s) for s in (seed, seed + 1))
    student, teacher = (logits - logits.mean(1, keepdim=True) for logits in (student, teacher))
    pairs = zip(student.flatten().tolist(), teacher.flatten().tolist(), strict=True)
    theirs = mean((a - b) ** 2 for a, b in pairs)
    assert soft_target_loss(student, teacher, T=1000).item() == pytest.approx(theirs / 2, rel=0.01, abs=1e-4)


@few
@given(seeds)
def test_textbrewer_hid_mse_with_a_mask_is_ours_of_the_real_tokens(seed):
    """`hid_mse_loss` divides by valid tokens times width; ours is given the valid tokens."""
    student, teacher = rows(2, 4, 3, seed=seed), rows(2, 4, 3, seed=seed + 1)
    mask = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0]])
    kept = [(i, j) for i in range(2) for j in range(4) if mask[i, j]]
    squares = [(student[i, j, k] - teacher[i, j, k]).item() ** 2 for i, j in kept for k in range(3)]
    theirs = sum(squares) / (len(kept) * 3)
    real = mask.bool()
    assert hint_loss(student[real], teacher[real]).item() == pytest.approx(theirs, abs=1e-9)


@few
@given(seeds)
def test_textbrewer_att_ce_for_one_head_is_ours_plus_the_entropy(seed):
    """`att_ce_loss` takes scores before the softmax; with one head both compare the same rows of attention."""
    student, teacher = rows(2, 1, 3, 3, seed=seed), rows(2, 1, 3, 3, seed=seed + 1)
    ps = [softmax(row) for row in teacher.reshape(-1, 3).tolist()]
    qs = [softmax(row) for row in student.reshape(-1, 3).tolist()]
    theirs = mean(cross_entropy(p, q) for p, q in zip(ps, qs, strict=True))
    entropy = mean(cross_entropy(p, p) for p in ps)
    ours = attention_transfer_loss(student.softmax(-1), teacher.softmax(-1)).item()
    assert ours == pytest.approx(theirs - entropy, abs=1e-9)


@few
@given(seeds, temperatures)
def test_mdistiller_kd_is_ours(seed, T):
    """`kd_loss`: the sum over classes, the mean over rows, times T squared."""
    student, teacher = rows(4, 6, seed=seed), rows(4, 6, seed=seed + 1)
    soft = [(softmax(t, T), softmax(s, T)) for t, s in zip(teacher.tolist(), student.tolist(), strict=True)]
    theirs = T**2 * mean(sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)) for p, q in soft)
    assert soft_target_loss(student, teacher, T).item() == pytest.approx(theirs, abs=1e-6)


@few
@given(seeds, st.integers(3, 6))
def test_mdistiller_rkd_is_25_times_our_distance_and_50_times_our_angle(seed, n):
    """`rkd_loss` with its default weights; its distances come from |a|^2 + |b|^2 - 2ab."""
    student, teacher = rows(n, 4, seed=seed), rows(n, 5, seed=seed + 1)
    theirs = 25 * smooth_l1(distances(student), distances(teacher)) + 50 * smooth_l1(angles(student), angles(teacher))
    ours = 25 * rkd_distance_loss(student, teacher) + 50 * rkd_angle_loss(student, teacher)
    assert ours.item() == pytest.approx(theirs, abs=1e-4)


def smooth_l1(ones, others):
    errors = [abs(a - b) for a, b in zip(ones, others, strict=True)]
    return mean(e**2 / 2 if e < 1 else e - 0.5 for e in errors)


def distances(x):
    n, squares = len(x), [float(row @ row) for row in x]
    table = [[squares[i] + squares[j] - 2 * float(x[i] @ x[j]) for j in range(n)] for i in range(n)]
    flat = [0.0 if i == j else math.sqrt(max(table[i][j], 1e-12)) for i in range(n) for j in range(n)]
    middle = mean(d for d in flat if d > 0)
    return [d / middle for d in flat]


def angles(x):
    n, directions = len(x), {}
    for i in range(n):
        for j in range(n):
            difference = x[j] - x[i]
            directions[i, j] = difference / max(float(difference.norm()), 1e-12)
    return [float(directions[i, j] @ directions[i, k]) for i in range(n) for j in range(n) for k in range(n)]
