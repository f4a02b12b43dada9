"""The sentences of an advice: why this path, with figures, and what to ask where no path fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from companion.choose.needs import Needs
from companion.choose.options import NAMES, TIE, Option, Values, curve
from companion.choose.tree import Walk

GIVE = {
    "memory_mb": "{0.megabytes:.0f} MB of memory",
    "latency_ms": "{0.milliseconds:.0f} ms for an answer",
    "calls_per_day": "more cores, or fewer calls a day",
    "sources": "answers without a source",
    "style": "answers in no style of your own",
    "labels": "more labelled examples, 640 or so",
}


def why(needs: Needs, ranking: Sequence[Option], v: Values, walk: Walk, found: str | None) -> Iterator[str]:
    """The reasons for the first of the ranking, the most important first; `found` is None where nothing is decided."""
    top = ranking[0]
    if found is None:
        yield f"Nothing is decided yet; as far as one can see, {NAMES[top.path]} comes nearest."
    name = NAMES[top.path]
    yield f"{name[:1].upper()}{name[1:]} is expected to serve {top.right:.2f} of the calls as needed."
    yield from _measured(needs, v)
    day = f", and a day {top.cpu_hours:.2g} CPU-hours" if needs.calls_per_day else ""
    yield f"An answer takes {top.milliseconds:.3g} ms, its models {top.megabytes:.3g} MB{day}."
    yield _second(ranking)
    if walk.path is not None:
        yield f"The document's tree says {NAMES[walk.path]}: {verdict(walk, top)}."


def _measured(needs: Needs, v: Values) -> Iterator[str]:
    """What was measured for the kinds of call that there are."""
    if needs.kind in ("facts", "both"):
        yield (
            f"Facts: with retrieval {v['facts.rag']:.2f} of questions about changed facts are answered exactly, "
            f"without {v['facts.closed']:.2f}; of all facts, {v['facts.taught']:.2f} after training on them."
        )
    if needs.kind in ("behaviour", "both"):
        yield f"Behaviour, letters sorted rightly: {', '.join(_sorted(needs.labels or 0, v))}."
    if needs.style:
        yield (
            f"Style, of held-out sentences: {v['style.taught']:.2f} have it after training on 120 pairs, "
            f"{v['style.kept']:.2f} keep their facts as well; with the nearest pair filled in, {v['style.filled']:.2f} "
            f"and {v['style.template']:.2f}."
        )


def _sorted(labels: int, v: Values) -> Iterator[str]:
    yield f"names of the classes alone {v['sort.zero']:.2f}"
    if labels:
        yield f"the nearest of your {labels:,} examples {curve('neighbours', labels, v):.2f}"
        yield f"fine-tuning on them {curve('probe', labels, v):.2f}"


def _second(ranking: Sequence[Option]) -> str:
    top, second = ranking[:2]
    if len(second.broken) == len(top.broken) and f"{second.right:.2f}" > f"{top.right:.2f}":
        return f"Next comes {NAMES[second.path]} with {second.right:.2f}: within {TIE}, so the simpler comes first."
    but = f", but {', and '.join(second.broken.values())}" if second.broken and not ranking[0].broken else ""
    return f"Next comes {NAMES[second.path]} with {second.right:.2f}{but}."


def verdict(walk: Walk, top: Option) -> str:
    """How the tree's path stands to the figures' first, in words."""
    if walk.path not in top.members:
        return "the figures disagree"
    return "the figures agree" if len(top.members) == 1 else "one of the two that the figures name"


def asked_back(ways: Sequence[tuple[str, Option]], nearest: Option) -> str:
    """The question where no path keeps every limit: `ways` are the needs that could give way, and the path then."""
    if not ways:
        return (
            f"No path keeps all your limits, even if one gives way: {NAMES[nearest.path]} comes nearest, but "
            f"{', and '.join(nearest.broken.values())}. Which of these can change?"
        )
    wishes = [f"{GIVE[name].format(option)} ({NAMES[option.path]}, {option.right:.2f} right)" for name, option in ways]
    return f"No path keeps all your limits. Which could give way: {'; '.join(wishes)}?"
