"""Checks that several parts of the index share; each failure is one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class UnknownId(KeyError, ValueError):
    """An id that the index does not hold."""

    __str__ = Exception.__str__  # KeyError would print the sentence in quotes


def check_top_k(top_k: int) -> None:
    """Raise ValueError for fewer than one result."""
    if top_k < 1:
        raise ValueError(f"top_k is {top_k}: ask for at least one result (top_k >= 1).")


def check_new(ids: Sequence[str], held: Iterable[str]) -> None:
    """Raise ValueError unless `ids` are distinct str that are not in `held` yet."""
    if not all(isinstance(item, str) for item in ids):
        raise ValueError("ids are str: turn other ids into text with str(id).")
    if len(set(ids)) < len(ids):
        raise ValueError("an id appears twice in one call: give each document an id of its own.")
    if both := sorted(set(ids) & set(held)):
        raise ValueError(f"{both[0]!r} is in the index already: use update, or remove it first.")


def check_held(ids: Sequence[str], held: Iterable[str]) -> None:
    """Raise UnknownId unless all `ids` are in `held`."""
    if missing := sorted(set(ids) - set(held)):
        raise UnknownId(f"{missing[0]!r} is not in the index: check the id, or add the document first.")
