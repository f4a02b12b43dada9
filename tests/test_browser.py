"""Each notebook in a real JupyterLab and browser: run all, move what can be moved, see the page change."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from companion import journal
from companion.build import ROOT
from companion.build.run import QUIET_KERNEL, learner_environment
from companion.build.text import no_numbers, read_text, write
from companion.show.glossary_page import terms
from companion.show.places import code_ids

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RUN_SECONDS = 240
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
WIDGETS = ".jupyter-widgets, .companion-live"
# What a learner reads in a widget; controls are left out, for they change when one touches them.
READING = ".widget-html-content, [role=status], [role=alert], svg text, img"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),  # with --dist loadgroup one worker opens one JupyterLab for all
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="chromium is not installed (Debian: apt install)",
    ),
]

SAMPLE = """# Three controls

```{code-cell}
import ipywidgets as w

page, area, save = w.HTML("nothing yet"), w.Textarea("a warranty of 24 months"), w.Button(description="Save")
slider = w.IntSlider(3, 0, 9)
slider.observe(lambda change: setattr(page, "value", f"size {change['new']}"), names="value")
save.on_click(lambda _: setattr(page, "value", area.value))
```

```{code-cell}
:tags: [widget]
w.VBox([slider, area, save, page])
```
"""


# --- a JupyterLab and a browser ----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What JupyterLab opens: the notebooks without outputs, and a sample."""
    place = tmp_path_factory.mktemp("lab")
    (place / "sample.md").write_text(SAMPLE, "utf-8")
    write(read_text(place / "sample.md", no_numbers), place / "sample.ipynb")
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, place / path.name)
    return place


@pytest.fixture(scope="module")
def address(folder, tmp_path_factory) -> Iterator[str]:
    """The address of a JupyterLab on a free port, with settings of its own, set as `course.py` sets them."""
    own = tmp_path_factory.mktemp("jupyter")
    for name, values in SETTINGS.items():
        file = own / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(values))
    folders = {name: str(own / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    folders["JUPYTERLAB_SETTINGS_DIR"] = str(own / "settings")
    folders["JUPYTERLAB_WORKSPACES_DIR"] = str(own / "workspaces")
    port = free_port()
    options = [f"--ServerApp.port={port}", "--ServerApp.token=", "--no-browser", "--allow-root"]
    options += ["--expose-app-in-browser", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    options += [f"--KernelManager.extra_arguments={QUIET_KERNEL}"]
    with learner_environment(), open(own / "log", "w") as log:
        command = [sys.executable, "-m", "jupyterlab", *options, str(folder)]
        server = subprocess.Popen(command, env={**os.environ, **folders}, stdout=log, stderr=log, cwd=folder)
        try:
            wait_for(f"http://127.0.0.1:{port}/api/status", server, own / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(server)


def stop(server: subprocess.Popen) -> None:
    """End the server; its extensions do not always let go. A kernel without its server ends itself."""
    server.terminate()
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(5)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(url: str, server: subprocess.Popen, log: Path, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "CI must have chromium: .ci/run installs it"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Lab:
    """One notebook, open in one page; `errors` holds what the console complained about."""

    def __init__(self, browser, address: str, name: str):
        self.page = browser.new_page(viewport={"width": 1280, "height": 1600})
        self.page.set_default_timeout(60_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._heard)
        self.page.goto(f"{address}/lab/tree/{name}?reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext?.isReady")
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.ready")

    def _heard(self, message) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} {message.location.get('url', '')}")

    def run_all(self) -> None:
        """Run every cell; returns when the last one is done."""
        self.page.evaluate(
            """limit => Promise.race([
                window.jupyterapp.commands.execute("notebook:run-all-cells"),
                new Promise((_, fail) => setTimeout(() => fail(new Error("cells still run")), limit)),
            ])""",
            RUN_SECONDS * 1000,
        )
        self.page.wait_for_timeout(500)  # outputs are drawn after the kernel's last word

    def counts(self) -> list:
        """The execution count of each code cell."""
        cells = "window.jupyterapp.shell.currentWidget.content.widgets"
        return self.page.evaluate(
            f"() => {cells}.filter(c => c.model.type === 'code').map(c => c.model.executionCount)"
        )

    def widgets(self) -> list:
        """The outermost element of each living widget, in order."""
        inner = f"e => !!e.parentElement.closest('{WIDGETS}')"
        found = self.page.query_selector_all(f".jp-OutputArea-output :is({WIDGETS})")
        return [element for element in found if not element.evaluate(inner)]

    def wait_for_widgets(self, wanted: int, seconds: float = 20) -> list:
        """The living widgets, once there are `wanted`: some are drawn after their cell is done."""
        until = time.monotonic() + seconds
        while len(found := self.widgets()) < wanted:
            assert time.monotonic() < until, f"{len(found)} widgets are drawn, {wanted} cells are tagged"
            self.page.wait_for_timeout(200)
        return found


def reading(widget) -> str:
    """All that a widget says and draws."""
    parts = "(e, what) => [...e.querySelectorAll(what)].map(p => p.src || p.innerHTML).join('\\n')"
    return widget.evaluate(parts, READING)


def settled(widget, seconds: float = 20) -> str:
    """What a widget says once it says it twice: an earlier move's late answer is not the next one's."""
    before, until = reading(widget), time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.3)
        if before == (before := reading(widget)):
            return before
    return before


def changed(widget, before: str, seconds: float) -> bool:
    """Whether a widget says something other than `before` within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if reading(widget) != before:
            return True
        time.sleep(0.1)
    return False


def changes(widget, before: str, seconds: float = 90) -> str:
    """What a widget says once that differs from `before`, after the cells still running; fails if it stays the same."""
    if not changed(widget, before, seconds):
        pytest.fail(f"The widget did not change: {before[-500:]}")
    return reading(widget)


def move(widget) -> int:
    """Move each slider and list, edit each text, press a button: the page must change. Returns the moves."""
    moves = 0
    for slider in widget.query_selector_all("[role=slider]"):
        slide(widget, slider)
        moves += 1
    for choice in widget.query_selector_all("select"):
        before = settled(widget)
        others = choice.evaluate("e => [...e.options].filter(o => !o.selected).map(o => o.value)")
        choice.select_option(others[0])
        changes(widget, before)
        moves += 1
    for area in widget.query_selector_all("textarea, input[type=text]:not([readonly])"):
        text = area.input_value()
        area.fill(re.sub(r"\d+", "77", text) if re.search(r"\d", text) else f"{text} 77")
    return moves + press(widget)


def slide(widget, slider) -> None:
    """Three steps towards the farther end, and again if a busy kernel lost them."""
    before = settled(widget)
    at_the_end = slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax")
    for _ in range(4):
        slider.focus()
        for _ in range(3):
            slider.press("ArrowLeft" if at_the_end else "ArrowRight")
        if changed(widget, before, 20):
            return
    changes(widget, before)


def press(widget) -> int:
    """Press the buttons in turn, those not chosen yet, until the page changes; a path alone may say nothing new."""
    buttons = widget.query_selector_all("button:not([disabled]):not(.mod-active)")
    before = settled(widget)
    for button in buttons:
        button.click()
        if changed(widget, before, 10):
            return 1
    if buttons:
        changes(widget, before)
    return len(buttons[:1])


# --- the tests ---------------------------------------------------------------------------------------------
@pytest.fixture
def lab(browser, address):
    """Opens notebooks, and closes their pages and kernels afterwards."""
    opened: list[Lab] = []

    def open_one(name: str) -> Lab:
        opened.append(Lab(browser, address, name))
        return opened[-1]

    yield open_one
    for one in opened:
        one.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        one.page.close()


def check(one: Lab, wanted: int) -> None:
    """Run all, move all; `wanted` is how many cells are tagged as widgets."""
    one.run_all()
    assert None not in one.counts()
    assert one.page.query_selector_all("[data-mime-type='application/vnd.jupyter.stderr']") == []
    for widget in one.wait_for_widgets(wanted):
        widget.scroll_into_view_if_needed()
        assert move(widget) > 0, "a widget without a control"
    assert one.errors == []


def test_the_sample_runs_and_its_widget_answers(lab):
    one = lab("sample.ipynb")
    check(one, wanted=1)
    said = "() => document.querySelector('.widget-html-content').textContent.includes('a warranty of 77 months')"
    one.page.wait_for_function(said)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_its_widgets_answer(lab, path):
    cells = nbformat.read(path, as_version=4).cells
    check(lab(path.name), wanted=sum("widget" in cell.metadata.get("tags", []) for cell in cells))


def test_a_widget_that_does_not_answer_is_found(lab):
    one = lab("sample.ipynb")
    one.run_all()
    widget = one.widgets()[0]
    one.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.shutdown()")
    with pytest.raises(pytest.fail.Exception, match="did not change"):
        before = reading(widget)
        widget.query_selector("button").click()
        changes(widget, before, seconds=2)


def test_long_notebooks_do_not_jump(lab):
    one = lab("sample.ipynb")
    mode = "() => window.jupyterapp.shell.currentWidget.content.notebookConfig.windowingMode"
    assert one.page.evaluate(mode) == "none"


def test_a_term_of_the_glossary_leads_to_its_cell(lab):
    one, term = lab("glossary.ipynb"), next(term for term in terms() if term.term == "attention")
    seen = """id => {
        const content = window.jupyterapp.shell.currentWidget.content;
        const top = content.widgets.find(cell => cell.model.id === id)?.node.getBoundingClientRect().top;
        return top >= 0 && top < innerHeight;
    }"""
    back = "() => window.jupyterapp.commands.execute('docmanager:open', {path: 'glossary.ipynb'})"
    for _ in range(2):  # JupyterLab may open a notebook at its top, and goes to the cell once it is open
        one.page.evaluate(back)
        one.page.locator(f"a[href*='{term.place.cell}']").first.click()
        path = "name => window.jupyterapp.shell.currentWidget.context.path === name"
        one.page.wait_for_function(path, arg=f"{term.notebook}.ipynb")
        one.page.wait_for_timeout(2000)
    one.page.wait_for_function(seen, arg=term.place.cell)


def test_cells_that_ran_are_noted_and_nothing_else(lab):
    one = lab("ledger.ipynb")
    one.run_all()
    noted = {event["cell"] for event in journal.events() if event.get("notebook") == "ledger"}
    assert noted == code_ids("ledger")
    lab("sample.ipynb").run_all()
    assert all(event.get("notebook") != "sample" for event in journal.events())
