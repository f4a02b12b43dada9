"""Stored runs: what is in the file is not measured again, and a kill loses one row only."""

import pytest

from companion import stored
from companion.build import runs


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "RUNS", tmp_path)
    monkeypatch.setattr(runs, "RUNS", tmp_path)
    return tmp_path


def test_what_is_stored_comes_back():
    stored.store("mail", {"machine": "m", "date": "d", "rows": [{"seed": 0, "score": 0.5}]})
    assert stored.stored("mail")["rows"] == [{"seed": 0, "score": 0.5}]


def test_an_unknown_run_is_named_with_those_that_there_are():
    stored.store("mail", {})
    with pytest.raises(KeyError, match="students.*mail"):
        stored.stored("students")


def test_a_run_goes_on_where_it_stopped():
    done = []

    def jobs(fails_at):
        for seed in range(4):

            def measure(seed=seed):
                if seed == fails_at:
                    raise KeyboardInterrupt
                done.append(seed)
                return {"score": seed / 10}

            yield {"seed": seed}, measure

    with pytest.raises(KeyboardInterrupt):
        runs.carry_out("race", jobs(fails_at=2))
    runs.carry_out("race", jobs(fails_at=None))
    assert done == [0, 1, 2, 3]
    assert [row["score"] for row in stored.stored("race")["rows"]] == [0.0, 0.1, 0.2, 0.3]


def test_every_named_run_is_a_list_of_jobs():
    for jobs in runs.NAMES.values():
        assert iter(jobs()) is not None
