"""A drift that accuracy hides: one group falls while the mix of groups moves to easier ones."""

from collections.abc import Callable

from companion.check.running import call, fail, name_of, shown

Marks = list[tuple[str, bool]]


def marks(**groups: tuple[int, int]) -> Marks:
    """{group: (right, wrong)} as a list of turns."""
    return [(g, mark) for g, (good, bad) in groups.items() for mark in [True] * good + [False] * bad]


# No fall lies near its limit, but for one of exactly 0.125, which a computer holds exactly: rounding decides nothing.
CASES = [  # before, after, fall, least
    (marks(parcel=(45, 5), lamp=(20, 30)), marks(parcel=(68, 12), lamp=(4, 16)), 0.1, 10),
    (marks(parcel=(35, 5), lamp=(35, 5), lock=(4, 0)), marks(parcel=(30, 10), lamp=(34, 6), lock=(0, 4)), 0.125, 10),
    (marks(parcel=(50, 0), lamp=(25, 25)), marks(parcel=(30, 20), lamp=(50, 0)), 0.3, 5),
    (marks(parcel=(25, 25), lamp=(40, 10)), marks(parcel=(22, 28), lamp=(30, 20)), 0.1, 10),
    (marks(parcel=(20, 5), hub=(10, 10)), marks(parcel=(20, 5)), 0.05, 5),
    (
        marks(cam=(18, 2), lamp=(16, 4), hub=(19, 1)),
        marks(cam=(9, 11), lamp=(11, 9), hub=(13, 7), new=(0, 30)),
        0.2,
        20,
    ),
]
OVERALL = "Over all groups the accuracy did not fall, and so no group was named: compare group by group."
RARE = "A group with fewer than `least` turns was named: four turns are no evidence."
GONE = "A group that is missing on one side was named, or is compared with nothing: there is no fall to measure."
ROSE = "A group that got better was named: the fall is before minus after."
STRICT = "A fall of exactly `fall` counts."
RELATIVE = "That is the fall relative to what it was: points are wanted, before minus after."
COUNTS = "Numbers of errors were compared: a group that is asked for twice as often makes twice as many."
ORDER = "The right groups in another order: the largest fall comes first."
NAMES = "A list of group names is wanted."


def check(fallen: Callable) -> None:
    """`fallen(before, after, fall, least)` -> names of the groups that fell, the largest fall first."""
    gave = [call(fallen, *case) for case in CASES]
    for case, got in zip(CASES, gave, strict=True):
        said = f"{name_of(fallen)}(..., fall={case[2]:g}, least={case[3]}) on {summary(case[0])} -> {summary(case[1])}"
        if got is None or isinstance(got, str) or not all(isinstance(name, str) for name in got):
            fail(f"{said} gave {shown(got)}.", NAMES if got is not None else "The function ends without `return`.")
        if list(got) != right(*case):
            fail(f"{said} gave {shown(list(got))} and not {right(*case)}.", _why([list(one) for one in gave]))


def counted(turns: Marks) -> dict[str, tuple[int, int]]:
    """{group: (right, turns)}."""
    return {g: (sum(r for h, r in turns if h == g), sum(h == g for h, _ in turns)) for g in dict(turns)}


def summary(turns: Marks) -> str:
    """ "lamp 30/50, parcel 40/50"."""
    return ", ".join(f"{g} {good}/{count}" for g, (good, count) in sorted(counted(turns).items()))


def falls(before: Marks, after: Marks, least: int) -> dict[str, float]:
    """{group: before minus after}, for groups with enough turns on both sides."""
    old, new = counted(before), counted(after)
    return {
        g: old[g][0] / old[g][1] - new[g][0] / new[g][1] for g in old if g in new and min(old[g][1], new[g][1]) >= least
    }


def right(before: Marks, after: Marks, fall: float, least: int) -> list[str]:
    """The groups that fell by at least `fall`, the largest first."""
    found = falls(before, after, least)
    return sorted((g for g, by in found.items() if by >= fall - 1e-9), key=lambda g: -found[g])


def _named(
    case: tuple, by: Callable, level: float, strict: bool = False, enough: bool = True, gone: bool = False
) -> set:
    """The groups whose `by(right before, turns before, right after, turns after)` reaches the level."""
    old, new = counted(case[0]), counted(case[1])
    found = set()
    for g in old:
        (r, m), (s, n) = old[g], new.get(g, (0, 0))
        if (n or gone) and (not enough or min(m, n) >= case[3]):
            fell = by(r, m, s, n)
            found |= {g} if (fell > level + 1e-9 if strict else fell >= level - 1e-9) else set()
    return found


def _points(r: int, m: int, s: int, n: int) -> float:
    return r / m - (s / n if n else 0.0)


def _why(gave: list[list[str]]) -> str:
    """The misconception that names the same groups in every case."""
    rivals = {
        ORDER: lambda case: set(right(*case)),
        RARE: lambda case: _named(case, _points, case[2], enough=False),
        GONE: lambda case: _named(case, _points, case[2], enough=False, gone=True),
        ROSE: lambda case: _named(case, lambda *c: abs(_points(*c)), case[2]),
        STRICT: lambda case: _named(case, _points, case[2], strict=True),
        RELATIVE: lambda case: _named(case, lambda *c: _points(*c) / (c[0] / c[1]), case[2]),
        COUNTS: lambda case: _named(case, lambda r, m, s, n: (n - s) - (m - r), 1, enough=False),
    }
    for why, rival in rivals.items():
        if all(set(got) == rival(case) for got, case in zip(gave, CASES, strict=True)):
            return why
    overall = [sum(r for _, r in before) / len(before) - sum(r for _, r in after) / len(after) >= fall
               for before, after, fall, _ in CASES]  # fmt: skip
    if all(bool(got) == fell for got, fell in zip(gave, overall, strict=True)):
        return OVERALL
    return "For each group with enough turns: share right before, minus share right after; keep what reaches `fall`."
