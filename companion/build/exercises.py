"""Exercises: text -> source, executed, the instructor's -> release, cut by nbgrader, the learner's.

An author marks cells by tags; the nbgrader metadata follows from them:

| tag | cell |
|---|---|
| `answer-NAME` | the learner's; from `### BEGIN SOLUTION` to `### END SOLUTION` it is cut from the release |
| `check-NAME` with `points-N` | graded and locked |
| `locked-NAME` | read only: a broken pipeline, a demonstration |
"""

import os
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode

from companion.build import ROOT, BuildError
from companion.build.notebooks import texts
from companion.build.run import clean, execute, problems
from companion.build.text import differences, from_ledger, planned, write

STATES = {
    "answer-": {"grade": False, "locked": False, "solution": True},
    "check-": {"grade": True, "locked": True, "solution": False},
    "locked-": {"grade": False, "locked": True, "solution": False},
}


def source_path(folder: Path, name: str) -> Path:
    """Where the instructor's notebook of exercise `name` lies."""
    return folder / "source" / name / f"{name}.ipynb"


def release_path(folder: Path, name: str) -> Path:
    """Where the learner's notebook of exercise `name` lies."""
    return folder / "release" / name / f"{name}.ipynb"


def mark(notebook: NotebookNode) -> NotebookNode:
    """Write nbgrader's metadata from the tags, in place. The metadata's form: nbgrader, schema version 3."""
    answers, checks = set(), set()
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        for prefix, state in STATES.items():
            for name in (tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)):
                cell.metadata["nbgrader"] = _metadata(prefix, name, state, tags)
                (answers if prefix == "answer-" else checks if prefix == "check-" else set()).add(name)
    if answers != checks:
        raise BuildError(f"Every answer needs a check of the same name: {sorted(answers ^ checks)} stand alone.")
    return notebook


def build_one(text: Path, folder: Path, timeout: int = 60, fill: Callable[[str], str] = from_ledger) -> float:
    """Text -> executed source; returns the seconds it ran."""
    source = source_path(folder, text.stem)
    fresh = mark(planned(text, source, fill))
    source.parent.mkdir(parents=True, exist_ok=True)
    seconds = execute(fresh, source.parent, timeout)
    if found := problems(fresh):
        raise BuildError(f"{text.name}: " + "; ".join(found))
    write(clean(fresh), source)
    return seconds


def nbgrader_api(folder: Path, database: Path):
    """nbgrader's API on `folder` (which holds source/ and release/), with its database at `database`."""
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    _scripts_on_path()
    config = Config(PyFileConfigLoader("nbgrader_config.py", path=str(ROOT / "exercises")).load_config())
    config.CourseDirectory.update({"root": str(folder), "db_url": f"sqlite:///{database.as_posix()}"})
    config.Exchange.root = str(database.parent)  # never used; its default is often not writable
    return NbGraderAPI(coursedir=CourseDirectory(config=config), config=config)


def release(name: str, folder: Path) -> Path:
    """Source -> release through nbgrader's `generate_assignment`; nothing is executed."""
    with tempfile.TemporaryDirectory(prefix="nbgrader-") as temporary:
        api = nbgrader_api(folder, Path(temporary) / "gradebook.db")
        result = api.generate_assignment(name)
        api.gradebook.close()
    if not result["success"]:
        raise BuildError(f"nbgrader could not release '{name}':\n{result.get('error') or result.get('log')}")
    return release_path(folder, name)


def release_all(names: list[str], root: Path = ROOT) -> int:
    """Make the student release of the named exercises, or of all. Returns the exit status."""
    folder = root / "exercises"
    for text in texts(folder / "text", names):
        found = _differences(text, folder)
        if found:
            raise BuildError("\n".join(found))
        print(f"{release(text.stem, folder)}: ready for learners")
    return 0


def main(names: list[str], check: bool = False, timeout: int = 60, root: Path = ROOT) -> int:
    """Build source and release of each exercise, or with `check` compare text and source."""
    folder, status = root / "exercises", 0
    for text in texts(folder / "text", names):
        if check:
            found = _differences(text, folder)
            print("\n".join(found) or f"{text.stem}: text and source agree")
            status |= bool(found)
        else:
            print(f"{text.stem}: {build_one(text, folder, timeout):.0f} s")
            release(text.stem, folder)
    return status


def _scripts_on_path() -> None:
    """nbgrader calls `alembic` by name: it lies beside this Python, which may not be on the PATH."""
    scripts, path = sysconfig.get_path("scripts"), os.environ.get("PATH", "")
    if scripts not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join((scripts, path))


def _differences(text: Path, folder: Path) -> list[str]:
    found = differences(text, source_path(folder, text.stem), finish=mark)
    return [line.replace("make notebooks", "make exercises") for line in found]


def _metadata(prefix: str, name: str, state: dict[str, bool], tags: list[str]) -> dict:
    points = {"points": _points(name, tags)} if prefix == "check-" else {}
    grade_id = name if prefix == "answer-" else f"{prefix}{name}"
    return {"schema_version": 3, "task": False, "grade_id": grade_id, **state, **points}


def _points(name: str, tags: list[str]) -> int:
    for tag in tags:
        if tag.startswith("points-"):
            return int(tag.removeprefix("points-"))
    raise BuildError(f"check-{name} needs a tag points-N.")
