"""Where tree and figures disagree: both say something, and the tree's path is none of the figures' parts."""

from collections.abc import Callable

from companion.check.running import call, fail, name_of, shown
from companion.choose.needs import Needs

EQUAL = "A path of two parts agrees with a tree that names one of them: split it at the plus sign."
NO_TREE = "Where the tree says None it misses an answer: it has not disagreed, it has not spoken."
NO_FIGURES = "Where the figures say None no path keeps every limit: there is nothing to disagree with."
ONE_PART = "Both parts of a path count, not only the first or only the last."
TURNED = "Those are the jobs on which they agree."
ORDER = "The jobs are wanted in the order in which they came, each as often as it came."

PAIRS = (  # what the tree says, what the figures say
    ("rag", "rag"),
    ("rag", "rag+finetune"),
    ("finetune", "rag+finetune"),
    ("finetune", "rag"),
    ("rag", "finetune+distill"),
    (None, "rag"),
    ("distill", None),
    (None, None),
    ("distill", "finetune+distill"),
    ("zero-shot", "rag+distill"),
    ("zero-shot", "zero-shot"),
    ("finetune", "finetune+distill"),
)


def check(find: Callable) -> None:
    """`find(jobs, tree_says, figures_say)` -> the jobs on which the two disagree, in their order."""
    for rows in (range(len(PAIRS)), [4, 3, 9, 3], [0, 1, 10], []):
        jobs = [Needs(labels=row) for row in rows]
        got = call(find, jobs, _says(0), _says(1))
        _check(got, jobs, f"{name_of(find)} of {len(jobs)} jobs")


def _says(side: int) -> Callable[[Needs], str | None]:
    return lambda needs: PAIRS[needs.labels][side]


def _check(got, jobs: list[Needs], said: str) -> None:
    if got is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    if not isinstance(got, list | tuple) or not all(isinstance(one, Needs) for one in got):
        fail(f"{said} gave {shown(got)}.", "A list of jobs is wanted: the Needs themselves, not numbers or names.")
    right = [job for job in jobs if _disagree(*PAIRS[job.labels])]
    if list(got) != right:
        fail(f"{said} gave {_named(got)} and not {_named(right)} (tree, figures).", _why(list(got), jobs, right))


def _disagree(tree: str | None, figures: str | None) -> bool:
    return tree is not None and figures is not None and tree not in figures.split("+")


def _named(jobs) -> str:
    return shown([PAIRS[job.labels] for job in jobs])


def _why(got: list[Needs], jobs: list[Needs], right: list[Needs]) -> str:
    rows, wanted = {job.labels for job in got}, {job.labels for job in right}
    if rows == wanted:
        return ORDER
    if not rows & wanted and rows and rows <= {job.labels for job in jobs} - wanted:
        return TURNED
    extra = rows - wanted
    if any(PAIRS[row][0] is None for row in extra):
        return NO_TREE
    if any(PAIRS[row][1] is None for row in extra):
        return NO_FIGURES
    both = {row for row in extra if PAIRS[row][0] in (PAIRS[row][1] or "").split("+") and "+" in PAIRS[row][1]}
    if both:
        every = {row for row in range(len(PAIRS)) if "+" in (PAIRS[row][1] or "")} - wanted
        present = {job.labels for job in jobs} & every
        return EQUAL if both == present else ONE_PART
    return "Keep a job if both say something and the tree's path is not among figures_say(job).split('+')."
