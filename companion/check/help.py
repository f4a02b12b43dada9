"""Hints and solutions: data, shown when asked for."""

import tomllib
from functools import cache
from pathlib import Path

from companion import journal
from companion.check.messages import Code, Message, show

DATA = Path(__file__).parent / "data"


@cache
def exercise(name: str) -> dict[str, dict]:
    """The tasks of one exercise by id: `title`, `passed`, `hints` and `solution`."""
    path = DATA / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in DATA.glob("*.toml")))
        raise ValueError(f"There is no exercise '{name}': choose one of {known}.")
    return tomllib.loads(path.read_text(encoding="utf-8"))["tasks"]


def task(id: str) -> dict:
    """One task's data; ValueError names the known ids."""
    known = exercise(id.split(".")[0])
    if id not in known:
        raise ValueError(f"There is no task '{id}': choose one of {', '.join(known)}.")
    return known[id]


def tasks(name: str) -> list[str]:
    """The ids of an exercise's tasks, in order."""
    return list(exercise(name))


def hint(id: str, n: int = 1) -> None:
    """Show hint `n` of a task, counted from 1."""
    hints = task(id)["hints"]
    if not 1 <= n <= len(hints):
        raise ValueError(f"Task '{id}' has {len(hints)} hints: ask for one from 1 to {len(hints)}.")
    journal.note("hint", task=id, n=n)
    show(Message("hint", f"Hint {n} of {len(hints)}", hints[n - 1].strip()))


def solution(id: str) -> None:
    """Show one right answer, as source."""
    answer = task(id)["solution"].strip()
    journal.note("solution", task=id)
    show(Code(f"One answer to {id}", answer))
