"""Read a progress file that came from elsewhere: all of it is sound, or one sentence says that it is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from companion import journal
from companion.dates import is_moment
from companion.ledger import CONFIDENCES, VERDICTS

SIGN = "companion progress"
VERSION = 1
WANTED = "the file that `companion progress --export` wrote"
SEED = re.compile(r"-?[0-9]{1,9}")


def unpacked(text: str, name: str) -> dict[str, Any]:
    """{"ledger": ..., "journal": [...]} of an export's text. ValueError with one sentence for anything else."""
    foreign = f"{name} holds no progress of this course: give {WANTED}."
    try:
        data = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(foreign) from error
    if not isinstance(data, dict) or not isinstance(version := data.get(SIGN), int):
        raise ValueError(foreign)
    if version > VERSION:
        raise ValueError(f"{name} comes from a newer edition of the course: update the course, then import it again.")
    if not (_writable(data) and _sound(data)):
        raise ValueError(f"{name} is damaged, so nothing was taken from it: export it again where it comes from.")
    return {"ledger": data["ledger"], "journal": data["journal"]}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _writable(data: Any) -> bool:
    """Whether all text can be stored: no half letters (lone surrogates)."""
    try:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def _sound(data: Mapping[str, Any]) -> bool:
    book, events = data.get("ledger"), data.get("journal")
    return (
        isinstance(book, dict)
        and isinstance(events, list)
        and all(map(journal.sound, events))
        and _all(book.get("records"), list, _record)
        and _all(book.get("predictions"), dict, _prediction)
        and all(claim_id == entry["claim_id"] for claim_id, entry in book["predictions"].items())
        and _all(book.get("outcomes"), dict, _outcome)
        and _all(book.get("set_aside", []), list, _aside)
    )


def _all(held: Any, kind: type, sound: Callable[[Any], bool]) -> bool:
    entries = held.values() if isinstance(held, dict) else held
    return isinstance(held, kind) and all(isinstance(entry, dict) and sound(entry) for entry in entries)


def _record(entry: dict[str, Any]) -> bool:
    sides = [entry.get(side) for side in ("values", "baseline")]
    return (
        entry.keys() == {"claim_id", "values", "baseline", "verdict", "note", "date"}
        and _texts(entry, "claim_id", "note")
        and entry["verdict"] in VERDICTS
        and is_moment(entry["date"])
        and all(isinstance(side, dict) and all(map(_seed, side)) and all(map(_number, side.values())) for side in sides)
    )


def _prediction(entry: dict[str, Any]) -> bool:
    needed = {"claim_id", "value", "confidence", "date"}
    return (
        needed <= entry.keys() <= {*needed, "late"}
        and _texts(entry, "claim_id")
        and _number(entry["value"])
        and entry["confidence"] in CONFIDENCES
        and is_moment(entry["date"])
        and isinstance(entry.get("late", False), bool)
    )


def _outcome(entry: dict[str, Any]) -> bool:
    needed = {"measured", "document", "tolerance"}
    return (
        needed <= entry.keys() <= {*needed, "date"}
        and all(_number(entry[name]) for name in ("measured", "tolerance"))
        and (entry["document"] is None or _number(entry["document"]))
        and ("date" not in entry or is_moment(entry["date"]))
    )


def _aside(entry: dict[str, Any]) -> bool:
    held = {key: value for key, value in entry.items() if key != "for"}
    return _texts(entry, "for") and (_prediction(held) or _outcome(held))


def _texts(entry: dict[str, Any], *names: str) -> bool:
    return all(isinstance(entry.get(name), str) for name in names)


def _seed(key: str) -> bool:
    return bool(SEED.fullmatch(key))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e300 < value < 1e300
