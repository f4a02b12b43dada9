"""Whose figure it is: one's own where it was counted on enough items, else the course's; nought is a figure."""

from collections.abc import Callable

from companion.check.running import call, fail, name_of, shown

FALSY = "0.0 is a figure: it was measured, and nothing was right. Only None says that nothing was measured."
OTHERS_FIRST = "The course's figure took the place of one that was measured on enough items: yours goes before ours."
TOO_FEW = "It takes a figure that was counted on fewer than `least` items, and calls it yours: lend the course's."
EDGE = "On exactly `least` items is enough."
NOT_MEASURED = "None is no figure: where nothing was measured, lend the course's."
UNKNOWN = "A key that the course does not have is read by nobody: give the course's keys, all of them and no others."
LOST = "Each of the course's keys is wanted, also where nothing is yours."
WORD = 'The second word is "yours" or "course".'

COURSE = {
    "facts.rag": 0.95,
    "facts.closed": 0.03,
    "sort.zero": 0.44,
    "sort.student": 0.75,
    "ms.rag": 130.1,
    "probe": 0.6,
}
MINE = {
    "facts.rag": {"share": 0.27, "n": 30},
    "facts.closed": {"share": 0.0, "n": 30},
    "sort.zero": {"share": 0.5, "n": 12},
    "sort.student": {"share": None, "n": 48},
    "probe": {"share": 0.77, "n": 20},
    "typing speed": {"share": 0.9, "n": 99},
}


def check(figures: Callable) -> None:
    """`figures(course, mine, least)` -> {key: (value, "yours" or "course")} for the course's keys."""
    for mine, least in ((MINE, 20), ({}, 20), (MINE, 31), ({"ms.rag": {"share": 0.0, "n": 20}}, 20)):
        said = f"{name_of(figures)} with {len(mine)} figures of your own, least = {least},"
        got = call(figures, COURSE, mine, least)
        if not isinstance(got, dict):
            fail(f"{said} gave {shown(got)}.", "A dict is wanted: {key: (value, 'yours' or 'course')}.")
        right = {key: _right(key, mine, least) for key in COURSE}
        for key in [*COURSE, *got]:
            value = tuple(got[key]) if isinstance(got.get(key), list | tuple) else got.get(key)
            if value != right.get(key) or key not in got:
                fail(
                    f"{said} gave {key!r}: {shown(got.get(key))} and not {right.get(key)}.",
                    _why(key, value, mine, least),
                )


def _right(key: str, mine: dict, least: int) -> tuple[float, str]:
    row = mine.get(key)
    own = row is not None and row["share"] is not None and row["n"] >= least
    return (row["share"], "yours") if own else (COURSE[key], "course")


def _why(key: str, value, mine: dict, least: int) -> str:
    if key not in COURSE:
        return UNKNOWN
    if value is None:
        return LOST
    row, right = mine.get(key), _right(key, mine, least)
    if not isinstance(value, tuple) or len(value) != 2 or value[1] not in ("yours", "course"):
        return f"A pair is wanted for each key. {WORD}"
    if row is None:
        return "This key was never measured by you: lend the course's figure, and say so."
    if value[0] is None or (row["share"] is None and value[1] == "yours"):
        return NOT_MEASURED
    if right[1] == "yours":
        if row["n"] == least and key != "ms.rag" and value[1] == "course":
            return EDGE
        return FALSY if row["share"] == 0 else OTHERS_FIRST
    return TOO_FEW
