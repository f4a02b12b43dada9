"""Rankings are fused by id: two articles may have the same text."""

from collections.abc import Callable

from companion.check.running import call, called, fail, number, shown

SAME = "Charge it for 3 hours before first use."
DENSE = [("merlin", SAME), ("osprey", SAME), ("heron", "Plug it in.")]
SPARSE = [("osprey", SAME), ("wren", "Charge it over night.")]
CASES = [  # rankings, weights, k
    ([DENSE], [1.0], 60),
    ([DENSE, SPARSE], [1.0, 1.0], 60),
    ([DENSE, SPARSE], [1.0, 3.0], 10),
]
TEXTS = "Those are texts: two articles can have the same text, never the same id."
ONE_OF_TWO = "Two articles have equal text and became one: use the id as the key."
ONE_RANKING = "An article that stands in one ranking only has a score too."


def check(fused: Callable) -> None:
    """`fused(rankings, weights, k)` is {id: sum of weight / (k + rank)}, rank from 1."""
    for rankings, weights, k in CASES:
        got, said = call(fused, rankings, weights, k), called(fused, rankings, weights, k)
        _check_keys(got, rankings, said)
        for item in sorted(got):
            right = _score(item, rankings, weights, k)
            value = number(got[item], said)
            if not abs(value - right) < 1e-9:
                fail(f"{said} gave '{item}' {value:.5f} and not {right:.5f}.", _why(got, rankings, weights, k))


def _check_keys(got, rankings: list, said: str) -> None:
    if not isinstance(got, dict):
        fail(f"{said} gave {shown(got)}.", "A dict from id to score is wanted.")
    pairs = {pair for ranking in rankings for pair in ranking}
    if set(got) & {text for _, text in pairs}:
        fail(f"{said} has the keys {shown(list(got))}.", TEXTS)
    ids = {item for item, _ in pairs}
    if missing := sorted(ids - set(got)):
        twins = {"merlin", "osprey"}
        one = len(twins & set(missing)) == 1
        fail(
            f"{said} has no score for {missing}.",
            ONE_OF_TWO if one and set(missing) <= twins else ONE_RANKING,
        )
    if more := sorted(set(got) - ids, key=str):
        fail(f"{said} has scores for {shown(more)}.", "Those are in no ranking.")


def _score(item: str, rankings: list, weights: list[float], k: int, first: int = 1) -> float:
    total = 0.0
    for weight, ranking in zip(weights, rankings, strict=True):
        ids = [one for one, _ in ranking]
        total += weight / (k + first + ids.index(item)) if item in ids else 0.0
    return total


def _why(got: dict, rankings: list, weights: list[float], k: int) -> str:
    def same(*arguments, **options) -> bool:
        return all(abs(value - _score(item, *arguments, **options)) < 1e-9 for item, value in got.items())

    if same(rankings, weights, k, first=0):
        return "Ranks are counted from 1: enumerate(ranking, start=1)."
    if same(rankings, [1.0] * len(weights), k):
        return "The weights were not used: a ranking with weight 3 counts three times."
    if same(rankings, weights, 60):
        return "k was not used: it is the function's argument, not always 60."
    return "The score of an article is the sum over all rankings that hold it of weight / (k + rank)."
