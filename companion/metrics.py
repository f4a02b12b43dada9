"""Scores, each a pure function of one query, so that the mean over *all* queries is the caller's plain mean.

A query that returned nothing is an empty `ranked` and counts as 0: leaving such queries out of the mean is
how a retriever that often returns nothing looks good.
"""

from __future__ import annotations

import math
import re
import string
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from statistics import median
from typing import TypeVar

Id = TypeVar("Id")


def recall_at_k(ranked: Sequence[Id], relevant: Collection[Id], k: int) -> float:
    """Share of the relevant ids that are among the first k: |top k and relevant| / |relevant|.

    An id that is returned twice counts once. Raises ValueError for k < 1 and for no relevant id (0 / 0).
    """
    _check_k(k)
    if not relevant:
        raise ValueError("recall needs a relevant id: leave the query out, or score it as a refusal.")
    return len(set(ranked[:k]) & set(relevant)) / len(set(relevant))


def reciprocal_rank(ranked: Sequence[Id], relevant: Collection[Id]) -> float:
    """1 / rank of the first relevant id, and 0 where none was returned."""
    wanted = set(relevant)
    return next((1 / rank for rank, item in enumerate(ranked, start=1) if item in wanted), 0.0)


def ndcg_at_k(ranked: Sequence[Id], grades: Mapping[Id, float], k: int) -> float:
    """Normalised discounted cumulative gain with linear gain, as trec_eval and scikit-learn compute it.

    DCG = sum over the first k of grade / log2(rank + 1), divided by the DCG of the best possible order.
    Linear gain is the grade itself, not 2 ** grade - 1. An id returned twice gains once. 0 where no grade is
    above 0. Raises ValueError for k < 1. Jarvelin and Kekalainen, TOIS 2002.
    """
    _check_k(k)
    gains = [grades.get(item, 0.0) if item not in ranked[:at] else 0.0 for at, item in enumerate(ranked[:k])]
    ideal = _dcg(sorted(grades.values(), reverse=True)[:k])
    return _dcg(gains) / ideal if ideal > 0 else 0.0


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def _check_k(k: int) -> None:
    if k < 1:
        raise ValueError(f"k is {k}: ask for at least one result (k >= 1).")


def normalise_answer(text: str) -> str:
    """Lower case, no punctuation, no a / an / the, single spaces: SQuAD's own rules (arXiv 1606.05250)."""
    text = "".join(char for char in text.lower() if char not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def exact_match(prediction: str, truths: str | Sequence[str]) -> float:
    """1 where the prediction equals one of the truths after normalisation, else 0. No answer is ''."""
    return float(any(normalise_answer(prediction) == normalise_answer(truth) for truth in _listed(truths)))


def token_f1(prediction: str, truths: str | Sequence[str]) -> float:
    """Harmonic mean of precision and recall over shared words, the best over the truths.

    Where either side is empty (no answer) it is 1 if both are, else 0 (SQuAD 2.0, arXiv 1806.03822).
    """
    return max(_f1(normalise_answer(prediction).split(), normalise_answer(t).split()) for t in _listed(truths))


def _f1(got: list[str], want: list[str]) -> float:
    if not got or not want:
        return float(got == want)
    shared = sum((Counter(got) & Counter(want)).values())
    return 2 * shared / (len(got) + len(want))


def _listed(truths: str | Sequence[str]) -> Sequence[str]:
    truths = [truths] if isinstance(truths, str) else truths
    if not truths:
        raise ValueError("there is no truth to compare with: pass '' for a question without an answer.")
    return truths


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Chance that a positive scores above a negative, ties counting half: the area under the ROC curve.

    (R - n (n + 1) / 2) / (n m), where R is the sum of the n positives' ranks among all n + m scores, 1 for the
    smallest, and equal scores share their mean rank (Mann and Whitney, 1947). 0.5 is chance; no threshold is
    chosen. Raises ValueError where either side is empty or a score is not a number.
    """
    scores = sorted([*positive, *negative])
    if not len(positive) or not len(negative):
        raise ValueError(f"{len(positive)} positives, {len(negative)} negatives: give at least one score of each.")
    if any(math.isnan(score) for score in scores):
        raise ValueError("A score is NaN, which has no rank: look at what gave it.")
    ranks = sum((bisect_left(scores, score) + bisect_right(scores, score) + 1) / 2 for score in positive)
    n, m = len(positive), len(negative)
    return (ranks - n * (n + 1) / 2) / (n * m)


def forgetting(R: Sequence[Sequence[float]]) -> float:
    """Mean over the old tasks of the best score there ever was, minus the last: arXiv 1801.10112.

    R[i][j]: score on task j after training on task i; what lies right of the diagonal is not read, so it may be
    None. For T tasks: 1 / (T - 1) sum over j < T - 1 of (max over j <= i < T - 1 of R[i][j]) - R[T - 1][j]. Above 0
    is forgotten, below 0 won back. The trap: a model that learned little has little to forget, so look at the
    last row's mean too. Raises ValueError for fewer than two tasks, and where R is not square.
    """
    last = _check_tasks(R)
    return sum(max(R[i][j] for i in range(j, last)) - R[last][j] for j in range(last)) / last


def backward_transfer(R: Sequence[Sequence[float]]) -> float:
    """Mean over the old tasks of R[T - 1][j] - R[j][j]: what later tasks did to earlier ones; arXiv 1706.08840.

    Below 0 is forgetting, measured from the moment when the task was learned. Errors as in `forgetting`.
    """
    last = _check_tasks(R)
    return sum(R[last][j] - R[j][j] for j in range(last)) / last


def _check_tasks(R: Sequence[Sequence[float]]) -> int:
    if len(R) < 2 or any(len(row) != len(R) for row in R):
        raise ValueError("R needs a row and a column for each of two or more tasks: R[i][j] is task j after task i.")
    return len(R) - 1


def median_ms(
    call: Callable[[], object], repeat: int = 5, warmup: int = 1, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Median milliseconds of `call()` over `repeat` runs, after `warmup` runs that are not counted.

    clock: in seconds; `time.process_time` counts this process's work alone, whatever else the machine does.
    """
    if repeat < 1:
        raise ValueError(f"repeat is {repeat}: time at least one run.")
    for _ in range(warmup):
        call()
    return median(_ms(call, clock) for _ in range(repeat))


def _ms(call: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    call()
    return 1000 * (clock() - start)
