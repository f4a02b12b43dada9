"""Names of a package that are imported when they are first used (PEP 562), so that the package itself costs nothing."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def lazy(package: str, home: dict[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for a package; `home` maps each public name to the submodule that holds it."""

    def get(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"{package} has no {name!r}; it has {', '.join(sorted(home))}.")
        value = getattr(import_module(f"{package}.{home[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: sorted(home)
