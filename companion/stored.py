"""Stored runs: comparisons that take too long for a notebook, over five seeds, computed once by one command.

`companion/runs/NAME.json` holds what was measured, with the machine and the date; `python -m companion.build runs
NAME` measures it anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from companion.whole import write_whole

RUNS = Path(__file__).parent / "runs"


def stored(name: str) -> dict[str, Any]:
    """What was measured: "machine", "date", and the run's own tables. Raises KeyError for a name that is not there."""
    file = RUNS / f"{name}.json"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in RUNS.glob("*.json"))) or "none yet"
        raise KeyError(f"There is no stored run {name!r}: choose among {known}.")
    return json.loads(file.read_text(encoding="utf-8"))


def chosen(rows: Sequence[Mapping[str, Any]], **wanted: Any) -> list[Any]:
    """The rows of a table that have all of `wanted`, by seed."""
    return sorted((row for row in rows if wanted.items() <= row.items()), key=lambda row: row["seed"])


def found_and_gone(before: Sequence[float], after: Sequence[float], red: Callable[[float], bool]) -> dict[str, Any]:
    """A gauge's means before and after a mend, in how many runs it was red ("found"), and then not ("gone")."""
    row: dict[str, Any] = {"before": fmean(before), "after": fmean(after)}
    row["found"] = f"{sum(red(value) for value in before)} of {len(before)}"
    return row | {"gone": f"{sum(not red(value) for value in after)} of {len(after)}"}


def store(name: str, run: dict[str, Any]) -> None:
    """Write a run whole or not at all; done before the next part begins, so that a kill loses one part only."""
    write_whole(RUNS / f"{name}.json", json.dumps(run, indent=1) + "\n")
