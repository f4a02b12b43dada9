"""The intent benchmarks' own arithmetic: samples, rows, means and spreads, what is measured next."""

import json
from collections import Counter

import numpy as np
import pytest

from benchmarks import figures, intents, report, rows, students
from benchmarks.intents import Job
from benchmarks.intents_data import Task, a_class, load
from companion.stored import chosen

PAIRS = ([f"text {n}" for n in range(20)], ["one"] * 12 + ["two"] * 8)


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "RESULTS", tmp_path)
    return tmp_path


def a_row(**about):
    return {"data": "banking77", "amount": "10", "method": "lora", "seed": 0, "accuracy": 0.8, "texts": 770} | about


def test_a_sample_has_its_texts_a_class_and_the_rest_the_others():
    (texts, labels), (others, _) = a_class(PAIRS, 5, seed=0)
    assert Counter(labels) == {"one": 5, "two": 5} and not set(texts) & set(others)
    assert sorted(texts + others) == sorted(PAIRS[0])
    assert all(dict(zip(*PAIRS, strict=True))[text] == label for text, label in zip(texts, labels, strict=True))
    assert a_class(PAIRS, 5, seed=0)[0] == (texts, labels) != a_class(PAIRS, 5, seed=1)[0]
    assert Counter(a_class(PAIRS, 10, seed=0)[0][1]) == {"one": 10, "two": 8}  # what there is


def test_what_is_held_out_is_never_trained_on_and_never_the_test_set():
    task = Task(PAIRS, (["asked"], ["one"]))
    for amount in ("10", "full"):
        job = Job("banking77", amount, "lora", 0, 1e-3, held_out=True)
        (trained, _), (asked, _) = intents.parts(job, task)
        assert not set(trained) & set(asked) and "asked" not in asked
    assert intents.parts(Job("banking77", "full", "lora", 0), task) == (task.train, task.test)


def test_files_of_both_sets_are_read(tmp_path):
    for name in ("banking77", "clinc150"):
        (tmp_path / name).mkdir()
    for split in ("train", "test"):
        (tmp_path / "banking77" / f"{split}.csv").write_text('text,category\n"a, b",card\n', encoding="utf-8")
    found = {"train": [["hi", "greet"]], "test": [["ho", "greet"]], "oos_test": [["moon", "oos"]]}
    (tmp_path / "clinc150" / "data_full.json").write_text(json.dumps(found), encoding="utf-8")
    assert load("banking77", str(tmp_path)) == Task((["a, b"], ["card"]), (["a, b"], ["card"]))
    assert load("clinc150", str(tmp_path)) == Task((["hi"], ["greet"]), (["ho"], ["greet"]), ["moon"])
    with pytest.raises(FileNotFoundError, match="COMPANION_DATA"):
        load("clinc150", str(tmp_path / "nowhere"))


def test_a_row_is_kept_once_and_no_row_is_lost(results):
    for seed, score in ((1, 0.7), (0, 0.8), (1, 0.9)):
        rows.keep("intents", a_row(seed=seed, accuracy=score))
    rows.keep("intents", a_row(rate=1e-3, held_out=True))  # another row: what was chosen among is kept apart
    assert [r["accuracy"] for r in chosen(rows.kept("intents"), method="lora")] == [0.8, 0.8, 0.9]
    assert [file.name for file in results.iterdir()] == ["intents.rows.json"]
    assert figures.read() == {}  # rows are no figures


def test_rows_become_means_with_their_spread_and_number_of_seeds(results):
    for seed, score in enumerate((0.80, 0.84)):
        rows.keep("intents", a_row(seed=seed, accuracy=score, rate=None, held_out=False, seconds=100.0, peak_mb=900))
    found = {figure.what: figure for figure in intents.figures(rows.kept("intents"))}
    score = found["BANKING77, 10 a class, LoRA: accuracy"]
    assert score.value == pytest.approx(0.82) and score.spread == pytest.approx(0.0283, abs=1e-4)
    assert (
        "770 texts" in score.how
        and score.how.endswith("LoRA two seeds.")
        and not any("AUROC" in what for what in found)
    )
    assert rows.summary("x", [a_row()], "accuracy")[0].spread is None and rows.summary("x", [], "accuracy") == []
    figures.write("intents", found.values())
    assert "| BANKING77, 10 a class, LoRA: accuracy | 0.820 ± 0.028 |  |  |" in report.table()


def test_jobs_take_one_seed_of_everything_before_the_next():
    found = list(intents.jobs(["banking77", "clinc150"], ["10"], ["lora", "full"], [0, 1]))
    assert [job.seed for job in found] == [0] * 4 + [1] * 4 and len(set(found)) == 8


def test_the_largest_probability_is_that_of_a_softmax():
    logits = np.array([[0.0, np.log(3.0)], [1000.0, 0.0]], np.float32)
    assert intents.largest(logits) == pytest.approx([0.75, 1.0])


def test_students_figures_compare_with_their_own_teacher():
    def student(method, seed=0, **found):
        return {"data": "company", "amount": "full", "method": method, "seed": seed} | found

    table = [student("teacher", accuracy=0.8), student("soft", 0, accuracy=0.76), student("soft", 1, accuracy=0.72)]
    table += [student("speed", **{f"{k}_{n}": v for n in (1, 32) for k, v in zip(KEYS, (8.0, 0.2, 40.0), strict=True)})]
    found = {figure.what: figure for figure in students.figures(table)}
    share = found["the company's mail: what the CNN keeps of the encoder's accuracy"]
    assert share.value == pytest.approx(0.925) and share.met and share.spread == pytest.approx(0.0354, abs=1e-4)
    assert "over two seeds" in found["the company's mail: accuracy of the CNN taught by the encoder"].how
    assert found["the company's mail: CNN faster than the encoder, batch 1"].met


KEYS = ("teacher", "student", "faster")


def test_processor_time_counts_no_sleep():
    import time

    class Sleeper:
        def logits(self, texts):
            time.sleep(0.02)

    assert students.processor_ms(Sleeper(), ["a", "b", "c"], 2, repeat=3) < 10
