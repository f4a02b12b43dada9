"""The authors' and teachers' commands.

python -m companion.build notebooks [NAME ...] [--check] [--timeout SECONDS]
python -m companion.build exercises [NAME ...] [--check] [--timeout SECONDS]
python -m companion.build release [NAME ...]       the learners' notebooks, from the instructors'
python -m companion.build reference [NAME ...]     measures anew what the texts quote (half an hour)
python -m companion.build runs [NAME ...]          the stored runs over five seeds, from where they stopped (hours)
python -m companion.build glossary                 the glossary's text, from its terms
python -m companion.build grade FOLDER             grades every notebook in a folder, writes FOLDER/grades.csv
"""

import argparse
import sys

from companion.build import BuildError


def parser() -> argparse.ArgumentParser:
    """The command line, one sub-command an action."""
    main = argparse.ArgumentParser(prog="python -m companion.build", description=__doc__.splitlines()[0])
    actions = main.add_subparsers(dest="action", required=True)
    for action in ("notebooks", "exercises"):
        one = actions.add_parser(action, help=f"turn {action}/text into executed notebooks")
        one.add_argument("names", nargs="*", help="names of texts; all when left out")
        one.add_argument("--check", action="store_true", help="compare text and notebook, run nothing")
        one.add_argument("--timeout", type=int, default=60, help="seconds a cell may take (default 60)")
    actions.add_parser("release", help="make the student release").add_argument("names", nargs="*")
    again = actions.add_parser("reference", help="measure anew what the texts quote")
    again.add_argument("names", nargs="*", help="parts; all when left out")
    stored = actions.add_parser("runs", help="measure the stored runs, going on where they stopped")
    stored.add_argument("names", nargs="*", help="runs; all when left out")
    actions.add_parser("glossary", help="write the glossary's text from companion/show/glossary.toml")
    grade = actions.add_parser("grade", help="grade a folder of students' notebooks")
    grade.add_argument("folder", help="holds STUDENT/EXERCISE.ipynb, or EXERCISE_STUDENT.ipynb")
    return main


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit status."""
    options = parser().parse_args(arguments)
    if options.action == "notebooks":
        from companion.build.notebooks import main

        return main(options.names, options.check, options.timeout)
    if options.action == "reference":
        from companion.build.reference import main as measure

        return measure(options.names)
    if options.action == "runs":
        from companion.build.runs import main as measure_runs

        return measure_runs(options.names)
    if options.action == "glossary":
        from companion.build.glossary import main as write_glossary

        return write_glossary()
    from companion.build import exercises, grading

    if options.action == "exercises":
        return exercises.main(options.names, options.check, options.timeout)
    if options.action == "release":
        return exercises.release_all(options.names)
    return grading.main(options.folder)


if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1:]))
    except BuildError as error:
        sys.exit(str(error))
