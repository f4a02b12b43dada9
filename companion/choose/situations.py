"""Claim C3.1: situations drawn at random, the tree's path in each beside the one that the figures rank first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from random import Random

from companion.choose.advice import first
from companion.choose.figures import Figure, read_figures, values
from companion.choose.needs import QUESTIONS, Needs
from companion.choose.tree import TREE, Tree, tree_path

SITUATIONS = 200


def situation(random: Random) -> Needs:
    """One situation: each of the eight needs is one of its coarse answers, all equally likely."""
    return Needs(**{name: random.choice(question.answers)[1] for name, question in QUESTIONS.items()})


def all_situations(unknown: bool = False) -> Iterator[Needs]:
    """Every combination of coarse answers; with `unknown`, "not known yet" is an answer too."""
    answers = [[value for _, value in question.answers] + [None] * unknown for question in QUESTIONS.values()]
    for chosen in product(*answers):
        yield Needs(**dict(zip(QUESTIONS, chosen, strict=True)))


def tree_against_figures(
    seed: int, count: int = SITUATIONS, figures: Mapping[str, Figure] | None = None, tree: Tree = TREE
) -> tuple[float, float]:
    """(share for the tree, share for one path named always) of `count` random situations.

    A path is right where it is the one, or one of the two, that the figures rank first. The path that is named always
    is the one that is right most often: the strongest opponent that asks nothing.
    """
    v = values(read_figures() if figures is None else figures)
    random = Random(f"situations-{seed}")
    needs = [situation(random) for _ in range(count)]
    best = [first(one, v).split("+") for one in needs]
    named = Counter(path for members in best for path in members)
    right = sum(tree_path(one, tree).path in members for one, members in zip(needs, best, strict=True))
    return right / count, named.most_common(1)[0][1] / count
