"""Progress as one file, to take along: the ledger and the journal together, and how two of them become one.

What happens when a file is brought where something is already:

* records (what was measured): all are kept, each once, by date; of one claim the newest is the one that is shown;
* outcomes (what a prediction is scored against): the newest stands;
* predictions: the first that was locked stands, as everywhere in the course, for a later one may have seen the
  result; one that was locked after any record of its claim is late, and not scored;
* what gave way is kept under `set_aside`;
* events of the journal: all are kept, each once.

So it does not matter which file is brought first, nor how often.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import inf
from pathlib import Path
from typing import Any

from companion import journal, ledger
from companion.dates import moment, now
from companion.unpacking import SIGN, VERSION, WANTED, unpacked
from companion.whole import write_whole

LARGEST = 50_000_000  # bytes; a whole course is well under one million
Rows = list[dict[str, Any]]


def packed() -> str:
    """All progress of this computer, as the text of one file."""
    held = {SIGN: VERSION, "date": now(), "ledger": ledger.everything(), "journal": journal.events()}
    return json.dumps(held, indent=1) + "\n"


def export(file: str | Path) -> Path:
    """Write all progress into one file. Over an older export, but over nothing else: then ValueError."""
    file = Path(file).expanduser()
    if file.exists():
        try:
            unpacked(file.read_text(encoding="utf-8-sig"), file.name)
        except (ValueError, OSError) as error:
            raise ValueError(f"{file} exists and holds something else: choose another name.") from error
    try:
        write_whole(file, packed(), private=True)
    except OSError as error:
        raise OSError(f"Cannot write {file}: choose a folder of your own.") from error
    return file


def bring_file(file: str | Path) -> str:
    """`bring` what a file holds; ValueError or OSError with one sentence where that cannot be done."""
    file = Path(file).expanduser()
    if not file.is_file():
        raise ValueError(f"There is no file {file}: give {WANTED}.")
    if file.stat().st_size > LARGEST:
        raise ValueError(f"{file.name} is too large for progress: give {WANTED}.")
    return bring(file.read_bytes().decode("utf-8-sig", "replace"), file.name)


def bring(text: str, name: str) -> str:
    """Merge the text of an export into this computer's progress, and say in one sentence what came.

    Nothing is changed unless all of it can be read. ValueError for a text that is no export, OSError where nothing
    can be written.
    """
    data = unpacked(text, name)
    mine, seen = merged(book := ledger.everything(), book), journal.events()
    together = merged(mine, data["ledger"])
    fresh = [event for event in data["journal"] if event not in seen]
    if together != mine:
        ledger.replace(together)
    if fresh:
        # Two files cannot be swapped at once. To stop in between does no harm: bring the file again.
        journal.append(fresh)
    return (
        f"From {name}: {len(together['records']) - len(mine['records'])} new records, "
        f"{len(together['predictions']) - len(mine['predictions'])} new predictions, {len(fresh)} new events."
    )


def merged(mine: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """One ledger of two, by the rules above; neither is changed."""
    records = _once([*mine["records"], *other["records"]])
    first, later = _choose(mine["predictions"], other["predictions"], newest=False)
    result, older = _choose(mine["outcomes"], other["outcomes"], newest=True)
    aside = _once([*mine.get("set_aside", []), *other.get("set_aside", []), *later, *older])
    late = _known_late(first, mine["predictions"], other["predictions"]) | _measured_before(first, records)
    first = {claim_id: entry | {"late": claim_id in late} for claim_id, entry in first.items()}
    together = mine | {"records": records, "predictions": first, "outcomes": result}
    return together | ({"set_aside": aside} if aside else {})


def _choose(mine: dict[str, Any], other: dict[str, Any], newest: bool) -> tuple[dict[str, Any], Rows]:
    """Of two tables by claim: the entries that stand, and those that give way, each with its claim."""
    stand, aside = {}, []
    for claim_id in sorted({*mine, *other}):
        entries = _once(_said(table[claim_id]) for table in (mine, other) if claim_id in table)
        stand[claim_id] = entries[-1 if newest else 0]
        aside += [{"for": claim_id, **entry} for entry in entries if entry != stand[claim_id]]
    return stand, aside


def _known_late(first: dict[str, Any], *tables: dict[str, Any]) -> set[str]:
    """Claims whose standing prediction one of the tables calls late."""
    return {
        claim_id
        for table in tables
        for claim_id, entry in table.items()
        if entry.get("late") and _said(entry) == first[claim_id]
    }


def _measured_before(first: dict[str, Any], records: Rows) -> set[str]:
    """Claims that had been measured, on any computer, before they were predicted."""
    earliest: dict[str, float] = {}
    for record in records:  # they come by date
        earliest.setdefault(record["claim_id"], moment(record["date"]))
    return {claim_id for claim_id, entry in first.items() if earliest.get(claim_id, inf) < moment(entry["date"])}


def _once(rows: Iterable[dict[str, Any]]) -> Rows:
    """Each row once, by date, then by what it says."""
    unique = {json.dumps(row, sort_keys=True): row for row in rows}
    return [row for _, row in sorted(unique.items(), key=lambda pair: (moment(pair[1].get("date")), pair[0]))]


def _said(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry without its lateness, which a merge may find out."""
    return {key: value for key, value in entry.items() if key != "late"}
