"""What the three jobs of moving knowledge share: reading their data, training a sorter, comparing ways.

A *way* is one manner of doing the job, such as "filter, then search"; it belongs to a path (RAG, fine-tuning,
distillation), to both of two, or to none ("untrained"). The first path is called *retrieval* here: it finds, and
nothing is generated. A stored row holds one seed: {"job", "seed", "scores"}, where scores is {way: {"all": share,
group: share, ...}}. Law and papers are scored on the questions that the seed draws, as the claims have it, and once
more on all of them: "whole" and "n" by group, "right" with one mark an item.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from companion.stored import chosen

if TYPE_CHECKING:
    from companion.distill.students import Student
    from companion.finetune.classifier import TextClassifier
    from companion.models.encoder import Encoder

RUN = "scenarios_moving"
SHARE = 0.75  # of the test questions that a seed draws
RESAMPLED = 2000  # sets of questions, drawn with replacement, behind an interval
STEPS, METHOD = 100, "last"  # of the sorter; on draws of tickets that no run uses, as good as "full" and faster
STUDENT = {"steps": 300, "lr": 1.2e-2}  # of the distilled bag of words
RAG, FINETUNE, DISTILL, BOTH, UNTRAINED = "retrieval", "fine-tuning", "distillation", "both", "untrained"
Row = dict[str, Any]
Scores = dict[str, dict[str, float]]


@cache
def read(name: str) -> dict[str, Any]:
    """The data file `companion/world/data/scenarios/<name>.toml`."""
    place = files("companion.world").joinpath("data", "scenarios", f"{name}.toml")
    return tomllib.loads(place.read_text(encoding="utf-8"))


def drawn(count: int, seed: int) -> list[int]:
    """The rows of the test set that a seed is scored on: three quarters of them, in their order."""
    chosen_rows = np.random.default_rng([seed, 22]).choice(count, round(SHARE * count), replace=False)
    return sorted(chosen_rows.tolist())


def sorter(
    encoder: Encoder, texts: Sequence[str], labels: Sequence[str], seed: int = 0, steps: int = STEPS
) -> TextClassifier:
    """The fine-tuned path: a copy of the encoder, its last two layers trained to name a text's label."""
    from companion.finetune import tune

    return tune(encoder, texts, labels, METHOD, steps=steps, seed=seed, progress=False)[0]


def distilled(teacher: TextClassifier, texts: Sequence[str], seed: int = 0) -> Student:
    """The distilled path: a bag of word vectors that learns the sorter's chances for the same texts."""
    from companion.distill import distil, make_student

    words = teacher.encoder.model.get_input_embeddings().weight
    student = make_student("bag", len(words), teacher.classes, seed, words, dim=min(64, words.shape[1]))
    logits = torch.from_numpy(teacher.logits(texts))
    distil(student, texts, logits, seed=seed, progress=False, **STUDENT)
    return student


def shares(right: Mapping[str, Sequence[bool]], groups: Sequence[str]) -> Scores:
    """{way: {"all": share right, group: share right among its items}} from one verdict an item."""
    names = list(dict.fromkeys(groups))

    def of(verdicts: Sequence[bool]) -> dict[str, float]:
        inside = {name: [v for v, g in zip(verdicts, groups, strict=True) if g == name] for name in names}
        return {"all": _mean(verdicts)} | {name: _mean(found) for name, found in inside.items()}

    return {way: of(verdicts) for way, verdicts in right.items()}


def scored(right: Mapping[str, Sequence[bool]], groups: Sequence[str], seed: int) -> Row:
    """A stored row's shares: "scores" on what the seed draws, "whole" on all items, their number "n", every verdict."""
    rows = drawn(len(groups), seed)
    some = {way: [verdicts[row] for row in rows] for way, verdicts in right.items()}
    numbers = {"all": len(groups)} | {name: groups.count(name) for name in dict.fromkeys(groups)}
    marks = {way: "".join("01"[bool(verdict)] for verdict in verdicts) for way, verdicts in right.items()}
    kept = {"scores": shares(some, [groups[row] for row in rows]), "whole": shares(right, groups)}
    return kept | {"n": numbers, "right": marks}


def interval(table: Sequence[Row], job: str, way: str, rival: str | None = None) -> tuple[float, float]:
    """Where the share of a way lies for 95 of 100 resampled sets of questions, or its lead over a rival.

    The bootstrap over items (Efron 1979), the seeds' verdicts averaged first: so it holds what other questions of the
    same kind would change, and not what other training runs would. Raises KeyError for a table without verdicts.
    """

    def marks(name: str) -> np.ndarray:
        return np.mean([[mark == "1" for mark in row["right"][name]] for row in chosen(table, job=job)], axis=0)

    items = marks(way) - (marks(rival) if rival else 0)  # (questions,)
    drawn_rows = np.random.default_rng(22).integers(len(items), size=(RESAMPLED, len(items)))
    low, high = np.quantile(items[drawn_rows].mean(1), (0.025, 0.975))
    return float(low), float(high)


def _mean(verdicts: Sequence[bool]) -> float:
    return round(fmean(map(float, verdicts)), 4)


def by_seed(table: Sequence[Row], job: str, way: str, group: str = "all") -> dict[int, float]:
    """{seed: share} of one way in the stored table."""
    return {row["seed"]: row["scores"][way][group] for row in chosen(table, job=job)}


def means(table: Sequence[Row], job: str) -> Scores:
    """{way: {"all" or group: mean over seeds}}, on all items where a row has them; ways and groups in their order."""
    rows = [row.get("whole", row["scores"]) for row in chosen(table, job=job)]
    return {way: {g: fmean(row[way][g] for row in rows) for g in scores} for way, scores in rows[0].items()}


def conclusion(table: Sequence[Row], job: str, paths: Mapping[str, str]) -> str:
    """One line: which path won, by how much, and in which groups it would not have.

    Each path stands for its best way; "both" and "untrained" are ways to look at, not paths that can win.
    Raises ValueError where `paths` names no way of two different paths.
    """
    scores = means(table, job)
    best = {}
    for way, path in paths.items():
        if path in (RAG, FINETUNE, DISTILL) and (path not in best or scores[way]["all"] > scores[best[path]]["all"]):
            best[path] = way
    if len(best) < 2:
        raise ValueError("A winner needs a rival: give ways of at least two paths.")
    first, second = sorted(best, key=lambda path: -scores[best[path]]["all"])[:2]
    won, lost = scores[best[first]], scores[best[second]]
    lead = f"{first.capitalize()} won ({best[first]}): {won['all']:.3f} against {lost['all']:.3f}"
    points = f"{100 * (won['all'] - lost['all']):.0f} points"
    return f"{lead} for {second} ({best[second]}), {points}. {unless(scores, best, first)}"


def unless(scores: Scores, best: Mapping[str, str], first: str) -> str:
    """The groups in which another path's best way, `best`, is ahead of the winner's."""
    won, found = scores[best[first]], []
    for group in won:
        rivals = {path: scores[way][group] for path, way in best.items() if path != first}
        path = max(rivals, key=lambda name: rivals[name])
        if group != "all" and round(rivals[path], 2) > round(won[group], 2):
            found.append(f"{group} ({path} {rivals[path]:.2f}, {first} {won[group]:.2f})")
    return f"Behind on: {'; '.join(found)}." if found else "No other path is ahead in any group measured here."


def spreads(table: Sequence[Row], job: str) -> dict[str, dict[str, float]]:
    """For a printed table: each way's share of all items, the interval of it, and its share by group."""
    rows = {}
    for way, scores in means(table, job).items():
        low, high = interval(table, job, way)
        rows[way] = {"all": scores["all"], "from": low, "to": high}
        rows[way] |= {group: share for group, share in scores.items() if group != "all"}
    return rows


def jobs() -> dict[str, Callable[[Encoder, int], Row]]:
    """The three measurements by name; each takes an encoder and a seed."""
    from companion.scenarios.law import law_run
    from companion.scenarios.papers import papers_run
    from companion.scenarios.tickets import tickets_run

    return {"law": law_run, "papers": papers_run, "tickets": tickets_run}
