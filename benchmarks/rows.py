"""Rows of a long benchmark: each is kept as soon as it is measured, so that a kill loses one row."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from benchmarks import figures
from benchmarks.figures import Figure
from companion.whole import write_whole

Row = dict[str, Any]
KEY = ("data", "amount", "method", "seed", "rate", "held_out")  # what tells one row from another
COUNTS = {1: "one seed", 2: "two seeds", 3: "three seeds", 4: "four seeds", 5: "five seeds"}


def place(name: str) -> Path:
    """The file of a benchmark's rows."""
    return figures.RESULTS / f"{name}.rows.json"


def kept(name: str) -> list[Row]:
    """All rows that were measured so far."""
    return json.loads(place(name).read_text(encoding="utf-8")) if place(name).is_file() else []


def keep(name: str, row: Row) -> None:
    """Write one row more, or in the place of the one with the same key; the file is whole at any moment."""
    rows = [other for other in kept(name) if key(other) != key(row)]
    rows = sorted([*rows, row], key=lambda r: [str(part) for part in key(r)])
    lines = ",\n".join(json.dumps(r) for r in rows)
    write_whole(place(name), f"[\n{lines}\n]\n")


def key(row: Row) -> tuple:
    """What tells this row from the others."""
    return tuple(row.get(name) for name in KEY)


def seeds(rows: Sequence[Row]) -> str:
    """How many there are, in words."""
    return COUNTS.get(len(rows), f"{len(rows)} seeds")


def summary(what: str, rows: Sequence[Row], field: str, **about: Any) -> list[Figure]:
    """The mean over the rows' seeds and its spread (standard deviation; None for one seed); [] without a row.

    about: for `Figure`: unit, low, high, how.
    """
    values = [row[field] for row in rows if row.get(field) is not None]
    if not values:
        return []
    spread = stdev(values) if len(values) > 1 else None
    return [Figure(what, fmean(values), spread=spread, **about)]
