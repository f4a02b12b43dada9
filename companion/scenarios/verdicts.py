"""One line a job, computed: which path won, by how much, and when it would not."""

from __future__ import annotations

from statistics import fmean

from companion.scenarios.domain import FINE_TUNED, MEASURE, RETRIEVED, Table, means
from companion.stored import chosen

WORDS = {"accuracy": "of the sentences are labelled rightly", "f1": "F1 of entities", "both": "in voice, facts kept"}


def verdict_line(table: Table, job: str) -> str:
    """The job's line. `job` is "reports", "abstracts" or "copy", `table` the stored rows."""
    return f"{winner(table, job)} {ONCE[job](table)}"


def winner(table: Table, job: str) -> str:
    """The path with the best mean, and how far it is ahead of the next one."""
    first, second = sorted(means(table, job).items(), key=lambda pair: -pair[1])[:2]
    what = WORDS[MEASURE[job]]
    return f"{first[0].capitalize()} won: {first[1]:.2f} {what}, {first[1] - second[1]:.2f} ahead of {second[0]}."


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
    """The label on which fine-tuning gains least."""
    rows = {path: chosen(table, job="reports", path=path) for path in (FINE_TUNED, RETRIEVED)}
    shares = {
        label: tuple(fmean(row["by_label"][label] for row in rows[path]) for path in rows)
        for label in rows[RETRIEVED][0]["by_label"]
    }
    label, (tuned, near) = min(sorted(shares.items()), key=lambda pair: pair[1][0] - pair[1][1])
    word = "It would not" if near >= tuned else "It would gain least"
    return f"{word} on {label} sentences alone: {tuned:.2f} against {near:.2f} for retrieval."


def abstracts_turn(table: Table) -> str:
    """The share of known names from which looking up is better than tagging."""
    tuned = {what: means(table, "abstracts", what)[FINE_TUNED] for what in ("precision", "seen", "new")}
    share = break_even(**tuned)
    why = f"tagging finds {tuned['new']:.2f} of the new names, and of what it marks {tuned['precision']:.2f} is right"
    if share is None:
        return f"It would, however many names were known: {why}."
    return f"It would not if {share:.0%} of the names or more were known, for looking up marks nothing wrong: {why}."


def copy_turn(table: Table) -> str:
    """The filled-in templates, when a sentence must still be about the same thing: known and new kinds of fact."""
    tuned, filled = FINE_TUNED, "retrieval, numbers too"
    counted, true, known, new = (
        means(table, "copy", what) for what in ("both", "true", "true_known_kinds", "true_new_kinds")
    )
    lies = {path: counted[path] - true[path] for path in (tuned, filled)}
    return (
        f"But a share of {lies[filled]:.2f} of the filled templates keeps names and numbers and says another thing "
        f"(fine-tuning: {lies[tuned]:.2f}). With those counted as wrong, templates and fine-tuning get "
        f"{known[filled]:.2f} and {known[tuned]:.2f} on kinds of fact that a template has, "
        f"{new[filled]:.2f} and {new[tuned]:.2f} on new kinds."
    )


ONCE = {"reports": reports_turn, "abstracts": abstracts_turn, "copy": copy_turn}
