"""The measurements behind the claims of section 5.2: one quarter, one seed a call.

`python -m companion.build runs monitor` makes the stored table; `companion.monitor.results` reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from statistics import fmean
from typing import Any

import numpy as np

from companion.distill.study import accuracy
from companion.models import load_sorter
from companion.monitor.alarms import WEEK, limits
from companion.monitor.desk import BESIDE, DEPLOYED, SWAPPED, Once, student_of
from companion.monitor.gauges import accuracy_under_shift, out_of_distribution, quality_ratio
from companion.monitor.stream import FIRST, WEEKS, Arrival, arrivals, plan, quiet_weeks
from companion.monitor.watch import ALL, Series, labelled_gauges, sorted_right, student_gauges, watched
from companion.world.utterances import OUT_OF_SCOPE, mail

SIZES = (5, 10, 20, 50, 100, 280)  # labelled questions a week; 280 are all
DRAWS = 200
Row = dict[str, Any]


def monitor_run(seed: int) -> Row:
    """A row of the stored table: the plan, every gauge day by day with its limits, the shift, swaps, the trickle."""
    found, planned, sorter = arrivals(seed), plan(seed), load_sorter()
    teacher, week = Once(sorter), planned["swap"]
    seen = watched(found, planned, teacher, seed)
    lessons = {"usual": DEPLOYED, "swapped": SWAPPED} | (BESIDE if seed < 3 else {})  # no claim hangs on those
    students = {name: Once(student_of(sorter, how, seed)) for name, how in lessons.items()}
    looked = student_gauges(found, teacher, lambda at: students if at == week else {"usual": students["usual"]}, seed)
    for name, student in students.items():
        looked[name] |= labelled_gauges(found, student, seed, range(WEEKS) if name == "usual" else [week])
    seen |= {name: _replaced(days, looked["swapped"][name], week) for name, days in looked["usual"].items()}
    row: Row = {"plan": planned, "gauges": {name: packed(name, seen[name]) for name in ALL}}
    working = sorted_right(found, lambda at: students["swapped" if at == week else "usual"])
    row["truth"] = {"right": days_text(seen["right"]), "sorted": days_text(working)}
    row["shift"] = shift(found, seen["confidence"], teacher)
    row["swaps"] = {name: {g: days_text(d) for g, d in looked[name].items()} for name in lessons if name in BESIDE}
    row["trickle"] = trickle(seen["right"], planned, seed)
    row["ratio"] = ratios(sorter, {name: student.model for name, student in students.items()})
    return row


def _replaced(usual: Series, swapped: Series, week: int) -> Series:
    """The days of the student at work: in one week it is the other one."""
    return [new if day // WEEK == week else old for day, (old, new) in enumerate(zip(usual, swapped, strict=True))]


def packed(name: str, days: Series) -> Row:
    """A gauge as it is stored: its limits, and "count:sum" for each day."""
    first = [value for day in days[: FIRST * WEEK] for value in day]
    usual = limits(first, ALL[name].side, ALL[name].marks)
    return {"mean": round(usual.mean, 5), "spread": round(usual.spread, 5), "count": usual.count} | {
        "days": days_text(days)
    }


def days_text(days: Series) -> str:
    """ "16:15 16:14.5 ...": how many observations a day, and their sum."""
    return " ".join(f"{len(day)}:{round(sum(day), 3):g}" for day in days)


def shift(found: Sequence[Arrival], confidence: Sequence[float], teacher: Once) -> dict[str, dict[str, float]]:
    """AUROC, FPR at 95 % TPR for slang, new line, out of scope; the sorter's accuracy where there are labels."""
    rows = list(zip(found, confidence, strict=True))
    inside = [c for a, c in rows if not a.event and a.label != OUT_OF_SCOPE]
    kinds = {
        "slang": lambda a: a.event == "slang",
        "line": lambda a: a.event == "line",
        "outside": lambda a: a.label == OUT_OF_SCOPE,
    }
    numbers = {kind: out_of_distribution(inside, [c for a, c in rows if test(a)]) for kind, test in kinds.items()}
    letters = [a for a in found if a.kind == "letter" and a.label != OUT_OF_SCOPE]
    right = [said == a.label for said, a in zip(teacher.named([a.text for a in letters]), letters, strict=True)]
    parts = [[r for r, a in zip(right, letters, strict=True) if (a.event == "slang") == new] for new in (False, True)]
    numbers["slang"] |= accuracy_under_shift(*parts)
    return {kind: {name: round(value, 4) for name, value in scores.items()} for kind, scores in numbers.items()}


def ratios(sorter: Any, students: dict[str, Any]) -> dict[str, float]:
    """Students' accuracy over the teacher's on the labelled letters of the test writer."""
    taught = accuracy(sorter, *mail("test"))
    return {n: round(quality_ratio(accuracy(s, *mail("test")), taught), 4) for n, s in students.items()}


def trickle(right: Series, planned: dict[str, int], seed: int) -> list[Row]:
    """What k labelled questions a week see: for each size and event the share of 200 draws in which they ring.

    Each draw labels k questions of every week, sets its limits on its own labels of the first three weeks, and looks
    once, on Sunday evening. false: share of the quiet weeks that ring.
    """
    weeks = [[v for day in right[w * WEEK : (w + 1) * WEEK] for v in day] for w in range(WEEKS)]
    return [_trickle(weeks, planned, size, Random(f"trickle-{seed}-{size}")) for size in SIZES]


def _trickle(weeks: Sequence[Sequence[float]], planned: dict[str, int], size: int, random: Random) -> Row:
    rang = np.zeros((DRAWS, WEEKS), dtype=bool)
    for draw in range(DRAWS):
        marks = [random.sample(list(week), min(size, len(week))) for week in weeks]
        usual = limits([mark for week in marks[:FIRST] for mark in week])
        rang[draw] = [usual.out(fmean(week), len(week)) for week in marks]
    seen = {event: round(float(rang[:, week].mean()), 4) for event, week in planned.items()}
    return {"size": size, "seen": seen, "false": round(float(rang[:, quiet_weeks(planned)].mean()), 4)}
