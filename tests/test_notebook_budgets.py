"""Each notebook keeps the design's budgets; and each rule finds what it is there to find."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from companion.build import ROOT
from companion.build.budgets import Budget, budget, faults, words

TEXTS = sorted((ROOT / "notebooks" / "text").glob("*.md"))
OPENING = """# A notebook
**What you will be able to do**

- one thing,
- another thing
  that needs two lines.

20 minutes, 400 MB. Claims under test: C1.1-b.
"""
CLOSING = "## What you did\n\n- one thing,\n- another.\n\nNext: more."


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_a_notebook_keeps_its_budget(text):
    notebook = nbformat.read(ROOT / "notebooks" / f"{text.stem}.ipynb", as_version=4)
    assert faults(notebook, budget(text.stem)) == []


def good() -> nbformat.NotebookNode:
    """A notebook that breaks no rule."""
    cells = [new_markdown_cell(OPENING), new_markdown_cell("word " * 900)]
    for number in range(12):
        output = new_output("stream", text=f"{number}\n")
        cells.append(new_code_cell(f"print({number})", execution_count=number + 1, outputs=[output]))
    cells[2].metadata["tags"] = ["widget"]
    return new_notebook(cells=[*cells, new_markdown_cell(CLOSING)])


def add_output(notebook, *arguments, **fields):
    notebook.cells[3].outputs.append(new_output(*arguments, **fields))


def show(notebook, data, metadata=None):
    add_output(notebook, "display_data", data, metadata=metadata or {})


def ignore(notebook, cells):
    for cell in notebook.cells[2 : 2 + cells]:
        cell.metadata["tags"] = ["widget", "nbval-ignore-output"]


def reword(notebook, at, old, new):
    notebook.cells[at].source = notebook.cells[at].source.replace(old, new)


def test_a_good_notebook_has_no_faults():
    assert faults(good(), Budget()) == []


def test_words_are_counted_without_tags():
    assert words(new_notebook(cells=[new_markdown_cell('two <b class="x">words</b>')])) == 2


@pytest.mark.parametrize(
    "spoil, says",
    [
        (lambda nb: nb.cells.pop(2), "11 code cells"),
        (lambda nb: reword(nb, 1, "word " * 900, "word"), "words, wanted 800 to 1300"),
        (lambda nb: reword(nb, 1, "word", "word word"), "words, wanted 800 to 1300"),
        (lambda nb: [cell.update(source="a\n" * 6) for cell in nb.cells[2:10]], "a median of 6 lines"),
        (lambda nb: nb.cells[3].update(source="a\n" * 16), "a cell of 16 lines"),
        (lambda nb: reword(nb, 0, "able to do", "told"), "no list under 'What you will"),
        (lambda nb: reword(nb, -1, "- another.", ""), "1 points under 'What you did' at the end, 2 were"),
        (lambda nb: nb.cells.pop(), "0 points under"),
        (lambda nb: reword(nb, 0, "20 minutes", "A while"), "does not name the minutes"),
        (lambda nb: reword(nb, 0, "400 MB", "some"), "does not name the memory"),
        (lambda nb: reword(nb, 0, "C1.1-b", "none"), "names no claim"),
        (lambda nb: nb.cells[3].update(source="predict('a')\n" * 4), "more than 3 predictions"),
        (lambda nb: nb.cells[2].metadata.pop("tags"), "no widget"),
        (lambda nb: nb.cells[3].update(execution_count=None), "code cell 2 was never run"),
        (lambda nb: add_output(nb, "error", ename="KeyError", evalue="", traceback=[]), "ends in KeyError"),
        (lambda nb: add_output(nb, "stream", name="stderr", text="x"), "writes to stderr"),
        (lambda nb: show(nb, {"image/png": "x"}), "picture without alt text"),
        (lambda nb: show(nb, {"text/html": '<img src="x">'}), "picture without alt text"),
        (lambda nb: show(nb, {"text/html": '<img src="x" alt="">'}), "picture without alt text"),
        (lambda nb: reword(nb, 1, "word ", "![](x.png) "), "a picture in the text has no alt text"),
        (lambda nb: nb.cells[3].update(source="card('C1.1-b', a, b)"), "tag it hide-output"),
        (lambda nb: ignore(nb, 7), "in 5 of 12 cells"),
    ],
)
def test_each_rule_finds_its_fault(spoil, says):
    notebook = good()
    spoil(notebook)
    assert any(says in fault for fault in faults(notebook, Budget())), faults(notebook, Budget())


def test_a_picture_with_alt_text_is_right():
    notebook = good()
    show(notebook, {"text/html": '<img src="x" alt="a bar">'})
    show(notebook, {"image/png": "x"}, {"image/png": {"alt": "a bar"}})
    assert faults(notebook, Budget()) == []


def test_the_first_notebook_is_shorter():
    assert budget("0_start_here").cells[1] == 6
    assert budget("1_1_rag") == Budget()
