"""What the conclusion quotes: claim C6, Kestrel's side of the comparisons, and the stored worked example."""

from __future__ import annotations

from collections import Counter
from statistics import fmean

from companion.build.reference_paths import Runs, run
from companion.capstone.compared import Comparison
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
        for part in ("rag", "finetune", "distill"):
            share = sum(part in first.members for _, first in some) / len(some)
            numbers[f"capstone.first.{where}.with_{part}"] = round(share, 4)
        numbers[f"capstone.first.{where}.not_first"] = round(1 - first_most_often(some)[1], 4)
        numbers[f"capstone.first.{where}.count"] = len(some)
    return numbers


def _example(rows) -> dict[str, float]:
    """The tables of the sample set, their means over seeds on public text, and how many comparisons came out how."""
    numbers: dict[str, float] = {}
    for where, before in (("sample", "sample "), ("real", "")):
        search, sorters = (chosen(rows, what=f"{before}{what}") for what in ("search", "sorters"))
        if not (search and sorters):  # the public text is measured where COMPANION_DATA is set
            continue
        for table in ("recall", "answers", "flattered"):
            numbers |= _means(f"capstone.{where}.{table}", [row[table] for row in search])
        numbers |= _means(f"capstone.{where}.sorters", [{"": row["table"]} for row in sorters])
        numbers |= _means(f"capstone.{where}.counts", [{"": {w: row[w] for w in COUNTS}} for row in search])
        numbers |= _means(f"capstone.{where}.counts", [{"": {w: row[w] for w in ("train", "test")}} for row in sorters])
        said = Counter(Comparison.of(one).verdict for row in (*search, *sorters) for one in row["compared"])
        numbers |= {f"capstone.{where}.verdicts.{verdict.replace(' ', '_')}": said[verdict] for verdict in VERDICTS}
        numbers[f"capstone.{where}.verdicts"] = sum(said.values())
    return numbers | _firm(numbers)


def _firm(numbers: dict[str, float]) -> dict[str, float]:
    """RAG's share on the sample card, and its nearest examples in messages: how many right, two standard errors."""
    keys = ("answers.reader.exact", "sorters.nearest_examples", "counts.test")
    facts, share, count = (numbers[f"capstone.sample.{key}"] for key in keys)
    wide = 2 * (share * (1 - share) * count) ** 0.5
    found = {"path": round((facts + share) / 2, 4), "right": round(share * count), "give_or_take": round(wide, 4)}
    return {f"capstone.sample.firm.{key}": value for key, value in found.items()}


COUNTS = ("questions", "documents", "passages")
VERDICTS = ("agrees", "reversed", "not seen here", "new", "too few to say")


def _means(start: str, tables) -> dict[str, float]:
    """{"start.row.cell": mean over the tables}, blanks as underscores."""
    found = {}
    for row, cells in tables[0].items():
        for cell in cells:
            key = ".".join(part for part in (start, row, cell) if part).replace(" ", "_").replace(",", "")
            found[key] = round(fmean(table[row][cell] for table in tables), 4)
    return found
