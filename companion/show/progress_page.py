"""The learner's progress: a page for notebooks, a table for terminals, and one file to take along."""

from __future__ import annotations

import base64
from itertools import groupby
from typing import Any

from companion import luggage
from companion.show.display import look, show, show_widget, text
from companion.show.living import box, still
from companion.show.places import NOTEBOOKS
from companion.show.progress_facts import FINISHED, NOT_YET, OPENED, Guess, Notebook, Progress, Task, progress_facts

FILE = "progress.json"
SIGNS = {"right": "✓ right", "wrong": "✗ missed", "late": "late, not scored", "open": "not measured yet"}
HOW = "In a terminal: python -m companion progress --export progress.json, and --import progress.json elsewhere."


def progress_panel() -> None:
    """Show how far you are, with two buttons: save it all as one file, and bring such a file from elsewhere."""
    facts = progress_facts()
    show(page(facts), "\n".join(plain(facts)))
    show_widget(Luggage().box, still(f"<p>{text(HOW)}</p>"), HOW)


def headline(facts: Progress) -> list[str]:
    """Three sentences: notebooks, exercises, predictions."""
    states = [row.state for row in facts.notebooks]
    passed = sum(task.passed for task in facts.tasks)
    hints, solutions = sum(task.hints for task in facts.tasks), sum(task.solution for task in facts.tasks)
    helped = f"{hints} hint{'s' * (hints != 1)} and {solutions} solution{'s' * (solutions != 1)} asked for"
    score = facts.score
    points = f"{score.played} scored; you {score.you}, the document {score.document}"
    return [
        f"Notebooks: {states.count(FINISHED)} of {len(states)} finished, {states.count(OPENED)} more opened.",
        f"Exercises: {passed} of {len(facts.tasks)} tasks passed; {helped}.",
        f"Predictions: {len(facts.guesses)} locked, {points}.",
    ]


def plain(facts: Progress) -> list[str]:
    """The page as lines of text: what has been touched, under each headline."""
    notebooks, exercises, predictions = headline(facts)
    begun = [row for row in facts.notebooks if row.state != NOT_YET]
    tried = [task for task in facts.tasks if _touched(task)]
    return [
        notebooks,
        *(f"  {row.name:26} {_ran(row)}" for row in begun),
        exercises,
        *(f"  {task.id:26} {_task(task)}" for task in tried),
        predictions,
        *(f"  {guess.id:26} {_said(guess)}" for guess in facts.guesses),
    ]


def page(facts: Progress) -> str:
    """The page as HTML: all notebooks, all exercises, all predictions that were locked."""
    notebooks, exercises, predictions = (f"<h4>{text(line)}</h4>" for line in headline(facts))
    return (
        f'{look("progress")}<article class="companion paper companion-progress">'
        f'{notebooks}<div class="stops">{"".join(map(_stop, facts.notebooks))}</div>'
        f"{exercises}{_exercises(facts.tasks)}{predictions}{_guesses(facts.guesses)}</article>"
    )


def _ran(row: Notebook) -> str:
    if row.state != OPENED or not row.ran:
        return row.state
    return f"{row.ran} of {row.cells} cells run"


def _task(task: Task) -> str:
    return ", ".join(["passed" if task.passed else "not passed", *_extras(task)])


def _extras(task: Task) -> list[str]:
    """What it took, beside passing."""
    tries = [f"{task.tries} failed tr{'y' if task.tries == 1 else 'ies'}"] * bool(task.tries)
    hints = [f"{task.hints} hint{'s' * (task.hints != 1)}"] * bool(task.hints)
    return [*tries, *hints, *["solution seen"] * task.solution]


def _touched(task: Task) -> bool:
    return task.passed or task.tries > 0 or task.hints > 0 or task.solution


def _said(guess: Guess) -> str:
    measured = f"measured {guess.measured}: " if guess.measured else ""
    return f"you said {guess.said}; {measured}{SIGNS[guess.how]}"


def _stop(row: Notebook) -> str:
    share = 100 * row.ran / row.cells if row.cells else 0
    kind = {NOT_YET: "later", OPENED: "opened", FINISHED: "done"}[row.state]
    name = f'<a href="{text(row.name)}.ipynb">{text(row.name)}</a>' if NOTEBOOKS.exists() else text(row.name)
    bar = f'<span class="bar"><i style="width:{share:.0f}%"></i></span>'
    return f'<div class="stop {kind}">{name}{bar}<small>{text(_ran(row))}</small></div>'


def _exercises(tasks: tuple[Task, ...]) -> str:
    rows = ""
    for exercise, some in groupby(tasks, key=lambda task: task.id.split(".")[0]):
        rows += f"<tr><th scope='row'>{text(exercise)}</th><td><ul>{''.join(map(_item, some))}</ul></td></tr>"
    return f"<table>{rows}</table>"


def _item(task: Task) -> str:
    kind = "done" if task.passed else "opened" if _touched(task) else "later"
    extras = f" <small>({text(', '.join(_extras(task)))})</small>" if _extras(task) else ""
    return f'<li class="{kind}">{"✓ " * task.passed}{text(task.title)}{extras}</li>'


def _guesses(guesses: tuple[Guess, ...]) -> str:
    if not guesses:
        return '<p class="muted">The first one waits in 0_start_here.</p>'
    head = "".join(f'<th scope="col">{word}</th>' for word in ("prediction", "you said", "measured", ""))
    rows = "".join(
        f"<tr><td>{text(guess.title)}</td><td>{text(guess.said)}</td><td>{text(guess.measured)}</td>"
        f'<td class="{guess.how}">{text(SIGNS[guess.how])}</td></tr>'
        for guess in guesses
    )
    return f'<table class="guesses"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


class Luggage:
    """Two buttons and a line that says what happened. A page that lives on a lent machine is saved by the link."""

    def __init__(self) -> None:
        import ipywidgets as w

        wide = w.Layout(width="auto")
        self.save_button = w.Button(description="Save my progress as a file", layout=wide)
        self.upload = w.FileUpload(accept=".json", description="Bring a progress file", layout=wide)
        self.said = w.HTML(_line("Nothing of it leaves this computer unless you take it."))
        self.save_button.on_click(lambda _: self.save())
        self.upload.observe(lambda change: self.bring(change["new"]), names="value")
        self.box = box(w.HBox([self.save_button, self.upload]), self.said)

    def save(self) -> None:
        """Write the file beside the notebook, and offer the same as a download."""
        try:
            where = f"Saved as {luggage.export(FILE).name} beside this notebook."
        except (OSError, ValueError) as error:
            where = str(error)
        data = base64.b64encode(luggage.packed().encode()).decode()
        link = f'<a download="{FILE}" href="data:application/json;base64,{data}">Download {FILE}</a>'
        self.said.value = f"{_line(where)}<p>{link}</p>"

    def bring(self, files: Any) -> None:
        """Merge what was chosen."""
        for file in files:
            try:
                said = luggage.bring(bytes(file["content"]).decode("utf-8-sig", "replace"), str(file["name"]))
                said += " Run this cell again to see it."
            except (OSError, ValueError) as error:
                said = str(error)
            self.said.value = _line(said)


def _line(said: str) -> str:
    return f'<p role="status">{text(said)}</p>'
