"""Exercises, validated three ways: source by nbval, release by nbclient and autograder, answers by a bank."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from companion import check
from companion.build import ROOT, BuildError, exercises, grading
from companion.build.run import execute, learner_environment
from companion.build.text import KERNEL, no_numbers, read_text
from companion.check.help import DATA, exercise, task
from companion.check.messages import Code, Message

FOLDER = ROOT / "exercises"
NAMES = sorted(path.stem for path in (FOLDER / "text").glob("*.md"))
BANKS = sorted((Path(__file__).parent / "banks").glob("*.py"))
SANITISE = Path(__file__).parent / "nbval_sanitise.cfg"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """What a check notes in the journal, it notes here."""
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path / "home"))


def load(path: Path):
    """A module by its path: a bank is called after its exercise, and `1_1` is no module name."""
    spec = importlib.util.spec_from_file_location(f"bank_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path: Path):
    return nbformat.read(path, as_version=4)


def cells_tagged(notebook, prefix: str) -> dict[str, nbformat.NotebookNode]:
    """Name -> cell, for cells with a tag of this prefix."""
    pairs = ((tag, cell) for cell in notebook.cells for tag in cell.metadata.get("tags", []))
    return {tag.removeprefix(prefix): cell for tag, cell in pairs if tag.startswith(prefix)}


def solution_lines(source) -> set[str]:
    """Lines that stand between the solution marks, and nowhere else in the notebook."""
    inside, outside = set(), set()
    for cell in source.cells:
        solving = False
        for line in map(str.strip, cell.source.splitlines()):
            if "BEGIN SOLUTION" in line or "END SOLUTION" in line:
                solving = "BEGIN" in line
            elif line:
                (inside if solving else outside).add(line)
    return inside - outside


# --- the notebooks -----------------------------------------------------------------------------------------
def test_there_is_an_exercise():
    assert "1_1_rag" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_text_and_source_agree(name):
    assert exercises.main([name], check=True) == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_release_is_what_nbgrader_makes_of_the_source(name, tmp_path):
    shutil.copytree(FOLDER / "source" / name, tmp_path / "source" / name)
    made = exercises.release(name, tmp_path)
    assert made.read_text("utf-8") == exercises.release_path(FOLDER, name).read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_source_holds_under_nbval(name):
    path = exercises.source_path(FOLDER, name)
    options = [
        "--nbval",
        "--nbval-sanitize-with",
        str(SANITISE),
        "-q",
        "-p",
        "no:cacheprovider",
        "--color=no",
    ]
    command = [sys.executable, "-m", "pytest", *options, "--rootdir", str(path.parent), str(path)]
    with learner_environment():
        result = subprocess.run(command, capture_output=True, text=True, cwd=path.parent)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-1000:]
    assert "passed" in result.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_untouched_release_passes_no_check(name, tmp_path):
    notebook = read(exercises.release_path(FOLDER, name))
    seconds = execute(notebook, tmp_path, allow_errors=True)
    for cell in notebook.cells:
        raised = {output.ename for output in cell.get("outputs", []) if output.output_type == "error"}
        assert raised <= {"NotImplementedError", "CheckFailed"}, cell.source
    for cell in cells_tagged(notebook, "check-").values():
        assert any(output.output_type == "error" for output in cell.outputs), cell.source
    assert seconds < float(os.environ.get("COMPANION_EXERCISE_SECONDS", 60))


@pytest.mark.parametrize("name", NAMES)
def test_the_release_gives_no_solution_away(name):
    source, release = read(exercises.source_path(FOLDER, name)), exercises.release_path(FOLDER, name)
    lines = solution_lines(source)
    assert len(lines) >= len(cells_tagged(source, "answer-"))
    shown = "\n".join(cell.source for cell in read(release).cells)
    assert [line for line in lines if line in shown] == []
    assert all(not cell.outputs for cell in read(release).cells if cell.cell_type == "code")


@pytest.mark.parametrize("name", NAMES)
def test_the_autograder_gives_nothing_for_the_release_and_all_for_the_source(name, tmp_path):
    for student, path in {"ana": exercises.source_path, "ben": exercises.release_path}.items():
        (tmp_path / student).mkdir()
        shutil.copy(path(FOLDER, name), tmp_path / student / f"{name}.ipynb")
    grades = {one.student: one for one in grading.grade(tmp_path)}
    assert grades["ana"].points == grades["ana"].maximum > 0
    assert grades["ben"].points == 0
    assert set(grades["ben"].tasks) == {id.split(".")[1] for id in check.tasks(name[:3])}


@pytest.mark.parametrize("name", NAMES)
def test_how_an_exercise_is_written(name):
    source = read(exercises.source_path(FOLDER, name))
    answers, text = cells_tagged(source, "answer-"), "\n".join(cell.source for cell in source.cells)
    assert 3 <= len(answers) <= 5
    assert text.count("**Difficulty") == text.count("· spend up to") == len(answers)
    for cell in answers.values():
        assert cell.source.startswith("def ") and " -> " in cell.source and '"""' in cell.source
    ids = {id.split(".")[1] for id in check.tasks(name[:3])}
    assert ids == set(answers) == set(cells_tagged(source, "check-"))


@pytest.mark.parametrize("name", NAMES)
def test_solutions_shown_on_request_are_the_source_s(name):
    for short, cell in cells_tagged(read(exercises.source_path(FOLDER, name)), "answer-").items():
        marks = ("### BEGIN SOLUTION", "### END SOLUTION")
        kept = [line for line in cell.source.splitlines() if line.strip() not in marks]
        assert task(f"{name[:3]}.{short}")["solution"].strip() == "\n".join(kept)


# --- the bank ----------------------------------------------------------------------------------------------
def bank(kind: str) -> list:
    """Parameters for pytest: (task id, function) and, for wrong answers, the reason."""
    return list(_bank(kind))


def _bank(kind: str):
    for path in BANKS:
        for id, answers in getattr(load(path), kind).items():
            for answer in answers:
                function, *reason = answer if isinstance(answer, tuple) else (answer,)
                yield pytest.param(id, function, *reason, id=f"{id}-{function.__name__}")


def test_every_task_has_enough_answers_in_the_bank():
    assert {path.stem for path in BANKS} == {path.stem for path in DATA.glob("*.toml")}
    for path in BANKS:
        module = load(path)
        for id in check.tasks(path.stem):
            assert len(module.WRONG[id]) >= 3 and len(module.RIGHT[id]) >= 2, id


@pytest.mark.parametrize("id, function, reason", bank("WRONG"))
def test_wrong_answers_fail_for_the_right_reason(id, function, reason):
    with pytest.raises(check.CheckFailed) as caught:
        check.run(id, function)
    assert reason.lower() in str(caught.value).lower()


@pytest.mark.parametrize("id, function", bank("RIGHT"))
def test_right_answers_pass_however_written(id, function, capsys):
    check.run(id, function)
    assert f"✓ {id}" in capsys.readouterr().out


# --- the checks' own manners -------------------------------------------------------------------------------
def unwritten(*arguments):
    raise NotImplementedError("write this function")


@pytest.mark.parametrize("id", [id for path in sorted(DATA.glob("*.toml")) for id in check.tasks(path.stem)])
def test_a_function_still_to_be_written_says_so(id):
    with pytest.raises(NotImplementedError):
        check.run(id, unwritten)


def test_a_result_in_place_of_a_function():
    with pytest.raises(check.CheckFailed, match="without brackets"):
        check.run("1_1.recall", 0.5)


def test_an_error_names_the_learner_s_own_line():
    def divides(found, relevant, k):
        return 1 / len(found.get("nothing", ""))

    with pytest.raises(check.CheckFailed, match=r"ZeroDivisionError(.|\n)*line \d+: return 1 / len"):
        check.run("1_1.recall", divides)


def test_a_failed_check_in_a_notebook_is_a_box_and_one_line(tmp_path):
    code = "from companion import check\ncheck.run('1_1.recall', lambda found, relevant, k: 1.0)"
    cell = nbformat.v4.new_code_cell(code)
    execute(nbformat.v4.new_notebook(cells=[cell]), tmp_path, allow_errors=True)
    box, error = cell.outputs
    assert "left out of the mean" in box.data["text/html"] and "left out of the mean" in box.data["text/plain"]
    assert error.ename == "CheckFailed" and len(error.traceback) == 1


def test_hints_and_solutions_are_shown_on_request(capsys):
    check.hint("1_1.stale", 2)
    assert "Hint 2 of 3" in capsys.readouterr().out
    check.solution("1_1.stale")
    assert "index.remove" in capsys.readouterr().out


@pytest.mark.parametrize(
    "ask, says",
    [
        (lambda: check.hint("1_1.stale", 4), "from 1 to 3"),
        (lambda: check.hint("1_1.stale", 0), "from 1 to 3"),
        (lambda: check.hint("1_1.nothing"), "choose one of 1_1.stale"),
        (lambda: check.solution("9_9.x"), "choose one of 1_1"),
    ],
)
def test_what_does_not_exist_is_named(ask, says):
    with pytest.raises(ValueError, match=says):
        ask()


def test_each_task_has_three_hints():
    for path in DATA.glob("*.toml"):
        assert all(len(one["hints"]) == 3 for one in exercise(path.stem).values())


def test_messages_escape_what_a_learner_wrote():
    html = Message("failed", "<b>", "gave '<script>'\nsecond")._repr_html_()
    assert "<script>" not in html and "&lt;b&gt;" in html and "<br>second" in html
    assert "<pre>if a &lt; b" in Code("x", "if a < b: pass")._repr_html_()


# --- building and grading ----------------------------------------------------------------------------------
LONE = "# T\n\n```{code-cell}\n:tags: [answer-x]\ndef f() -> int:\n    pass\n```\n"


def test_an_answer_without_a_check_is_refused(tmp_path):
    (tmp_path / "a.md").write_text(LONE)
    with pytest.raises(BuildError, match="same name"):
        exercises.mark(read_text(tmp_path / "a.md", no_numbers))


def test_a_check_without_points_is_refused(tmp_path):
    (tmp_path / "a.md").write_text(LONE + "\n```{code-cell}\n:tags: [check-x]\nf()\n```\n")
    with pytest.raises(BuildError, match="points-N"):
        exercises.mark(read_text(tmp_path / "a.md", no_numbers))


def test_students_are_read_from_names(tmp_path):
    empty = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL})
    for place in ("ana/1_1_rag.ipynb", "ben/1_1_rag/1_1_rag.ipynb", "1_1_rag_carl.ipynb", "notes.ipynb"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(empty, tmp_path / place)
    found = grading.submissions(tmp_path, ["1_1_rag", "1_1"])
    assert set(found) == {("ana", "1_1_rag"), ("ben", "1_1_rag"), ("carl", "1_1_rag")}


def test_two_notebooks_of_one_student_are_refused(tmp_path):
    for place in ("ana/1_1_rag.ipynb", "ana/old/1_1_rag.ipynb"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(), tmp_path / place)
    with pytest.raises(BuildError, match="keep one"):
        grading.submissions(tmp_path, ["1_1_rag"])


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(BuildError, match="1_1_rag"):
        grading.grade(tmp_path)
