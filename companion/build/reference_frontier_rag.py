"""What section 4.1's first two notebooks quote, read off the stored runs: nothing is trained here."""

from __future__ import annotations

from statistics import fmean

from companion.build.reference_paths import Runs, run
from companion.stored import chosen, stored

SHORT = {"answers": "answers", "labels": "labels", "labels, rivals": "rivals"}


def joint() -> tuple[dict[str, float], Runs]:
    """Claim C4.1-a; every way's recall, what the answer names, what a stale index costs."""
    from companion.rag.joint_measure import FOUND, KS, STEPS, by_seed

    table = stored("joint")["rows"]
    numbers: dict[str, float] = {"joint.found": FOUND, "joint.steps": STEPS}
    for way, name in SHORT.items():
        for k in KS:
            numbers[f"joint.{name}.{k}"] = fmean(by_seed(table, way, k).values())
            numbers[f"joint.frozen.{k}"] = fmean(by_seed(table, way, k, moment=0).values())
        rows = chosen(table, what=way)
        numbers[f"joint.{name}.seconds"] = fmean(row["seconds"] for row in rows)
    numbers["joint.read"] = fmean(row["read"] for row in chosen(table, what="answers"))
    for what in ("named", "first"):
        numbers[f"joint.{what}"] = fmean(row[what] for row in chosen(table, what="posterior"))
    numbers |= _stale(table)
    claim = {"C4.1-a": run(by_seed(table, "answers"), by_seed(table, "answers", moment=0))}
    return {key: round(value, 4) for key, value in numbers.items()}, claim


def _stale(table) -> dict[str, float]:
    rows = [row["moments"][-1] for row in chosen(table, what="refresh")]
    numbers = {f"joint.{name}": fmean(row[name]["recall@1"] for row in rows) for name in ("stale", "refreshed")}
    moments = [m["seconds"] for row in chosen(table, what="refresh") for m in row["moments"][1:]]
    return numbers | {"joint.reembed": fmean(moments), "joint.articles": chosen(table, what="refresh")[0]["articles"]}
