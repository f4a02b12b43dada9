"""Claim C3.1: situations drawn at random, the tree's path in each beside the one that the figures rank first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import product
from random import Random

from companion.choose.advice import rank
from companion.choose.figures import Figure, read_figures, values
from companion.choose.needs import QUESTIONS, Needs
from companion.choose.options import PATHS, Option, weigh
from companion.choose.tree import TREE, Tree, tree_path

SITUATIONS = 200
Case = tuple[Needs, Option]  # a situation, and what the figures rank first in it


def situation(random: Random) -> Needs:
    """One situation: each of the eight needs is one of its coarse answers, all equally likely."""
    return Needs(**{name: random.choice(question.answers)[1] for name, question in QUESTIONS.items()})


def all_situations(unknown: bool = False) -> Iterator[Needs]:
    """Every combination of coarse answers; with `unknown`, "not known yet" is an answer too."""
    answers = [[value for _, value in question.answers] + [None] * unknown for question in QUESTIONS.values()]
    for chosen in product(*answers):
        yield Needs(**dict(zip(QUESTIONS, chosen, strict=True)))


def cases(seed: int, count: int = SITUATIONS, figures: Mapping[str, Figure] | None = None) -> list[Case]:
    """`count` situations drawn by seed, each with the option that the figures rank first."""
    v, random = values(read_figures() if figures is None else figures), Random(f"situations-{seed}")
    drawn = [situation(random) for _ in range(count)]
    return [(needs, rank([weigh(path, needs, v) for path in PATHS])[0]) for needs in drawn]


def agreement(drawn: Sequence[Case], tree: Tree = TREE) -> float:
    """Share of the cases in which the tree's path is the one, or one of the two, that the figures rank first."""
    return sum(tree_path(needs, tree).path in first.members for needs, first in drawn) / len(drawn)


def servable(drawn: Sequence[Case]) -> list[Case]:
    """The cases that some path can serve: what is ranked first elsewhere is only the least bad."""
    return [(needs, first) for needs, first in drawn if not first.broken]


def told(drawn: Sequence[Case], *names: str) -> float:
    """The same share for the best that can be said by someone who is told these needs only; of none: one path always.

    For each combination of their answers the path is named that is right most often there.
    """
    right: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for needs, first in drawn:
        right[tuple(getattr(needs, name) for name in names)].update(first.members)
    return sum(named.most_common(1)[0][1] for named in right.values()) / len(drawn)


def tree_against_figures(
    seed: int, count: int = SITUATIONS, figures: Mapping[str, Figure] | None = None, tree: Tree = TREE
) -> tuple[float, float]:
    """C3.1: the share for the tree, and for the one path that, named always, is right most often."""
    drawn = cases(seed, count, figures)
    return agreement(drawn, tree), told(drawn)


def by_pair(drawn: Sequence[Case], tree: Tree = TREE) -> dict[str, dict[str, float]]:
    """Agreement where two needs stand together: what the model lacks, and whether it changes within a week."""
    live: dict[str, Callable[[Needs], bool]] = {
        "changes within a week": lambda needs: needs.update_days < 7,
        "changes seldom or never": lambda needs: needs.update_days >= 7,
    }
    table = {}
    for kind, _ in QUESTIONS["kind"].answers:
        rows = {name: [case for case in drawn if case[0].kind == kind and when(case[0])] for name, when in live.items()}
        table[kind] = {name: agreement(row, tree) for name, row in rows.items() if row}
    return table
