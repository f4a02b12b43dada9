"""What the two milestones measured, as figures that the recommender reads in the place of the course's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean

from companion.capstone.saved import Row
from companion.choose.figures import CURVE, Figure

Figures = dict[str, Figure]


def own_figures(figures: Mapping[str, Figure], search: Mapping[str, Row], sorters: Mapping[str, Row]) -> Figures:
    """`figures` with one's own in their places, each marked as own with the number of items it was counted on.

    A share that was measured with one's own number of labels stands for the curve at every number of them: the advice
    is asked for that number only. What was not measured stays the course's, and is named on the card.
    """
    measured = _of_search(search) | _of_sorters(sorters)
    own = {
        key: replace(figures[key], value=v, source=s, own=True) for key, (v, s) in measured.items() if key in figures
    }
    return dict(figures) | own


def _of_search(parts: Mapping[str, Row]) -> dict[str, tuple[float, str]]:
    found: dict[str, tuple[float, str]] = {}
    reader = parts.get("reader", {})
    if told := reader.get("exact"):
        source = f"yours, on {len(told)} questions"
        found = {"facts.rag": (fmean(told), source), "facts.cited": (fmean(reader["cited"]), source)}
        found["ms.rag"] = (reader["milliseconds"], source)
        if closed := parts.get("closed book", {}).get("exact"):
            found["facts.closed"] = (fmean(closed), source)
    return found


def _of_sorters(parts: Mapping[str, Row]) -> dict[str, tuple[float, str]]:
    """LoRA stands for fine-tuning, the probe where LoRA was left out: decided beforehand, not by the better score."""
    if "probe" not in parts:
        return {}
    tuned = "LoRA" if "LoRA" in parts else "probe"
    rows = {"probe": tuned, "neighbours": "nearest examples"}
    keys = {f"{what}.{labels}": row for what, row in rows.items() for labels in CURVE}
    keys |= {"sort.full": tuned, "sort.zero": "names of the classes", "sort.teacher": tuned, "sort.student": "student"}
    source = f"yours, on {len(parts[tuned]['right'])} messages"
    found = {key: (fmean(parts[row]["right"]), source) for key, row in keys.items() if row in parts}
    times = {"ms.encoder": tuned, "ms.student": "student"}
    return found | {key: (parts[row]["milliseconds"], source) for key, row in times.items() if row in parts}
