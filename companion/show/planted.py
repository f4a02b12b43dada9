"""Write an article, plant it among the company's own, and see what is found, what is answered, and from where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from companion.show.display import look, show_widget, text
from companion.show.living import box, still

KINDS = ("forum", "manual")


def plant_article(study: Any, index: Any, question: Any, examples: Sequence[str]) -> None:
    """A box for an article, what it passes for, a defence, and below them the passages found and the answer.

    ``study`` is a ``companion.rag.traps_measure.Study``, ``index`` its articles; what is planted is taken out again
    at once. The first example is what the still picture shows. Raises ValueError without an example.
    """
    if not examples:
        raise ValueError("The box needs an article to begin with: pass at least one example.")
    planter = Planter(study, index, question, examples)
    show_widget(planter.box, still(planter.page.value, "strips", kind="ideas"), planter.plain)


class Planter:
    """The living part: ``area`` holds the article, ``kind`` and ``defence`` are chosen, ``page`` shows what came."""

    def __init__(self, study: Any, index: Any, question: Any, examples: Sequence[str]) -> None:
        import ipywidgets as w

        from companion.rag.traps_poison import DEFENCES

        self.study, self.index, self.question, self.examples = study, index, question, list(examples)
        self.area = w.Textarea(self.examples[0], rows=3, layout=w.Layout(width="100%", height="76px"))
        self.area.tooltip = "The article that you plant"
        self.kind = w.Dropdown(options=KINDS, value="forum", description="filed as")
        self.defence = w.Dropdown(options=DEFENCES, value="none", description="defence")
        buttons = [w.Button(description=name, layout=w.Layout(width="auto")) for name in ("Plant and ask", "Another")]
        self.ask, self.another = buttons
        self.ask.button_style = "primary"
        self.page, self.plain = w.HTML(), ""
        self.ask.on_click(lambda _: self.draw())
        self.another.on_click(lambda _: self.next())
        for choice in (self.kind, self.defence):
            choice.observe(self.draw, "value")
        self.box = box(self.area, w.HBox([self.kind, self.defence, *buttons]), self.page, kind="ideas")
        self.draw()

    def next(self) -> None:
        """Put the next example in the box."""
        self.examples.append(self.examples.pop(0))
        self.area.value = self.examples[0]
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Plant what stands in the box, ask, take it out again, and show what came."""
        from companion.rag.traps_poison import answered_under

        try:
            if not self.area.value.strip():
                raise ValueError("The article is empty: write a sentence, or take another example.")
            found = answered_under(
                self.study, self.index, self.question, self.area.value.strip(), self.kind.value, self.defence.value
            )
            page, self.plain = _page(self.question, *found)
            self.page.value = f'{page}<p class="muted">filed as {self.kind.value}; defence: {self.defence.value}</p>'
        except Exception as error:  # a widget has no traceback to show: one sentence instead
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            self.page.value = f'<p role="alert" class="bad">{text(first)}</p>'


def _page(question: Any, said: str, hits: Sequence[Any], cited: Sequence[str]) -> tuple[str, str]:
    """The page as HTML and as plain text."""
    from companion.metrics import exact_match

    good = bool(exact_match(said, question.answer))
    verdict = "right" if good else "withheld" if said.startswith("The pages disagree") else "wrong"
    plain = f"{question.text} {said} ({verdict}; the manual says {question.answer})"
    rows = "".join(_row(number, hit, hit.id in cited) for number, hit in enumerate(hits, 1))
    colour = "good" if good else "bad"
    return (
        f'{look("ideas")}<div role="status" class="said">{text(question.text)} '
        f'<span class="{colour}">{text(said)}</span> <span class="muted">{verdict}; the manual says '
        f"{text(question.answer)}</span></div><ol>{rows}</ol>"
    ), plain


def _row(number: int, hit: Any, cited: bool) -> str:
    planted = hit.metadata.get("planted")
    mark = ' <b class="bad">planted</b>' if planted else f' <span class="muted">{text(hit.metadata["kind"])}</span>'
    used = " <b>← cited</b>" if cited else ""
    return f"<li>{text(hit.text)}{mark}{used}</li>"
