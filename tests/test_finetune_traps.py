"""Planted faults and the gauges that find them: by hand, by property, and by what the stored runs say of every seed."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.finetune import label_noise, searching, spoiling, twins
from companion.finetune.traps_measure import (
    SUSPECTS,
    TWINS,
    best_cuts,
    faults,
    named_by_one,
    named_by_two,
    part,
    read_by_a_person,
    twin_share,
    without_copies,
)
from companion.finetune.two_gauges import LOST, MENDS, PLANS, RISE, diagnosis, mended, readings, stopped
from companion.probe import DEFAULT, Setting, probe
from companion.stored import stored
from companion.world.utterances import mail

SEEDS = range(5)


def test_overlap_by_hand():
    # " ab " has the runs " ab", "ab "; " abc " has " ab", "abc", "bc ": one of four is shared
    assert twins.overlap(["AB!"], ["abc", "ab", "xyz"]).tolist() == [[0.25, 1.0, 0.0]]
    assert twins.exact_twins(["Where is it?", "where, is it", "Where is he?"], ["WHERE IS IT"]).tolist() == [1, 1, 0]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text("abc é?!_1", max_size=12), min_size=1, max_size=6))
def test_overlap_is_symmetric_and_like_sets(texts):
    found = twins.overlap(texts, texts)
    assert np.allclose(found, found.T) and found.min() >= 0 and found.max() <= 1 + 1e-6
    for i, a in enumerate(map(twins.trigrams, texts)):
        for j, b in enumerate(map(twins.trigrams, texts)):
            assert found[i, j] == pytest.approx(len(a & b) / max(1, len(a | b)))


def test_a_chain_of_twins_is_one_heap_and_the_first_is_kept():
    a, b, c = "my parcel is late again", "my parcel is late again and", "my parcel is late again and again and"
    close = twins.overlap([a, b, c], [a, b, c])
    limit = float(min(close[0, 1], close[1, 2]))
    assert close[0, 2] < limit
    assert twins.first_of_each(["other", b, a, c, "OTHER!"], limit) == [0, 1]


@pytest.mark.parametrize("seed", [0, 7])
def test_what_is_planted_is_what_is_said(seed):
    file, (texts, meant) = spoiling.spoilt_training(seed), mail("train")
    assert len(file) == 800 and file.texts != spoiling.spoilt_training(seed + 1).texts
    assert [label != meant[at] for at, label in zip(file.origin, file.labels, strict=True)] == file.wrong
    assert sum(dict(zip(file.origin, file.wrong, strict=True)).values()) == 128
    assert sorted(set(file.origin)) == list(range(640)) and set(texts) & set(file.texts)
    test = spoiling.leaky_test(seed)
    assert len(test) == 200 and sum(at >= 0 for at in test.origin) == 40


def test_copies_go_and_a_person_mends_what_is_flagged():
    dirty = spoiling.spoilt_training(3)
    single = without_copies(dirty)
    assert twin_share(dirty) > 0.25 and twin_share(single) == 0
    assert 635 <= len(single) <= 645
    clean = read_by_a_person(single, [True] * len(single))
    assert clean.labels == [mail("train")[1][at] for at in clean.origin] and not any(clean.wrong)


def test_confident_learning_by_hand():
    # labelled 0: p(0) = .9, .6, .3, mean .6; labelled 1: p(1) = .8, .4, mean .6
    chances = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8], [0.6, 0.4]])
    rows = [0, 0, 0, 1, 1]
    assert label_noise.thresholds(chances, rows).tolist() == pytest.approx([0.6, 0.6])
    assert label_noise.likely_labels(chances, rows).tolist() == [0, 0, 1, 1, 0]
    assert label_noise.suspects(chances, rows).tolist() == [False, False, True, False, True]
    assert label_noise.doubt(chances, rows).tolist() == pytest.approx([-0.8, -0.2, 0.4, -0.6, 0.2])
    assert label_noise.likely_labels(np.array([[0.7, 0.3], [0.4, 0.6]]), [0, 0]).tolist() == [0, -1]
    assert label_noise.found([True, True, False, False], [True, False, True, True]) == {
        "recall": 1 / 3,
        "precision": 0.5,
    }
    with pytest.raises(ValueError, match="give each its own"):
        label_noise.likely_labels(chances, [0])


@settings(max_examples=30, deadline=None)
@given(st.integers(4, 40), st.integers(2, 4), st.integers(0, 99))
def test_nobody_judges_what_he_was_trained_on(count, folds, seed):
    seen = {}

    def fit(train):
        def judge(held):
            seen.update({row: set(train) for row in held})
            return np.array([[row, 1.0] for row in held])

        return judge

    found = label_noise.out_of_fold(count, fit, folds, seed)
    assert found[:, 0].tolist() == list(range(count))
    assert all(row not in train and len(train) >= count - -(-count // folds) for row, train in seen.items())


def test_too_few_texts_for_the_folds():
    with pytest.raises(ValueError, match="cannot be cut"):
        label_noise.out_of_fold(3, lambda rows: None, folds=5)


def test_wrong_labels_are_found_among_two_clouds():
    rng = np.random.default_rng(0)
    rows = np.arange(80) % 2
    vectors = (rng.normal(size=(80, 8)) + 4 * (2 * rows[:, None] - 1) * np.eye(8)[0]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    given_rows = rows.copy()
    given_rows[:8] = 1 - given_rows[:8]
    flags = label_noise.suspects(label_noise.held_out_chances(vectors, given_rows, ["a", "b"]), given_rows)
    assert flags[:8].all() and flags[8:].mean() < 0.1


def test_a_probe_is_what_its_seed_says():
    vectors, rows = np.eye(4, dtype=np.float32), [0, 1, 0, 1]
    first, second = (probe(vectors, rows, ["a", "b"], Setting(steps=30), seed=1) for _ in range(2))
    assert np.array_equal(first.logits(vectors), second.logits(vectors)) and first.right(vectors, rows) == 1
    assert first.chances(vectors).sum(1) == pytest.approx(np.ones(4))
    with pytest.raises(ValueError, match="its own"):
        probe(vectors, [0], ["a", "b"])


def test_trials_are_kept_and_go_on():
    def score(setting):
        return {"validation": -abs(setting.rate - 0.1), "test": setting.rate}

    study = searching.search(score, trials=9, seed=0)
    assert study.trials[0].params["rate"] == DEFAULT.rate
    kept = json.loads(json.dumps(searching.told(study)))
    again = searching.retold(kept)
    assert searching.told(again) == kept and again.best_params == study.best_params
    again.optimize(searching.objective(score), n_trials=1)
    assert len(again.trials) == 10 and again.best_value >= study.best_value
    assert searching.setting_of(again.best_params).rate == pytest.approx(0.1, abs=0.1)


def test_the_gauges_name_the_four_faults():
    for name, rise, lost in (("sound", 0, 0), ("overfitting", 1, 0), ("forgetting", 0, 1), ("both", 1, 1)):
        assert diagnosis({"rise": rise, "lost": lost}) == name
    moments = [{"step": s, "test": v, "test right": r} for s, v, r in ((0, 2.0, 0.1), (10, 1.0, 0.7), (20, 1.5, 0.6))]
    run = {"moments": moments, "kept": 20, "recall": [0.8, 0.6]}
    assert readings(run) == {"rise": 0.5, "lost": 0.25, "accuracy": 0.6}
    assert readings(run | {"kept": 10}) == {"rise": 0, "lost": 0.25, "accuracy": 0.7}
    assert mended("both") == mended("overfitting") and set(MENDS) == set(PLANS) - {"sound"}


def test_one_threshold_gives_two_names():
    values, names = [0.1, 0.2, 0.8, 0.9], ["a", "a", "b", "c"]
    assert best_cuts(values, names, 1) == ["a", "a", "b", "b"]
    assert best_cuts(values, names, 2) == names
    assert best_cuts([0.5, 0.5], ["a", "b"], 3) == ["a", "a"]


@pytest.fixture(scope="module")
def table():
    return stored("traps_tune")["rows"]


@pytest.mark.parametrize("seed", SEEDS)
def test_leaks_are_found_and_gone(table, seed):
    row = part(table, "leaks")[seed]
    assert row["found"]["trigrams"]["recall"] == 1 and row["before"]["twins"] > TWINS >= row["after"]["twins"]
    assert row["before"]["right"] > row["stranger"]


@pytest.mark.parametrize("seed", SEEDS)
def test_copies_and_wrong_labels_are_found_and_gone(table, seed):
    row = part(table, "cleaning")[seed]
    before, after = row["before"], row["after"]
    assert before["twins"] > TWINS >= after["twins"] and before["suspects"] > SUSPECTS >= after["suspects"]
    assert after["wrong"] < 0.1 < before["wrong"]


@pytest.mark.parametrize("seed", SEEDS)
def test_overfitting_and_forgetting_are_found_and_gone(table, seed):
    for name, runs in faults(table).items():
        assert diagnosis(readings(runs[seed])) == name
    for runs in faults(table, mend=True).values():
        reading = readings(runs[seed])
        assert reading["rise"] <= RISE and reading["lost"] <= LOST


def test_every_fault_is_found_and_gone_in_the_table(table):
    from companion.finetune.traps_tables import fault_table
    from companion.stored import found_and_gone

    shown = fault_table(table)
    assert list(shown) == ["leaked letters", "copies", "wrong labels", "overfitting", "forgetting"]
    assert all(row["found"] == row["gone"] == "5 of 5" for row in shown.values())
    one = found_and_gone([0.75, 0.25], [0.5, 0.75], lambda value: value > 0.5)
    assert one == {"before": 0.5, "after": 0.625, "found": "1 of 2", "gone": "1 of 2"}


def test_one_gauge_cannot_name_what_two_can(table):
    two, one = named_by_two(table), named_by_one(table)
    assert list(two) == list(one) == list(SEEDS) and all(two[seed] > one[seed] for seed in SEEDS)


def test_the_stored_trials_are_optuna_s_own(table):
    for row in part(table, "search"):
        study = searching.retold(row["trials"])
        assert len(study.trials) == searching.TRIALS
        assert searching.setting_of(study.best_params).named() == row["found"]


def test_the_tables_are_means_of_the_stored_rows(table):
    from companion.finetune.traps_tables import file_table, leak_table, named_table, reading_table, setting_table

    files, rows = file_table(table), part(table, "cleaning")
    pruned = [row["scores"]["pruned"]["test"] for row in rows]
    assert files["suspects thrown away"]["test"] == pytest.approx(np.mean(pruned))
    assert files["suspects thrown away"]["seeds better"] == 2 and files["as it came"]["wrong labels found"] < 0.5
    assert leak_table(table)["trigrams"] == {"leaks found": 1.0, "flagged rightly": 1.0}
    gained = setting_table(table)["seed 0"]
    assert (gained["validation, letters"], gained["test, letters"]) == (4, 4)
    assert reading_table(table, mend=True)["overfitting"]["accuracy"] > reading_table(table)["sound"]["accuracy"]
    assert list(named_table(table).values()) == pytest.approx([0.5, 0.8, 1.0, 0.95])


def test_stopped_early_the_gauge_is_green_and_the_damage_stays():
    moments = [
        {"step": s, "validation": v, "test": v, "test right": r}
        for s, v, r in ((0, 2.0, 0.1), (30, 1.0, 0.6), (60, 1.5, 0.5))
    ]
    run = {"moments": moments, "kept": 60, "recall": (0.9, 0.9)}
    assert readings(run)["rise"] == 0.5 and readings(stopped(run)) == {"rise": 0.0, "lost": 0.0, "accuracy": 0.6}
