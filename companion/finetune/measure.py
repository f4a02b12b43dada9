"""The measurements behind the claims of section 1.2: one run a call, for one method, rate and seed.

`python -m companion.build runs mail` makes the stored table of all of them; the functions below it read that table.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from companion.device import fast_bf16
from companion.finetune.classifier import TextClassifier, accuracy
from companion.finetune.forgetting import Search, search_recall
from companion.finetune.methods import total_count, trainable_count
from companion.finetune.tuning import checked, fit, start
from companion.stored import chosen
from companion.world.utterances import INTENTS, mail

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

STEPS, EVERY = 150, 25
LOOKS = (0, 25, 50, 100, 150)  # a look at every test takes as long as many steps
RATES = (5e-5, 1e-4, 2e-4, 5e-4)  # the document's rate and three larger ones
DOCUMENT_RATE, TOO_MUCH = RATES[0], RATES[-1]
Row = dict[str, Any]


def mail_run(
    encoder: Encoder, method: str, rate: float | None, seed: int, searches: Mapping[str, Search], steps: int = STEPS
) -> Row:
    """Teach a copy of `encoder` to sort mail; now and then (`LOOKS`) look at both tests and at every search.

    A moment is {"step", "validation", "test", and recall@5 by the name of the search}. The seconds are those of
    the training steps alone.
    """
    texts, labels = mail("train")
    rows, _ = checked(texts, labels, INTENTS)
    model, groups = start(encoder, INTENTS, method, rate, seed)
    fast, moments, passed = fast_bf16(encoder.model.device), [], iter(range(0, steps + EVERY, EVERY))

    def look(tuned: TextClassifier) -> float:
        done = min(next(passed), steps)
        if done not in LOOKS and done < steps:
            return 0.0
        scores = {name: accuracy(tuned, *mail(name)) for name in ("validation", "test")}
        scores |= {name: search_recall(tuned.encoder, *search, bf16=fast) for name, search in searches.items()}
        moments.append({"step": done} | {name: round(score, 4) for name, score in scores.items()})
        return scores["validation"]

    look(model)
    began = time.perf_counter()
    history = fit(model, groups, texts, rows, steps, seed, every=EVERY, validate=look, progress=False)
    row = {"method": method, "rate": rate, "seed": seed, "steps": steps, "seconds": round(history.seconds, 1)}
    row |= {"wall": round(time.perf_counter() - began, 1)}
    return row | {"trained": trainable_count(model), "of": total_count(model), "moments": moments}


def rows_of(table: Sequence[Row], method: str, rate: float | None = None) -> list[Row]:
    """The table's rows of one method, and of one rate where it is given, by seed."""
    return chosen(table, method=method) if rate is None else chosen(table, method=method, rate=rate)


def last(table: Sequence[Row], what: str, method: str, rate: float | None = None) -> dict[int, float]:
    """{seed: score after the last step}."""
    return {row["seed"]: row["moments"][-1][what] for row in rows_of(table, method, rate)}


def first(table: Sequence[Row], what: str, method: str, rate: float | None = None) -> dict[int, float]:
    """{seed: score before the first step}."""
    return {row["seed"]: row["moments"][0][what] for row in rows_of(table, method, rate)}


def stopped(table: Sequence[Row], what: str, method: str, rate: float) -> dict[int, float]:
    """{seed: score at the moment where validation was best}: early stopping, read off the same runs."""
    best = {r["seed"]: max(r["moments"], key=lambda m: m["validation"]) for r in rows_of(table, method, rate)}
    return {seed: moment[what] for seed, moment in best.items()}


def chosen_rate(table: Sequence[Row]) -> float:
    """The rate of full fine-tuning with the best mean accuracy on validation after the last step."""
    rates = sorted({row["rate"] for row in table if row["method"] == "full"})
    return max(rates, key=lambda rate: fmean(last(table, "validation", "full", rate).values()))


def curves(table: Sequence[Row], search: str = "company") -> dict[float, list[tuple[float, ...]]]:
    """{rate: [(step, accuracy, recall, spread of accuracy, spread of recall)]}, means over seeds; full fine-tuning."""
    drawn = {}
    for rate in sorted({row["rate"] for row in table if row["method"] == "full"}):
        moments = zip(*(row["moments"] for row in rows_of(table, "full", rate)), strict=True)
        drawn[rate] = [(m[0]["step"], *_summary([x["test"] for x in m], [x[search] for x in m])) for m in moments]
    return drawn


def _summary(mails: list[float], recalls: list[float]) -> tuple[float, float, float, float]:
    spreads = [stdev(values) if len(values) > 1 else 0.0 for values in (mails, recalls)]
    return round(fmean(mails), 4), round(fmean(recalls), 4), round(spreads[0], 4), round(spreads[1], 4)
