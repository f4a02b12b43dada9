"""`python -m companion choose`: as a process, with options, with a terminal's answers, and with nothing at all."""

import math
import subprocess
import sys

import pytest

from companion.__main__ import main
from companion.build import ROOT
from companion.choose import dialogue
from companion.choose.needs import QUESTIONS


def run(*arguments, said=None, folder):
    command = [sys.executable, "-m", "companion", "choose", *arguments]
    environment = {"PYTHONPATH": str(ROOT), "COMPANION_HOME": str(folder / "home"), "PYTHONIOENCODING": "utf-8"}
    given = {"stdin": subprocess.DEVNULL} if said is None else {"input": said}
    return subprocess.run(command, **given, capture_output=True, text=True, cwd=folder, env=environment, timeout=60)


def test_options_without_a_terminal_ask_nothing_and_write_the_card(tmp_path):
    done = run("--kind", "facts", "--style", "yes", "--labels", "5,000", "--title", "<b>Desk</b>", folder=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert "Provisional: RAG\n" in done.stdout and "[1]" not in done.stdout
    assert "The one measurement that would change it" in done.stdout
    card = (tmp_path / "decision_card.html").read_text("utf-8")
    assert "&lt;b&gt;Desk&lt;/b&gt;" in card and "<b>Desk</b>" not in card


def test_eight_answers_by_the_pipe(tmp_path):
    done = run("--out", "card.html", said="1\n2\n3\nhalf a second\n1,000\n10,000\nno\nn\n", folder=tmp_path)
    assert done.returncode == 0 and "Provisional: RAG\n" in done.stdout
    assert "Still open" not in done.stdout and (tmp_path / "card.html").exists()


def test_no_answer_at_all_is_no_advice_and_no_error(tmp_path):
    done = run(folder=tmp_path)
    assert done.returncode == 0 and "open: see the questions" in done.stdout and "Still open" in done.stdout


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["--labels", "-3"], "say one of none, about 50"),
        (["--kind", "weather"], "say one of facts, behaviour, both"),
        (["--style", "perhaps"], "say one of yes, no"),
        (["--kind", "facts", "--out", "no/such/folder/card.html"], "no/such/folder"),
    ],
)
def test_errors_are_one_sentence(arguments, says, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["choose", *arguments]) == 1
    shown = capsys.readouterr()
    assert says in shown.err and "Traceback" not in shown.err and shown.err.count("\n") == 1


def test_a_wrong_answer_is_asked_again_and_enter_is_not_known_yet(capsys):
    said = iter(["rain", "2", "", "inf", "9 apples", "250", *[""] * 9])
    answers = dialogue.ask(list(QUESTIONS.values()), lambda prompt: next(said))
    assert answers["kind"] == "behaviour" and answers["update_days"] is None
    assert answers["labels"] == 250 and "'inf' is no answer here" in capsys.readouterr().out


def test_the_input_may_end_early():
    def ends(prompt):
        raise EOFError

    assert dialogue.ask(list(QUESTIONS.values()), ends) == {}


@pytest.mark.parametrize(
    "name, said, value",
    [
        ("update_days", "never", math.inf),
        ("update_days", "every day", 1.0),
        ("labels", "1,200", 1200),
        ("labels", "none", 0),
        ("memory_mb", "no limit", math.inf),
        ("sources", "Y", True),
        ("kind", "Both", "both"),
        ("latency_ms", "12.5", 12.5),
    ],
)
def test_answers_in_words(name, said, value):
    assert dialogue.understood(QUESTIONS[name], said) == value


def test_every_coarse_answer_is_understood_in_its_own_words_and_by_its_number():
    for question in QUESTIONS.values():
        for number, (words, value) in enumerate(question.answers, start=1):
            assert dialogue.understood(question, words) == value
            assert dialogue._listed(question, str(number)) == value


def test_the_command_needs_no_torch():
    code = (
        "import sys; from companion.choose.dialogue import run; from companion.choose import recommend, Needs;"
        "recommend(Needs(kind='facts')); assert not {'torch', 'numpy', 'IPython'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
