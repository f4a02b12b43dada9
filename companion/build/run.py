"""Run a notebook the way a learner would, and keep only what a second run would write again."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode, from_dict

from companion.build import ROOT, BuildError

WIDGET = "application/vnd.jupyter.widget-view+json"
WIDGET_NOTE = "(a widget: run this cell to use it)"
QUIET_KERNEL = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=40"]  # log errors only
STABLE = {"record_timing": False, "store_widget_state": False, "coalesce_streams": True}


@contextmanager
def learner_environment() -> Iterator[None]:
    """What kernels inherit here: one thread, this package first, an empty ledger, no network for models."""
    before = dict(os.environ)
    path = os.pathsep.join(part for part in (str(ROOT), before.get("PYTHONPATH", "")) if part)
    with tempfile.TemporaryDirectory(prefix="companion-home-") as home:
        os.environ.update(OMP_NUM_THREADS="1", COMPANION_HOME=home, PYTHONPATH=path)
        os.environ.update(HF_HUB_OFFLINE="1", TQDM_DISABLE="1")  # a bar is for people
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def execute(notebook: NotebookNode, folder: Path, cell_timeout: int = 60, allow_errors: bool = False) -> float:
    """Run every cell of `notebook` in `folder`, in place; returns the seconds it took, kernel start included.

    A cell that fails, or takes more than `cell_timeout` seconds, is a `BuildError`.
    """
    options = {"timeout": cell_timeout, "kernel_name": "python3", "allow_errors": allow_errors, **STABLE}
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, resources=place, extra_arguments=QUIET_KERNEL, **options)
    began = time.perf_counter()
    try:
        with learner_environment():
            client.execute()
    except CellTimeoutError as error:
        raise BuildError(f"A cell ran for more than {cell_timeout} s: make it do less.\n{error}") from error
    except CellExecutionError as error:
        raise BuildError(f"A cell failed: mend it, or tag it raises-exception.\n{error}") from error
    return time.perf_counter() - began


def clean(notebook: NotebookNode) -> NotebookNode:
    """Drop what changes from run to run: timestamps, versions of Python, live views of widgets."""
    notebook.metadata.pop("widgets", None)
    for key in ("version", "codemirror_mode", "nbconvert_exporter"):
        notebook.metadata.language_info.pop(key, None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [_still(output) for output in cell.outputs]
    return notebook


def problems(notebook: NotebookNode) -> list[str]:
    """What an executed notebook must not hold: text on stderr, errors, a widget without its tag."""
    found = []
    for number, cell in enumerate(notebook.cells, start=1):
        tags = cell.metadata.get("tags", [])
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                found.append(f"cell {number} writes to stderr: {output.text.strip()[:200]!r}")
            if output.output_type == "error" and "raises-exception" not in tags:
                found.append(f"cell {number} fails: {output.ename}: {output.evalue[:200]}")
            if WIDGET in output.get("data", {}) and "widget" not in tags:
                found.append(f"cell {number} shows a widget: give it the tag `widget`")
    return found


def _still(output: NotebookNode) -> NotebookNode:
    """A widget's view is a random number that points into the kernel: store only what stands beside it."""
    if WIDGET not in output.get("data", {}):
        return output
    rest = {kind: value for kind, value in output.data.items() if kind != WIDGET}
    return from_dict({**output, "data": rest or {"text/plain": WIDGET_NOTE}})
