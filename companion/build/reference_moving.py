"""What 2_2a_moving_knowledge quotes, read off its stored run: nothing is trained here."""

from __future__ import annotations

import re
from statistics import fmean

from companion.build.reference_paths import Runs, run
from companion.stored import chosen, stored


def moving_knowledge() -> tuple[dict[str, float], Runs]:
    """Claims C2.2-a to -c; every way's share on all and on every group; what is left after a late filter."""
    from companion.scenarios.moving import RUN, by_seed
    from companion.scenarios.tickets import on_rare

    table = stored(RUN)["rows"]
    claimed = {
        "C2.2-a": ("law", "filter, then search", "fine-tuned on the law of 2016"),
        "C2.2-b": ("papers", "newest valid of the near ones", "fine-tuned before the reversals"),
    }
    runs = {
        claim: run(by_seed(table, job, ours), by_seed(table, job, theirs))
        for claim, (job, ours, theirs) in claimed.items()
    }
    runs["C2.2-c"] = run(on_rare(table, "nearest ticket"), on_rare(table, "fine-tuned"))
    return _shares(table) | _late_filter(table), runs


def _shares(table) -> dict[str, float]:
    from companion.scenarios.moving import means
    from companion.scenarios.tickets import WAYS, on_rare

    numbers = {}
    for job in ("law", "papers", "tickets"):
        for way, scores in means(table, job).items():
            numbers |= {f"moving.{job}.{_key(way)}.{_key(group)}": share for group, share in scores.items()}
        numbers[f"moving.{job}.seconds"] = fmean(row["seconds"] for row in chosen(table, job=job))
    numbers |= {f"moving.tickets.{_key(way)}.rare": fmean(on_rare(table, way).values()) for way in WAYS}
    return {key: round(value, 4) for key, value in numbers.items()}


def _late_filter(table) -> dict[str, float]:
    rows = chosen(table, job="law")
    return {
        f"moving.law.late.{k}.{_key(what)}": round(fmean(row["depths"][k][what] for row in rows), 4)
        for k in rows[0]["depths"]
        for what in rows[0]["depths"][k]
    }


def _key(name: str) -> str:
    """A way's or a group's name as a part of a reference key."""
    return re.sub(r"\W+", "_", name).strip("_").lower()
