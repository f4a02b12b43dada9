"""Figures: a matplotlib canvas in the course's style, shown with alt text and its rounded numbers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from companion.show.display import look, png_image, show
from companion.show.style import rc


def canvas(width: float = 7.2, height: float = 3.4, rows: int = 1, columns: int = 1) -> tuple[Any, Any]:
    """A styled figure and its axes; sizes in inches.

    It is made without pyplot, so nothing shows it a second time and nothing has to be closed.
    """
    import matplotlib
    from matplotlib.figure import Figure

    # For the whole session, since titles and legends look their settings up when they are drawn.
    matplotlib.rcParams.update(rc())
    fig = Figure(figsize=(width, height), layout="constrained")
    return fig, fig.subplots(rows, columns)


def figure(fig: Any, alt: str, table: Mapping | Sequence[Mapping] | None = None) -> None:
    """Show ``fig`` with alt text and print its numbers, rounded.

    ``table`` is ``{name: number}``, ``{row: {column: number}}`` or a list of such rows. A learner who cannot
    see the picture reads the same numbers, and the stored notebook is compared by them.
    """
    buffer = io.BytesIO()
    # No metadata: it would hold the version of matplotlib.
    fig.savefig(buffer, format="png", dpi=180, metadata={"Software": None})
    pixels = int(fig.get_size_inches()[0] * 96)
    image = png_image(buffer.getvalue(), alt, pixels)
    html = f'{look("figure")}<figure class="companion paper companion-figure">{image}</figure>'
    show(html, f"[figure: {alt}]")
    if table:
        print(rounded(table))


def rounded(table: Mapping | Sequence[Mapping]) -> str:
    """The table as aligned text. Numbers show three digits after the point, whole numbers none."""
    rows = _rows(table)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]).rstrip()
        for row in rows
    )


def _rows(table: Mapping | Sequence[Mapping]) -> list[list[str]]:
    if not isinstance(table, Mapping):
        columns = list(dict.fromkeys(key for row in table for key in row))
        return [columns] + [[cell(row.get(c, "")) for c in columns] for row in table]
    if all(isinstance(row, Mapping) for row in table.values()):
        columns = list(dict.fromkeys(key for row in table.values() for key in row))
        return [["", *map(str, columns)]] + [
            [str(name), *(cell(row.get(c, "")) for c in columns)] for name, row in table.items()
        ]
    return [[str(name), cell(value)] for name, value in table.items()]


def cell(value: object) -> str:
    """One entry: ``0.94999`` is ``0.950``, ``12.0`` of type float is ``12.000``, ``12`` stays ``12``."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return str(value)
    if isinstance(value, int) or "int" in type(value).__name__:
        return str(int(value))
    return f"{float(value):.3f}"
