"""The document's checklist as a page to print: each line says what to do, and links to what earned it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import quote

from companion import ledger
from companion.show.display import look, show, text

FILE = Path(__file__).with_name("checklist.toml")
PATHS = ("RAG", "fine-tuning", "distillation")
COLUMNS = {"preparation": "before you begin", "trap": "while it runs"}


@dataclass(frozen=True)
class Line:
    """One line of the checklist; the fields are explained at the top of ``checklist.toml``."""

    path: str
    column: str
    claim: str
    sentence: str
    figure: str
    notebook: str
    anchor: str

    def __post_init__(self) -> None:
        if self.path not in PATHS or self.column not in COLUMNS:
            known = f"{', '.join(PATHS)}; {', '.join(COLUMNS)}"
            raise ValueError(f"{self.path}, {self.column} is no cell of the table: choose one of each of {known}.")

    @property
    def link(self) -> str:
        """The heading in the notebook, as JupyterLab and nbconvert address it: blanks become dashes."""
        return f"{self.notebook}.ipynb#{quote(self.anchor.replace(' ', '-'), safe='-,:()')}"


@cache
def _all() -> tuple[Line, ...]:
    tables = tomllib.loads(FILE.read_text(encoding="utf-8")).get("line", [])
    return tuple(Line(**table) for table in tables)


def lines(notebook: str | None = None) -> list[Line]:
    """The lines in the table's order; of one notebook, or of all."""
    wanted = [line for line in _all() if notebook in (None, line.notebook)]
    return sorted(wanted, key=lambda line: (PATHS.index(line.path), list(COLUMNS).index(line.column)))


def checklist(notebook: str | None = None, save: str | Path | None = None) -> None:
    """Show the checklist, or one notebook's lines of it; ``save`` writes it as a page to print.

    Raises ValueError for a notebook that has no line.
    """
    if not (wanted := lines(notebook)):
        known = ", ".join(sorted({line.notebook for line in _all()})) or "none yet"
        raise ValueError(f"The notebook {notebook!r} has no line on the checklist: choose among {known}.")
    page = _html(wanted)
    if save is not None:
        title = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Checklist</title>'
        Path(save).write_text(f"{title}{page}</html>", encoding="utf-8")
    show(page, "\n".join(_plain(line) for line in wanted))


def said(words: str) -> str:
    """``words`` with the reference numbers filled in; empty where a number was not measured yet."""
    try:
        return ledger.filled(words)
    except KeyError:
        return ""


def _plain(line: Line) -> str:
    earned = " ".join(part for part in (said(line.figure), f"({line.claim}, {line.notebook})") if part)
    return f"[ ] {line.path}, {COLUMNS[line.column]}: {_sentence(line)} {earned}"


def _sentence(line: Line) -> str:
    """The sentence; a number in it that was not measured yet stands as a dash."""
    return said(line.sentence) or re.sub(r"\{\{.*?\}\}", "–", line.sentence)


def _html(wanted: list[Line]) -> str:
    body, before = "", None
    for line in wanted:
        if (line.path, line.column) != before:
            body += ("</ul>" if before else "") + _title(line)
            before = (line.path, line.column)
        body += _item(line)
    return (
        f'{look("checklist")}<article class="companion paper companion-checklist">'
        f"<h3>A checklist, each line with the experiment that earned it</h3>{body}</ul></article>"
    )


def _title(line: Line) -> str:
    return f"<h4>{text(line.path)}<small>{text(COLUMNS[line.column])}</small></h4><ul>"


def _item(line: Line) -> str:
    link = f'<a href="{escape(line.link)}">{text(line.notebook)}: {text(line.anchor)}</a>'
    earned = f"{text(said(line.figure))} " if said(line.figure) else ""
    return f"<li><div>{text(_sentence(line))}<small>{earned}{text(line.claim)}, {link}</small></div></li>"
