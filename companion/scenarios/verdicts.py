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


def break_even(gain: float, loss: float) -> float | None:
    """The share p of cases at which p * loss = (1 - p) * gain; None where one way never loses.

    gain: how much better the first way is in the one kind of case, loss: how much worse in the other kind.
    """
    return gain / (gain + loss) if gain > 0 and loss > 0 else None


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
    """The share of known names above which looking up finds more than tagging."""
    (tuned_new, tuned_seen), (near_new, near_seen) = (
        tuple(means(table, "abstracts", kind)[path] for kind in ("new", "seen")) for path in (FINE_TUNED, RETRIEVED)
    )
    share = break_even(tuned_new - near_new, near_seen - tuned_seen)
    known = f"of known names looking up finds {near_seen:.2f}, tagging {tuned_seen:.2f}"
    if share is None:
        return f"It would not lose even if every name were known: {known}."
    return f"It would not if more than {share:.0%} of the names were known: {known}; of new ones {tuned_new:.2f}."


def copy_turn(table: Table) -> str:
    """How the best filled-in template does on kinds of fact that it has, and on kinds that it lacks."""
    path = "retrieval, numbers too"
    (tuned_new, tuned_known), (near_new, near_known) = (
        tuple(means(table, "copy", kind)[way] for kind in ("new_kinds", "known_kinds")) for way in (FINE_TUNED, path)
    )
    verb = "would not" if near_known >= tuned_known else "would still win"
    return (
        f"Against templates that are filled in by name and number it {verb} on kinds of fact that a template has "
        f"({tuned_known:.2f} against {near_known:.2f}); on new kinds it is {tuned_new:.2f} against {near_new:.2f}."
    )


ONCE = {"reports": reports_turn, "abstracts": abstracts_turn, "copy": copy_turn}
