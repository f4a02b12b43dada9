"""`recommend(needs)`: the paths in order, with reasons and figures, and what is still to be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from companion.choose.asking import conflict, open_questions
from companion.choose.figures import Figure, fallbacks, read_figures, values
from companion.choose.needs import Needs
from companion.choose.options import PATHS, TIE, Option, Values, weigh
from companion.choose.reasons import asked_back, why
from companion.choose.tree import Walk, tree_path


@dataclass(frozen=True)
class Advice:
    """What to do; unpacks into (path, reasons, questions).

    Attributes:
        path: one of `PATHS`; None where nothing is known yet, or where no path keeps every limit.
        reasons: sentences with figures, the most important first.
        questions: what is still open, in plain words; those that decide come first.
        ranking: all paths as `Option`s, the best first.
        tree: the document's tree for the same needs.
        fallbacks: which figures are the reference's or a stored run's, and not the learner's own.
    """

    path: str | None
    reasons: tuple[str, ...]
    questions: tuple[str, ...]
    ranking: tuple[Option, ...]
    tree: Walk
    fallbacks: tuple[str, ...]
    needs: Needs

    def __iter__(self) -> Iterator[Any]:
        return iter((self.path, self.reasons, self.questions))

    @property
    def agrees(self) -> bool:
        """Whether the tree names the path that the figures rank first, or one of its two parts."""
        return self.tree.path is not None and self.tree.path in self.ranking[0].members


def recommend(needs: Needs, figures: Mapping[str, Figure] | None = None) -> Advice:
    """Weigh every path, and every two of them, against the needs.

    figures: as `read_figures` gives them; None reads the learner's ledger, the reference and the stored runs.
    Paths that keep more limits come first, then those that serve a larger share of the calls; among those within
    `TIE` of the best the simplest, then the cheapest. Raises ValueError for anything but `Needs`.
    """
    if not isinstance(needs, Needs):
        raise ValueError(f"recommend takes Needs(...), not {type(needs).__name__}: put the answers into Needs.")
    figures = read_figures() if figures is None else figures
    seen = Seen(values(figures))
    ranking = rank([weigh(path, needs, seen) for path in PATHS])
    found = None if stuck(ranking) or needs == Needs() else ranking[0].path
    questions = [*_conflict(needs, seen, ranking), *open_questions(needs, lambda other: best(other, seen))]
    walk = tree_path(needs)
    reasons = tuple(why(needs, ranking, seen, walk, found))
    lent = tuple(fallbacks(figures, sorted(seen.keys_read)))
    return Advice(found, reasons, tuple(questions), ranking, walk, lent, needs)


class Seen(dict):
    """Numbers that remember which of them were looked at."""

    def __init__(self, numbers: Values):
        super().__init__(numbers)
        self.keys_read: set[str] = set()

    def __getitem__(self, key: str) -> float:
        self.keys_read.add(key)
        return super().__getitem__(key)


def first(needs: Needs, v: Values) -> str:
    """The path that the figures rank first, limits broken or not."""
    return rank([weigh(path, needs, v) for path in PATHS])[0].path


def best(needs: Needs, v: Values) -> str | None:
    """The path that the figures rank first; None where even that one breaks a limit."""
    option = rank([weigh(path, needs, v) for path in PATHS])[0]
    return None if option.broken else option.path


def rank(options: Sequence[Option]) -> tuple[Option, ...]:
    """The best first: fewest broken limits, then the share right; within `TIE` the simplest."""
    left, ranked = sorted(options, key=lambda o: (len(o.broken), -o.right)), []
    while left:
        top = left[0]
        near = [o for o in left if len(o.broken) == len(top.broken) and o.right >= top.right - TIE]
        ranked.append(min(near, key=_effort))
        left.remove(ranked[-1])
    return tuple(ranked)


def _effort(option: Option) -> tuple[float, ...]:
    parts = 0 if option.path == "zero-shot" else len(option.members)
    return parts, option.cpu_hours, option.megabytes, PATHS.index(option.path)


def stuck(ranking: Sequence[Option]) -> bool:
    """Whether even the best path breaks a limit, or would hardly ever be right."""
    return bool(ranking[0].broken)


def _conflict(needs: Needs, v: Values, ranking: Sequence[Option]) -> list[str]:
    if not stuck(ranking) or needs == Needs():
        return []
    ways = []
    for name, gives in conflict(needs):
        other = rank([weigh(path, replace(needs, **{name: gives}), v) for path in PATHS])
        if not stuck(other):
            ways.append((name, other[0]))
    return [asked_back(ways, ranking[0])]
