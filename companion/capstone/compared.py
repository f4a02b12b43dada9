"""Which of Kestrel's verdicts a learner's data do not show: two differences, their signs, how far one's own can be off.

For the same n items, scored by two ways, with d_i = first_i - second_i in -1, 0, 1:

    difference = mean(d),   give or take = max(2 * stdev(d) / sqrt(n), 2 / n)

A difference within its give or take has no sign. (Paired: both ways met the same items, so easy ones cancel.) The floor
of 2 / n keeps a few items that agree by luck from looking certain, and fewer than ten items never decide anything.

    reversed         the own difference has the other sign
    not seen here    it has no sign, and Kestrel's difference lies outside its give or take
    too few to say   it has no sign, and Kestrel's lies inside; or so wide a give or take that nothing is the same
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from statistics import fmean, stdev
from typing import Any

from companion.capstone.saved import Row
from companion.choose.advice import TIE
from companion.ledger import number, reference

SMALL = TIE  # a smaller difference of Kestrel's shares is none: 160 letters cannot tell it
WIDE = 0.1  # two ways are the same where no difference beyond this is left open
FEWEST = 10  # items
AGREES, REVERSED, UNSEEN, OPEN, NEW = "agrees", "reversed", "not seen here", "too few to say", "new"
TURNED = (REVERSED, UNSEEN)  # what a card has to justify


@dataclass(frozen=True)
class Comparison:
    """One verdict of the course beside one's own: `kestrel` and `own` are the two shares, first way and second.

    items: what was counted, such as "messages"; n: how many; give_or_take: of one's own difference.
    """

    first: str
    second: str
    kestrel: tuple[float, float]
    own: tuple[float, float]
    n: int
    give_or_take: float
    items: str

    @property
    def difference(self) -> float:
        """One's own: above 0 the first way is better."""
        return round(self.own[0] - self.own[1], 4)

    @property
    def expected(self) -> float:
        """Kestrel's."""
        return round(self.kestrel[0] - self.kestrel[1], 4)

    @property
    def signs(self) -> tuple[int, int]:
        """Kestrel's sign and one's own, each -1, 0 or 1; 0 is: no difference that could be told from none."""
        return sign(self.expected, SMALL), sign(self.difference, self.give_or_take)

    @property
    def verdict(self) -> str:
        """ "agrees", "reversed", "not seen here", "new" (Kestrel saw no difference), or "too few to say".

        Not seen: one's own has no sign, and Kestrel's difference lies outside its give or take. It is the trap here:
        an advantage that is missing is not yet a disadvantage. Where neither has a sign they agree only if a
        difference of more than `WIDE` is ruled out.
        """
        kestrel, own = self.signs
        if self.n < FEWEST:
            return OPEN
        if not kestrel and not own:
            return AGREES if abs(self.difference) + self.give_or_take <= WIDE + 1e-9 else OPEN
        if kestrel == own:
            return AGREES
        if own:
            return REVERSED if kestrel else NEW
        return UNSEEN if abs(self.difference - self.expected) > self.give_or_take else OPEN

    def said(self) -> str:
        """The comparison in one sentence."""
        theirs = _who(self.first, self.second, self.expected, self.signs[0])
        mine = _who(self.first, self.second, self.difference, self.signs[1])
        counted = f"{self.n} {self.items}, give or take {self.give_or_take:.2f}"
        return f"At Kestrel {theirs}; here {mine} ({counted}): {self._so()}."

    def _so(self) -> str:
        if self.verdict != AGREES:
            return SO.get(self.verdict, self.verdict)
        if self.signs[0] and abs(self.difference - self.expected) > self.give_or_take:
            return f"the same sign, but {'less' if abs(self.difference) < abs(self.expected) else 'more'} of it"
        return "the same"

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Comparison:
        """The comparison that `row()` wrote; its verdict is made anew from the figures."""
        figures = {field.name: row[field.name] for field in fields(cls)}
        return cls(**figures | {"kestrel": tuple(row["kestrel"]), "own": tuple(row["own"])})

    def row(self) -> Row:
        """For JSON."""
        pairs = {"kestrel": list(self.kestrel), "own": list(self.own)}
        return asdict(self) | pairs | {"verdict": self.verdict, "said": self.said()}


SO = {
    REVERSED: "the verdict is reversed",
    UNSEEN: "not seen here, and Kestrel's lies outside what these data allow",
    NEW: "a difference that Kestrel does not have",
}


def sign(difference: float, least: float) -> int:
    """1 or -1 for a difference above `least` in size, else 0."""
    return 0 if abs(difference) <= least + 1e-9 else 1 if difference > 0 else -1


def _who(first: str, second: str, difference: float, known: int) -> str:
    if not known:
        return f"{first} and {second} cannot be told apart ({difference:+.2f})"
    better, worse = (first, second) if difference > 0 else (second, first)
    return f"{better} beats {worse} by {abs(difference):.2f}"


def give_or_take(first: Sequence[float], second: Sequence[float]) -> float:
    """Two standard errors of the mean paired difference, and at least 2 / n."""
    if len(first) != len(second) or not len(first):
        raise ValueError(f"{len(first)} and {len(second)} items: compare two ways on the same items.")
    differences = [a - b for a, b in zip(first, second, strict=True)]
    spread = stdev(differences) if len(differences) > 1 else 1.0
    return max(2 * spread / len(differences) ** 0.5, 2 / len(differences))


def paired(
    names: tuple[str, str], kestrel: tuple[float, float], first: Sequence[float], second: Sequence[float], items: str
) -> Comparison:
    """A comparison from the items' scores."""
    own = (round(fmean(first), 4), round(fmean(second), 4))
    return Comparison(*names, kestrel, own, len(first), round(give_or_take(first, second), 4), items)


def compare(search: Mapping[str, Row] | None = None, sorters: Mapping[str, Row] | None = None) -> list[Comparison]:
    """All comparisons that the two milestones' parts allow, beside the figures of reference.json."""
    return [*_of_search(search or {}), *_of_sorters(sorters or {})]


def _of_search(parts: Mapping[str, Row]) -> Iterable[Comparison]:
    if "ranks" in parts:
        first, second = ([float(rank == 1) for rank in parts["ranks"][mode]] for mode in ("hybrid", "sparse"))
        kestrel = (number("capstone.kestrel.hybrid"), number("capstone.kestrel.sparse"))
        yield paired(("search by meaning and words", "search by words"), kestrel, first, second, "questions")
    told = parts.get("reader", {}).get("exact")
    if told and "closed book" in parts:
        run = reference()["runs"]["C1.1-b"]
        kestrel = (_mean(run["values"]), _mean(run["baseline"]))
        yield paired(("reading", "answering from memory"), kestrel, told, parts["closed book"]["exact"], "questions")
    if told and "quoted" in parts:
        kestrel = (number("matrix.answers.rag.right"), number("matrix.answers.bm25.right"))
        names = ("a model that reads", "a quoted sentence")
        yield paired(names, kestrel, parts["reader"]["holds"], parts["quoted"]["holds"], "questions")


SORTERS = (  # names in words, Kestrel's keys, rows
    (
        ("fine-tuning", "the nearest class mean"),
        ("mail.lora.test", "capstone.kestrel.mean"),
        ("LoRA", "nearest class mean"),
    ),
    (("LoRA", "a probe"), ("mail.lora.test", "mail.probe.test"), ("LoRA", "probe")),
    (("a probe", "the nearest examples"), ("choose.probe.80", "choose.neighbours.80"), ("probe", "nearest examples")),
    (("the student", "the teacher"), ("students.cnn.many.soft", "students.teacher"), ("student", "LoRA")),
    (
        ("the student taught on more texts", "the same on the labels alone"),
        ("students.cnn.many.soft", "students.cnn.few.gold"),
        ("student", "student, labels only"),
    ),
)


def _of_sorters(parts: Mapping[str, Row]) -> Iterable[Comparison]:
    for names, keys, rows in SORTERS:
        rows = tuple("probe" if row == "LoRA" and "LoRA" not in parts else row for row in rows)
        if rows[0] == rows[1] or not set(rows) <= set(parts):
            continue
        kestrel = (number(keys[0]), number(keys[1]))
        yield paired(names, kestrel, parts[rows[0]]["right"], parts[rows[1]]["right"], "messages")


def _mean(by_seed: Mapping[Any, float]) -> float:
    return round(fmean(by_seed.values()), 4)


def turned(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """Those that are reversed here, or not seen."""
    return [one for one in comparisons if one.verdict in TURNED]
