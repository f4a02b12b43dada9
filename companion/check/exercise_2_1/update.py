"""All that depends on what changed, directly or through others, once."""

from collections.abc import Callable

from companion.check.running import CheckFailed, call, fail, name_of, number, shown

Stages = dict[str, tuple[float, list[str]]]
DESK: Stages = {
    "student": (12.0, ["answers", "letters"]),
    "letters": (0.0, []),
    "index": (0.25, ["vectors", "articles"]),
    "answers": (16.0, ["teacher", "letters"]),
    "labels": (0.0, []),
    "vectors": (9.0, ["articles"]),
    "teacher": (75.0, ["letters", "labels"]),
    "articles": (0.0, []),
    "report": (3.0, ["student", "index", "teacher"]),
}
CHAIN: Stages = {"d": (8.0, ["c"]), "c": (4.0, ["b"]), "b": (2.0, ["a"]), "a": (1.0, [])}

DIRECT = "What depends on it through another stage was left out: the student goes on with the old teacher's answers."
ONE_MORE = "Two levels are not enough: go on until nothing new is out of date."
ORDER = "What stands earlier in the dictionary was missed: its order means nothing, so look again until nothing is new."
TWICE = "A stage that depends on it in two ways was counted twice: each one is run once."
EVERYTHING = "Everything was run again: what does not depend on it is still good."
ITSELF = "What changed is counted too: it is there already, only what was made from it has to be made again."
UPSTREAM = "These are the stages that it was made from: the others are asked for, those made from it."
ELSE = "Collect what is made from it, then what is made from that, until nothing is new; then add up the seconds."
REFUSE = "There is no such stage: raise ValueError, or a typing slip costs nothing at all."


def check(update: Callable) -> None:
    """`update(stages, changed)` is the seconds of all that depends on `changed`."""
    for stages, changed in (*((DESK, name) for name in DESK), *((CHAIN, name) for name in CHAIN)):
        said = f"{name_of(update)}({'the desk' if stages is DESK else 'a chain of four'}, {changed!r})"
        got, right = number(call(update, stages, changed), said), _seconds(stages, _stale(stages, changed))
        if abs(got - right) > 1e-9:
            why = next((why for why, wrong in _traps(stages, changed) if abs(got - wrong) < 1e-9), ELSE)
            fail(f"{said} gave {got:g} s and not {right:g} s.", why)
    said = f"{name_of(update)}(the desk, 'lables')"
    try:
        got = call(update, DESK, "lables")
    except CheckFailed as error:
        if type(error.__cause__) is ValueError:
            return
        if error.__cause__ is None:
            raise
        fail(f"{said} raised {type(error.__cause__).__name__} and not ValueError.", REFUSE)
    fail(f"{said} gave {shown(got)}.", REFUSE)


def _made_from(stages: Stages, names: set[str]) -> set[str]:
    return {name for name, (_, sources) in stages.items() if names & set(sources)}


def _stale(stages: Stages, changed: str) -> set[str]:
    found = _made_from(stages, {changed})
    while more := _made_from(stages, found) - found:
        found |= more
    return found


def _seconds(stages: Stages, names: set[str]) -> float:
    return sum(stages[name][0] for name in names)


def _twice(stages: Stages, changed: str) -> float:
    return sum(stages[name][0] + _twice(stages, name) for name in _made_from(stages, {changed}))


def _one_pass(stages: Stages, changed: str) -> set[str]:
    stale = {changed}
    for name, (_, sources) in stages.items():
        if stale & set(sources):
            stale.add(name)
    return stale - {changed}


def _upstream(stages: Stages, changed: str) -> set[str]:
    found: set[str] = set()
    todo = [changed]
    while todo:
        new = set(stages[todo.pop()][1]) - found
        found |= new
        todo += sorted(new)
    return found


def _traps(stages: Stages, changed: str):
    direct = _made_from(stages, {changed})
    right = _stale(stages, changed)
    yield DIRECT, _seconds(stages, direct)
    yield ORDER, _seconds(stages, _one_pass(stages, changed))
    yield ONE_MORE, _seconds(stages, direct | _made_from(stages, direct))
    yield TWICE, _twice(stages, changed)
    yield ITSELF, _seconds(stages, right | {changed})
    yield EVERYTHING, _seconds(stages, set(stages))
    yield EVERYTHING, _seconds(stages, set(stages) - {changed})
    yield UPSTREAM, _seconds(stages, _upstream(stages, changed))
