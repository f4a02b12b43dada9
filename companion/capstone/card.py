"""Milestone 3: the decision card from one's own figures, and where they do not show what the course found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from statistics import fmean
from typing import TYPE_CHECKING, Any

from companion.capstone.compared import TURNED, compare
from companion.capstone.own import own_figures
from companion.capstone.saved import Row, write_text
from companion.capstone.search import ANSWERS, measure_search
from companion.capstone.sorters import TRAINED, UNTRAINED, measure_sorters
from companion.choose import Advice, Needs, decisive, read_figures, recommend
from companion.choose.deciding import Turning
from companion.choose.figures import values
from companion.choose.options import NAMES
from companion.choose.page import card_html, measure

if TYPE_CHECKING:
    from companion.capstone.project import Project

ABOUT = "Measured on your own files; figures that were not are named at the end: a course's, with small models."
NEAREST = (
    "sort 100 messages that are not among the labelled ones by their nearest labelled neighbours, and count "
    "the right ones"
)
COUNTED = {  # measurements of the recommender, and what was counted for them here
    "facts with retrieval": "questions",
    "fine-tuned behaviour": "messages",
    "nearest examples": "messages",
    "zero-shot": "messages",
    "what a student keeps": "messages",
}


def decide(
    project: Project,
    needs: Needs,
    limits: str = "",
    title: str = "Which path?",
    lora: bool = True,
    closed_book: bool = True,
) -> Row:
    """The card as a dict, written to `results/3_card.json` and, as a page to print, to `results/decision_card.html`.

    limits: in your own words, what this card cannot say. What the needs do not ask for is not measured: no search for
    `kind="behaviour"`, no sorters for `kind="facts"`. lora, closed_book: as in the milestones.
    """
    search = measure_search(project, closed_book) if needs.kind != "behaviour" else {}
    sorters = measure_sorters(project, lora) if needs.kind != "facts" else {}
    card, advice, turning = made(needs, search, sorters)
    now_is = _now_is(turning, card["measured"])
    card |= {"title": title, "day": date.today().isoformat(), "limits": limits.strip()}
    page = card_html(advice, turning, title, card["day"], ABOUT, _more(card), now_is)
    write_text(project.results / "3_card.json", json.dumps(card, indent=1) + "\n")
    write_text(project.results / "decision_card.html", page)
    return card


def made(needs: Needs, search: Mapping[str, Row], sorters: Mapping[str, Row]) -> tuple[Row, Advice, Any]:
    """(card without the learner's words, advice, the measurement that would turn it) from the milestones' parts."""
    course = read_figures()
    figures = own_figures(course, search, sorters)
    advice, before = recommend(needs, figures), recommend(needs, course)
    learnt = sorters.get("messages", {}).get("train", needs.labels)
    advice = replace(advice, reasons=tuple(_yours(reason, needs.labels, learnt) for reason in advice.reasons))
    turning = _in_messages(decisive(needs, values(figures))) if advice.path else None
    rows = measured(search, sorters)
    comparisons = compare(search, sorters)
    card = {
        "needs": asdict(needs),
        "path": advice.path,
        "path with Kestrel's figures": before.path,
        "reasons": list(advice.reasons),
        "questions": list(advice.questions),
        "ranking": [{"path": o.path, "right": o.right, "broken": list(o.broken)} for o in advice.ranking],
        "measured": rows,
        "lent": list(advice.fallbacks),
        "turns": measure(turning, _now_is(turning, rows)) if advice.path else "",
        "compared": [one.row() for one in comparisons],
        "edited": search.get("questions", {}).get("edited"),
        "in training and test": sorters.get("messages", {}).get("both"),
    }
    return card, advice, turning


def _yours(reason: str, labels: int | None, learnt: int | None) -> str:
    """A reason of the recommender, which speaks of Kestrel's questions and letters, about one's own.

    learnt: how many of the labelled messages the rows learnt from; the others were their test.
    """
    reason = reason.replace(f"your {labels or 0:,} examples", f"the {learnt or 0:,} messages to learn from")
    return reason.replace("questions about changed facts", "your questions").replace("letters", "your messages")


def _in_messages(turning: Turning | None) -> Turning | None:
    """The measurement that turns the advice, in the words of this milestone."""
    if turning is None or turning.measurement.name != "nearest examples":
        return turning
    return replace(turning, measurement=replace(turning.measurement, do=NEAREST))


def _now_is(turning: Turning | None, rows: Mapping[str, Row]) -> str:
    """The words before today's value, with the number of items where it was counted on one's own."""
    of = COUNTED.get(turning.measurement.name) if turning else None
    n = next((row["n"] for row in rows.values() if row["of"] == of), 0)
    return f"The figure here, on {n} {of}, is" if n else "The figure here is"


def measured(search: Mapping[str, Row], sorters: Mapping[str, Row]) -> dict[str, Row]:
    """{row: its share, the number of items, of what, and whether something was trained for it}.

    Of an answer counts whether the right one is among its words: a quoted sentence could never be exact.
    """
    found: dict[str, Row] = {}
    for name in ANSWERS:
        if scores := search.get(name, {}).get("holds"):
            trained = name.startswith("reader")
            found[name] = {"share": fmean(scores), "n": len(scores), "of": "questions", "trained": trained}
    for name in (*UNTRAINED, *TRAINED):
        if name in sorters:
            right = sorters[name]["right"]
            found[name] = {"share": fmean(right), "n": len(right), "of": "messages", "trained": name in TRAINED}
    return {name: row | {"share": round(row["share"], 4)} for name, row in found.items()}


def _more(card: Row) -> dict[str, list[str]]:
    """The card's own sections for the page; empty ones are left out."""
    rows = [f"{name}: {row['share']:.2f} of {row['n']} {row['of']}" for name, row in card["measured"].items()]
    over = [row["said"] for row in card["compared"] if row["verdict"] in TURNED]
    other = [row["said"] for row in card["compared"] if row["verdict"] not in TURNED]
    lists = {
        "What was measured on your files (the answer among the words said, messages sorted rightly)": rows,
        "Where Kestrel's verdicts are reversed, or not seen, on your data": [*over, *path_said(card)],
        "Where they hold, or where it cannot be said": other,
        "What this card cannot say": [card["limits"]] if card["limits"] else [],
    }
    return {heading: sentences for heading, sentences in lists.items() if sentences}


def path_said(card: Row) -> list[str]:
    """One sentence where one's own figures lead to another path than Kestrel's do."""
    mine, theirs = card["path"], card["path with Kestrel's figures"]
    if mine == theirs:
        return []
    names = [NAMES[path] if path else "no path that keeps every limit" for path in (theirs, mine)]
    return [f"With Kestrel's figures the same needs lead to {names[0]}; with yours, to {names[1]}."]
