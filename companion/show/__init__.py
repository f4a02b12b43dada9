"""What the learner sees: figures, listings, predictions, cards and widgets.

Everything is loaded when it is first asked for, so that ``import companion.show`` costs nothing.
"""

from importlib import import_module
from typing import Any

_WHERE = {
    "COLOURS": "style",
    "canvas": "figures",
    "figure": "figures",
    "source": "sources",
    "predict": "predictions",
    "card": "cards",
    "edit_and_ask": "editor",
    "chunk_slider": "chunks",
    "ask_three_ways": "three_ways",
    "course_map": "map",
    "ledger_page": "pages",
}
__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"companion.show has no {name!r}; it has {', '.join(__all__)}.")
    value = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
