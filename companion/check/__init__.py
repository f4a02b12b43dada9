"""What exercises are checked by: what came back, which misconception fits, then `CheckFailed`.

    check.run("1_1.stale", mended_update)     runs the check of one task on your function
    check.hint("1_1.stale", 1)                shows a hint; the higher its number, the more it gives away
    check.solution("1_1.stale")               shows one right answer
    check.tasks("1_1")                        the ids of one exercise's tasks

Checks live in `exercise_<exercise>/`, hints and solutions in `data/<exercise>.toml`.
"""

from companion.check.help import hint, solution, tasks
from companion.check.running import CheckFailed, run

__all__ = ["CheckFailed", "hint", "run", "solution", "tasks"]
