"""The wordings in force on a day: from the first day on, up to and without the last."""

import random
from collections.abc import Callable
from datetime import date, timedelta

from companion.check.running import call, fail, name_of, shown

FIRST_DAY = "The first day is left out: a wording is in force on the very day it begins, so compare start <= day."
LAST_DAY = (
    "Two wordings hold on the day of a change: `end` is the first day on which a wording no longer holds, so day < end."
)
OLD_ONE = (
    "On the day of a change the old wording came back: start <= day and day < end, not start < day and day <= end."
)
OPEN = "What has no end (None) is in force today and tomorrow: it was left out."
OVER = "A wording that has ended came back: the day must lie before its end."
YET = "A wording that has not begun came back: the day must not lie before its start."
NEWEST = "There may be no wording on a day, where one was repealed: the newest one begun is not always in force."
TODAY = "It is the day that is asked about that counts, not today, and not the newest wording."
ORDER = "The ids are wanted in the order in which the wordings came."

LAW = [
    {"id": "A1", "start": "2016-01-01", "end": "2019-07-01"},
    {"id": "A2", "start": "2019-07-01", "end": "2021-03-15"},
    {"id": "A3", "start": "2021-03-15", "end": None},
    {"id": "B1", "start": "2016-01-01", "end": "2018-01-01"},  # repealed; brought back in 2022
    {"id": "B2", "start": "2022-01-01", "end": None},
    {"id": "C1", "start": "2020-05-05", "end": "2020-05-05"},  # replaced before it held for a day
    {"id": "C2", "start": "2020-05-05", "end": None},
]
INSIDE = ("2020-01-01", "2025-01-01", "2017-06-01")  # far from any change, then the days of the changes
CHANGES = ("2015-12-31", "2016-01-01", "2018-01-01", "2019-06-30", "2019-07-01", "2020-05-05", "2021-03-15")
DAYS = (*INSIDE, *CHANGES)


def check(valid: Callable) -> None:
    """`valid(versions, day)` -> ids of the versions with start <= day < end, None being no end."""
    for day in DAYS:
        _one(valid, LAW, day)
    generator = random.Random(0)
    for _ in range(100):
        law = [_version(generator, number) for number in range(generator.randint(0, 6))]
        _one(valid, law, _day(generator))


def _one(valid: Callable, versions: list[dict], day: str) -> None:
    said = f"{name_of(valid)} of {len(versions)} wordings on {day}"
    got = call(valid, versions, day)
    if got is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    if not isinstance(got, list | tuple) or not all(isinstance(id, str) for id in got):
        fail(f"{said} gave {shown(got)}.", "A list of ids is wanted, such as ['A1', 'B1'].")
    right = [v["id"] for v in versions if _holds(v, day)]
    if list(got) != right:
        fail(f"{said} gave {shown(list(got))} and not {shown(right)}.", _why(list(got), right, versions, day))


def _holds(version: dict, day: str) -> bool:
    return version["start"] <= day and (version["end"] is None or day < version["end"])


def _why(got: list[str], right: list[str], versions: list[dict], day: str) -> str:
    if sorted(got) == sorted(right):
        return ORDER
    by_id = {v["id"]: v for v in versions}
    extra = [by_id[id] for id in got if id in by_id and id not in right]
    lost = [by_id[id] for id in right if id not in got]
    begins, ends = (any(v["start"] == day for v in lost), any(v["end"] == day for v in extra))
    if begins and ends:
        return OLD_ONE
    if ends:
        return LAST_DAY
    if begins:
        return FIRST_DAY
    if any(v["start"] > day for v in extra):
        return YET if lost == [] else TODAY
    if lost and all(v["end"] is None for v in lost):
        return OPEN
    if extra:
        newest = {v["id"][0]: v["id"] for v in versions if v["start"] <= day}
        return NEWEST if {v["id"] for v in extra} <= set(newest.values()) else OVER
    return "Keep a wording if start <= day, and if end is None or day < end."


def _day(generator: random.Random) -> str:
    return (date(2016, 1, 1) + timedelta(generator.randint(0, 40))).isoformat()


def _version(generator: random.Random, number: int) -> dict:
    start, end = sorted((_day(generator), _day(generator)))
    return {"id": f"W{number}", "start": start, "end": generator.choice((end, end, None))}
