"""A message in a notebook is a small box, elsewhere plain text; everything a learner wrote is escaped."""

from dataclasses import dataclass
from html import escape

COLOURS = {
    "passed": "#2e7d32",
    "failed": "#c62828",
    "hint": "#1565c0",
    "solution": "#6a1b9a",
}  # readable on both themes
SIGNS = {"passed": "✓ ", "failed": "✗ ", "hint": "", "solution": ""}


@dataclass(frozen=True)
class Message:
    """A heading and a few lines, in the colour of its kind: passed, failed, hint or solution."""

    kind: str
    heading: str
    body: str

    def __str__(self) -> str:
        return f"{SIGNS[self.kind]}{self.heading}\n{self.body}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        lines = "<br>".join(escape(line) for line in self.body.splitlines())
        return self._box(lines)

    def _box(self, inside: str) -> str:
        style = f"border-left: 4px solid {COLOURS[self.kind]}; padding: 0.4em 0.8em; margin: 0.4em 0"
        heading = f"<strong>{SIGNS[self.kind]}{escape(self.heading)}</strong>"
        return f'<div role="status" style="{style}">{heading}<br>{inside}</div>'


@dataclass(frozen=True, repr=False)
class Code(Message):
    """A message that shows source."""

    def __init__(self, heading: str, body: str):
        super().__init__("solution", heading, body)

    def _repr_html_(self) -> str:
        return self._box(f"<pre>{escape(self.body)}</pre>")


def in_notebook() -> bool:
    """Whether a kernel is running this code."""
    import sys

    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def show(message: Message) -> None:
    """Display in a notebook, print elsewhere."""
    if in_notebook():
        from IPython.display import display

        display(message)
    else:
        print(message)
