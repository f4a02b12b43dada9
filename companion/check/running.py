"""Run a learner's function on copies of the inputs, and turn what goes wrong into one message."""

import copy
import importlib
import linecache
import traceback
from collections.abc import Callable
from reprlib import Repr
from typing import Any

from companion import journal
from companion.check.help import task
from companion.check.messages import Message, in_notebook, show


class _Short(Repr):
    """`reprlib.Repr` with few decimals, inside lists and dicts too: 0.1 and not 0.09999999999999998."""

    def repr_float(self, value: float, level: int) -> str:
        return repr(round(float(value), 4))

    repr_float64 = repr_float  # numpy's


class CheckFailed(AssertionError):
    """A check did not pass; the text says what came back and which misconception would give that."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this in place of a traceback through the package's own code."""
        return [f"CheckFailed: {self}"] if not in_notebook() else ["CheckFailed: see the message above."]


def run(id: str, function: Callable) -> None:
    """Check one task. Says so when it passes; raises `CheckFailed` when not. Both are noted in the journal.

    `NotImplementedError` passes through: it means that the function is still to be written.
    """
    passed = task(id)["passed"]
    exercise, name = id.split(".")
    check = importlib.import_module(f"companion.check.exercise_{exercise}.{name}").check
    try:
        if not callable(function):
            fail(f"{shown(function)} is not a function.", "Pass the function itself, without brackets.")
        check(function)
    except CheckFailed as error:
        journal.note("tried", task=id)
        if in_notebook():
            show(Message("failed", f"{id}: {task(id)['title']}", f"{error}\nStuck? check.hint({id!r}, 1)"))
        raise
    journal.note("passed", task=id)
    show(Message("passed", f"{id}: {task(id)['title']}", passed))


def fail(said: str, why: str) -> None:
    """Raise `CheckFailed`: first what came back, then which misconception fits."""
    raise CheckFailed(f"{said}\n{why}")


def call(function: Callable, *arguments: Any, untouched: bool = True) -> Any:
    """The function's result on copies of `arguments`.

    An error inside becomes `CheckFailed`, with the line that raised it. With `untouched`, arguments that come
    back changed fail too: a caller still needs them.
    """
    copies = copy.deepcopy(arguments) if untouched else arguments
    try:
        result = function(*copies)
    except NotImplementedError:
        raise
    except Exception as error:
        raise CheckFailed(_raised(function, error)) from error
    if untouched and copies != arguments:
        fail(
            f"{name_of(function)} changed what it was given.",
            "Work on a copy: the caller still needs its input.",
        )
    return result


def called(function: Callable, *arguments: Any) -> str:
    """How a call looks, arguments shortened: `mended_recall({...}, {...}, 2)`."""
    return f"{name_of(function)}({', '.join(shown(argument) for argument in arguments)})"


def shown(value: Any, limit: int = 120) -> str:
    """A value for a message, cut where it is long."""
    short = _Short()
    short.maxdict = short.maxlist = short.maxset = short.maxtuple = 4
    short.maxstring = short.maxother = limit
    return short.repr(value)


def number(value: Any, said: str) -> float:
    """The value as a float; anything that is no number fails."""
    if value is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    try:
        return float(value)
    except (TypeError, ValueError):
        fail(f"{said} gave {shown(value)}.", "A number is wanted.")


def name_of(function: Callable) -> str:
    """What the learner called the function."""
    return getattr(function, "__name__", "your function")


def _raised(function: Callable, error: Exception) -> str:
    """`mended_update raised ValueError: ... (line 3: index.add(...))`, the line being the learner's own."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    text = linecache.getline(own[-1].filename, own[-1].lineno).strip() if own else ""
    where = f"\nIt happened in line {own[-1].lineno}: {text}" if text else ""
    return f"{name_of(function)} raised {type(error).__name__}: {error}{where}"
