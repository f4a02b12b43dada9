"""One line a job, computed: which path won, by how much, and when it would not."""

from __future__ import annotations

from math import sqrt
from statistics import fmean, stdev

from companion.scenarios import reports
from companion.scenarios.domain import (
    FINE_TUNED,
    JOINED,
    JUDGED,
    RETRIEVED,
    TAUGHT,
    TUNED_ALIKE,
    UNTRAINED,
    Table,
    by_seed,
    means,
)
from companion.stored import chosen

WORDS = {
    "accuracy": "of the sentences are labelled rightly",
    "f1": "F1 of entities",
    "true": "in voice, facts kept, and about the same thing",
}
FILLED, LISTED, TOGETHER = "retrieval, numbers too", "untrained, listed", "two paths together"
PATH = {  # a way that does not bear its path's name -> the path
    "last layer only": FINE_TUNED,
    "as shipped": FINE_TUNED,
    TAUGHT: FINE_TUNED,
    FILLED: RETRIEVED,
    TUNED_ALIKE: RETRIEVED,
    "nearest words": RETRIEVED,
    "untaught": UNTRAINED,
    "rules and names": UNTRAINED,
    "untrained, framed": UNTRAINED,
    LISTED: UNTRAINED,
    JOINED: TOGETHER,
}


def verdict_line(table: Table, job: str) -> str:
    """The job's line. `job` is "reports", "abstracts" or "copy", `table` the stored rows."""
    return f"{winner(table, job)} {ONCE[job](table)}"


def winner(table: Table, job: str) -> str:
    """The path with the best mean, each standing for its best way; how far the next is behind; the two together."""
    best: dict[str, tuple[str, float]] = {}
    for way, score in sorted(means(table, job, JUDGED[job]).items(), key=lambda pair: -pair[1]):
        best.setdefault(PATH.get(way, way), (way, score))
    both = best.pop(TOGETHER, None)
    (first, (way, score)), (second, (other, behind)) = list(best.items())[:2]
    level = f"{score - behind:.2f}" == "0.00"
    lead = f"{_named(first, way).capitalize()} {'is first' if level else 'won'}: {score:.2f} {WORDS[JUDGED[job]]}"
    gap = (
        f"but level with {_named(second, other)}" if level else f"{score - behind:.2f} ahead of {_named(second, other)}"
    )
    beside = f" {both[0].capitalize()} together: {both[1]:.2f}." if both else ""
    return f"{lead}, {gap}{_overtaken(table, job, way, other)}.{beside}"


def _named(path: str, way: str) -> str:
    """The path, and its way in brackets where that has a name of its own."""
    own = way.removeprefix(path).strip(", ")
    return f"{path} ({own})" if own else path


def _overtaken(table: Table, job: str, way: str, other: str) -> str:
    """Says for how many seeds the second is ahead of the first, where there are any."""
    first, second = (by_seed(table, job, one, JUDGED[job]) for one in (way, other))
    lost = sum(second.get(seed, min(second.values())) > score for seed, score in first.items())
    return f", which is ahead for {lost} of {len(first)} seeds" if lost else ""


def lead_and_error(table: Table, rival: str = RETRIEVED) -> dict[str, float]:
    """Fine-tuning's lead on report sentences, and twice its standard error over the sentences, paired.

    d_i is the share of seeds that label sentence i rightly, less 1 where the rival does; the error is
    stdev(d) / sqrt(n). Less than twice of it may be luck with the sentences. It holds nothing of other *companies*.
    """
    _, labels = reports.sentences("test")
    ours, theirs = (chosen(table, job="reports", path=path) for path in (FINE_TUNED, rival))

    def right(rows: list, at: int) -> float:
        return fmean(row["said"][at] == labels[at] for row in rows)

    leads = [right(ours, at) - right(theirs, at) for at in range(len(labels))]
    return {"lead": fmean(leads), "twice its error": 2 * stdev(leads) / sqrt(len(leads)), "sentences": len(leads)}


def reports_turn(table: Table) -> str:
    """The validation companies, where the order may turn; and the label on which fine-tuning gains least."""
    ways = (FINE_TUNED, RETRIEVED, TUNED_ALIKE)
    tuned, near, alike = (means(table, "reports", "validation", [way])[way] for way in ways)
    asked = len(reports.sentences("validation")[0])
    error = 100 * sqrt(near * (1 - near) / asked)
    labels = {label: tuple(means(table, "reports", label, [way])[way] for way in ways[:2]) for label in reports.LABELS}
    label, (ours, theirs) = min(labels.items(), key=lambda pair: pair[1][0] - pair[1][1])
    return (
        f"On the two validation companies it has {tuned:.2f}, and retrieval {near:.2f} with k chosen there, "
        f"{alike:.2f} with k chosen as fine-tuning's settings were ({asked} sentences, one standard error {error:.0f} "
        f"points). On {label} sentences it gains least, {ours:.2f} against {theirs:.2f}."
    )


def abstracts_turn(table: Table) -> str:
    """Known names, of which looking up finds as many and marks nothing wrong."""
    seen, precision = (means(table, "abstracts", what) for what in ("seen", "precision"))
    return (
        f"It would not have won where the names are known: looking up finds {seen[RETRIEVED]:.2f} of those and the "
        f"tagger {seen[FINE_TUNED]:.2f}; {precision[RETRIEVED]:.2f} and {precision[FINE_TUNED]:.2f} of their marks are "
        "right."
    )


def copy_turn(table: Table) -> str:
    """Kinds of fact that no template has; and what wins when a sentence need not be about the same thing."""
    new, both = means(table, "copy", "true_new_kinds"), means(table, "copy")
    best = max(new, key=lambda way: new[way])
    there = f"{best} leads, {new[best]:.2f}" if new[best] else "no way has a single one right"
    loose = max(both, key=lambda way: both[way])
    return (
        f"On kinds of fact that no template has, {there}. And if a sentence need not be about the same thing, {loose} "
        f"wins, {both[loose]:.2f} to {both[FILLED]:.2f} for {FILLED}."
    )


ONCE = {"reports": reports_turn, "abstracts": abstracts_turn, "copy": copy_turn}
