"""Pictures of the stored run of moving knowledge: ways of doing a job, and accuracy by how often a problem was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from companion.scenarios.moving import BOTH, DISTILL, FINETUNE, RAG, UNTRAINED, Row, by_seed, spreads
from companion.scenarios.tickets import BUCKETS, WAYS, by_bucket, on_rare
from companion.show.figures import canvas, figure
from companion.show.style import COLOURS
from companion.show.twofold import spread
from companion.stored import chosen

HUES = {RAG: "rag", FINETUNE: "finetune", DISTILL: "distill", BOTH: "ink", UNTRAINED: "baseline"}
SHORT = {"before the amendment": "before", "between amendments": "between", "newest wording": "newest"}  # of the law
LINES = {
    "nearest ticket": ("rag", "o", "-"),
    "nearest article": ("rag", "D", "--"),
    "nearest of both": ("rag", "v", ":"),
    "fine-tuned": ("finetune", "s", "-"),
    "fine-tuned, articles as examples": ("finetune", "P", "--"),
    "articles and evened out": ("finetune", "X", ":"),
    "distilled from that": ("distill", "^", ":"),
}


def compared_ways(table: Sequence[Row], job: str, paths: Mapping[str, str]) -> None:
    """A bar for each way, in its path's colour, with its interval; prints every way's share, all and by group.

    ``table`` holds the rows of the stored run, ``paths`` is {way: path}. Groups come with the number of their items.
    Raises KeyError for a way without a row.
    """
    rows, numbers = spreads(table, job), chosen(table, job=job)[0]["n"]
    said = "; ".join(f"{way} ({path}) {rows[way]['all']:.2f}" for way, path in paths.items())
    names = {group: f"{SHORT.get(group, group)} ({n})" for group, n in numbers.items()}
    printed = {way: {names.get(name, name): share for name, share in rows[way].items()} for way in paths}
    figure(_bars(rows, paths), f"Bars of the share answered rightly. {said}.", printed)


def _bars(rows: Mapping[str, Mapping[str, float]], paths: Mapping[str, str]) -> Any:
    fig, ax = canvas(7.4, 0.6 + 0.36 * len(paths))
    for at, (way, path) in enumerate(paths.items()):
        row = rows[way]
        ax.barh(at, row["all"], 0.62, color=COLOURS[HUES[path]])
        ax.plot([row["from"], row["to"]], [at, at], color=COLOURS["ink"], lw=1.4)
        ax.annotate(f"{row['all']:.2f}  {path}", (1.02, at), va="center", fontsize=9, annotation_clip=False)
    ax.set_yticks(range(len(paths)), list(paths), fontsize=9)
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("share of all questions answered rightly; the line: 95 of 100 resampled sets of questions")
    return fig


def by_frequency(table: Sequence[Row]) -> None:
    """Accuracy on new tickets by how often their problem was seen; prints every way's means, rare ones and all too."""
    lines = {way: by_bucket(table, way) for way in LINES}
    means = {way: {name: fmean(seeds) for name, seeds in by_bucket(table, way).items()} for way in WAYS}
    fig, ax = canvas(7.2, 3.8)
    for way, (colour, mark, dash) in LINES.items():
        heights, bars = list(means[way].values()), [spread(seeds) for seeds in lines[way].values()]
        ax.errorbar(
            range(len(BUCKETS)), heights, bars, color=COLOURS[colour], marker=mark, ls=dash, capsize=4, label=way
        )
    ax.set_xticks(range(len(BUCKETS)), [f"problem {name}" for name in BUCKETS], fontsize=9)
    ax.set_ylim(0, 1.05)
    ax.set_title("New tickets sent to the right article")
    ax.legend(loc="lower right", fontsize=8)
    said = "; ".join(f"{way}: " + ", ".join(f"{n} {v:.2f}" for n, v in means[way].items()) for way in LINES)
    last = {way: {"rare": fmean(on_rare(table, way).values()), "all": _all(table, way)} for way in WAYS}
    figure(fig, f"Lines over four groups of problems. {said}.", {way: means[way] | last[way] for way in WAYS})


def _all(table: Sequence[Row], way: str) -> float:
    return fmean(by_seed(table, "tickets", way).values())
