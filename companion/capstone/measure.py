"""The worked example's stored run: the three milestones on public text, one row each, by seed; and claim C6.

`python -m companion.build runs capstone` with COMPANION_DATA set makes the table; nothing of the data is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean
from tempfile import TemporaryDirectory

from companion.capstone.compared import compare
from companion.capstone.saved import Row
from companion.capstone.search import answer_table, flattered, measure_search, recall_table
from companion.capstone.sorters import measure_sorters, sorter_table
from companion.choose.figures import Figure
from companion.choose.situations import SITUATIONS, Case, cases

CANDIDATES = 16  # fewer than a learner gets: a row should take a minute
OTHER_SEEDS = range(5, 10)  # those of C3.1 are 0 to 4


def example_run(what: str, seed: int | None) -> Row:
    """One milestone on three articles ("search") or on letters of eight intents ("sorters"), drawn by seed.

    seed: None is the sample set that ships.
    """
    from companion.capstone.questions import propose
    from companion.capstone.sample import copy_sample, real_sample

    with TemporaryDirectory() as folder:
        project = copy_sample(folder) if seed is None else real_sample(folder, seed)
        if what == "sorters":
            parts = measure_sorters(project)
            table = {name: round(row["right"], 4) for name, row in sorter_table(parts).items()}
            counted = {name: parts["messages"][name] for name in ("train", "test", "both")}
            return {"table": table, **counted, "compared": [one.row() for one in compare(sorters=parts)]}
        propose(project, *([] if seed is None else [CANDIDATES]))
        parts = measure_search(project)
    counted = {name: value for name, value in parts["questions"].items() if name not in ("seconds", "left out")}
    tables = {"recall": recall_table(parts), "answers": answer_table(parts), "flattered": flattered(parts)}
    return counted | _rounded(tables) | {"compared": [one.row() for one in compare(search=parts)]}


def card_run(seed: int) -> Row:
    """The third milestone on the same articles and letters: path, ranking, and what would turn the advice.

    The needs are the sample's, but for the number of labels. measured: the shares the card counts, as a check on the
    other two milestones' rows; those do not keep whether the right page was cited, which the advice asks for.
    """
    from companion.capstone.card import decide
    from companion.capstone.sample import SAMPLE, read_needs, real_sample

    with TemporaryDirectory() as folder:
        project = real_sample(folder, seed)
        read = project.messages
        needs = replace(read_needs(SAMPLE / "needs.toml"), labels=len(read.train[0]) + len(read.test[0]))
        card = decide(project, needs)
    kept = {name: card[name] for name in ("path", "path with Kestrel's figures", "turns", "lent")}
    kept["ranking"] = [one | {"right": round(one["right"], 4)} for one in card["ranking"][:3]]
    return kept | {"labels": needs.labels, "measured": {name: row["share"] for name, row in card["measured"].items()}}


def _rounded(tables: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Row:
    return {
        name: {row: {what: round(share, 4) for what, share in cells.items()} for row, cells in table.items()}
        for name, table in tables.items()
    }


def first_most_often(drawn: list[Case]) -> tuple[str, float]:
    """The way that is ranked first in most of the situations, and the share of them."""
    way, count = Counter(first.path for _, first in drawn).most_common(1)[0]
    return way, count / len(drawn)


def not_first(seed: int, count: int = SITUATIONS, figures: Mapping[str, Figure] | None = None) -> tuple[float, float]:
    """C6: the share of situations in which the way that is ranked first most often is not; and nought."""
    return round(1 - first_most_often(cases(seed, count, figures))[1], 4), 0.0


def kestrel_numbers() -> dict[str, float]:
    """What the comparisons need of Kestrel and no chapter measured: recall@1 by mode, the nearest class mean."""
    from companion.models import load_encoder
    from companion.models.desk_card import nearest
    from companion.rag import kestrel_index
    from companion.rag.measure import recall, sample
    from companion.world.utterances import mail

    index, questions = kestrel_index(), sample(200)
    numbers = {f"capstone.kestrel.{mode}": recall(index, questions, 1, mode) for mode in ("hybrid", "sparse")}
    texts, labels = mail("test")
    said = nearest(load_encoder(), texts, list(zip(*mail("train"), strict=True)))
    numbers["capstone.kestrel.mean"] = fmean(a == b for a, b in zip(said, labels, strict=True))
    return {name: round(value, 4) for name, value in numbers.items()}
