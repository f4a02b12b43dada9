"""What is read off the stored table of section 1.2, by hand."""

import pytest

from companion.finetune import measure
from companion.world.utterances import mail


def moments(*triples):
    return [{"step": 25 * n, "validation": v, "test": t, "company": c} for n, (v, t, c) in enumerate(triples)]


TABLE = [
    {"method": "full", "rate": 5e-5, "seed": 1, "moments": moments((0.1, 0.1, 0.9), (0.5, 0.4, 0.9))},
    {"method": "full", "rate": 5e-5, "seed": 0, "moments": moments((0.1, 0.1, 0.9), (0.5, 0.6, 0.8))},
    {"method": "full", "rate": 5e-4, "seed": 0, "moments": moments((0.1, 0.1, 0.9), (0.8, 0.7, 0.4), (0.6, 0.8, 0.1))},
    {"method": "lora", "rate": 2e-3, "seed": 0, "moments": moments((0.1, 0.1, 0.9), (0.9, 0.9, 0.9))},
]


def test_rows_come_by_seed():
    assert [row["seed"] for row in measure.rows_of(TABLE, "full", 5e-5)] == [0, 1]
    assert len(measure.rows_of(TABLE, "full")) == 3


def test_first_last_and_the_moment_where_validation_was_best():
    assert measure.first(TABLE, "company", "full", 5e-4) == {0: 0.9}
    assert measure.last(TABLE, "company", "full", 5e-4) == {0: 0.1}
    assert measure.stopped(TABLE, "company", "full", 5e-4) == {0: 0.4}
    assert measure.stopped(TABLE, "test", "full", 5e-4) == {0: 0.7}  # not 0.8: the test set does not choose


def test_the_rate_is_chosen_by_validation_and_among_full_runs_only():
    assert measure.chosen_rate(TABLE) == 5e-4


def test_curves_are_means_with_spreads():
    drawn = measure.curves(TABLE)
    assert set(drawn) == {5e-5, 5e-4}
    step, mail, search, mail_spread, search_spread = drawn[5e-5][1]
    assert (step, mail, search) == (25, 0.5, 0.85)
    assert mail_spread == pytest.approx(0.1414, abs=1e-4) and search_spread == pytest.approx(0.0707, abs=1e-4)
    assert drawn[5e-4][0] == (0, 0.1, 0.9, 0.0, 0.0)


def test_the_mail_task_is_split_by_writer():
    assert [len(mail(split)[0]) for split in ("train", "validation", "test")] == [640, 160, 160]


@pytest.mark.slow
def test_a_run_looks_before_and_after_and_leaves_the_encoder_alone():
    from companion.models import load_encoder

    encoder = load_encoder()
    before = encoder.fingerprint
    search = {"company": (["Where?", "When?"], ["Here.", "Now.", "Never."], [0, 1])}
    row = measure.mail_run(encoder, "lora", 2e-3, 0, search, steps=2)
    assert [m["step"] for m in row["moments"]] == [0, 2] and row["moments"][0]["company"] == 1.0
    assert row["trained"] < row["of"] / 50 and encoder.fingerprint == before
