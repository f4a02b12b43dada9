"""A MyST Markdown text becomes a notebook without outputs, with the same cell ids as the last time.

An author writes prose, code cells and tags:

    ```{code-cell} ipython3
    :tags: [hide-output]
    ```

| tag | meaning |
|---|---|
| `hide-output`, `hide-input` | stored folded; a click unfolds |
| `widget` | shows a widget: its live view is not stored (random ids), the still picture beside it is |
| `nbval-ignore-output` | nbval runs the cell but does not compare (timings, live training) |
| `raises-exception` | the cell is meant to fail |
| `answer-NAME`, `check-NAME`, `points-N`, `locked-NAME` | exercises only, see `exercises.py` |

Prose may hold numbers of the reference ledger as `{{key}}` or `{{key:.2f}}`.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import jupytext
import nbformat
from jupytext.combine import map_outputs_to_inputs
from nbformat import NotebookNode

from companion.build import BuildError

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "name": "python",
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "pygments_lexer": "ipython3",
}
KNOWN_TAGS = {"hide-output", "hide-input", "widget", "nbval-ignore-output", "nbval-skip", "raises-exception"}
EXERCISE_TAGS = ("answer-", "check-", "points-", "locked-")


def no_numbers(text: str) -> str:
    """What fills a text without placeholders: nothing."""
    return text


def from_ledger(text: str) -> str:
    """Fill placeholders with the reference ledger's numbers."""
    from companion.ledger import filled

    return filled(text) if "{{" in text else text


def read_text(path: Path, fill: Callable[[str], str] = from_ledger) -> NotebookNode:
    """The notebook of a text: prose filled in, tags turned into metadata, no outputs, ids by content."""
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    notebook.metadata = NotebookNode(kernelspec=dict(KERNEL), language_info=dict(LANGUAGE))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _filled(cell.source, fill, path)
        _check_tags(cell, path)
        _fold(cell)
    _give_ids(notebook, path.stem)
    return notebook


def keep_ids(notebook: NotebookNode, old: NotebookNode) -> NotebookNode:
    """Give cells the ids they had in `old`; jupytext's own matching (`--update`) says which cell is which."""
    matched = map_outputs_to_inputs(notebook.cells, old.cells)
    taken = {old.cells[j].id for j in matched if j is not None}
    for cell, j in zip(notebook.cells, matched, strict=True):
        # A new cell takes its own id, unless an old cell keeps that one.
        cell.id = old.cells[j].id if j is not None else _free(cell.id, taken)
        taken.add(cell.id)
    return notebook


def planned(text: Path, notebook: Path, fill: Callable[[str], str] = from_ledger) -> NotebookNode:
    """The notebook of `text`, with the ids of the stored `notebook` where that exists."""
    fresh = read_text(text, fill)
    return keep_ids(fresh, nbformat.read(notebook, as_version=4)) if notebook.exists() else fresh


def differences(
    text: Path,
    notebook: Path,
    fill: Callable[[str], str] = from_ledger,
    finish: Callable[[NotebookNode], NotebookNode] = lambda notebook: notebook,
) -> list[str]:
    """What is out of step between a text and its notebook, one sentence each; empty when they agree.

    `finish` is what the build does to the notebook before it runs (exercises: nbgrader's metadata).
    """
    if not notebook.exists():
        return [f"{notebook.name} is missing: run `make notebooks`."]
    stored, fresh = nbformat.read(notebook, as_version=4), finish(planned(text, notebook, fill))
    if len(stored.cells) != len(fresh.cells):
        counts = f"{len(stored.cells)} cells, its text {len(fresh.cells)}"
        return [f"{notebook.name} has {counts}: run `make notebooks`."]
    found = []
    for number, (old, new) in enumerate(zip(stored.cells, fresh.cells, strict=True), start=1):
        for field in ("cell_type", "source", "id", "metadata"):
            if old[field] != new[field]:
                found.append(f"{notebook.name}, cell {number}: {field} differs from the text; run `make notebooks`.")
        if new.cell_type == "code" and new.source.strip() and old.execution_count is None:
            found.append(f"{notebook.name}, cell {number} was never run: run `make notebooks`.")
    return found


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook with Unix line ends, the same bytes on every system."""
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


def _filled(source: str, fill: Callable[[str], str], path: Path) -> str:
    try:
        return fill(source)
    except KeyError as error:
        raise BuildError(f"{path.name}: {error.args[0]}") from error


def _check_tags(cell: NotebookNode, path: Path) -> None:
    for tag in cell.metadata.get("tags", []):
        if tag not in KNOWN_TAGS and not tag.startswith(EXERCISE_TAGS):
            raise BuildError(f"{path.name}: unknown tag '{tag}'; use one of {', '.join(sorted(KNOWN_TAGS))}.")


def _fold(cell: NotebookNode) -> None:
    """JupyterLab folds by metadata, the site by tag: write both."""
    tags = cell.metadata.get("tags", [])
    folds = {"outputs_hidden": "hide-output" in tags, "source_hidden": "hide-input" in tags}
    if any(folds.values()):
        cell.metadata["jupyter"] = {key: True for key, on in folds.items() if on}


def _give_ids(notebook: NotebookNode, name: str) -> None:
    taken: set[str] = set()
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{name}\n{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        cell.id = _free(digest, taken)
        taken.add(cell.id)


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name
