"""What retrieval adds, at an equal generator and an equal number of tokens."""

from collections.abc import Callable, Iterator
from statistics import mean, median
from typing import Any

from companion.check.running import CheckFailed, call, fail, name_of, number, shown

Log = list[dict[str, Any]]

UNEQUAL_GENERATORS = "Two generators are compared there: a pair has the same question and the same generator."
UNEQUAL_TOKENS = "The two answers have other lengths: first bring the writing to the other answer's number of tokens."
ALL_STAGES = "Reading, embedding and searching do not grow with the answer: only the time to write is scaled."
WRONG_WAY = "The tokens are scaled the wrong way round: write / its own tokens * the other's tokens."
SIGN = "The sign is turned round: with search minus without."
MEAN = "That is the mean over the pairs: one slow answer moves it. Take the median."
SEARCH_ONLY = "Only embedding and searching were counted: with passages the model also has more to read."
PER_TOKEN = "That is a price a token: the whole answer's milliseconds are asked for."
ELSE = (
    "For each pair: all stages, writing scaled to the other's tokens, minus all stages of the other. Then the median."
)
REFUSE = "No question was asked of one generator both ways, so nothing can be compared: raise ValueError."


def check(price: Callable) -> None:
    """`price(log)` is the median over pairs of the difference at equal tokens."""
    for log, about in ((_three(), "three pairs and three lonely answers"), (_one(), "one pair")):
        said = f"{name_of(price)}(a log with {about})"
        got = number(call(price, log), said)
        right = median(_differences(log))
        if abs(got - right) > 1e-6:
            why = next((why for why, wrong in _traps(log, right) if abs(got - wrong) < 1e-6), ELSE)
            fail(f"{said} gave {got:.2f} ms and not {right:.2f} ms.", why)
    for log, about in ((_lonely(), "no pair"), ([], "no answers")):
        _check_refuses(price, log, f"{name_of(price)}(a log with {about})")


def _check_refuses(price: Callable, log: Log, said: str) -> None:
    try:
        got = call(price, log)
    except CheckFailed as error:
        if isinstance(error.__cause__, ValueError) and type(error.__cause__).__name__ == "ValueError":
            return
        if error.__cause__ is None:
            raise
        fail(f"{said} raised {type(error.__cause__).__name__} and not ValueError.", REFUSE)
    fail(f"{said} gave {shown(got)}.", REFUSE)


def _pairs(log: Log) -> list[tuple[dict, dict]]:
    without = {(a["question"], a["generator"]): a for a in log if not a["search"]}
    keys = [(a, without.get((a["question"], a["generator"]))) for a in log if a["search"]]
    return [(a, b) for a, b in keys if b is not None]


def _whole(answer: dict) -> float:
    return sum(answer["stages"].values())


def _differences(log: Log) -> list[float]:
    return [_whole(a) + a["stages"]["write"] * (b["tokens"] / a["tokens"] - 1) - _whole(b) for a, b in _pairs(log)]


def _traps(log: Log, right: float) -> Iterator[tuple[str, float]]:
    pairs = _pairs(log)
    with_, without = ([_whole(a) for a in log if a["search"] is side] for side in (True, False))
    yield MEAN, mean(_differences(log))
    yield SIGN, -right
    for middle in (mean, median):
        yield UNEQUAL_GENERATORS, middle(with_) - middle(without)
        yield UNEQUAL_TOKENS, middle(_whole(a) - _whole(b) for a, b in pairs)
        yield ALL_STAGES, middle(_whole(a) / a["tokens"] * b["tokens"] - _whole(b) for a, b in pairs)
        wrong = [_whole(a) + a["stages"]["write"] * (a["tokens"] / b["tokens"] - 1) - _whole(b) for a, b in pairs]
        yield WRONG_WAY, middle(wrong)
        yield SEARCH_ONLY, middle(a["stages"]["embed"] + a["stages"]["search"] for a, _ in pairs)
        yield PER_TOKEN, middle(_whole(a) / a["tokens"] - _whole(b) / b["tokens"] for a, b in pairs)
    same_question = {a["question"]: a for a in log if not a["search"]}
    loose = [(a, same_question[a["question"]]) for a in log if a["search"] and a["question"] in same_question]
    scaled = [_whole(a) + a["stages"]["write"] * (b["tokens"] / a["tokens"] - 1) - _whole(b) for a, b in loose]
    if scaled:
        yield UNEQUAL_GENERATORS, median(scaled)


def _answer(question: str, generator: str, search: bool, tokens: int, read: float, write: float) -> dict[str, Any]:
    stages = {"embed": 13.0, "search": 2.0} if search else {}
    about = {"question": question, "generator": generator, "search": search, "tokens": tokens}
    return about | {"stages": stages | {"read": read, "write": write}}


def _three() -> Log:
    return [
        _answer("battery", "large", True, 8, 210.0, 320.0),
        _answer("radio", "small", True, 5, 52.0, 60.0),
        _answer("radio", "large", True, 6, 200.0, 240.0),
        _answer("radio", "small", False, 10, 14.0, 120.0),
        _answer("weight", "small", True, 4, 49.0, 50.0),
        _answer("colour", "large", False, 6, 40.0, 250.0),
        _answer("weight", "small", False, 12, 13.0, 144.0),
        _answer("colour", "large", True, 3, 190.0, 120.0),
        _answer("colour", "small", False, 9, 14.0, 108.0),
    ]


def _one() -> Log:
    return [_answer("hub", "small", False, 6, 14.0, 66.0), _answer("hub", "small", True, 9, 55.0, 108.0)]


def _lonely() -> Log:
    return [_answer("hub", "small", False, 6, 14.0, 66.0), _answer("hub", "large", True, 9, 155.0, 308.0)]
