"""What the conclusion quotes: claim C6, Kestrel's side of the comparisons, and the stored worked example."""

from __future__ import annotations

from collections import Counter
from statistics import fmean

from companion.build.reference_paths import Runs, run
from companion.stored import RUNS, chosen, stored


def capstone() -> tuple[dict[str, float], Runs]:
    """Claim C6 on the situations of seeds 5 to 9, and the capstone's numbers; nothing is trained."""
    from companion.capstone.measure import OTHER_SEEDS, kestrel_numbers, not_first
    from companion.choose.figures import read_figures

    figures = read_figures(records=[])
    pairs = {seed: not_first(seed, figures=figures) for seed in OTHER_SEEDS}
    values, baseline = ({seed: pair[side] for seed, pair in pairs.items()} for side in (0, 1))
    numbers = kestrel_numbers() | _ways(figures)
    if (RUNS / "capstone.json").is_file():
        numbers |= _example(stored("capstone")["rows"])
    return numbers, {"C6": run(values, baseline)}


def _ways(figures) -> dict[str, float]:
    """How often each way is first, over all 1,000 situations and over those that some way can serve."""
    from companion.capstone.measure import OTHER_SEEDS, first_most_often
    from companion.choose.options import PATHS
    from companion.choose.situations import cases, servable

    drawn = [case for seed in OTHER_SEEDS for case in cases(seed, figures=figures)]
    numbers = {}
    for where, some in (("all", drawn), ("usable", servable(drawn))):
        counts = Counter(first.path for _, first in some)
        numbers |= {f"capstone.first.{where}.{path}": round(counts[path] / len(some), 4) for path in PATHS}
        numbers[f"capstone.first.{where}.not_first"] = round(1 - first_most_often(some)[1], 4)
        numbers[f"capstone.first.{where}.count"] = len(some)
    return numbers


def _example(rows) -> dict[str, float]:
    """Means over seeds of the worked example's tables, and how many comparisons came out how."""
    numbers: dict[str, float] = {}
    for table, what in (("recall", "search"), ("answers", "search"), ("flattered", "search")):
        found = [row[table] for row in chosen(rows, what=what)]
        for name, cells in found[0].items():
            for cell in cells:
                key = f"capstone.real.{table}.{name}.{cell}".replace(" ", "_").replace(",", "")
                numbers[key] = round(fmean(one[name][cell] for one in found), 4)
    sorted_rows = chosen(rows, what="sorters")
    for name in sorted_rows[0]["table"]:
        key = f"capstone.real.sorters.{name}".replace(" ", "_").replace(",", "")
        numbers[key] = round(fmean(row["table"][name] for row in sorted_rows), 4)
    for verdict, count in Counter(one["verdict"] for row in rows for one in row["compared"]).items():
        numbers[f"capstone.real.verdicts.{verdict}".replace(" ", "_")] = count
    numbers["capstone.real.verdicts"] = sum(len(row["compared"]) for row in rows)
    return numbers
