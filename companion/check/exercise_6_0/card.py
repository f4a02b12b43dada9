"""A broken card mended, and checked against the rubric of the notebook."""

import copy
from collections.abc import Callable
from typing import Any

from companion.capstone.compared import OPEN, REVERSED, TURNED, UNSEEN
from companion.capstone.rubrics import judged, rubric
from companion.check.running import call, fail, name_of, shown

CARD: dict[str, Any] = {
    "title": "Lantern Yard",
    "needs": {
        "kind": "both",
        "update_days": 30.0,
        "labels": 120,
        "latency_ms": 500.0,
        "memory_mb": 200.0,
        "calls_per_day": 100,
        "sources": True,
        "style": False,
    },
    "path": "rag+finetune",
    "questions": [],
    "ranking": [
        {"path": "rag+finetune", "right": 0.53, "broken": ["memory_mb"]},
        {"path": "rag+distill", "right": 0.45, "broken": []},
        {"path": "rag", "right": 0.51, "broken": []},
        {"path": "zero-shot", "right": 0.2, "broken": ["sources"]},
    ],
    "measured": {
        "reader": {"share": 0.27, "n": 30, "of": "questions", "trained": True},
        "LoRA": {"share": 0.79, "n": 48, "of": "messages", "trained": True},
    },
    "lent": ["questions answered exactly after training on all facts: 0.07"],
    "turns": "Count the messages that your nearest examples sort rightly: at 0.73 and below, the advice turns.",
    "compared": [
        {
            "first": "reading",
            "second": "a quoted sentence",
            "kestrel": [0.98, 0.29],
            "own": [0.27, 0.4],
            "n": 30,
            "give_or_take": 0.21,
            "items": "questions",
            "verdict": "not seen here",
        },
        {
            "first": "LoRA",
            "second": "a probe",
            "kestrel": [0.83, 0.79],
            "own": [0.77, 0.79],
            "n": 48,
            "give_or_take": 0.07,
            "items": "messages",
            "verdict": "reversed",
        },
        {
            "first": "search by meaning",
            "second": "search by words",
            "kestrel": [0.63, 0.45],
            "own": [0.4, 0.7],
            "n": 30,
            "give_or_take": 0.2,
            "items": "questions",
            "verdict": "reversed",
        },
        {
            "first": "the student",
            "second": "its teacher",
            "kestrel": [0.75, 0.83],
            "own": [0.46, 0.79],
            "n": 48,
            "give_or_take": 0.14,
            "items": "messages",
            "verdict": "agrees",
        },
        {
            "first": "a probe",
            "second": "the nearest examples",
            "kestrel": [0.53, 0.47],
            "own": [0.77, 0.75],
            "n": 48,
            "give_or_take": 0.09,
            "items": "messages",
            "verdict": "not seen here",
        },
    ],
    "edited": 1.0,
    "in training and test": 0,
    "limits": "",
}
ROWS = {
    "quoted": {"share": 0.4, "n": 30, "of": "questions", "trained": False},
    "reader": {"share": 0.27, "n": 30, "of": "questions", "trained": True},
    "largest class": {"share": 0.17, "n": 48, "of": "messages", "trained": False},
    "LoRA": {"share": 0.79, "n": 48, "of": "messages", "trained": True},
}
LIMITS = "Thirty questions by one person: no customer has seen them, and spring is not winter."

CHANGED = "Everything else stays as it was: start from a copy of the card, and set four entries."
LARGEST = "The path with the largest share breaks a limit: choose among those whose `broken` is empty."
FIRST = (
    "That is the first in the list that breaks nothing: the list is not sorted, so take the largest `right` of them."
)
NONE = "Where each path breaks a limit the card names none: the path is None, and its question stays."
BETTER_ROWS = "All rows are wanted, the untrained ones too, also where they are poor: that is what they are there for."
STILL = "A difference within its give or take has no sign, and Kestrel's lies within its give or take too."
REVERSED_YET = "Here the own difference is beyond its give or take, and Kestrel's has the other sign."
UNSEEN_YET = "It lies within its give or take, so nothing is reversed; but Kestrel's lies further than that from it."
WHY = {OPEN: STILL, REVERSED: REVERSED_YET, UNSEEN: UNSEEN_YET}
ONLY_TURNED = "Verdicts that were called neither reversed nor not seen here stay as they are."
NO_LIMITS = "The sentence on what the card cannot say is missing: it came as `limits`."


def cards() -> list[dict[str, Any]]:
    """The broken card, one where every path breaks a limit, one whose best path is last, one with a hasty word."""
    stuck, late, hasty = (copy.deepcopy(CARD) for _ in range(3))
    for row in stuck["ranking"]:
        row["broken"] = row["broken"] or ["latency_ms"]
    stuck["questions"] = ["No path keeps all your limits. Which could give way?"]
    late["ranking"] = late["ranking"][:1] + late["ranking"][:0:-1]
    late["compared"] = late["compared"][1:2]
    hasty["compared"][0]["verdict"] = "reversed"  # -0.13 is within 0.21, and Kestrel's 0.69 is far: not seen
    return [CARD, stuck, late, hasty]


def check(mend: Callable) -> None:
    """`mend(card, rows, limits)` -> a card with the right path, all rows, honest verdicts, and the sentence."""
    for number, card in enumerate(cards(), start=1):
        said = f"{name_of(mend)} of card {number}"
        got = call(mend, card, ROWS, LIMITS)
        if not isinstance(got, dict):
            fail(f"{said} gave {shown(got)}.", "A card is wanted, a dict like the one that was given.")
        lost = [key for key in card if key not in got]
        if lost or any(got[key] != card[key] for key in card if key not in MENDED) or set(got) != set(card):
            fail(f"{said} changed more than the four entries ({', '.join(lost) or 'not the keys'}).", CHANGED)
        _check_path(got["path"], card, said)
        if got["measured"] != ROWS:
            fail(f"{said} has the rows {shown(list(got['measured']))}.", BETTER_ROWS)
        _check_verdicts(got["compared"], card["compared"], said)
        if got["limits"] != LIMITS:
            fail(f"{said} says of its limits: {shown(got['limits'])}.", NO_LIMITS)
        if unmet := [point for point in rubric(got) if point.met is False]:
            fail(f"{said} misses the rubric's point {unmet[0].name!r}: {unmet[0].why}.", unmet[0].asks)


MENDED = ("path", "measured", "compared", "limits")


def _check_path(path: Any, card: dict[str, Any], said: str) -> None:
    kept = [row for row in card["ranking"] if not row["broken"]]
    right = max(kept, key=lambda row: row["right"])["path"] if kept else None
    if path != right:
        why = NONE if right is None else FIRST if path in [row["path"] for row in kept] else LARGEST
        fail(f"{said} names {path!r} and not {right!r}.", why)


def _check_verdicts(got: Any, given: list[dict[str, Any]], said: str) -> None:
    if not isinstance(got, list) or len(got) != len(given):
        fail(
            f"{said} has {shown(got)} as its comparisons.", "Each comparison stays, in its order; only verdicts change."
        )
    for new, old in zip(got, given, strict=True):
        pair = f"{old['first']} against {old['second']}"
        if {**new, "verdict": ""} != {**old, "verdict": ""}:
            fail(f"{said} changed the figures of {pair}.", "Only the word under 'verdict' changes.")
        right = judged(old)
        if new["verdict"] != right:
            why = WHY[right] if old["verdict"] in TURNED else ONLY_TURNED
            fail(f"{said} says {new['verdict']!r} of {pair}, and not {right!r}.", why)
