"""Reading the stored tables of section 2.1: numbers by seed, and the two sides of each claim."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from statistics import fmean
from typing import Any

from companion.compare import fit
from companion.stored import chosen, stored

BySeed = dict[int, float]
RUNS = ("matrix", "matrix_mail")


@cache
def stored_rows(run: str) -> list[dict[str, Any]]:
    """The rows of a stored run, read once."""
    return stored(run)["rows"]


def by_seed(part: str, way: str, *path: str) -> BySeed:
    """{seed: number}: of the rows of one part and way, what lies at `path`, such as "with", "median"."""
    found = chosen(stored_rows("matrix"), part=part, way=way)
    if not found:
        raise KeyError(f"The stored table has no part {part!r} of {way!r}: look at companion/runs/matrix.json.")
    return {row["seed"]: _at(row, path) for row in found}


def mail_by_seed(way: str, labels: int = fit.WHOLE, split: str = "test") -> BySeed:
    """{seed: share of mail sorted rightly} of "bm25", "rag", "finetune" or "distill" with so many labels."""
    part = "nearest" if way in ("bm25", "rag") else "trained"
    rows = chosen(stored_rows("matrix_mail"), part=part, labels=labels)
    return {row["seed"]: row[split][way] for row in rows}


def seconds_by_seed(*stages: str) -> BySeed:
    """{seed: CPU-seconds} of the stages "tuning", "passes", "studying", summed, with all labels."""
    rows = chosen(stored_rows("matrix_mail"), part="trained", labels=fit.WHOLE)
    return {row["seed"]: round(sum(row["seconds"][stage] for stage in stages), 1) for row in rows}


def mean_of(numbers: Mapping[int, float]) -> float:
    """The mean over seeds."""
    return fmean(numbers.values())


def claim(claim_id: str) -> tuple[BySeed, BySeed]:
    """(values, baselines) by seed of one of C2.1-a to -e, as registered in companion/claims.toml."""
    sides = {
        "C2.1-a": lambda: (by_seed("update", "rag", "seconds"), by_seed("update", "sentences", "seconds")),
        "C2.1-b": lambda: (seconds_by_seed("passes", "studying"), seconds_by_seed("tuning")),
        "C2.1-c": lambda: (mail_by_seed("distill", fit.QUARTER), mail_by_seed("finetune", fit.QUARTER)),
        "C2.1-d": lambda: (by_seed("latency", "rag", "with", "median"), by_seed("latency", "rag", "without", "median")),
        "C2.1-e": lambda: (by_seed("evidence", "rag", "lost"), by_seed("evidence", "finetune", "lost")),
    }
    if claim_id not in sides:
        raise KeyError(f"{claim_id!r} is no claim of section 2.1: choose one of {', '.join(sides)}.")
    return sides[claim_id]()


def _at(row: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    for name in path:
        row = row[name]
    return row
