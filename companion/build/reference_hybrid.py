"""What section 3.2 quotes, read off the stored run: nothing is trained here."""

from __future__ import annotations

from statistics import fmean

from companion.build.reference_paths import Runs, run
from companion.stored import stored


def hybrid() -> tuple[dict[str, float], Runs]:
    """Claims C3.2-a to -c, and every desk's figures."""
    from companion.hybrid.measure import best_alone, by_seed

    table = stored("hybrid")["rows"]
    runs = {
        "C3.2-a": run(by_seed(table, "router", "accuracy"), by_seed(table, "router", "means")),
        "C3.2-b": run(by_seed(table, "desks", "hybrid", "faq"), best_alone(table, "faq", ("finetune", "distill"))),
        "C3.2-c": run(by_seed(table, "desks", "distill", "other"), by_seed(table, "desks", "rag", "other")),
    }
    numbers = {}
    for part in ("desks", "router"):
        for name, value in table[0][part].items():
            for what in value if isinstance(value, dict) else [""]:
                path = [name, *filter(None, [what])]
                numbers[".".join(["hybrid", *path])] = round(fmean(by_seed(table, part, *path).values()), 4)
    return numbers, runs
