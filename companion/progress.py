"""A progress bar for work that a person waits for; none where nobody looks (TQDM_DISABLE=1)."""

import os
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm.auto import tqdm

Item = TypeVar("Item")


def progress(items: Iterable[Item], what: str = "") -> Iterator[Item]:
    """Go through `items` behind a bar that goes away when it is full.

    tqdm's notebook bar does not read TQDM_DISABLE by itself, as its bar for terminals does.
    """
    return iter(tqdm(items, desc=what or None, leave=False, disable=quiet()))


def quiet() -> bool:
    """Whether bars are switched off."""
    return os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
