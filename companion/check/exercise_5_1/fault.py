"""Wrong answers counted once each, for the first thing that failed."""

from collections.abc import Callable
from itertools import product

from companion.check.running import call, fail, name_of, shown

PARTS = ("search", "generator", "beside")
Record = dict[str, bool]
CASES: list[list[Record]] = [
    [dict(zip(("found", "alone", "right"), flags, strict=True)) for flags in product((True, False), repeat=3)],
    [{"found": True, "alone": True, "right": False}] * 3 + [{"found": False, "alone": False, "right": False}],
    [{"found": False, "alone": True, "right": True}, {"found": True, "alone": False, "right": False}],
    [],
]
LUCKY = "A right answer was counted: whatever failed on the way, there is nothing to blame."
TWICE = "A wrong answer was counted twice: where the page was not found, the generator is not asked any more."
ORDER = "The generator was blamed before search: a page that was not found cannot be read, so ask for `found` first."
NO_BESIDE = "The generator was blamed although it reads the page rightly alone: that is what `beside` is for."
FOUND_ONLY = "Everything that was found and went wrong was put on `beside`: first look whether `alone` failed."
SHARES = "Those are shares: give counts."
MISSING = "Give all three counts, also where one of them is 0."


def check(blame: Callable) -> None:
    """`blame(records)` -> {"search": n, "generator": n, "beside": n}."""
    for records in CASES:
        got = call(blame, records)
        said = f"{name_of(blame)} of {len(records)} records"
        if not isinstance(got, dict):
            fail(f"{said} gave {shown(got)}.", "A dict is wanted, with the counts of search, generator and beside.")
        if set(got) != set(PARTS):
            fail(f"{said} gave {shown(got)}.", MISSING)
        if got != (right := count(records)):
            fail(f"{said} gave {shown(got)} and not {shown(right)}.", _why(got, records))


def first_failure(record: Record) -> str | None:
    """The first thing that failed, or None for a right answer."""
    if record["right"]:
        return None
    return "search" if not record["found"] else "beside" if record["alone"] else "generator"


def count(records: list[Record], part: Callable[[Record], str | None] = first_failure) -> dict[str, int]:
    """How often each part is blamed."""
    blamed = [part(record) for record in records]
    return {name: blamed.count(name) for name in PARTS}


def _why(got: dict, records: list[Record]) -> str:
    wrong = [record for record in records if not record["right"]]

    def generator_first(r: Record) -> str | None:
        return None if r["right"] else "generator" if not r["alone"] else "search" if not r["found"] else "beside"

    missed, misread = [sum(not r[key] for r in wrong) for key in ("found", "alone")]
    beside = count(records)["beside"]
    all_missed, all_misread = [sum(not r[key] for r in records) for key in ("found", "alone")]
    lucky = count([r | {"right": False} for r in records])
    reasons = [
        (ORDER, count(records, generator_first)),
        (TWICE, {"search": missed, "generator": misread, "beside": beside}),
        (NO_BESIDE, {"search": missed, "generator": len(wrong) - missed, "beside": 0}),
        (FOUND_ONLY, {"search": missed, "generator": 0, "beside": len(wrong) - missed}),
        (LUCKY, lucky),
        (LUCKY, {"search": all_missed, "generator": all_misread, "beside": got["beside"]}),
        (SHARES, {name: value / max(1, len(records)) for name, value in count(records).items()}),
        (SHARES, {name: value / max(1, len(wrong)) for name, value in count(records).items()}),
    ]
    fits = (why for why, answer in reasons if answer == got)
    fallback = "Of each wrong answer: not found is search; found but misread alone is generator; the rest is beside."
    return next(fits, LUCKY if sum(got.values()) > len(wrong) else fallback)
