"""Several rankings into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def reciprocal_rank_fusion(rankings: Iterable[Sequence[str]], k: int = 60) -> dict[str, float]:
    """Score of an id = sum over the rankings that hold it of 1 / (k + rank), rank counted from 1.

    Only ranks are used, so scores of different scales can be joined. Rankings hold ids, never texts: two
    documents may have the same text. An id twice in one ranking counts once, at its better rank. The result
    is ordered best first; equal scores keep the order of first appearance.
    Raises ValueError for k < 0. Cormack, Clarke and Buettcher, SIGIR 2009.
    """
    if k < 0:
        raise ValueError(f"k is {k}: choose 0 or more (60 is the usual value).")
    scores: dict[str, float] = {}
    for ranking in rankings:
        if isinstance(ranking, str):
            raise ValueError("a ranking is a list of ids, not one str: pass a list of lists.")
        for rank, item in enumerate(dict.fromkeys(ranking), start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (k + rank)
    return dict(sorted(scores.items(), key=lambda pair: -pair[1]))
