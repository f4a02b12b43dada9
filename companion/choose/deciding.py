"""The one measurement on one's own data that would change the advice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from companion.choose.advice import best
from companion.choose.figures import CURVE
from companion.choose.needs import Needs
from companion.choose.options import Values, cited, curve

FARTHEST = 30.0  # a time may differ from ours by so much, up or down
Put = Callable[[Values, float], Values]


@dataclass(frozen=True)
class Measurement:
    """Something a user can measure in an afternoon: what to do, the value here, and how it enters the figures."""

    name: str
    do: str
    unit: str  # "share" or "ms"
    now: Callable[[Values, Needs], float]
    put: Put

    def said(self, value: float) -> str:
        """A value of it in words."""
        return f"{value:.2f}" if self.unit == "share" else f"{value:.3g} ms"


@dataclass(frozen=True)
class Turning:
    """Where a measurement turns the advice: its value here, the nearest one that turns it, and the path then."""

    measurement: Measurement
    now: float
    turns_at: float
    path: str | None  # None: then no path keeps every limit

    @property
    def below(self) -> bool:
        """Whether it turns below the value here, or above."""
        return self.turns_at < self.now


def decisive(needs: Needs, v: Values) -> Turning | None:
    """The measurement whose smallest change turns the advice; None where none does, whatever it gives.

    Shares are moved in steps of 0.01, times in steps of a tenth, each alone. A change of a share counts as it is, one
    of a time by its power of ten.
    """
    stays = best(needs, v)
    found = [turning for one in MEASUREMENTS if (turning := _turning(one, needs, v, stays))]
    return min(found, key=_distance, default=None)


def _turning(one: Measurement, needs: Needs, v: Values, stays: str | None) -> Turning | None:
    now = one.now(v, needs)
    for value in _outward(now, one.unit):
        if (path := best(needs, one.put(v, value))) != stays:
            return Turning(one, now, value, path)
    return None


def _outward(now: float, unit: str) -> Iterator[float]:
    """Values further and further from `now`, above and below in turn."""
    if unit == "share":
        for step in range(1, 101):
            yield from (x for x in (round(now - step / 100, 4), round(now + step / 100, 4)) if 0 <= x <= 1)
    else:
        factor = 1.1
        while factor <= FARTHEST:
            yield from (now * factor, now / factor)
            factor *= 1.1


def _distance(turning: Turning) -> float:
    if turning.measurement.unit == "share":
        return abs(turning.turns_at - turning.now)
    from math import log10

    return abs(log10(turning.turns_at / turning.now))


def _set(*keys: str) -> Put:
    return lambda v, value: {**v, **dict.fromkeys(keys, value)}


def _curve(what: str, *more: str) -> Put:
    """A share that holds at any number of labels."""
    return _set(*(f"{what}.{labels}" for labels in CURVE), *more)


MEASUREMENTS = (
    Measurement(
        "facts with retrieval",
        "put your documents into an index, ask 50 questions whose answers you know, and count the exact answers "
        "that cite the right page",
        "share",
        lambda v, needs: cited(needs, v),
        _set("facts.rag", "facts.cited"),
    ),
    Measurement(
        "facts without retrieval",
        "ask the model 50 of your questions without any document, after training it on them if you can, and count "
        "the exact answers",
        "share",
        lambda v, needs: v["facts.taught"],
        _set("facts.closed", "facts.taught"),
    ),
    Measurement(
        "fine-tuned behaviour",
        "fine-tune on your labelled examples, one linear layer if they are few and all layers if they are many, and "
        "score it on 100 that were kept apart",
        "share",
        lambda v, needs: curve("probe", needs.labels or 0, v),
        _curve("probe", "sort.full"),
    ),
    Measurement(
        "nearest examples",
        "give each of 100 examples kept apart the label of its nearest labelled neighbours, and count the right ones",
        "share",
        lambda v, needs: curve("neighbours", needs.labels or 0, v),
        _curve("neighbours"),
    ),
    Measurement(
        "zero-shot",
        "sort 100 labelled examples by the names of the classes alone, and count the right ones",
        "share",
        lambda v, needs: v["sort.zero"],
        _set("sort.zero", "sort.untaught"),
    ),
    Measurement(
        "what a student keeps",
        "distil a small student from your best model and divide its score by its teacher's",
        "share",
        lambda v, needs: v["sort.student"] / v["sort.teacher"],
        lambda v, value: {**v, "sort.student": value * v["sort.teacher"]},
    ),
    Measurement(
        "style before training",
        "ask the untrained model for 20 texts in your style, with two examples in the prompt, and count those that "
        "you would send",
        "share",
        lambda v, needs: v["style.untaught"],
        _set("style.untaught"),
    ),
    Measurement(
        "facts kept in your style",
        "let the tuned model put 50 facts into your style, and count those that keep every name, number and meaning",
        "share",
        lambda v, needs: v["style.kept"],
        _set("style.kept"),
    ),
    Measurement(
        "facts filled into your own sentences",
        "put 50 facts into the nearest of your example sentences, and count those that stay true",
        "share",
        lambda v, needs: v["style.template"],
        _set("style.template"),
    ),
    Measurement(
        "time of an answer with retrieval",
        "time 20 answers with search and passages on the machine that will run them, and take the median",
        "ms",
        lambda v, needs: v["ms.rag"],
        _set("ms.rag"),
    ),
    Measurement(
        "time of the large model",
        "time the untrained model on 20 of your texts on the machine that will run it, and take the median",
        "ms",
        lambda v, needs: v["ms.encoder"],
        _set("ms.encoder"),
    ),
    Measurement(
        "time of the student",
        "time a small student on 20 of your texts on the machine that will run it, and take the median",
        "ms",
        lambda v, needs: v["ms.student"],
        _set("ms.student"),
    ),
)
