"""What a learner did: cells run, checks tried and passed, hints and solutions asked for; one line an event.

`COMPANION_HOME/journal.jsonl` only grows. Each event is appended as one line in one write, so two kernels do not
overwrite each other, and a crash tears the last line at most, which is then passed over. Nothing here raises: where
the folder cannot be written, the events of this session are kept in memory.

kinds: `cell` (notebook, cell), `tried` and `passed` (task), `hint` (task, n), `solution` (task).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from companion import ledger
from companion.dates import is_moment, moment, now

Event = dict[str, Any]
REPEATED = ("tried",)  # counted each time; all else is noted once
_unsaved: dict[Path, list[Event]] = {}  # by file, what could not be written


def path() -> Path:
    """Where the journal lies: beside the ledger."""
    return ledger.path().with_name("journal.jsonl")


def note(kind: str, **what: str | int) -> None:
    """Keep one event. A thing that was noted before is not noted again, except for tries."""
    with contextlib.suppress(Exception):  # to lose a note is better than to fail a learner's check
        if kind not in REPEATED and any(_what(old) == {"kind": kind, **what} for old in _held()):
            return
        event = {"date": now("microseconds"), "kind": kind, **what}
        try:
            append([event])
        except OSError:
            _unsaved.setdefault(path(), []).append(event)


def events() -> list[Event]:
    """All events, oldest first; a line that cannot be read is passed over."""
    return in_order(_held())


def append(fresh: Iterable[Event]) -> None:
    """Add events at the end of the file, in one write. OSError where that cannot be done."""
    text = "".join(json.dumps(event) + "\n" for event in fresh)
    file = path()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab+", buffering=0) as end:
            end.write(("\n" * _torn(end) + text).encode())
    except OSError as error:
        raise OSError(f"Cannot write {file}: set COMPANION_HOME to a folder of your own.") from error


def in_order(some: Iterable[Event]) -> list[Event]:
    """Each event once, by date; events of the same moment by what they say."""
    unique = {json.dumps(event, sort_keys=True): event for event in some}
    return [event for _, event in sorted(unique.items(), key=lambda row: (moment(row[1]["date"]), row[0]))]


def sound(event: object) -> bool:
    """Whether this is an event: plain values, a kind, and a date with its offset."""
    return (
        isinstance(event, dict)
        and isinstance(event.get("kind"), str)
        and is_moment(event.get("date"))
        and all(isinstance(value, str | int) for value in event.values())
    )


def _held() -> list[Event]:
    """The events as they lie: those of the file, and what could not be written."""
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = path().read_text(encoding="utf-8", errors="replace").splitlines()
    return [*filter(None, map(_event, lines)), *_unsaved.get(path(), [])]


def _torn(file: BinaryIO) -> bool:
    """Whether the last line has no end, as a crash may leave it."""
    if file.seek(0, 2) == 0:
        return False
    file.seek(-1, 2)
    return file.read(1) != b"\n"


def _event(line: str) -> Event | None:
    with contextlib.suppress(ValueError, RecursionError):
        event = json.loads(line)
        return event if sound(event) else None
    return None


def _what(event: Event) -> Event:
    return {key: value for key, value in event.items() if key != "date"}
