"""Dates as the course's records hold them: ISO 8601 with the offset from UTC."""

import math
from datetime import datetime


def now(precision: str = "seconds") -> str:
    """This moment, as a record holds it."""
    return datetime.now().astimezone().isoformat(timespec=precision)


def moment(date: object) -> float:
    """A date as seconds, to sort by; what is no date comes first."""
    try:
        return datetime.fromisoformat(date).astimezone().timestamp()  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return -math.inf


def is_moment(date: object) -> bool:
    """Whether this is a date and time with its offset."""
    try:
        return datetime.fromisoformat(date).tzinfo is not None and moment(date) > -math.inf  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
