"""What section 4.1's first two notebooks quote, read off the stored runs: nothing is trained here."""

from __future__ import annotations

import json
from statistics import fmean

from companion.build import fid_card
from companion.build.reference_paths import Runs, run
from companion.stored import chosen, stored

SHORT = {"answers": "answers", "labels": "labels", "labels, rivals": "rivals"}


def joint() -> tuple[dict[str, float], Runs]:
    """Claim C4.1-a; every way's recall, what the answer names, what a stale index costs."""
    from companion.rag.joint_measure import COMPARED, FOUND, KS, STEPS, by_seed

    table = stored("joint")["rows"]
    numbers: dict[str, float] = {"joint.found": FOUND, "joint.steps": STEPS}
    for way, name in SHORT.items():
        for k in KS:
            numbers[f"joint.{name}.{k}"] = fmean(by_seed(table, way, k).values())
            numbers[f"joint.frozen.{k}"] = fmean(by_seed(table, way, k, moment=0).values())
        same = [by_seed(table, way, k=1)[seed] for seed in range(COMPARED)]  # the seeds that all ways have
        numbers[f"joint.{name}.compared"] = fmean(same)
        rows = chosen(table, what=way)
        numbers[f"joint.{name}.seconds"] = fmean(row["seconds"] for row in rows)
    numbers["joint.compared"] = COMPARED
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


def fid() -> tuple[dict[str, float], Runs]:
    """Claim C4.1-a-FiD; answers and milliseconds by the number of passages; what attention teaches."""
    from companion.rag.fid import WEIGHTS
    from companion.rag.fid_measure import COUNTS, LOOK_STEPS, WAYS, by_seed, curve, fitting, times

    table, numbers = stored("fid")["rows"], {}
    for way in WAYS:
        name = {"apart": "apart", "pasted": "pasted"}.get(way, "untrained")
        for what, short in (("exact", "exact"), ("exact of found", "of_found"), ("found", "found")):
            numbers |= {f"fid.{name}.{short}.{count}": value for count, value in curve(table, way, what)}
        for what, value in (("refusals", "refused"), ("shuffled", "exact"), ("shuffled", "value")):
            if rows := chosen(table, what=f"{way}, {what}"):
                numbers[f"fid.{name}.{what}.{value}"] = fmean(row[value] for row in rows)
    for way in ("apart", "pasted"):
        numbers |= {f"fid.{way}.ms.{count}": value for count, value in times(table, way)}
        numbers |= {f"fid.{way}.read.{count}": value / 1000 for count, value in times(table, way, "reading")}
    kept = fitting(table, 10)
    short = {"seeds": "seeds", "apart": "apart", "pasted": "pasted", "apart, untrained": "untrained"}
    numbers |= {f"fid.fitting.{short[name]}": value for name, value in kept.items()}
    for moment in ("before", "after", "imitating"):
        numbers |= {f"fid.{moment}.{k}": fmean(by_seed(table, moment, k).values()) for k in (1, 3, 5)}
    numbers["fid.slower"] = numbers["fid.apart.ms.20"] / numbers["fid.apart.ms.5"]
    numbers["fid.most"] = max(count for count in COUNTS if f"fid.pasted.exact.{count}" in numbers)
    fid_card.write(numbers)
    numbers["fid.steps"] = json.loads((WEIGHTS / "training.json").read_text(encoding="utf-8"))["steps"]
    numbers["fid.imitated"], numbers["fid.look_steps"] = len(by_seed(table, "imitating")), LOOK_STEPS
    claim = {"C4.1-a-FiD": run(by_seed(table, "after"), by_seed(table, "before"))}
    return {key: round(value, 4) for key, value in numbers.items()}, claim
