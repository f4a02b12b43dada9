"""What `2_2b_domain_and_style` quotes, read off its stored run: claims C2.2-d to -f and the other paths' means."""

from __future__ import annotations

from statistics import fmean

from companion.build.reference_paths import Runs, run
from companion.stored import chosen, stored


def domain() -> tuple[dict[str, float], Runs]:
    """Claims C2.2-d, -e and -f, and every score of every path, means over seeds."""
    from companion.scenarios.domain import CLAIM, PATHS, against

    table = stored("scenarios_domain_and_style")["rows"]
    runs = {claim: run(*against(table, job)) for job, claim in CLAIM.items()}
    numbers = {}
    for job, paths in PATHS.items():
        for path in paths:
            for name, value in _means(chosen(table, job=job, path=path)).items():
                numbers[f"domain.{job}.{path.replace(',', '').replace(' ', '_')}.{name}"] = value
    return numbers, runs


def _means(rows: list[dict]) -> dict[str, float]:
    """Means over seeds of all plain numbers of some rows, and of those by label."""
    flat = [row | row.get("by_label", {}) for row in rows]
    names = [name for name, value in flat[0].items() if isinstance(value, (int, float)) and name != "seed"]
    return {name: round(fmean(row[name] for row in flat), 4) for name in names}
