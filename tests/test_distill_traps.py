"""Teachers that teach badly and students that are too small: by hand, by property, and by the stored runs' seeds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from companion.calibration import softmax
from companion.distill import traps_measure as traps
from companion.distill.traps_tables import fault_table
from companion.stored import chosen, stored

SEEDS = range(5)


def drawn(seed: int, n: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 5)) * 3


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.floats(0.2, 5), st.floats(0.5, 8))
def test_a_surer_teacher_is_the_same_teacher_at_another_temperature(seed, factor, T):
    said = {"lesson": drawn(seed)}
    louder = traps.scaled(said, factor)["lesson"]
    assert np.allclose(softmax(louder, T * factor), softmax(said["lesson"], T), atol=1e-9)
    assert (louder.argmax(1) == said["lesson"].argmax(1)).all()


def test_the_log_of_chances_gives_the_same_chances():
    logits = drawn(0)
    found = traps.log_chances(logits)
    assert np.allclose(softmax(found), softmax(logits)) and np.allclose(np.exp(found).sum(1), 1)


def test_the_gauges_by_hand(monkeypatch):
    monkeypatch.setattr(traps, "rows_of", lambda split: np.array([0, 1]))
    even = np.log(np.array([[0.8, 0.2], [0.8, 0.2]]))
    found = traps.gauges_of({"validation": even, "lesson": even})
    # one of two is right at a confidence of 0.8: 0.3 apart; the lesson leaves 0.2 beside the likeliest
    assert found == {"right": 0.5, "calibration": 0.3, "doubt": 0.2}
    assert traps.gauges_of({"validation": even, "lesson": even}, T=1e6)["doubt"] == 0.5


def test_a_teacher_is_calibrated_back_whatever_it_was_multiplied_by(monkeypatch):
    logits = drawn(1, 300)
    rng = np.random.default_rng(2)
    rows = np.array([rng.choice(5, p=p) for p in softmax(logits)])
    monkeypatch.setattr(traps, "rows_of", lambda split: rows)
    said = {"validation": logits, "lesson": logits}
    plain, T = traps.calibrated(said)
    assert abs(T - 1) < 0.2
    for factor in (traps.TOO_SURE, traps.TOO_FLAT):
        mended, fitted = traps.calibrated(traps.scaled(said, factor))
        assert fitted == pytest.approx(T * factor, rel=1e-3)
        assert np.allclose(mended["lesson"], plain["lesson"], rtol=1e-3)


def test_validation_chooses_and_the_blind_choice_looks_at_the_teacher_only():
    rows = [
        {"part": "teacher", "teacher": name, "T": T, "seed": 0, "right": right, "validation": v, "test": t}
        for name, T, right, v, t in (("a", 1.0, 0.7, 0.6, 0.61), ("a", 3.0, 0.7, 0.7, 0.62), ("b", 1.0, 0.8, 0.6, 0.63))
    ]
    assert traps.preparation(rows) == ({0: 0.62}, {0: 0.63})
    with pytest.raises(ValueError, match="weak, plain"):
        traps.teacher("professor", 0)


def test_the_scores_that_ship_are_the_sorter_s_own():
    texts, shipped = traps.lesson_texts(), load_file(traps.LESSON)["logits"].numpy()
    some = [0, 639, 640, 2000, 4039]
    assert shipped.shape == (len(texts), 16) == (4040, 16)
    assert np.allclose(traps.course_teacher().logits([texts[row] for row in some]), shipped[some], atol=0.01)


@pytest.fixture(scope="module")
def table():
    return stored("traps_distil")["rows"]


def of(table, seed, **wanted):
    return chosen(table, **wanted)[seed]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_weak_teacher_is_found_and_another_is_green(table, seed):
    weak, better = (of(table, seed, part="teacher", teacher=name, T=3.0) for name in ("weak", "sorter"))
    assert weak["right"] < traps.GOOD <= better["right"] and better["test"] > weak["test"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_teacher_that_is_too_sure_is_found_and_doubts_at_a_higher_temperature(table, seed):
    sure, warm = (of(table, seed, part="teacher", teacher="sorter", T=T) for T in (1.0, 3.0))
    assert sure["doubt"] < traps.DOUBT <= warm["doubt"]


@pytest.mark.parametrize("seed", SEEDS)
def test_bad_calibration_is_found_and_gone(table, seed):
    fitted = of(table, seed, part="calibration", factor=traps.FITTED)
    for factor in (traps.TOO_SURE, traps.TOO_FLAT):
        assert of(table, seed, part="calibration", factor=factor)["calibration"] > traps.CALIBRATED
    assert fitted["calibration"] <= traps.CALIBRATED


def test_bad_calibration_is_found_and_gone_on_letters_that_the_temperature_was_not_fitted_on():
    for factor in (traps.TOO_SURE, traps.TOO_FLAT):
        spoilt = traps.scaled(traps.sorter_scores(), factor)
        assert traps.calibration_of(spoilt, "test") > traps.CALIBRATED
        assert traps.calibration_of(traps.calibrated(spoilt)[0], "test") <= traps.CALIBRATED


def test_every_fault_is_found_and_gone_in_the_table(table):
    shown = fault_table(table)
    assert [row["found"] for row in shown.values()] == ["5 of 5", "1 of 1", "5 of 5", "5 of 5"]
    assert all(row["gone"] == row["found"] for row in shown.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_student_that_is_too_small_is_found_and_a_wide_one_follows(table, seed):
    narrow, longer = (traps.of_size(table, 8, n, "followed")[seed] for n in (1, traps.LONGER))
    assert max(narrow, longer) < traps.FOLLOWED <= traps.of_size(table, 64, 1, "followed")[seed]
