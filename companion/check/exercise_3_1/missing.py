"""Which missing needs to ask for: those where two answers lead to two paths."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from companion.check.running import call, fail, name_of, shown
from companion.choose.needs import Needs

FALSY = "0 and False are answers: no labels, no style. Only None is missing."
KNOWN = "What is known is not asked again: only needs that are None."
ALL = "Not every missing need matters: ask only where two of its answers lead to two paths."
NONE_IS_A_PATH = "None from `advise` is an outcome too: no path keeps every limit. It differs from a path."
ORDER = "The order is that of `answers`."
FIRST_TWO = "Try every answer, not only the first two or the two ends."
AGAINST_NOW = (
    "Compare the answers' paths with each other: what `advise` says while the need is missing is not one of them."
)

ANSWERS: dict[str, list[Any]] = {
    "kind": ["facts", "behaviour"],
    "update_days": [1.0, 30.0],
    "labels": [0, 50, 5000],
    "memory_mb": [10.0, 100.0, 1000.0],
    "sources": [True, False],
    "style": [True, False],
}


def by_style(needs: Needs) -> str | None:
    """Style and labels decide; sources never do. Unknown needs count as zero-shot."""
    if needs.style is None or needs.labels is None:
        return "zero-shot"
    return ("finetune" if needs.labels else None) if needs.style else "rag"


def by_memory(needs: Needs) -> str | None:
    """Only 100 MB differ; a missing memory counts as none of the paths."""
    return {None: "unknown", 10.0: "distill", 100.0: "rag", 1000.0: "distill"}[needs.memory_mb]


def by_labels(needs: Needs) -> str | None:
    """Some answers give no path at all; a missing number counts as many."""
    if needs.memory_mb == 10.0:
        return None
    return "finetune" if needs.labels is None or needs.labels >= 50 else None


def always(needs: Needs) -> str | None:
    """One path, except where something is missing."""
    return "zero-shot" if needs.kind is None else "rag"


CASES = (
    (Needs("facts", 1.0, 50, None, 100.0, None, True, True), by_memory, []),
    (Needs(labels=0), by_style, ["style"]),
    (Needs(labels=5000, style=False), by_style, []),
    (Needs(style=True), by_style, ["labels"]),
    (Needs(style=False, labels=0), by_memory, ["memory_mb"]),
    (Needs(memory_mb=100.0), by_memory, []),
    (Needs(memory_mb=1000.0), by_labels, ["labels"]),
    (Needs(labels=50), by_labels, ["memory_mb"]),
    (Needs(), by_labels, ["labels", "memory_mb"]),
    (Needs(), always, []),
)


def check(to_ask: Callable) -> None:
    """`to_ask(needs, advise, answers)` -> names of needs, in the order of `answers`."""
    for needs, advise, right in CASES:
        known = {name: value for name, value in vars(needs).items() if value is not None}
        said = f"{name_of(to_ask)} of a job with {shown(known) if known else 'nothing'} known"
        got = call(to_ask, needs, advise, {name: list(values) for name, values in ANSWERS.items()})
        if got is None:
            fail(f"{said} gave None.", "The function ends without `return`.")
        if not isinstance(got, list | tuple) or not all(isinstance(name, str) for name in got):
            fail(f"{said} gave {shown(got)}.", "A list of names of needs is wanted, in the order of `answers`.")
        if list(got) != right:
            fail(f"{said} gave {list(got)} and not {right}.", _why(list(got), needs, advise, right))


def _why(got: list[str], needs: Needs, advise: Callable, right: list[str]) -> str:
    if sorted(got) == sorted(right):
        return ORDER
    extra = set(got) - set(right)
    stated = {name: getattr(needs, name) for name in extra if getattr(needs, name, None) is not None}
    if stated:
        return FALSY if all(not value for value in stated.values()) else KNOWN
    if advise is always:
        return AGAINST_NOW
    if set(got) == {name for name in ANSWERS if getattr(needs, name) is None}:
        return ALL
    lost = set(right) - set(got)
    if lost == {"memory_mb"} and advise is by_memory:
        return FIRST_TWO
    outcomes = [advise(replace(needs, **{name: value})) for name in lost for value in ANSWERS[name]]
    return NONE_IS_A_PATH if None in outcomes else AGAINST_NOW if extra else ALL
