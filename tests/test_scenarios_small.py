"""Small and cheap: the data, the smaller vocabulary, eight bits, the export, the budgets, the cost of a day."""

import math
import re
from collections import Counter
from dataclasses import replace
from itertools import combinations, product
from random import Random

import numpy as np
import pytest
import torch

from companion.distill import make_student
from companion.distill.texts import encoder_tokenizer
from companion.labels import labels_to_rows
from companion.scenarios import edge, edge_data, edge_lines, edge_measure, export
from companion.scenarios.cost import (
    Assumptions,
    Path,
    bands,
    call_ms,
    cost,
    cpu_hours,
    crossing,
    described,
    fixed,
    per_call,
    three_paths,
)
from companion.scenarios.pieces import small_tokenizer
from companion.scenarios.words import WordClassifier
from companion.stored import stored

JOBS = tuple(edge_data.SOURCES)


# --- data ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("job, count, names", [("commands", 240, 12), ("sensors", 132, 6)])
def test_every_label_has_as_many_texts_and_every_speaker_one_split(job, count, names):
    splits = {split: edge_data.labelled(job, split) for split in edge_data.SPLITS}
    assert sum(len(texts) for texts, _ in splits.values()) == count
    for texts, labels in splits.values():
        assert len(set(map(str.lower, texts))) == len(texts)
        assert len(Counter(labels)) == names and len(set(Counter(labels).values())) == 1
    assert all(who["split"] in edge_data.SPLITS and who["style"] for who in edge_data.people(job).values())


def trigrams(text):
    text = text.lower()
    return {text[at : at + 3] for at in range(len(text) - 2)}


@pytest.mark.parametrize("job", JOBS)
def test_no_held_out_text_is_close_to_one_that_is_trained_on(job):
    seen = [trigrams(t) for t in (*edge_data.labelled(job, "train")[0], *edge_data.unlabelled(job))]
    for split in ("validation", "test"):
        for text in edge_data.labelled(job, split)[0]:
            mine = trigrams(text)
            assert max(len(mine & other) / len(mine | other) for other in seen) < 0.6, text


def test_nobody_says_the_same_twice_and_a_recogniser_writes_no_capitals():
    texts = [t for split in edge_data.SPLITS for t in edge_data.labelled("commands", split)[0]]
    assert all(re.fullmatch(r"[a-z0-9' ]+", text) for text in texts)
    close = [(a, b) for a, b in combinations(texts, 2) if len(trigrams(a) & trigrams(b)) > 0.8 * len(trigrams(a))]
    assert not close


@pytest.mark.parametrize("job", JOBS)
def test_composed_texts_are_whole_new_and_always_the_same(job):
    texts = edge_data.unlabelled(job)
    assert len(set(texts)) == len(texts) == edge_data.EACH * len(edge_data.classes(job))
    known = {t.lower() for split in edge_data.SPLITS for t in edge_data.labelled(job, split)[0]}
    assert not known & {text.lower() for text in texts}
    assert not [text for text in texts if re.search(r"[{}|]|\(\)|  ", text)]
    edge_data.unlabelled.cache_clear()
    assert edge_data.unlabelled(job) == texts != edge_data.unlabelled(job, seed=1)


def test_choices_and_slots_are_filled_and_words_misheard():
    filled = edge_data.fill("(a|b) {x} {x} (|c)", {"x": ["1", "2"]}, Random(0))
    assert re.fullmatch(r"[ab] (1 2|2 1)( c)?", filled)
    assert edge_data.misheard("wait for me", {"for": "four"}, Random(0)) == "wait four me"
    assert edge_data.misheard("hello", {"for": "four"}, Random(0)) == "hello"


def test_other_jobs_and_splits_get_a_sentence():
    for call in (
        lambda: edge_data.labelled("commands", "dev"),
        lambda: edge_data.labelled("cars", "test"),
        lambda: edge_data.unlabelled("commands", 0),
    ):
        with pytest.raises(ValueError, match="choose"):
            call()


# --- fewer word pieces --------------------------------------------------------------------------------------


def test_a_smaller_vocabulary_cuts_known_texts_as_before_and_spells_out_the_rest():
    large, texts = encoder_tokenizer(), ["water in the cellar, 42 %", "Pump 3 stalled."]
    small, rows = small_tokenizer(texts)
    assert len(small) == len(rows) < 200 and rows[:4] == [0, 100, 101, 102]
    assert small(texts)["input_ids"][0][0] == 2  # [CLS]
    assert [[rows[i] for i in ids] for ids in small(texts)["input_ids"]] == large(texts)["input_ids"]
    strange = small.tokenize("cellars")
    assert strange == ["cellar", "##s"] and "[UNK]" not in small.tokenize("greenhouse 2026!a")
    assert small.pad_token_id == 0
    with pytest.raises(ValueError, match="at least one"):
        small_tokenizer([])


def test_a_vocabulary_is_filled_up_with_the_commonest_words():
    large, texts = encoder_tokenizer(), ["water in the cellar, 42 %"]
    own, rows = small_tokenizer(texts, at_least=1500)
    assert len(own) == len(rows) == len(set(rows)) == 1500
    assert own("the house of the people")["input_ids"][1:-1] == [
        rows.index(row) for row in large("the house of the people")["input_ids"][1:-1]
    ]
    assert not [piece for piece in own.get_vocab() if piece.startswith("[unused")]
    assert [[rows[i] for i in ids] for ids in own(texts)["input_ids"]] == large(texts)["input_ids"]


# --- eight bits ---------------------------------------------------------------------------------------------


def test_scales_by_hand():
    weights = torch.tensor([[1.27, -0.5, 0.0], [0.0127, 0.005, -0.0001]])
    numbers, scales = export.rounded_to_eight_bits(weights)
    assert numbers.tolist() == [[127, -50, 0], [127, 50, -1]] and numbers.dtype == torch.int8
    torch.testing.assert_close(scales, torch.tensor([[0.01], [0.0001]]))
    numbers, scale = export.rounded_to_eight_bits(weights, per_row=False)
    assert numbers.tolist() == [[127, -50, 0], [1, 0, 0]]  # the small row is all but gone
    assert scale == pytest.approx(0.01)


def test_a_row_of_zeros_stays_one():
    numbers, scales = export.rounded_to_eight_bits(torch.zeros(2, 3))
    assert not numbers.any() and scales.tolist() == [[1.0], [1.0]]
    numbers, scale = export.rounded_to_eight_bits(torch.zeros(2, 3), per_row=False)
    assert not numbers.any() and scale == 1


@pytest.fixture(scope="module")
def devices(tmp_path_factory):
    """{kind: (student, exported in float32, exported in int8)} over a small vocabulary, weights as drawn."""
    texts = list(edge_data.unlabelled("sensors"))
    tokenizer, rows = small_tokenizer(texts)
    made = {}
    for kind in ("bag", "cnn"):
        student = make_student(kind, len(rows), edge_data.classes("sensors"), 0, dim=16).eval()
        student.tokenizer = tokenizer
        both = (export.to_device(student, tmp_path_factory.mktemp(kind), int8) for int8 in (False, True))
        made[kind] = (student, *both)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bag", "cnn"])
def test_the_export_equals_torch_and_eight_bits_stay_close(devices, kind):
    student, plain, small = devices[kind]
    texts = [*edge_data.labelled("sensors", "test")[0], "", "x", "word " * 300]
    logits = student.logits(texts)
    np.testing.assert_allclose(plain.logits(texts), logits, atol=1e-5)
    away = np.abs(small.logits(texts) - logits).max()
    assert 0 < away < 0.02 * np.abs(logits).max()
    assert plain.predict(texts[:5]) == student.predict(texts[:5])
    assert small.megabytes < 0.8 * plain.megabytes  # filters stay float32
    assert small.logits([]).shape == (0, 6)
    with pytest.raises(ValueError, match="list"):
        small.logits("one text")


@pytest.mark.slow
def test_the_quantisers_scales_are_those_of_the_formula(devices):
    student, _, small = devices["bag"]
    held = export.stored_in_eight_bits(small.folder / export.MODEL)
    (numbers, scales), (words, scale) = (next(v for n, v in held.items() if part in n) for part in ("head", "embed"))
    mine, mine_scales = export.rounded_to_eight_bits(student.head.weight.detach())
    np.testing.assert_allclose(scales, mine_scales[:, 0].numpy(), rtol=0.01)
    assert np.abs(numbers.T - mine.numpy()).max() <= 1
    table = student.embedding.weight.detach().numpy()
    assert words.shape == table.shape and scale.size == 1  # word vectors share a single scale
    assert np.abs(words * scale - table).max() <= 0.51 * scale


@pytest.mark.slow
def test_a_fine_tuned_encoder_is_exported_as_a_student_is(tiny_encoder, tmp_path):
    from companion.finetune import TextClassifier

    teacher, texts = TextClassifier(tiny_encoder(), ["a", "b", "c"]), ["water in the cellar", "hall", "lock 7 at 4 %"]
    device = export.to_device(edge_measure.EncoderGraph(teacher), tmp_path, int8=False)
    np.testing.assert_allclose(device.logits(texts), teacher.logits(texts), atol=1e-5)


def test_quietly_lets_logging_be_as_it_was():
    import logging

    with export.quietly():
        assert logging.root.manager.disable == logging.WARNING
    assert logging.root.manager.disable == 0


# --- the jobs -----------------------------------------------------------------------------------------------


def test_a_budget_has_two_ends():
    assert edge.PHONE.fits(3.0, 2.0) and not edge.PHONE.fits(3.1, 0.1) and not edge.PHONE.fits(0.1, 2.1)


def test_regression_on_words_finds_the_telling_words():
    texts, labels = ["red apple", "red pear", "blue sky", "blue sea"], ["a", "a", "b", "b"]
    model = WordClassifier(texts, labels, ("a", "b"))
    assert model.logits(["red sky at night", "unknown"]).argmax(1)[0] in (0, 1)
    assert (model.logits(texts).argmax(1) == labels_to_rows(labels, model.classes).numpy()).all()
    assert model.logits(["blue", "nothing known"])[0].argmax() == 1 and 0 < model.megabytes < 0.001
    with pytest.raises(ValueError, match="its own"):
        WordClassifier(["one"], [], ("a", "b"))


def test_regression_on_words_learns_from_shares_as_from_labels():
    texts, labels = ["red apple", "red pear", "blue sky", "blue sea"], ["a", "a", "b", "b"]
    sure = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    hard, same, soft = (WordClassifier(texts, wanted, ("a", "b")) for wanted in (labels, sure, 0.5 * sure + 0.25))
    np.testing.assert_allclose(hard.logits(texts), same.logits(texts), atol=1e-4)
    assert np.abs(soft.logits(texts)).max() < np.abs(hard.logits(texts)).max()


def test_regression_on_words_is_at_its_optimum():
    texts, labels = edge_data.labelled("sensors", "train")
    model = WordClassifier(texts, labels, edge_data.classes("sensors"), strength=0.03)
    x, rows = model.features(texts), labels_to_rows(labels, model.classes)
    loss = torch.nn.functional.cross_entropy(x @ model.weight + model.bias, rows)
    (loss + 0.03 / 2 * model.weight.square().sum()).backward()
    assert model.weight.grad.abs().max() < 1e-3


def test_a_sensors_student_has_the_pieces_of_its_texts_alone(tiny_encoder):
    encoder = tiny_encoder()
    small = edge.Job("sensors", "bag", 0.5, 0.5, 1, sizes={"dim": 8}, small_vocabulary=True)
    student = edge.new_student(encoder, small)
    assert len(student.embedding.weight) == len(student.tokenizer) < 2000
    full = edge.new_student(encoder, edge.Job("sensors", "bag", 0.5, 0.5, 1, sizes={"dim": 8}))
    rows = edge._pieces("sensors")[1]
    torch.testing.assert_close(student.embedding.weight, full.embedding.weight[rows])


def test_silent_letters_leave_known_words_as_they_were(tiny_encoder):
    small = edge.Job("sensors", "bag", 0.5, 0.5, 1, sizes={"dim": 8}, small_vocabulary=True)
    student = edge.new_student(tiny_encoder(), small)
    quiet = edge.without_letters(student)
    rows = student.tokenizer.get_vocab()
    assert not quiet.embedding.weight[[rows["##e"], rows["r"]]].any() and student.embedding.weight[rows["##e"]].any()
    assert quiet.embedding.weight[rows["7"]].any() and (quiet.logits(["motor"]) == student.logits(["motor"])).all()


def test_nearest_labelled_texts_vote(tiny_encoder):
    nearest = edge_measure.NearestLabelled(tiny_encoder(), "sensors", 1)
    texts, labels = edge_data.labelled("sensors", "train")
    assert [nearest.classes[row] for row in nearest.logits(texts).argmax(1)] == labels  # each is its own nearest
    assert not hasattr(nearest, "megabytes")  # PyTorch's encoder does not know its own


@pytest.mark.slow
def test_retrieval_on_a_device_is_the_encoder_and_a_search(tiny_encoder):
    row = edge_measure.nearest_on_device(tiny_encoder(), "sensors", encoder_ms=5.0)
    assert row["ms"] == pytest.approx(5 + row["search_ms"]) and 0 < row["search_ms"] < 5
    near = edge_measure.NearestLabelled.chosen(tiny_encoder(), "sensors")
    assert row["accuracy"] == pytest.approx(edge.accuracy(near, *edge_data.labelled("sensors", "test")), abs=0.04)


# --- cost ---------------------------------------------------------------------------------------------------

FREE = Assumptions(cache_hits=0, prompt_tokens=100, cpu_hour=1, label=2, retrainings=365, work_hour=0)


def test_a_day_by_hand():
    path = Path("RAG", 3.6, 0.036, labels=5, training_hours=0.5)
    assert call_ms(path, FREE) == pytest.approx(7.2)
    assert fixed(path, FREE) == pytest.approx(10.5)  # every day: 5 labels of 2, half an hour
    assert cost(path, FREE, 1e6) == pytest.approx(10.5 + 2)
    assert per_call(path, Assumptions(cache_hits=1)) == 0
    assert cpu_hours(3.6) == pytest.approx(1) and cpu_hours(3.6, 2e6) == pytest.approx(2)


def test_work_and_the_large_model_count_where_they_belong():
    rag, tuned, student = three_paths(
        {"ms": 5},
        {"ms": 4, "hours": 1, "labels": 10},
        {"ms": 0.1, "hours": 0.5},
    )
    a = Assumptions(cache_hits=0, cpu_hour=1, label=0, retrainings=365, work_hour=1, tuning_work=2, distilling_work=3)
    assert [fixed(path, a) for path in (rag, tuned, student)] == pytest.approx([1, 3, 6.5])
    assert fixed(rag, replace(a, label=2)) == pytest.approx(21)  # the same ten labels as the other two
    large = Assumptions(prompt_tokens=100, large_model=10)
    assert [call_ms(path, large) for path in (rag, tuned, student)] == pytest.approx([50, 40, 0.1])
    assert call_ms(Path("generator", 10, 0.1), large) == pytest.approx(200)


def test_lines_cross_where_both_cost_the_same():
    cheap, dear = Path("distilled", 1, labels=100), Path("RAG", 10)
    turn = crossing(dear, cheap, FREE)
    assert crossing(cheap, dear, FREE) == turn
    assert cost(cheap, FREE, turn) == pytest.approx(cost(dear, FREE, turn))
    assert crossing(Path("a", 1), Path("b", 2), FREE) == 0  # cheaper from the first call
    assert crossing(Path("a", 1, labels=1), Path("b", 1), FREE) in (0, math.inf)


def test_bands_name_the_cheapest_path_everywhere():
    three = (Path("RAG", 100), Path("fine-tuned", 10, labels=10), Path("distilled", 0.1, labels=1000))
    won = bands(three, FREE)
    assert [path.name for _, path in won] == ["RAG", "fine-tuned", "distilled"] and won[0][0] == 1e3
    for calls in np.logspace(3.01, 9.99, 60):
        winner = [path for start, path in won if start <= calls][-1]
        assert cost(winner, FREE, calls) == pytest.approx(min(cost(path, FREE, calls) for path in three))


@pytest.mark.parametrize("wrong", [{"cache_hits": 1.5}, {"cpu_hour": -1}, {"label": -0.1}])
def test_assumptions_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="give a number"):
        Assumptions(**wrong)


def test_every_assumption_says_what_it_is():
    assert all(len(says) > 10 for _, _, says in described(Assumptions()))


# --- the stored run -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table():
    try:
        rows = stored("scenarios_small")["rows"]
    except KeyError:
        rows = []
    if sorted((row["job"], row["seed"]) for row in rows) != sorted(product((*JOBS, "mail", "reading"), range(5))):
        pytest.skip("the stored run is not complete: `python -m companion.build runs scenarios_small` goes on with it")
    return rows


def test_students_keep_their_budgets(table):
    for name, job in edge.JOBS.items():
        for seed, size in edge_measure.by_seed(table, name, "distilled int8", "megabytes").items():
            assert job.fits(size, edge_measure.by_seed(table, name, "distilled int8", "ms")[seed])
    for seed in range(5):
        assert edge_measure.by_seed(table, "mail", "int8", "megabytes")[seed] <= 3
        assert edge_measure.by_seed(table, "mail", "int8", "ms")[seed] <= 2


def test_eight_bits_cost_little(table):
    for job, way in (("commands", "distilled"), ("sensors", "distilled"), ("mail", "")):
        pair = [edge_measure.average(table, job, f"{way} {kind}".strip()) for kind in ("int8", "float32")]
        assert abs(pair[0] - pair[1]) < 0.02


def test_lines_say_who_won_and_when_not(table):
    for name, job in edge.JOBS.items():
        said = edge_lines.verdict_line(table, name)
        assert f"{job.megabytes:g} MB" in said and "With room for" in said
        rows = edge_lines.summary(table, name)
        assert rows["distilled student, int8"]["fits"] == "yes" and rows["fine-tuned encoder"]["fits"] == "no"
    three = edge_lines.paths(table)
    assert "At a million calls a day" in edge_lines.cost_line(three)
    assert all(0.5 < row["right"] < 1 and row["of that fixed"] > 0 for row in edge_lines.bill(three).values())
    assert edge_lines.prompted(table).ms_per_token > 0


def test_the_best_with_a_teacher_stands_against_the_best_without(table):
    for name in edge.JOBS:
        ways = {way: edge_measure.average(table, name, way) for way in edge_lines.measured_ways(table, name)}
        best = edge_lines.best_that_fits(table, name, edge_lines.TAUGHT)
        assert ways[best] >= ways["distilled int8"] and best not in ("distilled float32", "whole int8")
        alone = edge_lines.best_that_fits(table, name, edge_lines.ALONE)
        assert ways[alone] >= ways[edge_measure.best_undistilled(table, name)]


# --- the widget ---------------------------------------------------------------------------------------------

THREE = (Path("RAG", 60, 0.2), Path("fine-tuned", 5, labels=100, tunings=1), Path("distilled", 0.1, labels=500))


def test_a_slider_changes_the_winners_and_the_still_picture_speaks(shown):
    from companion.show import cost_lines
    from companion.show.costs import SLIDERS, CostLines, sentence

    cost_lines(THREE)
    assert "A million calls a day cost" in shown[-1][1] and "alt=" in shown[-1][0]
    live = CostLines(list(THREE), Assumptions())
    before = live.page.value
    live.sliders["large_model"].value = 1000
    assert live.page.value != before and "distilled" in live.page.value
    assert sentence(THREE, Assumptions(large_model=1000)) != sentence(THREE, Assumptions())
    assert set(SLIDERS) <= {name for name, _, _ in described(Assumptions())}
    with pytest.raises(ValueError, match="no colour"):
        cost_lines([Path("magic", 1)])


def test_a_generator_beside_the_paths_is_drawn_and_wins_nothing(shown):
    from companion.show import cost_lines
    from companion.show.costs import drawing, sentence

    free = Path("generator", 0.0)
    cost_lines(THREE, beside=free)
    assert ">generator<" in drawing(THREE, Assumptions(), beside=free)
    said = sentence(THREE, Assumptions(), free)
    assert (
        said.startswith(sentence(THREE, Assumptions())) and "generator" not in said.split("Cheapest")[1].split(".")[0]
    )
    assert "up to" in said and "above: distilled" in said


@pytest.mark.parametrize("claim", ["C2.2-g", "C2.2-h", "C2.2-i"])
def test_questions_name_the_number_that_the_chart_draws(claim):
    from companion.show.specs import spec

    asked = spec(claim).question
    assert "{" not in asked and re.search(r"\d (%|min)", asked)


@pytest.mark.parametrize(
    "calls, said", [(999, "999"), (1234, "1.2 thousand"), (42e6, "42 million"), (3.04e9, "3 billion")]
)
def test_amounts_are_said_as_people_do(calls, said):
    from companion.scenarios.cost import amount

    assert amount(calls) == said
