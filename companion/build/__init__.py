"""For authors and teachers: text to notebooks, exercises to releases, folders to grades.

Nothing else imports this package, and learners never need it. `text.py` says how an
author writes; `__main__.py` has the commands.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class BuildError(Exception):
    """The text cannot become a notebook; the message says which file and what to change."""
