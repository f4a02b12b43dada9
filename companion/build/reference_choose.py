"""What section 3.1 quotes: read off companion/runs and the figures in reference.json; seconds, nothing is trained."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

from companion.build.reference_paths import Runs, run
from companion.ledger import claims
from companion.stored import stored

FRESH = range(100, 105)  # seeds for what was found by looking at the registered ones


def choosing() -> tuple[dict[str, float], Runs]:
    """Claim C3.1, what one need alone would tell, and the figures that the recommender reads."""
    from companion.choose.figures import read_figures
    from companion.choose.situations import tree_against_figures

    figures = read_figures(records=[])
    pairs = {seed: tree_against_figures(seed, figures=figures) for seed in range(claims()["C3.1"].seeds)}
    tree, always = ({seed: pair[side] for seed, pair in pairs.items()} for side in (0, 1))
    numbers = {f"choose.{key}": figure.value for key, figure in figures.items()}
    numbers |= {"choose.tree": fmean(tree.values()), "choose.always": fmean(always.values())}
    numbers["choose.zero_worth"] = _worth(figures)
    numbers |= _told(figures) | _where(figures) | _zero_shot()
    return {key: round(value, 4) for key, value in numbers.items()}, {"C3.1": run(tree, always)}


def _told(figures) -> dict[str, float]:
    """Shares over all registered situations at once, and over those that some path can serve."""
    from companion.choose.needs import QUESTIONS
    from companion.choose.situations import agreement, cases, servable, told

    drawn = [case for seed in range(5) for case in cases(seed, figures=figures)]
    usable, numbers = servable(drawn), {}
    for where, some in (("told", drawn), ("usable.told", usable)):
        numbers[f"choose.{where}"] = told(some)
        numbers |= {f"choose.{where}.{name}": told(some, name) for name in QUESTIONS}
    numbers |= {"choose.usable": len(usable) / len(drawn), "choose.usable.tree": agreement(usable)}
    numbers["choose.two_together"] = fmean(len(first.members) == 2 for _, first in usable)
    return numbers


def _where(figures) -> dict[str, float]:
    """Agreement by kind and change; of a tree that asks for facts first, on the old situations and on new ones; and
    what would come out if training put half of the facts into a model."""
    from companion.choose.situations import agreement, by_pair, cases, servable, told
    from companion.choose.tree import TREE

    drawn = [case for seed in range(5) for case in cases(seed, figures=figures)]
    names = {"changes within a week": "live", "changes seldom or never": "seldom"}
    numbers = {}
    for where, table in (("where", by_pair(drawn)), ("usable.where", by_pair(servable(drawn)))):
        for kind, row in table.items():
            numbers |= {f"choose.{where}.{kind}.{names[when]}": share for when, share in row.items()}
    fresh, first = [case for seed in FRESH for case in cases(seed, figures=figures)], {**TREE, "ask": "facts"}
    half = [case for seed in range(5) for case in cases(seed, figures=_half(figures))]
    for name, some in (("old", drawn), ("fresh", fresh), ("half", half)):
        for what, part in (("", some), (".usable", servable(some))):
            numbers[f"choose.{name}{what}.tree"] = agreement(part)
            numbers[f"choose.{name}{what}.facts_first"] = agreement(part, first)
            numbers[f"choose.{name}{what}.always"] = told(part)
    return numbers


def _half(figures) -> dict:
    """The same figures, if half of the facts were right after training on them: chapter 2 reached that for eight."""
    taught = figures["facts.taught"]
    return {**figures, "facts.taught": replace(taught, value=0.5)}


def _zero_shot() -> dict[str, float]:
    """Zero-shot by each wording of the classes' names."""
    rows = [row for row in stored("choose")["rows"] if row["what"] == "zero-shot"]
    return {f"choose.zero_shot.{row['wording']}": row["test"] for row in rows}


def _worth(figures) -> float:
    """How many labels train a layer as well as none at all did: where the curve crosses zero-shot."""
    from companion.choose.figures import values
    from companion.choose.options import curve

    v = values(figures)
    return next(labels for labels in range(16, 641) if curve("probe", labels, v) >= v["sort.zero"])
