"""One line a job, computed: which path won, by how much, and when it would not."""

from __future__ import annotations

from statistics import fmean

from companion.scenarios.domain import FINE_TUNED, MEASURE, RETRIEVED, UNTRAINED, Table, by_seed, means
from companion.stored import chosen

WORDS = {"accuracy": "of the sentences are labelled rightly", "f1": "F1 of entities", "both": "in voice, facts kept"}
FILLED = "retrieval, numbers too"
PATH = {  # a way that does not bear its path's name -> the path
    "last layer only": FINE_TUNED,
    "as shipped": FINE_TUNED,
    FILLED: RETRIEVED,
    "nearest words": RETRIEVED,
    "rules and names": UNTRAINED,
}


def verdict_line(table: Table, job: str) -> str:
    """The job's line. `job` is "reports", "abstracts" or "copy", `table` the stored rows."""
    return f"{winner(table, job)} {ONCE[job](table)}"


def winner(table: Table, job: str) -> str:
    """The path with the best mean, each standing for its best way; how far the next path is behind it."""
    best: dict[str, tuple[str, float]] = {}
    for way, score in sorted(means(table, job).items(), key=lambda pair: -pair[1]):
        best.setdefault(PATH.get(way, way), (way, score))
    (first, (way, score)), (second, (other, behind)) = list(best.items())[:2]
    lead = f"{_named(first, way).capitalize()} won: {score:.2f} {WORDS[MEASURE[job]]}"
    return f"{lead}, {score - behind:.2f} ahead of {_named(second, other)}{_overtaken(table, job, way, other)}."


def _named(path: str, way: str) -> str:
    """The path, and its way in brackets where that has a name of its own."""
    own = way.removeprefix(path).strip(", ")
    return f"{path} ({own})" if own else path


def _overtaken(table: Table, job: str, way: str, other: str) -> str:
    """Says for how many seeds the second is ahead of the first, where there are any."""
    first, second = by_seed(table, job, way), by_seed(table, job, other)
    lost = sum(second.get(seed, min(second.values())) > score for seed, score in first.items())
    return f", which is ahead for {lost} of {len(first)} seeds" if lost else ""


def break_even(precision: float, seen: float, new: float) -> float | None:
    """The least share of known names, in whole percents, from which looking up has at least the tagger's F1.

    Looking up finds the known ones and is never wrong: recall p, precision 1. The tagger finds `seen` of the known
    and `new` of the new ones, at the `precision` that was measured. None where it stays ahead to the end.
    """
    for share in (percent / 100 for percent in range(101)):
        recall = share * seen + (1 - share) * new
        if 2 * share / (1 + share) >= 2 * precision * recall / (precision + recall):
            return share
    return None


def reports_turn(table: Table) -> str:
    """The validation companies, where retrieval may be ahead; and the label on which fine-tuning gains least."""
    rows = {path: chosen(table, job="reports", path=path) for path in (FINE_TUNED, RETRIEVED)}
    tuned, near = (fmean(row["validation"] for row in found) for found in rows.values())
    shares = {
        label: tuple(fmean(row["by_label"][label] for row in found) for found in rows.values())
        for label in rows[RETRIEVED][0]["by_label"]
    }
    label, (ours, theirs) = min(sorted(shares.items()), key=lambda pair: pair[1][0] - pair[1][1])
    word = "It would not" if near >= tuned else "It would also"
    both = f"{word} on the two validation companies: {tuned:.2f} against {near:.2f} for retrieval"
    return f"{both}; on {label} sentences it gains least, {ours:.2f} against {theirs:.2f}."


def abstracts_turn(table: Table) -> str:
    """The share of known names from which looking up is better than tagging."""
    tuned = {what: means(table, "abstracts", what)[FINE_TUNED] for what in ("precision", "seen", "new")}
    share = break_even(**tuned)
    why = f"the tagger finds {tuned['new']:.2f} of the new names, and {tuned['precision']:.2f} of its marks are right"
    if share is None:
        return f"It would, however many names were known: {why}."
    return f"It would not if {share:.0%} of the names or more were known, for looking up marks nothing wrong: {why}."


def copy_turn(table: Table) -> str:
    """The filled-in templates, when a sentence must still be about the same thing: known and new kinds of fact."""
    known, new = (means(table, "copy", what) for what in ("true_known_kinds", "true_new_kinds"))
    word = "It would not" if new[FILLED] <= new[FINE_TUNED] else "It would also"
    return (
        f"{word} on kinds of fact that no template has: where a sentence must still be about the same thing, templates "
        f"get {new[FILLED]:.2f} and fine-tuning {new[FINE_TUNED]:.2f} there; on the other kinds "
        f"{known[FILLED]:.2f} and {known[FINE_TUNED]:.2f}."
    )


ONCE = {"reports": reports_turn, "abstracts": abstracts_turn, "copy": copy_turn}
