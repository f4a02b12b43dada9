"""Parts that the living drawings share: an SVG document, words in it, a said sentence, a paper for controls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from companion.show.display import look, text
from companion.show.drawing import legible
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
    return f'<text x="{round(x, 1)}" y="{round(y, 1)}" {rest}>{legible(said)}</text>'


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


def box(*children: Any, kind: str = "sliders", sheets: Sequence[str] = ()) -> Any:
    """The paper that holds controls and their drawing; ``kind`` is its style sheet and its class."""
    import ipywidgets as w

    held = w.VBox([w.HTML(look(kind, *sheets)), *children])
    for name in ("companion", "paper", f"companion-{kind}"):
        held.add_class(name)
    return held


def still(inner: str, *sheets: str, kind: str = "sliders") -> str:
    """The same paper without the controls, for pages that have no kernel."""
    return f'{look(kind, *sheets)}<div class="companion paper companion-{kind}">{inner}</div>'


class Typed:
    """A box to type in, a button that brings the next example, and a page drawn from what was typed.

    ``area`` is typed in, ``another`` is the button, ``page`` is drawn, ``box`` holds all. A subclass writes ``drawn``.
    """

    def __init__(self, typed: str, examples: Sequence[str], tooltip: str, rows: int, height: int) -> None:
        import ipywidgets as w

        self.examples = [*examples, typed]
        self.area = w.Textarea(typed, rows=rows, layout=w.Layout(width="100%", height=f"{height}px"))
        self.area.tooltip = tooltip
        self.another = w.Button(description="Another example", layout=w.Layout(width="auto", align_self="flex-start"))
        self.page = w.HTML()
        self.area.observe(self.draw, names="value")
        self.another.on_click(lambda _: self.next())
        self.box = box(self.area, self.another, self.page, kind="ideas")
        self.draw()

    def drawn(self, typed: str) -> str:
        """The page for a text."""
        raise NotImplementedError

    def next(self) -> None:
        """Put the next example in the box."""
        self.examples.append(self.examples.pop(0))
        # A learner may have typed just this one: then the one after it.
        if self.examples[-1] == self.area.value:
            self.examples.append(self.examples.pop(0))
        self.area.value = self.examples[-1]

    def draw(self, _: Any = None) -> None:
        """Draw again."""
        self.page.value = self.drawn(self.area.value)
