"""nbgrader's autograder over a folder of students' notebooks.

The folder holds `STUDENT/EXERCISE.ipynb` (any depth) or loose files `EXERCISE_STUDENT.ipynb`. Locked cells
are restored from the source before anything runs, so an edited check does not help. The grades go to
`grades.csv` beside the notebooks.
A submission is a program: grade on a machine where running a student's code is safe.
"""

import csv
import shutil
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from companion.build import ROOT, BuildError
from companion.build.exercises import nbgrader_api
from companion.build.run import learner_environment

INSTRUCTOR = "the-instructor-s-own-solutions"


@dataclass(frozen=True)
class Grade:
    """One student's points on one exercise; `tasks` maps a check's name to its points."""

    student: str
    exercise: str
    points: float
    maximum: float
    tasks: dict[str, float] = field(default_factory=dict)


def submissions(folder: Path, exercises: list[str]) -> dict[tuple[str, str], Path]:
    """(student, exercise) -> notebook, from the folder's names; the longest exercise name wins."""
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(folder.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        name = next((one for one in sorted(exercises, key=len, reverse=True) if one in path.stem), None)
        if name is None:
            continue
        rest = path.stem.replace(name, "", 1).strip("_- .")
        parents = [part for part in path.relative_to(folder).parts[:-1] if part != name]
        student = "_".join([*parents[:1], *([rest] if rest and not parents else [])]) or "student"
        if (student, name) in found:
            raise BuildError(
                f"Two notebooks of '{student}' for '{name}': keep one of {found[student, name]} and {path}."
            )
        found[student, name] = path
    return found


def grade(folder: Path, root: Path = ROOT) -> list[Grade]:
    """Grade every notebook under `folder` in a temporary nbgrader course; the folder itself is only read."""
    source = root / "exercises" / "source"
    exercises = sorted(path.name for path in source.iterdir() if path.is_dir())
    found = submissions(folder, exercises)
    if not found:
        raise BuildError(f"No notebook of an exercise in {folder}: names must hold one of {', '.join(exercises)}.")
    with tempfile.TemporaryDirectory(prefix="nbgrader-") as temporary:
        course = Path(temporary)
        shutil.copytree(source, course / "source")
        for (student, name), path in found.items():
            place = course / "submitted" / student / name
            place.mkdir(parents=True)
            shutil.copy(path, place / f"{name}.ipynb")
        with learner_environment(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own queries
            return _autograde(course, sorted(found))


def main(folder: str, root: Path = ROOT) -> int:
    """Grade, print a line for each notebook, write `grades.csv` beside them. Returns the exit status."""
    place = Path(folder)
    if not place.is_dir():
        raise BuildError(f"{folder} is not a folder: give the one that holds the students' notebooks.")
    grades = grade(place, root)
    with open(place / "grades.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["student", "exercise", "points", "of", "by task"])
        for one in grades:
            by_task = " ".join(f"{task}={points:g}" for task, points in one.tasks.items())
            table.writerow([one.student, one.exercise, f"{one.points:g}", f"{one.maximum:g}", by_task])
            print(f"{one.student:20} {one.exercise:20} {one.points:4g} of {one.maximum:g}   {by_task}")
    return 0


def _autograde(course: Path, pairs: list[tuple[str, str]]) -> list[Grade]:
    api = nbgrader_api(course, course / "gradebook.db")
    for name in sorted({name for _, name in pairs}):
        _demand(api.generate_assignment(name), f"release '{name}'")
        _demand_full_marks(api, course, name)
    return [_grade_one(api, student, name) for student, name in pairs]


def _grade_one(api, student: str, name: str) -> Grade:
    _demand(api.autograde(name, student), f"grade '{name}' of '{student}'")
    with api.gradebook as book:
        paper = book.find_submission(name, student)
        tasks = {g.name.removeprefix("check-"): g.score for n in paper.notebooks for g in n.grades}
        return Grade(student, name, paper.score, paper.max_score, tasks)


def _demand_full_marks(api, course: Path, name: str) -> None:
    """The solutions themselves must pass first: on a broken machine everybody would get 0."""
    shutil.copytree(course / "source" / name, course / "submitted" / INSTRUCTOR / name)
    got = _grade_one(api, INSTRUCTOR, name)
    if got.points < got.maximum:
        failed = ", ".join(task for task, points in got.tasks.items() if not points)
        raise BuildError(f"The solutions of '{name}' fail here ({failed}): run `companion doctor` before grading.")


def _demand(result: dict, what: str) -> None:
    if not result["success"]:
        raise BuildError(f"nbgrader could not {what}:\n{result.get('error') or result.get('log')}")
