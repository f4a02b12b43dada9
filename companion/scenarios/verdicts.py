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
    """The filled-in templates: as counted, and where the sentence must still be about the same thing."""
    path = "retrieval, numbers too"
    counted, true = (means(table, "copy", what) for what in ("both", "true"))
    known, new = (means(table, "copy", f"true_{kind}") for kind in ("known_kinds", "new_kinds"))
    return (
        f"Templates filled in by name and number get {counted[path]:.2f}, of which {counted[path] - true[path]:.2f} say "
        f"another thing; fine-tuning {counted[FINE_TUNED]:.2f} and {counted[FINE_TUNED] - true[FINE_TUNED]:.2f}. In voice, "
        f"facts kept and about the same thing, fine-tuning against templates: {known[FINE_TUNED]:.2f} against "
        f"{known[path]:.2f} on known kinds of fact, {new[FINE_TUNED]:.2f} against {new[path]:.2f} on new kinds."
    )


ONCE = {"reports": reports_turn, "abstracts": abstracts_turn, "copy": copy_turn}
