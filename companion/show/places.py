"""Where in the course a claim is measured: its notebook, and the cell that stamps it.

Read from the notebooks themselves, so that it cannot go stale; empty where the package stands without them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from companion.show.display import text
from companion.show.sources import ROOT

NOTEBOOKS = ROOT / "notebooks"
STAMPS = re.compile(r"(?<![.\w])(?:card|demonstrated)\(\s*[\"']([^\"']+)[\"']")
BOARD = re.compile(r"(?<![.\w])turn_cards\(")
BOARD_PLACE = "board"  # where the nine guesses of the board are answered


@dataclass(frozen=True)
class Place:
    """A cell of a notebook."""

    notebook: str
    cell: str

    @property
    def address(self) -> str:
        """A link to the cell, as JupyterLab and pages made by nbconvert know it."""
        return f"{self.notebook}.ipynb#cell-id={self.cell}"

    def link(self, words: str = "") -> str:
        """The same as HTML; the words are the notebook's name unless others are given."""
        return f'<a href="{text(self.address)}">{text(words or self.notebook)}</a>'


@cache
def cells(notebook: str, folder: Path = NOTEBOOKS) -> tuple[tuple[str, str, str], ...]:
    """(id, type, source) of each cell of a stored notebook that holds anything; () where there is none."""
    file = folder / f"{notebook}.ipynb"
    if not file.is_file():
        return ()
    rows: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
    read = ((row["id"], row["cell_type"], "".join(row["source"])) for row in rows)
    return tuple(row for row in read if row[2].strip())


def code_ids(notebook: str) -> set[str]:
    """The ids of a notebook's code cells."""
    return {cell for cell, kind, _ in cells(notebook) if kind == "code"}


@cache
def places() -> dict[str, Place]:
    """Claim id, or name of a prediction -> where it is measured. Guesses of the board share one place."""
    found: dict[str, Place] = {}
    for file in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell, kind, source in cells(file.stem):
            for name in _stamped(source) if kind == "code" else []:
                found.setdefault(name, Place(file.stem, cell))
    return found


def _stamped(source: str) -> list[str]:
    """What a cell stamps."""
    return STAMPS.findall(source) + [BOARD_PLACE] * bool(BOARD.search(source))


def place(name: str) -> Place | None:
    """Where a claim or a prediction is measured, if that notebook is there."""
    return places().get(BOARD_PLACE if name.startswith(f"{BOARD_PLACE}.") else name)
