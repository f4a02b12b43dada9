"""A mean relevance that counts refusals: how well nothing fits, instead of nothing at all."""

from collections.abc import Callable
from statistics import fmean

from companion.check.running import call, fail, name_of, number

# a turn: (support, best); support: how well the answer fits its source, None for a refusal;
# best: how well the best source that was found fits the question
CASES = [
    [(0.9, 0.8), (0.7, 0.9), (None, 0.2)],
    [(None, 0.9), (None, 0.1), (0.6, 0.7), (0.8, 0.6), (0.5, 0.9)],
    [(None, 0.25), (None, 0.75), (None, 0.6)],
    [(0.4, 0.5), (0.0, 0.3)],
    [(None, 1.0), (0.0, 0.4), (0.9, 0.9)],
]
SKIPPED = "The refusals were left out: a desk that refuses all but one question would look perfect."
NOUGHT = "Every refusal counted 0: a refusal is right where nothing fits, and deserves 1 - best."
FULL = "Every refusal counted 1: a desk that refuses everything would look perfect."
TURNED = "A refusal got `best`, which rewards refusing where a source did fit: it is 1 - best."
DIVIDED = "The sum is right, and was divided by the number of answers: all turns count."
ANSWERS = "Answers count their own support; 1 - best is for refusals only."
FALSY = "A support of 0.0 was taken for a refusal: only None is one. 0.0 is an answer that fits nothing."


def check(score: Callable) -> None:
    """`score(turns)` -> the mean relevance over all turns."""
    for case in CASES:
        got = number(call(score, case), f"{name_of(score)} of {len(case)} turns")
        if abs(got - right(case)) > 1e-6:
            fail(f"{name_of(score)}({case}) gave {got:.3f} and not {right(case):.3f}.", _why(got, case))


def right(turns: list, refusal: Callable[[float], float] = lambda best: 1 - best) -> float:
    """The mean, a refusal scored by a function of its best source."""
    return fmean(refusal(best) if support is None else support for support, best in turns)


def _why(got: float, turns: list) -> str:
    answers = [support for support, _ in turns if support is not None]
    reasons = [
        (FALSY, fmean(support if support else 1 - best for support, best in turns)),
        (SKIPPED, fmean(answers) if answers else 0.0),
        (SKIPPED, 1.0 if not answers else fmean(answers)),
        (NOUGHT, right(turns, lambda best: 0.0)),
        (FULL, right(turns, lambda best: 1.0)),
        (TURNED, right(turns, lambda best: best)),
        (DIVIDED, len(turns) * right(turns) / max(1, len(answers))),
        (ANSWERS, fmean(1 - best for _, best in turns)),
    ]
    fits = (why for why, wrong in reasons if abs(got - wrong) < 1e-6)
    return next(fits, "An answer counts its support, a refusal 1 - best; the mean is over all turns.")
