"""In a notebook of the course: note which cells were run, so that `companion progress` can say how far one is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from companion import journal

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CELL = re.compile(r"[A-Za-z0-9_-]{1,64}")  # as in the notebook format; editors that make up their own are passed over


def begin(shell: Any) -> None:
    """Watch the cells that `shell` runs, if it belongs to one of the course's notebooks; else do nothing."""
    name = notebook(shell)
    if name and not getattr(shell, "companion_watches", False):
        shell.companion_watches = True
        shell.events.register("post_run_cell", lambda result: ran(name, result))


def notebook(shell: Any) -> str:
    """The course's notebook that this kernel runs, or "". Jupyter says its path, and so does VS Code."""
    place = os.environ.get("JPY_SESSION_NAME") or shell.user_ns.get("__vsc_ipynb_file__") or ""
    name = Path(str(place).replace("\\", "/").split(":")[-1]).stem
    return name if name and (NOTEBOOKS / f"{name}.ipynb").is_file() else ""


def ran(name: str, result: Any) -> None:
    """Note a cell that ran without an error."""
    if result.success:
        cell = str(result.info.cell_id or "")
        journal.note("cell", notebook=name, cell=cell if CELL.fullmatch(cell) else "")
