"""Which layer learns from which: two lists that begin at different layers."""

from collections.abc import Callable

from companion.check.running import CheckFailed, call, fail, name_of, shown

CASES = ((4, 12), (3, 6), (2, 2), (1, 5))
REFUSED = ((4, 6), (3, 2))
OFF = "One off: in `hidden` number 0 is the embeddings, so the output of layer m is number m."
OFF_SCORES = "One off: `scores` has no entry for the embeddings, so the scores of layer m are number m - 1."
NO_EMBEDDINGS = "The embeddings are a pair too: (0, 0) in `hidden`."
EMBEDDED = "The embeddings have no attention: `scores` begins with the first layer."
LAST = "The student's last layer must learn from the teacher's last, the one that answers."
FIRST = "That pairs the first layers with the first: the upper half of the teacher is never looked at."
ELSE = "Layer m of the student learns from layer m * teacher_layers / student_layers, counted from 1."
REFUSE = "These layers cannot be spread evenly: raise ValueError, for a rounded map would skip layers silently."
DICT = "A dict with the keys 'hidden' and 'scores' is wanted, each a list of pairs (student's, teacher's)."


def check(pairs: Callable) -> None:
    """`pairs(student_layers, teacher_layers)` is {"hidden": [...], "scores": [...]} of index pairs."""
    for student, teacher in CASES:
        said = f"{name_of(pairs)}({student}, {teacher})"
        got = call(pairs, student, teacher)
        if got is None:
            fail(f"{said} gave None.", "The function ends without `return`.")
        if not isinstance(got, dict) or set(got) != {"hidden", "scores"}:
            fail(f"{said} gave {shown(got)}.", DICT)
        step = teacher // student
        layers = [(m, m * step) for m in range(1, student + 1)]
        _compare(said, "hidden", got["hidden"], [(0, 0), *layers], _hidden(layers, student))
        wanted = [(m - 1, g - 1) for m, g in layers]
        _compare(said, "scores", got["scores"], wanted, _scores(layers, wanted))
    for student, teacher in REFUSED:
        _check_refuses(pairs, student, teacher)


def _compare(said: str, key: str, got, wanted: list, traps) -> None:
    try:
        found = [tuple(int(number) for number in pair) for pair in got]
    except (TypeError, ValueError):
        fail(f"{said}[{key!r}] is {shown(got)}.", DICT)
    if found != wanted:
        why = next((why for why, wrong in traps if found == wrong), ELSE)
        fail(f"{said}[{key!r}] is {shown(found)} and not {shown(wanted)}.", why)


def _hidden(layers: list, student: int):
    yield NO_EMBEDDINGS, layers
    for shift in ((0, -1), (-1, -1), (-1, 0)):
        moved = [(m + shift[0], g + shift[1]) for m, g in layers]
        yield OFF, moved
        yield OFF, [(0, 0), *moved]
    yield FIRST, [(m, m) for m in range(student + 1)]
    yield LAST, [(m, m * layers[0][1]) for m in range(student)]


def _scores(layers: list, wanted: list):
    yield EMBEDDED, [(0, 0), *layers]
    yield OFF_SCORES, layers
    yield OFF_SCORES, [(m - 1, g) for m, g in layers]
    yield OFF_SCORES, [(m, g - 1) for m, g in layers]
    yield FIRST, [(m, m) for m in range(len(layers))]
    yield FIRST, [(m, m * layers[0][1]) for m in range(len(layers))]


def _check_refuses(pairs: Callable, student: int, teacher: int) -> None:
    said = f"{name_of(pairs)}({student}, {teacher})"
    try:
        got = call(pairs, student, teacher)
    except CheckFailed as error:
        if isinstance(error.__cause__, ValueError):
            return
        raise
    fail(f"{said} gave {shown(got)}.", REFUSE)
