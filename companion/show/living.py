"""Parts that the living drawings share: an SVG document, words in it, a said sentence, a paper for sliders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from companion.show.display import look, text
from companion.show.style import COLOURS, SANS

SLIDER_WIDTH = "470px"


def svg(width: int, height: int, body: str, alt: str = "", style: str = "") -> str:
    """A whole SVG document. ``alt`` is for a drawing that is put into a page as it is, not as an ``<img>``."""
    heard = f' role="img" aria-label="{text(alt)}"' if alt else ""
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="drawn" {size}{heard} font-family="{SANS}" font-size="13" '
        f'fill="{COLOURS["ink"]}">{f"<style>{style}</style>" if style else ""}{body}</svg>'
    )


def paper(width: int, height: int) -> str:
    """The ground of a drawing that stands alone."""
    return f'<rect width="{width}" height="{height}" rx="10" fill="{COLOURS["paper"]}"/>'


def words(x: float, y: float, said: str, rest: str = 'text-anchor="middle"') -> str:
    """One line of text in a drawing. Letters that no XML may hold are left out."""
    shown = text("".join(letter for letter in str(said) if letter.isprintable()))
    return f'<text x="{round(x, 1)}" y="{round(y, 1)}" {rest}>{shown}</text>'


def said(sentence: str) -> str:
    """A sentence with the drawing's numbers; a screen reader says it again whenever it changes."""
    return f'<div role="status" class="said">{text(sentence)}</div>'


def percent(share: float) -> str:
    """0.616 is ``62 %``."""
    return f"{100 * share:.0f} %"


def stops(options: Sequence[tuple[str, Any]], value: Any, description: str) -> Any:
    """A slider that knows only these stops; arrow keys go from one to the next."""
    import ipywidgets as w

    shape = {"style": {"description_width": "120px"}, "layout": w.Layout(width=SLIDER_WIDTH, max_width="98%")}
    return w.SelectionSlider(options=options, value=value, description=description, **shape)


def box(*children: Any, sheets: Sequence[str] = ()) -> Any:
    """The paper that holds sliders and their drawing."""
    import ipywidgets as w

    held = w.VBox([w.HTML(look("sliders", *sheets)), *children])
    for name in ("companion", "paper", "companion-sliders"):
        held.add_class(name)
    return held


def still(inner: str, *sheets: str) -> str:
    """The same paper without the sliders, for pages that have no kernel."""
    return f'{look("sliders", *sheets)}<div class="companion paper companion-sliders">{inner}</div>'
