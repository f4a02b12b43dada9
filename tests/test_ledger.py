"""The ledger: the verdict worked by hand and as properties, records that survive, files that break."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion import ledger
from companion.ledger import Claim
from companion.whole import write_whole


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path / "home"))
    claims = {
        "C1.1-a": Claim("C1.1-a", "Two stages.", "definition"),
        "C1.1-b": Claim("C1.1-b", "Right answers.", "empirical", margin=0.1, seeds=3),
    }
    monkeypatch.setattr(ledger, "claims", lambda: claims)
    return tmp_path / "home"


def claim(**changes):
    return Claim("x", "a claim", **({"kind": "empirical", "margin": 0.1, "seeds": 3} | changes))


def seeds(*values):
    return dict(enumerate(values))


ZERO = seeds(0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "values, expected",
    [
        (seeds(0.1, 0.2, 0.3), "holds"),  # every gain is at least the margin, the edge included
        (seeds(0.05, 0.2, 0.3), "holds with limits"),  # mean 0.183, one seed below
        # mean 0.02, stdev 0.01, SE 0.0058: 0.02 + 0.0115 < 0.1
        (seeds(0.01, 0.02, 0.03), "does not hold"),
        # mean 0.05, stdev 0.05, SE 0.0289: 0.05 + 0.0577 = 0.1077, not below 0.1
        (seeds(0.0, 0.05, 0.1), "undecided"),
        (seeds(0.5, 0.5), "undecided"),  # two seeds where three were registered
    ],
)
def test_verdict_by_hand(values, expected):
    assert ledger.verdict(claim(), values, ZERO) == expected


def test_floating_point_does_not_cost_the_margin():
    # 0.9 - 0.8 is 0.09999999999999998 in binary.
    assert ledger.verdict(claim(seeds=1), {0: 0.9}, {0: 0.8}) == "holds"


def test_lower_is_better_turns_the_sign():
    gentle = claim(higher_is_better=False)
    assert ledger.verdict(gentle, seeds(0.1, 0.1, 0.1), seeds(0.5, 0.5, 0.5)) == "holds"
    assert ledger.verdict(gentle, seeds(0.5, 0.5, 0.5), seeds(0.1, 0.1, 0.1)) == "does not hold"


def test_a_seed_without_its_baseline_does_not_count():
    assert ledger.verdict(claim(), seeds(1, 1, 1), {0: 0.0, 1: 0.0}) == "undecided"


def test_named_seeds_are_the_only_ones_that_count():
    named = claim(seeds=(0, 1, 2))
    assert ledger.verdict(named, seeds(1, 1, 1, -9), seeds(0, 0, 0, 0)) == "holds"
    assert ledger.verdict(named, {0: 1, 1: 1, 7: 1}, {0: 0, 1: 0, 7: 0}) == "undecided"


def test_a_definition_is_demonstrated():
    assert ledger.verdict(claim(kind="definition"), {}, {}) == "demonstrated"


def test_one_seed_alone_never_refutes():
    assert ledger.verdict(claim(seeds=1), {0: -5.0}, {0: 0.0}) == "undecided"


def test_a_number_that_is_none_is_named():
    with pytest.raises(ValueError, match="Seed 1 of x is not a finite number"):
        ledger.verdict(claim(), seeds(1.0, float("nan"), 1.0), ZERO)


numbers = st.lists(st.floats(-1, 1), min_size=3, max_size=8)


@given(numbers, st.floats(0.01, 1))
def test_a_better_result_is_never_judged_worse(gains, more):
    rank = {"does not hold": 0, "undecided": 1, "holds with limits": 2, "holds": 3}
    base = {s: 0.0 for s in range(len(gains))}
    low = ledger.verdict(claim(), dict(enumerate(gains)), base)
    high = ledger.verdict(claim(), {s: g + more for s, g in enumerate(gains)}, base)
    assert rank[high] >= rank[low]


@given(numbers, st.floats(-1, 1))
def test_only_differences_count(gains, shift):
    base = {s: 0.0 for s in range(len(gains))}
    moved = {s: shift for s in base}
    values = {s: round(g, 3) for s, g in enumerate(gains)}
    both = {s: v + shift for s, v in values.items()}
    assert ledger.verdict(claim(margin=0.1005), values, base) == ledger.verdict(claim(margin=0.1005), both, moved)


@given(numbers)
def test_the_sign_is_all_that_direction_changes(gains):
    base = {s: 0.0 for s in range(len(gains))}
    values = dict(enumerate(gains))
    turned = ledger.verdict(claim(higher_is_better=False), {s: -v for s, v in values.items()}, base)
    assert turned == ledger.verdict(claim(), values, base)


def test_records_survive_and_keep_their_order():
    ledger.record("C1.1-b", seeds(0.5, 0.6, 0.7), ZERO, "first")
    ledger.record("C1.1-a", {}, {})
    first, second = ledger.read()
    assert (first.claim_id, first.verdict, first.note) == ("C1.1-b", "holds", "first")
    assert first.values == {0: 0.5, 1: 0.6, 2: 0.7}  # seeds are ints again, not JSON's strings
    assert second.verdict == "demonstrated"


def test_an_unknown_claim_is_named():
    with pytest.raises(KeyError, match="No claim is called 'C9'"):
        ledger.record("C9", {}, {})


def test_the_first_prediction_stands():
    ledger.lock("C1.1-b", 62, "guess")
    assert ledger.lock("C1.1-b", 99, "would bet").value == 62
    assert ledger.predictions()["C1.1-b"].confidence == "guess"
    with pytest.raises(ValueError, match="guess, fairly sure, would bet"):
        ledger.lock("C1.1-a", 1, "certain")


def test_a_prediction_after_the_result_is_late():
    ledger.settle("C1.1-b", 96.0, 100.0, 10.0)
    assert ledger.lock("C1.1-b", 96, "would bet").late


@pytest.mark.parametrize("broken", ['{"records": [', "[1, 2]", '{"records": [{"claim_id": "x"}]}', '{"records": 3}'])
def test_a_broken_ledger_is_kept_and_a_new_one_begins(home, broken):
    home.mkdir()
    (home / "ledger.json").write_text(broken)
    with pytest.warns(UserWarning, match="it is kept as ledger.broken-1.json, and a new one begins"):
        assert ledger.read() == []
    assert (home / "ledger.broken-1.json").read_text() == broken
    ledger.record("C1.1-a", {}, {})
    assert len(ledger.read()) == 1


def test_a_crash_while_writing_leaves_the_old_ledger(home, monkeypatch):
    ledger.record("C1.1-a", {}, {})
    before = (home / "ledger.json").read_text()

    def crash(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", crash)
        with pytest.raises(OSError, match="set COMPANION_HOME to a folder of your own"):
            ledger.record("C1.1-a", {}, {})
    assert (home / "ledger.json").read_text() == before
    assert [f.name for f in home.iterdir()] == ["ledger.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_what_is_private_stays_so_and_all_else_is_as_the_umask_says(home):
    before = os.umask(0o022)
    try:
        for mode, private in ((0o600, True), (0o644, False)):
            write_whole(home / "a.json", "{}", private=private)  # the second time over a private file
            assert (home / "a.json").stat().st_mode & 0o777 == mode
    finally:
        os.umask(before)


def test_a_text_that_cannot_be_written_leaves_no_part(home):
    write_whole(home / "a.txt", "one\r\ntwo\n", "utf-8-sig", newline="")
    with pytest.raises(UnicodeEncodeError):
        write_whole(home / "a.txt", "half a letter: \ud800")
    assert (home / "a.txt").read_bytes() == b"\xef\xbb\xbfone\r\ntwo\n"
    assert [f.name for f in home.iterdir()] == ["a.txt"]


def test_reference_numbers_fill_the_text(tmp_path, monkeypatch):
    numbers = {"numbers": {"c1.recall-at-5": 0.9567, "articles": 240}}
    (tmp_path / "reference.json").write_text(json.dumps(numbers))
    monkeypatch.setattr(ledger, "PACKAGE", tmp_path)
    assert ledger.filled("{{c1.recall-at-5:.2f}} of {{ articles }}; {not this}") == "0.96 of 240; {not this}"
    with pytest.raises(KeyError, match="No reference number is called 'nothing'"):
        ledger.filled("{{nothing}}")


def test_a_live_seed_joins_the_stored_ones(tmp_path, monkeypatch):
    runs = {"C1.1-b": {"values": {"0": 0.9, "1": 0.8}, "baseline": {"0": 0.1, "1": 0.2}}}
    runs["start"] = {"values": {"0": 0.04}}
    (tmp_path / "reference.json").write_text(json.dumps({"runs": runs}))
    monkeypatch.setattr(ledger, "PACKAGE", tmp_path)
    assert ledger.reference()["runs"]["start"] == {"values": {0: 0.04}, "baseline": {}}
    assert ledger.onto_stored("C1.1-b", 0, 1.0, 0.0) == ({0: 1.0, 1: 0.8}, {0: 0.0, 1: 0.2})
    assert ledger.onto_stored("C1.1-d", 3, 1.0, 0.0) == ({3: 1.0}, {3: 0.0})


def test_without_a_reference_file_all_is_empty(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "PACKAGE", tmp_path)
    assert ledger.reference() == {"machine": "", "date": "", "numbers": {}, "runs": {}}


def test_claims_are_read_from_toml(tmp_path, monkeypatch):
    monkeypatch.undo()
    table = 'text = "t"\nkind = "empirical"\nmargin = 0.05\nseeds = [0, 1, 2]\nhigher_is_better = false\n'
    (tmp_path / "claims.toml").write_text(f'[claims."C1.2-b"]\n{table}')
    monkeypatch.setattr(ledger, "PACKAGE", tmp_path)
    only = ledger.claims()["C1.2-b"]
    assert (only.margin, only.seeds, only.higher_is_better) == (0.05, (0, 1, 2), False)


def test_a_fresh_seed_joins_the_stored_run_of_the_same_model_only(monkeypatch):
    stored = {"runs": {"C": {"values": {0: 0.1, 1: 0.2}, "baseline": {0: 0.0, 1: 0.0}, "model": "generator"}}}
    monkeypatch.setattr(ledger, "reference", lambda: stored)
    assert ledger.onto_stored("C", 0, 0.9, 0.5, "generator") == ({0: 0.9, 1: 0.2}, {0: 0.5, 1: 0.0})
    assert ledger.onto_stored("C", 0, 0.9, 0.5, "another") == ({0: 0.9}, {0: 0.5})
    assert ledger.onto_stored("unknown", 0, 0.9, 0.5) == ({0: 0.9}, {0: 0.5})
