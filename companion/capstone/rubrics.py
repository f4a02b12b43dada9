"""What a good decision card holds, as far as code can check it; the last three points are for a reader's eye.

A rubric is a list of points that anybody can tick. It does not say that the decision is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from companion.capstone.compared import OPEN, REVERSED, TURNED, UNSEEN
from companion.choose.needs import Needs
from companion.choose.options import PATHS

ENOUGH = 20  # items behind a share: fewer, and one item more or less moves it by more than 0.05
WORDS = 8  # of what the card cannot say
Card = Mapping[str, Any]


@dataclass(frozen=True)
class Point:
    """One point: its name, what it asks, whether the card meets it (None: code cannot tell), and why not."""

    name: str
    asks: str
    met: bool | None
    why: str = ""


def rubric(card: Card) -> list[Point]:
    """All points in order; `met` is None for those that a person has to judge."""
    checked = [Point(name, asks, not (why := check(card)), why) for name, (asks, check) in CHECKS.items()]
    return checked + [Point(name, asks, None) for name, asks in FOR_A_READER.items()]


def unmet(card: Card) -> list[str]:
    """The names of the points that the card does not meet, in order."""
    return [point.name for point in rubric(card) if point.met is False]


def _needs(card: Card) -> str:
    missing = [name for name in Needs(**card["needs"]).missing()]
    asked = len(card["questions"])
    return f"{', '.join(missing)}: not known, and not asked" if len(missing) > asked else ""


def _limits_kept(card: Card) -> str:
    if card["path"] is None:
        return "" if card["questions"] else "no path and no question: say which limit could give way"
    if card["path"] not in PATHS:
        return f"{card['path']!r} is no path: name one of {', '.join(PATHS)}"
    broken = next((row["broken"] for row in card["ranking"] if row["path"] == card["path"]), [])
    return f"{card['path']} breaks {', '.join(broken)}" if broken else ""


def _own(card: Card) -> str:
    kind, rows = card["needs"].get("kind"), card["measured"].values()
    wanted = {"facts": ["questions"], "behaviour": ["messages"]}.get(kind, ["questions", "messages"])
    without = [what for what in wanted if not any(row["of"] == what and row["trained"] for row in rows)]
    return f"nothing was measured on your own {' and '.join(without)}" if without else ""


def _untrained(card: Card) -> str:
    for what in ("questions", "messages"):
        rows = [row for row in card["measured"].values() if row["of"] == what]
        if any(row["trained"] for row in rows) and all(row["trained"] for row in rows):
            return f"no untrained row stands beside the trained ones on {what}"
        if len({row["n"] for row in rows}) > 1:
            return f"the rows on {what} were counted on different numbers of them"
    return ""


def _counts(card: Card) -> str:
    few = [f"{name} ({row['n']})" for name, row in card["measured"].items() if row["n"] < ENOUGH]
    return f"fewer than {ENOUGH} items: {', '.join(few)}" if few else ""


def judged(row: Card) -> str:
    """The word for a comparison that was called "reversed" or "not seen here", by its figures; other words stay.

    With d = own difference, k = Kestrel's and g = give or take it is reversed where |d| > g and k has the other sign,
    not seen here where |d| <= g and |d - k| > g, and else too few to say.
    """
    if row["verdict"] not in TURNED:
        return row["verdict"]
    own, kestrel = (round(row[whose][0] - row[whose][1], 4) for whose in ("own", "kestrel"))
    if abs(own) > row["give_or_take"]:
        return REVERSED if own * kestrel < 0 else OPEN
    return UNSEEN if round(abs(own - kestrel), 4) > row["give_or_take"] else OPEN


def _signs(card: Card) -> str:
    """No verdict may rest on a difference within its give or take, or leave the give or take out."""
    for row in card["compared"]:
        if "give_or_take" not in row:
            return f"{row['first']} against {row['second']}: how far it can be off is not said"
        if judged(row) != row["verdict"]:
            shown = f"{row['n']} {row['items']} do not show that it is {row['verdict']}"
            return f"{row['first']} against {row['second']}: {shown}"
    return ""


def _edited(card: Card) -> str:
    share = card["edited"]
    return (
        f"only {share:.0%} of the questions are not a candidate's exact words"
        if share is not None and share < 0.5
        else ""
    )


def _leak(card: Card) -> str:
    return f"{card['in training and test']} texts stand in training and test" if card["in training and test"] else ""


def _lent(card: Card) -> str:
    return "" if "lent" in card else "it does not say which figures are the course's"


def _turns(card: Card) -> str:
    return "" if card["turns"] or card["path"] is None else "it does not say which measurement would change it"


def _said(card: Card) -> str:
    words = len(card["limits"].split())
    return f"what it cannot say takes {words} words: write a sentence of {WORDS} or more" if words < WORDS else ""


CHECKS: dict[str, tuple[str, Callable[[Card], str]]] = {
    "needs": ("all eight needs are stated, or what is missing is asked", _needs),
    "limits kept": ("the path is one of the seven and keeps every limit", _limits_kept),
    "own figures": ("what the needs are about was measured on your own files", _own),
    "untrained rows": ("an untrained row stands beside the trained ones, on the same items", _untrained),
    "counts": (f"each share on the card rests on {ENOUGH} items or more", _counts),
    "signs": ('each "reversed" lies outside its give or take, each "not seen here" rules out Kestrel\'s', _signs),
    "a person's questions": ("half of the questions or more are not a candidate's exact words", _edited),
    "no leak": ("no text stands in both sets, letter for letter; near copies are yours to find", _leak),
    "lent figures": ("figures that are not yours are named", _lent),
    "turning point": ("it says which measurement would change the advice", _turns),
    "what it cannot say": (f"its limits are in your own words, {WORDS} or more", _said),
}
FOR_A_READER = {
    "typical": "the questions and messages are such as will come, and not only such as came",
    "harm": "it says who is hurt by a wrong answer, and who would notice",
    "other ways": "somebody has asked whether a list, a form or a telephone would do",
}


def ticks(card: Card) -> Iterator[str]:
    """The rubric as lines to print."""
    for point in rubric(card):
        sign = {True: "✓", False: "✗", None: "?"}[point.met]
        yield f"{sign} {point.name}: {point.why or point.asks}"
