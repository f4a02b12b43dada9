"""Progress: what is noted and never gets in the way, one file to take along, how two become one, and the panel."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from companion import check, journal, ledger, luggage, watching
from companion.__main__ import main
from companion.build import ROOT
from companion.show import map as course
from companion.show import places, progress_facts, progress_page

EVIL = "<script>alert(\"x\")</script> & 'more'"
EARLY, NOON, LATE = (f"2026-05-0{day}T12:00:00+00:00" for day in (1, 2, 3))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Another computer: what is noted from here on is kept there."""
    return lambda name="other": monkeypatch.setenv("COMPANION_HOME", str(tmp_path / name))


def kinds():
    return [(event["kind"], event.get("task")) for event in journal.events()]


# --- the journal -------------------------------------------------------------------------------------------
def test_checks_hints_and_solutions_are_noted(capsys):
    def right(found, relevant, k):
        return check.help.task("1_1.recall") and 1

    with pytest.raises(check.CheckFailed):
        check.run("1_1.recall", right)
    with pytest.raises(check.CheckFailed):
        check.run("1_1.recall", right)
    for _ in range(2):
        check.hint("1_1.recall", 1)
        check.solution("1_1.recall")
    task = "1_1.recall"
    assert kinds() == [("tried", task), ("tried", task), ("hint", task), ("solution", task)]


def test_a_pass_is_noted_once(capsys, monkeypatch):
    module = SimpleNamespace(check=lambda function: None)
    monkeypatch.setattr("companion.check.running.importlib.import_module", lambda name: module)
    for _ in range(2):
        check.run("1_1.stale", print)
    assert kinds() == [("passed", "1_1.stale")]


def test_a_function_still_to_be_written_is_no_try():
    def unwritten(*_):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        check.run("1_1.recall", unwritten)
    assert journal.events() == []


def test_where_nothing_can_be_written_the_session_remembers(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path / "file" / "home"))
    check.hint("1_1.stale", 1)
    assert kinds() == [("hint", "1_1.stale")]
    assert main(["progress"]) == 0 and "1 hint and 0 solutions" in capsys.readouterr().out


def test_no_accident_in_the_journal_reaches_a_check(monkeypatch, capsys):
    def crash(*_):
        raise RuntimeError("anything")

    monkeypatch.setattr(journal, "path", crash)
    check.hint("1_1.stale", 1)
    assert "Hint 1 of 3" in capsys.readouterr().out


@pytest.mark.parametrize("torn", ['{"date": "2026', "\x00\x00", '{"kind": "cell"}', "[1]", '{"kind": "x", "date": 3}'])
def test_a_torn_line_is_passed_over_and_the_next_one_is_whole(home, torn):
    journal.note("hint", task="1_1.stale", n=1)
    with journal.path().open("a") as file:
        file.write(torn)
    journal.note("solution", task="1_1.stale")
    assert [kind for kind, _ in kinds()] == ["hint", "solution"]


def test_what_lies_out_of_order_is_not_noted_again_and_comes_back_in_order(home):
    lines = [{"date": f"2026-03-0{day}T08:00:00+00:00", "kind": "hint", "task": "t", "n": day} for day in (3, 1, 2, 1)]
    journal.append(lines)
    for day in (1, 2, 3, 4):
        journal.note("hint", task="t", n=day)
    assert [event["n"] for event in journal.events()] == [1, 2, 3, 4]
    assert len(journal.path().read_text().splitlines()) == 5


def test_two_kernels_at_once_lose_nothing(home):
    code = "from companion import journal\nfor n in range(40): journal.note('hint', task='{}', n=n)"
    run = [subprocess.Popen([sys.executable, "-c", code.format(name)], cwd=ROOT) for name in "ab"]
    assert [process.wait() for process in run] == [0, 0]
    assert len(journal.events()) == 80


# --- the cells that were run -------------------------------------------------------------------------------
def shell(**names):
    registered = []
    events = SimpleNamespace(register=lambda kind, function: registered.append((kind, function)))
    return SimpleNamespace(user_ns=names, events=events, registered=registered)


def result(cell="a1b2", success=True):
    return SimpleNamespace(success=success, info=SimpleNamespace(cell_id=cell))


@pytest.mark.parametrize(
    "place, name",
    [
        ("1_1_rag.ipynb", "1_1_rag"),
        ("work/1_1_rag.ipynb", "1_1_rag"),
        ("RTC:1_1_rag.ipynb", "1_1_rag"),
        ("C:\\course\\1_1_rag.ipynb", "1_1_rag"),
        ("secret_diary.ipynb", ""),
        ("", ""),
    ],
)
def test_only_the_course_s_own_notebooks_are_watched(monkeypatch, place, name):
    monkeypatch.setenv("JPY_SESSION_NAME", place)
    one = shell()
    watching.begin(one)
    watching.begin(one)
    assert watching.notebook(one) == name and len(one.registered) == bool(name)


def test_vs_code_says_the_notebook_in_its_own_way(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert watching.notebook(shell(__vsc_ipynb_file__="/home/x/1_1_rag.ipynb")) == "1_1_rag"


def test_a_notebook_is_finished_when_each_of_its_cells_has_run(monkeypatch):
    ids = sorted(places.code_ids("0_start_here"))
    for cell in ids[:-1]:
        watching.ran("0_start_here", result(cell))
    watching.ran("0_start_here", result(ids[-1], success=False))  # an error is not a run
    watching.ran("0_start_here", result("of-the-learner"))
    first = progress_facts.progress_facts().notebooks[0]
    assert (first.name, first.ran, first.cells, first.state) == ("0_start_here", len(ids) - 1, len(ids), "opened")
    watching.ran("0_start_here", result(ids[-1]))
    assert progress_facts.progress_facts().notebooks[0].state == "finished"


def test_a_cell_named_by_an_editor_opens_and_does_not_count():
    watching.ran("1_1_rag", result("vscode-notebook-cell:/x#W0"))
    row = next(row for row in progress_facts.progress_facts().notebooks if row.name == "1_1_rag")
    assert (row.ran, row.state) == (0, "opened")


# --- one file ----------------------------------------------------------------------------------------------
def some_progress(claim_id="C1.1-b", said=62.0):
    ledger.lock(claim_id, said, "would bet")
    ledger.settle(claim_id, 96.0, 100.0, 10.0)
    ledger.record(claim_id, {0: 0.9}, {0: 0.1}, EVIL)
    journal.note("hint", task="1_1.stale", n=1)


def state():
    files = (ledger.path(), journal.path())
    return [file.read_bytes() if file.exists() else None for file in files]


def test_what_is_exported_is_all_there_elsewhere(tmp_path, elsewhere, capsys):
    some_progress()
    before = (ledger.read(), ledger.predictions(), ledger.outcomes(), journal.events())
    assert main(["progress", "--export", str(tmp_path / "p.json")]) == 0
    elsewhere()
    assert main(["progress", "--import", str(tmp_path / "p.json")]) == 0
    assert "1 new records, 1 new predictions, 1 new events" in capsys.readouterr().out
    assert (ledger.read(), ledger.predictions(), ledger.outcomes(), journal.events()) == before
    once = state()
    assert luggage.bring_file(tmp_path / "p.json").endswith("0 new records, 0 new predictions, 0 new events.")
    assert state() == once  # a second time changes nothing


def broken(change):
    """An export of some progress, changed."""
    some_progress()
    data = json.loads(luggage.packed())
    change(data)
    return json.dumps(data)


BROKEN = {
    "a record without its date": lambda d: d["ledger"]["records"][0].pop("date"),
    "a verdict that is none": lambda d: d["ledger"]["records"][0].update(verdict=EVIL),
    "a value that is no number": lambda d: d["ledger"]["records"][0]["values"].update({"0": "0.9"}),
    "a value without end": lambda d: d["ledger"]["records"][0]["values"].update({"0": 10**400}),
    "a seed that is none": lambda d: d["ledger"]["records"][0]["values"].update({"--1": 0.5}),
    "a date that is none": lambda d: d["ledger"]["predictions"]["C1.1-b"].update(date="yesterday"),
    "a date without offset": lambda d: d["ledger"]["predictions"]["C1.1-b"].update(date="2026-05-01T12:00:00"),
    "another claim's prediction": lambda d: d["ledger"]["predictions"]["C1.1-b"].update(claim_id="C6"),
    "a confidence that is none": lambda d: d["ledger"]["predictions"]["C1.1-b"].update(confidence="certain"),
    "an outcome that is text": lambda d: d["ledger"]["outcomes"].update({"C1.1-b": "96"}),
    "an outcome without tolerance": lambda d: d["ledger"]["outcomes"]["C1.1-b"].pop("tolerance"),
    "an event without kind": lambda d: d["journal"][0].pop("kind"),
    "an event that nests": lambda d: d["journal"][0].update(task={"a": 1}),
    "half a letter": lambda d: d["journal"][0].update(task="\ud800"),
    "no journal": lambda d: d.pop("journal"),
    "records that are a table": lambda d: d["ledger"].update(records={}),
    "set aside for nobody": lambda d: d["ledger"].update(set_aside=[{"for": 3}]),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_damaged_export_changes_nothing(change, elsewhere):
    text = broken(change)
    elsewhere()
    some_progress("C1.1-d", 40)
    before = state()
    with pytest.raises(ValueError, match=r"^p.json is damaged, so nothing was taken from it: [^.]*\.$"):
        luggage.bring(text, "p.json")
    assert state() == before


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, "[]", "3", '{"a": NaN}', '{"nbformat": 4, "cells": []}', "\x00\x01", '{"records": []}'],
)
def test_a_foreign_file_gives_one_sentence_and_changes_nothing(tmp_path, text, capsys):
    some_progress()
    before = state()
    (tmp_path / "p.json").write_text(text)
    assert main(["progress", "--import", str(tmp_path / "p.json")]) == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith("Stopped: p.json holds no progress of this course: give ") and "\n" not in said
    assert state() == before


def test_a_missing_file_a_huge_one_and_a_newer_edition_are_named(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="There is no file"):
        luggage.bring_file(tmp_path / "none.json")
    (tmp_path / "p.json").write_text(luggage.packed().replace('"companion progress": 1', '"companion progress": 2'))
    with pytest.raises(ValueError, match="newer edition of the course: update"):
        luggage.bring_file(tmp_path / "p.json")
    monkeypatch.setattr(luggage, "LARGEST", 10)
    with pytest.raises(ValueError, match="too large for progress"):
        luggage.bring_file(tmp_path / "p.json")


def test_an_export_does_not_write_over_something_else(tmp_path):
    (tmp_path / "thesis.json").write_text("{}")
    with pytest.raises(ValueError, match="exists and holds something else: choose another name"):
        luggage.export(tmp_path / "thesis.json")
    assert (tmp_path / "thesis.json").read_text() == "{}"
    luggage.export(tmp_path / "p.json")
    some_progress()
    assert "C1.1-b" in luggage.export(tmp_path / "p.json").read_text()  # over an older export it does


def test_a_home_that_cannot_be_written_is_said(tmp_path, monkeypatch, elsewhere):
    some_progress()
    text = luggage.packed()
    (tmp_path / "file").write_text("")
    elsewhere("file/home")
    with pytest.raises(OSError, match="set COMPANION_HOME to a folder of your own"):
        luggage.bring(text, "p.json")


# --- two become one ----------------------------------------------------------------------------------------
def book(records=(), predictions=None, outcomes=None):
    return {"version": 1, "records": list(records), "predictions": predictions or {}, "outcomes": outcomes or {}}


def record(date, value=0.5, claim_id="C1.1-b", verdict="holds"):
    sides = {"values": {"0": value}, "baseline": {"0": 0.0}}
    return {"claim_id": claim_id, **sides, "verdict": verdict, "note": "", "date": date}


def said(date, value=50.0, claim_id="C1.1-b", late=False):
    return {"claim_id": claim_id, "value": value, "confidence": "guess", "date": date, "late": late}


def outcome(date, measured=90.0):
    return {"measured": measured, "document": None, "tolerance": 10.0, "date": date}


def test_the_newest_record_is_the_one_that_is_shown():
    both = luggage.merged(book([record(LATE, 0.9)]), book([record(EARLY, 0.1), record(NOON, 0.5)]))
    assert [list(r["values"].values())[0] for r in both["records"]] == [0.1, 0.5, 0.9]
    ledger.replace(both)
    assert {r.claim_id: r for r in ledger.read()}["C1.1-b"].values == {0: 0.9}


def test_dates_are_compared_as_moments_not_as_text():
    east, west = "2026-05-02T01:00:00+09:00", "2026-05-01T20:00:00-05:00"  # 16:00 and 01:00 the day after, UTC
    both = luggage.merged(book([record(east, 0.1)]), book([record(west, 0.9)]))
    assert [r["date"] for r in both["records"]] == [east, west]


def test_the_first_prediction_stands_and_the_other_is_kept():
    both = luggage.merged(book(predictions={"a": said(NOON, 50)}), book(predictions={"a": said(EARLY, 20)}))
    assert both["predictions"]["a"]["value"] == 20
    assert [(one["for"], one["value"]) for one in both["set_aside"]] == [("a", 50)]


def test_the_newest_outcome_stands_and_one_without_a_date_is_the_oldest():
    old = {"measured": 1.0, "document": None, "tolerance": 1.0}
    both = luggage.merged(book(outcomes={"a": old}), book(outcomes={"a": outcome(EARLY)}))
    assert both["outcomes"]["a"]["measured"] == 90 and both["set_aside"][0]["measured"] == 1


def test_a_prediction_after_a_result_on_another_computer_is_late():
    mine, other = book(predictions={"C1.1-b": said(NOON)}), book([record(EARLY)])
    assert luggage.merged(mine, other)["predictions"]["C1.1-b"]["late"]
    assert not luggage.merged(mine, book([record(LATE)]))["predictions"]["C1.1-b"]["late"]


dates = st.sampled_from([EARLY, NOON, LATE, "2026-05-02T01:00:00+09:00"])
ids = st.sampled_from(["C1.1-b", "start"])
books = st.builds(
    book,
    st.lists(st.builds(record, dates, st.sampled_from([0.1, 0.9]), ids), max_size=3),
    st.dictionaries(ids, st.builds(said, dates, st.sampled_from([10.0, 90.0]), late=st.booleans()), max_size=2),
    st.dictionaries(ids, st.builds(outcome, dates, st.sampled_from([10.0, 90.0])), max_size=2),
)


@given(books, books)
def test_it_does_not_matter_who_brings_what_to_whom(one, two):
    assert luggage.merged(one, two) == luggage.merged(two, one)


@given(books, books, books)
def test_nor_in_which_order_three_come_together(one, two, three):
    left = luggage.merged(luggage.merged(one, two), three)
    assert left == luggage.merged(one, luggage.merged(two, three))


@given(books, books)
def test_to_bring_it_again_changes_nothing(one, two):
    both = luggage.merged(one, two)
    assert luggage.merged(both, two) == both == luggage.merged(both, one)


@given(books, books)
def test_nothing_is_lost(one, two):
    both = luggage.merged(one, two)
    for held in (one, two):
        assert all(row in both["records"] for row in held["records"])
        for table in ("predictions", "outcomes"):
            for claim_id, entry in held[table].items():
                plain = {key: value for key, value in entry.items() if key != "late"}
                stands = {key: value for key, value in both[table][claim_id].items() if key != "late"}
                assert plain == stands or {"for": claim_id, **plain} in both["set_aside"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=400) | st.binary(max_size=400).map(lambda raw: raw.decode("utf-8", "replace")))
def test_no_text_breaks_the_import(text):
    with pytest.raises(ValueError):
        luggage.bring(text, "p.json")


# --- the panel ---------------------------------------------------------------------------------------------
def test_the_panel_says_what_was_done(shown, capsys):
    some_progress()
    ledger.lock("board.C2.2-a", 1, "guess")
    ledger.lock("C9.9-z", 1, "guess")  # of an edition that is not this one
    progress_page.progress_panel()
    html, plain = shown[0]
    assert "Predictions: 2 locked, 1 scored; you -6, the document 2." in plain
    assert "you said 62 %, would bet; measured 96 %: ✗ missed" in plain
    assert "board.C2.2-a               you said fine-tuning, guess; not measured yet" in plain
    assert "1_1.stale                  not passed, 1 hint" in plain
    assert all(f'href="{name}.ipynb"' in html for name in course.READY)
    assert "progress --export" in shown[-1][1]


def test_the_panel_escapes_what_it_shows(shown, monkeypatch):
    facts = progress_facts.Progress(
        (progress_facts.Notebook(EVIL, EVIL, 1, 2, True),),
        (progress_facts.Task(EVIL, EVIL, True, 1, 1, True),),
        (progress_facts.Guess(EVIL, EVIL, EVIL, EVIL, "wrong"),),
        progress_facts.score(),
    )
    assert "<script>" not in progress_page.page(facts)


def test_the_file_is_saved_and_brought_by_buttons(tmp_path, monkeypatch, elsewhere):
    monkeypatch.chdir(tmp_path)
    some_progress()
    one = progress_page.Luggage()
    one.save_button.click()
    assert "Saved as progress.json beside this notebook" in one.said.value and "download=" in one.said.value
    elsewhere()
    file = {"name": f"{EVIL}.json", "content": memoryview((tmp_path / "progress.json").read_bytes())}
    progress_page.Luggage().bring((file,))
    assert len(ledger.read()) == 1
    two = progress_page.Luggage()
    two.bring(({"name": EVIL, "content": memoryview(b"nothing")},))
    assert "holds no progress of this course" in two.said.value and "<script>" not in two.said.value


def test_a_folder_that_cannot_be_written_still_gives_the_download(monkeypatch):
    def refuse(*_):
        raise OSError("Cannot write progress.json: choose a folder of your own.")

    monkeypatch.setattr(luggage, "export", refuse)
    one = progress_page.Luggage()
    one.save()
    assert "choose a folder of your own" in one.said.value and "download=" in one.said.value


def test_the_command_is_quick_and_needs_no_model():
    code = "import sys\nfrom companion.__main__ import main\nmain(['progress'])\nassert 'torch' not in sys.modules"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(f"Notebooks: 0 of {len(course.READY)} finished")
