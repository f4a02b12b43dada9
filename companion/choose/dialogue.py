"""`python -m companion choose`: eight questions in a terminal, or eight options, and a card at the end."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from companion.choose.advice import Advice, recommend
from companion.choose.deciding import Turning, decisive
from companion.choose.figures import read_figures, values
from companion.choose.needs import KINDS, QUESTIONS, Needs, Question
from companion.choose.options import NAMES
from companion.choose.page import card_html, measure, walked

YES = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
LIMITLESS = ("inf", "never", "none", "no limit")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One option for each need, and where the card goes."""
    for question in QUESTIONS.values():
        words = ", ".join(said for said, _ in question.answers)
        option = f"--{question.name.replace('_', '-')}"
        parser.add_argument(option, metavar="ANSWER", help=f"{question.short}: {words}{_or_number(question)}")
    parser.add_argument("--title", default="Which path?", help="what the card is called")
    parser.add_argument("--out", metavar="FILE", default="decision_card.html", help="the card (default %(default)s)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask what no option says, advise, write the card. With any option and no terminal, nothing is asked."""
    stated = {name: getattr(options, name) for name in QUESTIONS if getattr(options, name) is not None}
    answers = {name: understood(QUESTIONS[name], said) for name, said in stated.items()}
    if sys.stdin is not None and (sys.stdin.isatty() or not stated):
        answers |= ask([question for name, question in QUESTIONS.items() if name not in stated])
    figures, needs = read_figures(), Needs(**answers)
    advice = recommend(needs, figures)
    turning = decisive(needs, values(figures)) if advice.path else None
    Path(options.out).write_text(card_html(advice, turning, options.title, date.today().isoformat()), "utf-8")
    print(report(advice, turning))
    print(f"\nThe card: {options.out}")
    return 0


def ask(questions: list[Question], read: Callable[[str], str] | None = None) -> dict[str, Any]:
    """Put the questions, one after the other; an empty line is "not known yet", and so is the end of the input."""
    read, answers = read or input, {}
    print("Answer with a number of the list, with words, or with Enter for: not known yet.")
    for number, question in enumerate(questions, start=1):
        print(f"\n{number}. {question.asks}")
        print("   " + "   ".join(f"[{at}] {words}" for at, (words, _) in enumerate(question.answers, start=1)))
        try:
            answers[question.name] = _patiently(question, read)
        except EOFError:
            print()
            break
    return answers


def _patiently(question: Question, read: Callable[[str], str]) -> Any:
    while True:
        said = read("   > ").strip()
        try:
            return _listed(question, said)
        except ValueError as error:
            print(f"   {error}")


def _listed(question: Question, said: str) -> Any:
    """An answer by its number in the list, else by its words."""
    if said.isdecimal() and 1 <= int(said) <= len(question.answers):
        return question.answers[int(said) - 1][1]
    return understood(question, said) if said else None


def understood(question: Question, said: str) -> Any:
    """What an answer in words means. Raises ValueError, in one sentence, for what is none."""
    said = said.strip().lower()
    by_words = {words.lower(): value for words, value in question.answers}
    if said in by_words:
        return by_words[said]
    if question.name == "kind" or question.answers[0][1] is True:
        if question.name != "kind" and said in YES:
            return YES[said]
        known = ", ".join(KINDS) if question.name == "kind" else "yes, no"
        raise ValueError(f"{said!r} is no answer here: say one of {known}.")
    return _number(question, said)


def _number(question: Question, said: str) -> float | int:
    if said in LIMITLESS and question.name not in ("labels", "calls_per_day"):
        return float("inf")
    try:
        value = float(said.replace(",", "").replace("_", ""))
        Needs(**{question.name: value})  # a number that cannot be says so here
    except ValueError as error:
        words = ", ".join(words for words, _ in question.answers)
        known = f"say one of {words}{_or_number(question)}"
        raise ValueError(f"{said!r} is no answer here: {known}.") from error
    return int(value) if question.name == "labels" else value


def _or_number(question: Question) -> str:
    return f"; or a number ({question.unit})" if question.unit else ""


def report(advice: Advice, turning: Turning | None) -> str:
    """The advice for a terminal."""
    name = NAMES[advice.path] if advice.path else "open: see the questions"
    lines = ["", f"Provisional: {name}", "", *advice.reasons]
    if advice.path:
        lines += ["", "The one measurement that would change it:", measure(turning)]
    if advice.questions:
        lines += ["", "Still open:", *(f"- {question}" for question in advice.questions)]
    lines += ["", f"The document's tree: {walked(advice)}"]
    lent = len(advice.fallbacks)
    lines += [f"{lent} figures are not your own: the card names them." if lent else "All figures are your own."]
    return "\n".join(textwrap.fill(line, 96, subsequent_indent="  ") for line in lines)
