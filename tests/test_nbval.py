"""nbval runs every notebook and compares what it puts out with what is stored; two at a time."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from companion.build import ROOT
from companion.build.run import learner_environment
from companion.build.text import KERNEL

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SANITISE = Path(__file__).parent / "nbval_sanitise.cfg"
TOGETHER = 2


def nbval(path: Path) -> subprocess.CompletedProcess:
    """Run pytest with nbval on one notebook, in its folder, as a process of its own."""
    options = ["--nbval", "--nbval-sanitize-with", str(SANITISE), "--nbval-cell-timeout", "120"]
    plain = ["-q", "-p", "no:cacheprovider", "--color=no", "--rootdir", str(path.parent)]
    command = [sys.executable, "-m", "pytest", *options, *plain, str(path)]
    return subprocess.run(command, capture_output=True, text=True, cwd=path.parent)


@pytest.fixture(scope="module")
def run():
    """A function that gives a notebook's result; the others are run meanwhile, `TOGETHER` at a time.

    Under xdist the workers are what runs at a time, and each runs only the notebooks that it tests.
    """
    with learner_environment(), ThreadPoolExecutor(TOGETHER) as pool:
        if "PYTEST_XDIST_WORKER" in os.environ:
            yield nbval
        else:
            started = {path: pool.submit(nbval, path) for path in NOTEBOOKS}
            yield lambda path: started[path].result()
            pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gives_what_is_stored(path, run):
    result = run(path)
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-1000:]
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert int(re.search(r"(\d+) passed", result.stdout).group(1)) == len(cells)


def small(tmp_path: Path, source: str, stored: str) -> Path:
    """A notebook of one cell, with this output stored."""
    output = new_output("stream", text=stored)
    cell = new_code_cell(source, execution_count=1, outputs=[output])
    path = tmp_path / "small.ipynb"
    nbformat.write(new_notebook(cells=[cell], metadata={"kernelspec": KERNEL}), path)
    return path


@pytest.mark.parametrize(
    "stored, right",
    [
        ("recall 0.951 in 31 ms\n", True),
        ("recall 0.951 in 7.5 ms\n", True),
        ("recall 0.950 in 31 ms\n", False),
    ],
)
def test_timings_may_differ_and_numbers_may_not(tmp_path, stored, right):
    result = nbval(small(tmp_path, "print('recall 0.951 in 31 ms')", stored))
    assert (result.returncode == 0) == right, result.stdout


def test_pixels_may_differ_and_the_text_beside_them_may_not(tmp_path):
    path = small(tmp_path, "", "")
    notebook = nbformat.read(path, as_version=4)
    image = "display({\"text/html\": \"<img alt='bars' src='data:image/png;base64,%s'>\"}, raw=True)"
    notebook.cells[0].source = image % "iVBORabc+/=="
    for stored, right in (("<img alt='bars' src='data:image/png;base64,iVBORxyz'>", True), ("<img>", False)):
        notebook.cells[0].outputs = [new_output("display_data", {"text/html": stored})]
        nbformat.write(notebook, path)
        assert (nbval(path).returncode == 0) == right


def test_one_warning_on_stderr_is_found(tmp_path):
    source = "print('fine')\nimport sys; print('careful', file=sys.stderr)"
    assert nbval(small(tmp_path, source, "fine\n")).returncode == 1
