"""What falls with the cited passage, less what falls anyway."""

from collections.abc import Callable, Iterator
from typing import Any

from companion.check.running import CheckFailed, call, fail, name_of, number, shown

Records = list[dict[str, Any]]

NOT_RIGHT = "Answers that were wrong from the start are counted: they cannot be lost."
REFUSED = "Refusals are counted: they cite nothing, so nothing can be taken away."
NO_CONTROL = "The control is missing: some of these answers fall whatever is taken away."
NONE_IS_LOST = "An answer without a control counts as lost there: `not None` is True. Leave it out of the second share."
ONLY_PAIRED = "The first share is over all right, cited answers, those without a control among them."
ONE_BOTTOM = "Each share has a bottom of its own: the second one is over the answers that have a control."
SIGN = "The sign is turned round: without the cited passage minus without another one."
ONLY_THEM = "Answers that fall with their passage and not with the other were counted: take a difference of two shares."
CITED_ZERO = "`cited` may be 0, the first passage: ask `is not None`."
ELSE = "Right before and cited: share lost without the cited passage, minus share lost without another one."
REFUSE = "Nothing is left to compare: raise ValueError."


def check(traceable: Callable) -> None:
    """`traceable(records)` is lost without the cited passage minus lost without another, of right and cited answers."""
    for records, about in ((_mixed(), "41 records"), (_from_zero(), "records whose citations count from 0")):
        said = f"{name_of(traceable)}({about})"
        got, right = number(call(traceable, records), said), _right(records)
        if abs(got - right) > 1e-9:
            why = next((why for why, wrong in _traps(records, right) if abs(got - wrong) < 1e-9), ELSE)
            fail(f"{said} gave {got:.3f} and not {right:.3f}.", why)
    empty = {"no records": [], "no answer that was right": [_record(1, False, False, False)] * 3}
    empty |= {"refusals only": [_record(None, True, False, False)] * 2, "no control": [_record(1, True, False, None)]}
    for about, records in empty.items():
        _check_refuses(traceable, records, f"{name_of(traceable)}({about})")


def _check_refuses(traceable: Callable, records: Records, said: str) -> None:
    try:
        got = call(traceable, records)
    except CheckFailed as error:
        if type(error.__cause__) is ValueError:
            return
        if error.__cause__ is None:
            raise
        fail(f"{said} raised {type(error.__cause__).__name__} and not ValueError.", REFUSE)
    fail(f"{said} gave {shown(got)}.", REFUSE)


def _lost(records: Records, key: str) -> float:
    return sum(not r[key] for r in records) / len(records)


def _with_control(records: Records) -> Records:
    return [r for r in records if r["control"] is not None]


def _right(records: Records) -> float:
    kept = [r for r in records if r["cited"] is not None and r["before"]]
    return _lost(kept, "without") - _lost(_with_control(kept), "control")


def _traps(records: Records, right: float) -> Iterator[tuple[str, float]]:
    kept = [r for r in records if r["cited"] is not None and r["before"]]
    paired, cited = _with_control(kept), [r for r in records if r["cited"] is not None]
    before = [r for r in records if r["before"]]
    yield NO_CONTROL, _lost(kept, "without")
    yield NOT_RIGHT, _lost(records, "without")
    yield NOT_RIGHT, _lost(cited, "without") - _lost(_with_control(cited), "control")
    yield NOT_RIGHT, _lost(records, "without") - _lost(_with_control(records), "control")
    yield REFUSED, _lost(before, "without") - _lost(_with_control(before), "control")
    yield NONE_IS_LOST, _lost(kept, "without") - _lost(kept, "control")
    yield ONLY_PAIRED, _lost(paired, "without") - _lost(paired, "control")
    yield ONE_BOTTOM, _lost(kept, "without") - sum(not r["control"] for r in paired) / len(kept)
    yield SIGN, -right
    yield ONLY_THEM, sum(not r["without"] and bool(r["control"]) for r in kept) / len(kept)
    yield ONLY_THEM, sum(not r["without"] and bool(r["control"]) for r in paired) / len(paired)
    truthy = [r for r in records if r["cited"] and r["before"]]
    if truthy and _with_control(truthy):
        yield CITED_ZERO, _lost(truthy, "without") - _lost(_with_control(truthy), "control")


def _record(cited: int | None, before: bool, without: bool, control: bool | None) -> dict[str, Any]:
    return {"cited": cited, "before": before, "without": without, "control": control}


def _mixed() -> Records:
    kinds = [
        (_record(2, True, False, True), 11),
        (_record(1, True, False, False), 5),
        (_record(1, True, True, True), 7),
        (_record(4, True, True, False), 1),
        (_record(1, True, False, None), 3),
        (_record(3, False, False, False), 8),
        (_record(2, False, True, False), 2),
        (_record(None, False, False, False), 3),
        (_record(None, True, False, True), 1),
    ]
    return [record for record, count in kinds for _ in range(count)]


def _from_zero() -> Records:
    return [_record(0, True, False, True)] * 3 + [_record(1, True, True, True)] * 2 + [_record(0, True, True, False)]
