"""Show the package's own source, as it runs, with the place where it stands."""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path
from typing import Any

from companion.show.display import look, show, text

ROOT = Path(__file__).parents[2]


def source(obj: Any, docstring: bool = True) -> None:
    """Show the source of a function, class or method, highlighted, under its file and line.

    ``docstring=False`` keeps only the docstring's first line.
    """
    code, place = listing(obj, docstring)
    html = (
        f'{look("listing")}<div class="companion paper companion-listing">'
        f'<div class="place muted">{text(place)}</div><pre>{_highlight(code)}</pre></div>'
    )
    show(html, f"# {place}\n{code}")


def listing(obj: Any, docstring: bool = True) -> tuple[str, str]:
    """The code and its place, as in ``companion/rag/split.py, line 12``."""
    obj = obj.fget if isinstance(obj, property) else inspect.unwrap(obj)
    try:
        lines, start = inspect.getsourcelines(obj)
        file = Path(inspect.getsourcefile(obj) or "")
    except (TypeError, OSError):
        raise ValueError(f"{obj!r} has no source file to show; pass a function, a class or a method.") from None
    code = textwrap.dedent("".join(lines)).rstrip()
    if not docstring:
        code = _first_line_only(code)
    name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
    return code, f"{name}, line {max(start, 1)}"


def _first_line_only(code: str) -> str:
    return re.sub(
        r'^([ \t]*[rR]?)"""(.*?)"""',
        lambda m: f'{m[1]}"""{m[2].strip().splitlines()[0]}"""' if m[2].strip() else m[0],
        code,
        flags=re.DOTALL | re.MULTILINE,
    )


def _highlight(code: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return highlight(code, PythonLexer(), HtmlFormatter(noclasses=True, nowrap=True, style=_paper_style()))


def _paper_style() -> type:
    from pygments.style import Style
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    class Paper(Style):
        """Dark hues on paper, each with a contrast of 4.5 or more."""

        styles = {
            Comment: "italic #5A626B",
            Keyword: "bold #00558C",
            Operator.Word: "bold #00558C",
            String: "#7A4A00",
            Number: "#7A2F72",
            Name.Function: "bold #22262B",
            Name.Class: "bold #22262B",
            Name.Decorator: "#00694E",
            Name.Builtin: "#00694E",
        }

    return Paper
