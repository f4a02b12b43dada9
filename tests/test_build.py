"""Text to notebook and back: ids stay, text and notebooks agree, a second build writes the same bytes."""

import subprocess
import sys

import nbformat
import pytest

from companion.build import ROOT, BuildError, notebooks
from companion.build.run import WIDGET, WIDGET_NOTE, clean, problems
from companion.build.text import KERNEL, differences, from_ledger, keep_ids, no_numbers, planned, read_text

TEXT = """# A sample

First words, with 1 + 1 below.

```{code-cell} ipython3
print(1 + 1)
```

```{code-cell} ipython3
:tags: [hide-output]
6 * 7
```

More words.

+++

A second cell of words.
"""
TEXTS = sorted((ROOT / "notebooks" / "text").glob("*.md"))


@pytest.fixture
def sample(tmp_path):
    """(text, notebook) paths of a small text that is not built yet."""
    text = tmp_path / "text" / "sample.md"
    text.parent.mkdir()
    text.write_text(TEXT, "utf-8")
    return text, tmp_path / "sample.ipynb"


def build(sample) -> nbformat.NotebookNode:
    notebooks.build_one(*sample, fill=no_numbers)
    return nbformat.read(sample[1], as_version=4)


def ids(notebook) -> list[str]:
    return [cell.id for cell in notebook.cells]


# --- round trip --------------------------------------------------------------------------------------------
def test_a_text_becomes_cells(sample):
    notebook = read_text(sample[0], no_numbers)
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code", "code", "markdown", "markdown"]
    assert notebook.cells[1].source == "print(1 + 1)"
    assert notebook.metadata.kernelspec == KERNEL
    assert len(set(ids(notebook))) == 5


def test_a_build_runs_the_cells_and_agrees_with_its_text(sample):
    notebook = build(sample)
    assert notebook.cells[1].outputs[0].text == "2\n"
    assert notebook.cells[2].outputs[0].data["text/plain"] == "42"
    assert differences(*sample, fill=no_numbers) == []


def test_a_second_build_writes_the_same_bytes(sample):
    build(sample)
    first = sample[1].read_bytes()
    build(sample)
    assert sample[1].read_bytes() == first
    assert b"\r" not in first and first.endswith(b"}\n")


def test_ids_stay_when_cells_are_edited_added_and_moved(sample):
    old = ids(build(sample))
    edited = TEXT.replace("print(1 + 1)", "print(1 + 2)").replace(
        "More words.", "```{code-cell} ipython3\nprint('new')\n```\n\nMore words."
    )
    sample[0].write_text(edited, "utf-8")
    new = build(sample)
    assert [i for i in ids(new) if i in old] == old
    assert new.cells[3].source == "print('new')" and new.cells[3].id not in old
    assert new.cells[1].id == old[1] and new.cells[1].outputs[0].text == "3\n"


def test_cells_with_equal_source_have_ids_of_their_own(sample):
    sample[0].write_text("```{code-cell}\n1\n```\n\n```{code-cell}\n1\n```\n", "utf-8")
    assert len(set(ids(read_text(sample[0], no_numbers)))) == 2


def test_a_new_cell_never_takes_an_id_that_an_old_one_keeps(sample):
    first = read_text(sample[0], no_numbers)
    second = read_text(sample[0], no_numbers)
    first.cells[0].id = second.cells[1].id  # an old notebook that happens to use the new cell's id
    first.cells[1].source = "something else entirely"
    del first.cells[1:]
    assert len(set(ids(keep_ids(second, first)))) == 5


# --- agreement ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change, says",
    [
        (lambda nb: nb.cells[1].update(source="print(5)"), "source differs"),
        (lambda nb: nb.cells[1].update(id="other"), ""),
        (lambda nb: nb.cells[1].update(execution_count=None), "never run"),
        (lambda nb: nb.cells[2].metadata.pop("tags"), "metadata differs"),
        (lambda nb: nb.cells.pop(), "cells, its text 5"),
    ],
)
def test_a_notebook_edited_by_hand_is_found(sample, change, says):
    notebook = build(sample)
    change(notebook)
    nbformat.write(notebook, sample[1])
    found = differences(*sample, fill=no_numbers)
    assert all("make notebooks" in line for line in found)
    assert any(says in line for line in found) if says else found == []


def test_a_text_without_a_notebook_is_found(sample):
    assert differences(*sample, fill=no_numbers) == ["sample.ipynb is missing: run `make notebooks`."]


def test_check_writes_nothing_and_exits_1(sample, capsys):
    (sample[0].parents[1] / "notebooks" / "text").mkdir(parents=True)
    sample[0].rename(sample[0].parents[1] / "notebooks" / "text" / "sample.md")
    root = sample[0].parents[1]
    assert notebooks.main([], check=True, root=root) == 1
    assert "is missing" in capsys.readouterr().out
    assert not (root / "notebooks" / "sample.ipynb").exists()


def test_every_text_of_the_course_has_its_notebook():
    found = [line for text in TEXTS for line in differences(text, ROOT / "notebooks" / f"{text.stem}.ipynb")]
    assert found == []


def test_every_notebook_of_the_course_has_its_text():
    built = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert built == {text.stem for text in TEXTS}


# --- placeholders, tags, metadata --------------------------------------------------------------------------
def test_numbers_are_filled_into_prose_only(sample):
    sample[0].write_text("It took {{x}} s.\n\n```{code-cell}\nf'{{x}}'\n```\n", "utf-8")
    notebook = read_text(sample[0], lambda text: text.replace("{{x}}", "7"))
    assert notebook.cells[0].source == "It took 7 s."
    assert notebook.cells[1].source == "f'{{x}}'"


def test_an_unknown_number_stops_the_build_with_one_sentence(sample):
    sample[0].write_text("It took {{no_such_number:.2f}} s.\n", "utf-8")
    with pytest.raises(BuildError, match="sample.md: .*no_such_number"):
        read_text(sample[0], from_ledger)


def test_folding_follows_from_tags(sample):
    sample[0].write_text("```{code-cell}\n:tags: [hide-output, widget]\n1\n```\n", "utf-8")
    metadata = planned(*sample, fill=no_numbers).cells[0].metadata
    assert metadata == {"tags": ["hide-output", "widget"], "jupyter": {"outputs_hidden": True}}


def test_an_unknown_tag_is_refused(sample):
    sample[0].write_text("```{code-cell}\n:tags: [hide-outputs]\n1\n```\n", "utf-8")
    with pytest.raises(BuildError, match="hide-outputs"):
        read_text(sample[0], no_numbers)


def test_a_widget_s_live_view_is_not_stored(sample):
    code = "import ipywidgets\nipywidgets.IntSlider()"
    sample[0].write_text(f"```{{code-cell}}\n:tags: [widget]\n{code}\n```\n", "utf-8")
    assert build(sample).cells[0].outputs[0].data == {"text/plain": "IntSlider(value=0)"}
    assert WIDGET not in sample[1].read_text("utf-8") and "model_id" not in sample[1].read_text("utf-8")


def test_a_widget_without_words_is_stored_as_a_note():
    output = nbformat.v4.new_output("display_data", {WIDGET: {"model_id": "0123"}})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("w", outputs=[output])])
    notebook.metadata["language_info"] = {"name": "python"}
    assert clean(notebook).cells[0].outputs[0].data == {"text/plain": WIDGET_NOTE}


def test_what_changes_from_run_to_run_is_not_stored():
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL, "widgets": {}})
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    notebook.cells = [nbformat.v4.new_code_cell("1", metadata={"execution": {"iopub.status.busy": "now"}})]
    clean(notebook)
    assert notebook.metadata == {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    assert notebook.cells[0].metadata == {}


@pytest.mark.parametrize(
    "code, says",
    [
        ("import sys; print('careful', file=sys.stderr)", "stderr: 'careful'"),
        ("import ipywidgets; ipywidgets.IntSlider()", "the tag `widget`"),
        ("raise ValueError('no')", "A cell failed"),
        ("import time; time.sleep(30)", "more than 2 s"),
    ],
)
def test_a_notebook_with_a_problem_is_not_written(sample, code, says):
    sample[0].write_text(f"```{{code-cell}}\n{code}\n```\n", "utf-8")
    with pytest.raises(BuildError, match=says):
        notebooks.build_one(*sample, timeout=2, fill=no_numbers)
    assert not sample[1].exists()


def test_an_error_on_purpose_needs_its_tag():
    error = nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
    cell = nbformat.v4.new_code_cell("f()", outputs=[error])
    assert problems(nbformat.v4.new_notebook(cells=[cell])) == ["cell 1 fails: ValueError: no"]
    cell.metadata["tags"] = ["raises-exception"]
    assert problems(nbformat.v4.new_notebook(cells=[cell])) == []


def test_the_command_line_names_what_there_is():
    result = subprocess.run(
        [sys.executable, "-m", "companion.build", "notebooks", "no_such_text"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert result.returncode == 1 and result.stderr.startswith("No text 'no_such_text.md'")
    assert "Traceback" not in result.stderr
