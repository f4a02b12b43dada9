"""The losses by hand, against torch, SciPy and scikit-learn, and by property."""

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from companion.distill import (
    attention_transfer_loss,
    hint_loss,
    rkd_angle_loss,
    rkd_distance_loss,
    soft_target_loss,
)
from companion.training import train

seeds = st.integers(0, 9999)
few = settings(max_examples=25, deadline=None)


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- by hand ------------------------------------------------------------------------------------------


def test_soft_targets_by_hand():
    # at T = 1: teacher (3/4, 1/4), student (1/2, 1/2): KL = 3/4 ln(3/2) + 1/4 ln(1/2)
    teacher, student = torch.tensor([[math.log(3), 0.0]]), torch.zeros(1, 2)
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert soft_target_loss(student, teacher, T=1).item() == pytest.approx(expected, abs=1e-6)
    # logits twice as large at T = 2 give the same probabilities, and T squared is 4
    assert soft_target_loss(2 * student, 2 * teacher, T=2).item() == pytest.approx(4 * expected, abs=1e-6)


def test_it_is_the_documents_listing():
    student, teacher = randn(6, 5, seed=1), randn(6, 5, seed=2)
    T = 3
    soft_teacher = F.softmax(teacher / T, dim=-1)
    soft_student = F.log_softmax(student / T, dim=-1)
    listing = F.kl_div(soft_student, soft_teacher, reduction="batchmean") * T**2
    assert soft_target_loss(student, teacher).item() == pytest.approx(listing.item(), abs=1e-6)


def test_three_dimensions_are_the_mean_over_valid_tokens():
    student, teacher = randn(2, 4, 7, seed=1), randn(2, 4, 7, seed=2)
    flat = soft_target_loss(student.reshape(8, 7), teacher.reshape(8, 7))
    assert soft_target_loss(student, teacher).item() == pytest.approx(flat.item(), abs=1e-6)
    mask = torch.tensor([[1, 1, 0, 0], [0, 1, 1, 1]])
    kept = [(0, 0), (0, 1), (1, 1), (1, 2), (1, 3)]
    one_by_one = [soft_target_loss(student[i, j][None], teacher[i, j][None]).item() for i, j in kept]
    assert soft_target_loss(student, teacher, mask=mask).item() == pytest.approx(np.mean(one_by_one), abs=1e-5)


def test_what_is_masked_may_be_anything():
    student, teacher = randn(1, 3, 4, seed=1), randn(1, 3, 4, seed=2)
    mask = torch.tensor([[True, True, False]])
    before = soft_target_loss(student, teacher, mask=mask)
    student[0, 2], teacher[0, 2] = torch.nan, torch.inf
    assert soft_target_loss(student, teacher, mask=mask) == before


def test_hint_by_hand():
    student, teacher = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 4.0]])
    assert hint_loss(student, teacher).item() == pytest.approx((1 + 4) / 2)
    regressor = nn.Linear(2, 3, bias=False)
    nn.init.ones_(regressor.weight)  # every output is 1 + 2
    assert hint_loss(student, torch.zeros(1, 3), regressor).item() == pytest.approx(9.0)


def test_rkd_distance_by_hand():
    # distances 3, 4, 5 against three equal ones: each over its mean is 0.75, 1, 1.25 against 1
    student = torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    teacher = torch.eye(3)
    expected = 2 * (0.25**2 / 2 + 0 + 0.25**2 / 2) / 9
    assert rkd_distance_loss(student, teacher).item() == pytest.approx(expected, abs=1e-6)


def test_rkd_angle_by_hand():
    # right angle with equal legs: cosines 0, 1/sqrt 2, 1/sqrt 2; equilateral: 1/2 thrice. Six of 27 triplets
    # have three different samples; those with j == k add 1 - 1, those at themselves 0.
    student = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    near = math.sqrt(0.5) - 0.5
    expected = 2 * (0.5**2 / 2 + 2 * near**2 / 2) / 27
    assert rkd_angle_loss(student, torch.eye(3)).item() == pytest.approx(expected, abs=1e-6)


def test_attention_by_hand():
    # teacher's heads (1, 0) and (1/2, 1/2) have the mean (3/4, 1/4); the student looks evenly
    teacher = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.5, 0.5], [0.5, 0.5]]])[None]  # (1, 2, 2, 2)
    student = torch.full((1, 1, 2, 2), 0.5)
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert attention_transfer_loss(student, teacher).item() == pytest.approx(expected, abs=1e-6)


def test_attention_of_padding_does_not_count():
    student, teacher = randn(2, 2, 4, 4, seed=1).softmax(-1), randn(2, 3, 4, 4, seed=2).softmax(-1)
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    before = attention_transfer_loss(student, teacher, mask)
    student[1, :, 2:] = teacher[1, :, 2:] = torch.tensor([0.0, 0.0, 0.0, 1.0])
    assert attention_transfer_loss(student, teacher, mask) == before


# --- other implementations ----------------------------------------------------------------------------


def test_soft_targets_against_torch_distributions():
    from torch.distributions import Categorical, kl_divergence

    student, teacher, T = randn(5, 6, seed=3), randn(5, 6, seed=4), 2.5
    expected = kl_divergence(Categorical(logits=teacher / T), Categorical(logits=student / T)).mean() * T**2
    assert soft_target_loss(student, teacher, T).item() == pytest.approx(expected.item(), abs=1e-6)


def test_soft_targets_against_scipy():
    from scipy.special import softmax
    from scipy.stats import entropy

    student, teacher = randn(4, 3, seed=5), randn(4, 3, seed=6)
    rows = [entropy(softmax(t / 3), softmax(s / 3)) for s, t in zip(student.numpy(), teacher.numpy(), strict=True)]
    assert soft_target_loss(student, teacher).item() == pytest.approx(9 * np.mean(rows), abs=1e-5)


def smooth_l1(error):
    return error**2 / 2 if abs(error) < 1 else abs(error) - 0.5


def distances_by_loops(rows):
    n = len(rows)
    table = {(i, j): math.dist(rows[i], rows[j]) for i in range(n) for j in range(n)}
    nonzero = [d for d in table.values() if d > 0]
    return {pair: d * len(nonzero) / sum(nonzero) for pair, d in table.items()}


def angles_by_loops(rows):
    def direction(i, j):
        difference = [b - a for a, b in zip(rows[i], rows[j], strict=True)]
        length = math.hypot(*difference)
        return [d / length if length else 0.0 for d in difference]

    triplets = itertools.product(range(len(rows)), repeat=3)
    return {(i, j, k): float(np.dot(direction(i, j), direction(i, k))) for i, j, k in triplets}


@pytest.mark.parametrize("seed", range(5))
def test_rkd_against_loops_over_the_authors_formulas(seed):
    student, teacher = randn(5, 3, seed=seed) * 3, randn(5, 7, seed=seed + 100)
    for mine, by_loops in ((rkd_distance_loss, distances_by_loops), (rkd_angle_loss, angles_by_loops)):
        s, t = by_loops(student.tolist()), by_loops(teacher.tolist())
        expected = np.mean([smooth_l1(s[key] - t[key]) for key in s])
        assert mine(student, teacher).item() == pytest.approx(expected, abs=1e-5)


def test_rkd_distance_against_scikit_learn():
    from sklearn.metrics import pairwise_distances

    student, teacher = randn(6, 4, seed=1).numpy(), randn(6, 9, seed=2).numpy()
    s, t = (d / d[d > 1e-5].mean() for d in (pairwise_distances(x) for x in (student, teacher)))
    expected = F.smooth_l1_loss(torch.tensor(s), torch.tensor(t)).item()
    assert rkd_distance_loss(torch.tensor(student), torch.tensor(teacher)).item() == pytest.approx(expected, abs=1e-5)


# --- properties ---------------------------------------------------------------------------------------


@few
@given(seeds, st.floats(0.3, 10), st.integers(1, 5), st.integers(2, 6))
def test_soft_targets_properties(seed, T, rows, classes):
    student, teacher = randn(rows, classes, seed=seed), randn(rows, classes, seed=seed + 1)
    loss = soft_target_loss(student, teacher, T).item()
    assert loss >= -1e-5
    assert soft_target_loss(teacher, teacher, T).item() == pytest.approx(0, abs=1e-5)
    shifted = soft_target_loss(student + 3, teacher - 2, T).item()  # a constant on all logits changes nothing
    assert shifted == pytest.approx(loss, abs=1e-4)
    twice = soft_target_loss(student.repeat(2, 1), teacher.repeat(2, 1), T).item()
    assert twice == pytest.approx(loss, abs=1e-5)


@few
@given(seeds, st.integers(1, 6))
def test_the_length_of_padding_changes_nothing(seed, padding):
    student, teacher = randn(2, 3, 5, seed=seed), randn(2, 3, 5, seed=seed + 1)
    longer = [F.pad(logits, (0, 0, 0, padding), value=9.0) for logits in (student, teacher)]
    mask = F.pad(torch.ones(2, 3), (0, padding))
    expected = soft_target_loss(student, teacher).item()
    assert soft_target_loss(*longer, mask=mask).item() == pytest.approx(expected, abs=1e-5)


def test_gradients_stay_comparable_because_of_t_squared():
    """At a high temperature the gradient tends to (student - teacher) / classes, whatever T is (1503.02531)."""
    teacher = randn(1, 4, seed=1)
    teacher = teacher - teacher.mean()
    for T in (50, 100):
        student = torch.zeros(1, 4, requires_grad=True)
        soft_target_loss(student, teacher, T).backward()
        torch.testing.assert_close(student.grad, -teacher / 4, atol=0.02, rtol=0)


@few
@given(seeds, st.floats(0.01, 100), st.floats(0.01, 100), st.integers(3, 7))
def test_relations_know_no_scale_shift_or_rotation(seed, one, other, n):
    student, teacher = randn(n, 4, seed=seed), randn(n, 6, seed=seed + 1)
    turn, _ = torch.linalg.qr(randn(4, 4, seed=seed + 2))
    for loss in (rkd_distance_loss, rkd_angle_loss):
        moved = loss(one * (student + 1) @ turn, other * (teacher - 0.5))
        assert moved.item() == pytest.approx(loss(student, teacher).item(), abs=1e-4)
        assert loss(2 * teacher, teacher).item() == pytest.approx(0, abs=1e-5)


@few
@given(seeds, st.integers(1, 4), st.integers(1, 4))
def test_attention_is_zero_for_equal_means_and_else_positive(seed, heads, times):
    teacher = randn(2, heads, 5, 5, seed=seed).softmax(-1)
    student = randn(2, times, 5, 5, seed=seed + 1).softmax(-1)
    assert attention_transfer_loss(teacher.repeat(1, times, 1, 1), teacher).item() == pytest.approx(0, abs=1e-5)
    assert attention_transfer_loss(student, teacher).item() > -1e-6


def test_two_equal_samples_have_finite_gradients():
    student = torch.ones(4, 3, requires_grad=True)
    teacher = randn(4, 3)
    (rkd_distance_loss(student, teacher) + rkd_angle_loss(student, teacher)).backward()
    assert torch.isfinite(student.grad).all()


def test_no_loss_moves_the_teacher():
    teacher = randn(4, 5).requires_grad_()
    attended = randn(1, 2, 3, 3, seed=1).requires_grad_()
    student = randn(4, 5, seed=2).requires_grad_()
    total = soft_target_loss(student, teacher) + hint_loss(student, teacher)
    total = total + rkd_distance_loss(student, teacher) + rkd_angle_loss(student, teacher)
    total = total + attention_transfer_loss(randn(1, 1, 3, 3).softmax(-1), attended.softmax(-1))
    total.backward()
    assert teacher.grad is None and attended.grad is None and student.grad.abs().sum() > 0


def test_the_regressor_moves_only_if_the_optimizer_knows_it():
    student, teacher = nn.Linear(3, 2), randn(8, 5, seed=1)
    batch = (randn(8, 3), teacher)

    def moved(with_regressor):
        torch.manual_seed(0)
        regressor = nn.Linear(2, 5)
        before = regressor.weight.detach().clone()
        parameters = [*student.parameters(), *(regressor.parameters() if with_regressor else [])]
        train(
            student, [batch], lambda m, b: hint_loss(m(b[0]), b[1], regressor), 3, parameters=parameters, progress=False
        )
        return not torch.equal(before, regressor.weight)

    assert moved(True) and not moved(False)


# --- errors: one sentence that says what to do ---------------------------------------------------------

GOOD = torch.zeros(2, 3)
NAN = torch.full((2, 3), torch.nan)
EVEN = torch.full((1, 2, 2, 2), 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: soft_target_loss(GOOD, GOOD, T=0), "above 0"),
        (lambda: soft_target_loss(GOOD, GOOD, T=-1), "above 0"),
        (lambda: soft_target_loss(GOOD, GOOD, T=math.nan), "above 0"),
        (lambda: soft_target_loss(GOOD, torch.zeros(2, 4)), "make them the same"),
        (lambda: soft_target_loss(torch.zeros(3), torch.zeros(3)), "2 or 3"),
        (lambda: soft_target_loss(torch.zeros(0, 3), torch.zeros(0, 3)), "at least one row"),
        (lambda: soft_target_loss(NAN, GOOD), "student's logits hold NaN"),
        (lambda: soft_target_loss(GOOD, NAN), "teacher's logits hold NaN"),
        (lambda: soft_target_loss(GOOD, GOOD, mask=torch.zeros(2)), "all zeros"),
        (lambda: soft_target_loss(GOOD, GOOD, mask=torch.ones(3)), "mask has shape"),
        (lambda: soft_target_loss(GOOD, GOOD, mask=torch.tensor([5, -100])), "labels != -100"),
        (lambda: hint_loss(GOOD, torch.zeros(2, 4)), "pass a regressor"),
        (lambda: hint_loss(GOOD, torch.zeros(3, 3)), "make them the same"),
        (lambda: hint_loss(GOOD, torch.zeros(2, 4), nn.Linear(3, 5)), "make them the same"),
        (lambda: hint_loss(NAN, GOOD), "NaN"),
        (lambda: rkd_distance_loss(GOOD, torch.zeros(3, 3)), "one row a sample"),
        (lambda: rkd_distance_loss(GOOD[:1], GOOD[:1]), "at least 2"),
        (lambda: rkd_angle_loss(GOOD, GOOD), "at least 3"),
        (lambda: rkd_distance_loss(NAN, GOOD), "NaN"),
        (lambda: attention_transfer_loss(EVEN, torch.full((1, 2, 3, 3), 1 / 3)), "do not fit"),
        (lambda: attention_transfer_loss(torch.ones(2, 2), torch.ones(2, 2)), "do not fit"),
        (lambda: attention_transfer_loss(EVEN, EVEN * 4), "after the softmax"),
        (lambda: attention_transfer_loss(EVEN, EVEN, torch.zeros(1, 2)), "all zeros"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
