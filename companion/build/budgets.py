"""How long a notebook may be, and what must not be missing."""

import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

IGNORED = {"nbval-ignore-output", "nbval-skip", "raises-exception"}


@dataclass(frozen=True)
class Budget:
    """Limits for one notebook, both ends included."""

    cells: tuple[int, int] = (12, 16)
    words: tuple[int, int] = (800, 1300)
    median_lines: float = 5
    longest_cell: int = 15
    predictions: int = 3
    claims: bool = True  # names claims under test at the start
    page: bool = False  # to look things up in: no aims, no minutes, no memory


BUDGETS = {
    "0_start_here": Budget(cells=(4, 6), words=(150, 800), claims=False),
    "0_1_five_ideas": Budget(claims=False),
    "2_2_scenarios": Budget(cells=(4, 16), words=(300, 1300)),
    "glossary": Budget(cells=(1, 1), words=(1500, 3500), page=True),
    "ledger": Budget(cells=(3, 4), words=(150, 600), page=True),
}


def budget(name: str) -> Budget:
    """The budget of the notebook of this name."""
    return BUDGETS.get(name, Budget())


def faults(notebook: NotebookNode, limits: Budget) -> list[str]:
    """Where a stored notebook breaks its budget, one phrase each; empty when it keeps it."""
    compared = () if limits.page else _compared(notebook)  # a page shows what is there on the day it is built
    return [*_length(notebook, limits), *_frame(notebook, limits), *_outputs(notebook), *compared]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Code cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def words(notebook: NotebookNode) -> int:
    """Words of prose, HTML tags not counted."""
    prose = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return sum(len(re.sub(r"<[^>]+>", " ", text).split()) for text in prose)


def lines(cell: NotebookNode) -> int:
    """Lines of a cell that are not blank."""
    return sum(1 for line in cell.source.splitlines() if line.strip())


def tags(cell: NotebookNode) -> set[str]:
    """A cell's tags."""
    return set(cell.metadata.get("tags", []))


def plain_text(cell: NotebookNode) -> str:
    """What a code cell puts out as text: standard output and the plain form of what it shows."""
    shown = (output.get("data", {}).get("text/plain", "") for output in cell.outputs)
    return "".join(output.get("text", "") for output in cell.outputs) + "".join(shown)


def _length(notebook: NotebookNode, limits: Budget) -> Iterator[str]:
    code = code_cells(notebook)
    if not limits.cells[0] <= len(code) <= limits.cells[1]:
        yield f"{len(code)} code cells, wanted {limits.cells[0]} to {limits.cells[1]}"
    if not limits.words[0] <= words(notebook) <= limits.words[1]:
        yield f"{words(notebook)} words, wanted {limits.words[0]} to {limits.words[1]}"
    counts = [lines(cell) for cell in code] or [0]
    if statistics.median(counts) > limits.median_lines:
        yield f"a median of {statistics.median(counts):g} lines, at most {limits.median_lines:g} wanted"
    if max(counts) > limits.longest_cell:
        yield f"a cell of {max(counts)} lines, at most {limits.longest_cell} wanted"


def _frame(notebook: NotebookNode, limits: Budget) -> Iterator[str]:
    if not limits.page:
        yield from _lesson(notebook, limits)
    source = "\n".join(cell.source for cell in code_cells(notebook))
    if len(re.findall(r"(?<!\.)\bpredict\(", source)) > limits.predictions:
        yield f"more than {limits.predictions} predictions"
    if not any("widget" in tags(cell) for cell in notebook.cells):
        yield "no widget: tag the cell that shows one"


def _lesson(notebook: NotebookNode, limits: Budget) -> Iterator[str]:
    opening, closing = _ends(notebook)
    promised = _list_after(r"what you will be able to do", opening)
    done = _list_after(r"what you did", closing)
    if not promised:
        yield "no list under 'What you will be able to do' before the first code cell"
    if len(done) != len(promised) or not done:
        yield f"{len(done)} points under 'What you did' at the end, {len(promised)} were promised"
    for wanted, what in ((r"\d+ minutes", "minutes"), (r"\d\s?[MG]B", "memory")):
        if not re.search(wanted, opening):
            yield f"the opening does not name the {what} it takes"
    if limits.claims and not re.search(r"C\d(\.\d)?-?[a-z]?", opening):
        yield "the opening names no claim under test"


def _ends(notebook: NotebookNode) -> tuple[str, str]:
    """Prose before the first code cell, and the prose of the last four cells."""
    kinds = [cell.cell_type for cell in notebook.cells]
    first = kinds.index("code") if "code" in kinds else len(kinds)
    return _prose(notebook.cells[:first]), _prose(notebook.cells[-4:])


def _prose(cells: list[NotebookNode]) -> str:
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def _list_after(heading: str, text: str) -> list[str]:
    """The points of the first list that follows `heading`."""
    found = re.search(heading + r".*?\n((?:[ \t]*[-*] .*\n?(?:[ \t]+\S.*\n?)*)+)", text, re.I | re.S)
    return re.findall(r"^[ \t]*[-*] ", found.group(1), re.M) if found else []


def _outputs(notebook: NotebookNode) -> Iterator[str]:
    for number, cell in enumerate(code_cells(notebook), start=1):
        if cell.execution_count is None:
            yield f"code cell {number} was never run"
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in tags(cell):
                yield f"code cell {number} ends in {output.ename}"
            if output.get("name") == "stderr":
                yield f"code cell {number} writes to stderr"
            if _lacks_alt(output):
                yield f"code cell {number} shows a picture without alt text"
        if re.search(r"\bcard\(", cell.source) and "hide-output" not in tags(cell):
            yield f"code cell {number} shows a prediction's result: tag it hide-output"
    if re.search(r"!\[\s*\]\(", _prose(notebook.cells)):
        yield "a picture in the text has no alt text"


def _lacks_alt(output: NotebookNode) -> bool:
    kinds = [kind for kind in output.get("data", {}) if kind.startswith("image/")]
    notes = output.get("metadata", {})
    named = any(notes.get(kind, {}).get("alt") for kind in kinds) or notes.get("alt")
    html = output.get("data", {}).get("text/html", "")
    bare = re.search(r"<img(?![^>]*\balt=\"[^\"]+\")[^>]*>", html)
    return bool(kinds and not named or bare)


def _compared(notebook: NotebookNode) -> Iterator[str]:
    """nbval compares what is stored, so what is stored must say something: a number."""
    shown = [cell for cell in code_cells(notebook) if plain_text(cell).strip()]
    compared = [cell for cell in shown if not tags(cell) & IGNORED and re.search(r"\d", plain_text(cell))]
    if 2 * len(compared) < len(shown):
        yield f"nbval compares a number in {len(compared)} of {len(shown)} cells with text, wanted half"
