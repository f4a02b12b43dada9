"""How far a learner is: notebooks, exercises and predictions, read from the ledger and the journal."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass

from companion import journal, ledger
from companion.check.help import DATA, tasks
from companion.check.help import task as task_data
from companion.show import map as course
from companion.show.board_cards import FILE as BOARD
from companion.show.board_cards import NONE, ORDER, PATHS, PREFIX
from companion.show.places import code_ids, place
from companion.show.scoring import Score, right, score
from companion.show.specs import spec

NOT_YET, OPENED, FINISHED = "not opened", "opened", "finished"


@dataclass(frozen=True)
class Notebook:
    """One notebook: how many of its code cells have run without an error."""

    name: str
    title: str
    ran: int
    cells: int
    opened: bool

    @property
    def state(self) -> str:
        if self.cells and self.ran == self.cells:
            return FINISHED
        return OPENED if self.opened else NOT_YET


@dataclass(frozen=True)
class Task:
    """One task of an exercise; `tries` are the checks that failed."""

    id: str
    title: str
    passed: bool
    tries: int
    hints: int
    solution: bool


@dataclass(frozen=True)
class Guess:
    """A locked prediction, said in its own unit, beside what was measured."""

    id: str
    title: str
    said: str
    measured: str  # "" until it is measured
    how: str  # right, wrong, late, open


@dataclass(frozen=True)
class Progress:
    """All of it; `score` is of the predictions made in time."""

    notebooks: tuple[Notebook, ...]
    tasks: tuple[Task, ...]
    guesses: tuple[Guess, ...]
    score: Score


def progress_facts() -> Progress:
    """What this computer knows of the learner's way through the course."""
    events = journal.events()
    return Progress(tuple(_notebooks(events)), tuple(_tasks(events)), tuple(_guesses()), score())


def _notebooks(events: list[journal.Event]) -> list[Notebook]:
    ran: dict[str, set[str]] = {}
    for event in events:
        if event["kind"] == "cell":
            ran.setdefault(str(event.get("notebook")), set()).add(str(event.get("cell")))
    # An editor that does not say which notebook it runs still leaves predictions and verdicts behind.
    claims = [*ledger.predictions(), *ledger.outcomes(), *(record.claim_id for record in ledger.read())]
    known = {found.notebook for claim in claims if (found := place(claim))}
    rows = []
    for name, title, _ in course.stops():
        if name in course.READY:
            ids = code_ids(name)
            rows.append(Notebook(name, title, len(ran.get(name, set()) & ids), len(ids), name in {*ran, *known}))
    return rows


def _tasks(events: list[journal.Event]) -> list[Task]:
    names = sorted(file.stem for file in DATA.glob("*.toml"))
    return [_task(id, [event for event in events if event.get("task") == id]) for name in names for id in tasks(name)]


def _task(id: str, events: list[journal.Event]) -> Task:
    kinds = Counter(event["kind"] for event in events)
    # A hint that was read on two computers is one hint.
    hints = {event.get("n") for event in events if event["kind"] == "hint"}
    return Task(id, task_data(id)["title"], bool(kinds["passed"]), kinds["tried"], len(hints), bool(kinds["solution"]))


def _guesses() -> list[Guess]:
    results = ledger.outcomes()
    rows = (_guess(prediction, results.get(claim_id)) for claim_id, prediction in ledger.predictions().items())
    return [row for row in rows if row]


def _guess(mine: ledger.Prediction, result: dict | None) -> Guess | None:
    """None for a prediction that this edition of the course does not know."""
    try:
        title, say = _chart(mine.claim_id)
        said, measured = f"{say(mine.value)}, {mine.confidence}", say(result["measured"]) if result else ""
    except (KeyError, ValueError, OverflowError):
        return None
    if result is None:
        return Guess(mine.claim_id, title, said, "", "open")
    hit = right(mine.value, result["measured"], result["tolerance"])
    return Guess(mine.claim_id, title, said, measured, "late" if mine.late else "right" if hit else "wrong")


def _chart(name: str):
    """A prediction's title, and how its numbers are said."""
    if not name.startswith(PREFIX):
        this = spec(name)
        return this.title, this.axis.say
    titles = {row["id"]: row["title"] for row in tomllib.loads(BOARD.read_text(encoding="utf-8"))["cards"]}
    return f"The board: {titles[name.removeprefix(PREFIX)]}", lambda value: _path(int(value))


def _path(number: int) -> str:
    return {**PATHS, NONE: "none of the three"}[dict(enumerate(ORDER))[number]]
