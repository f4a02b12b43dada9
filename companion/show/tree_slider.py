"""Slide a need and see the advice flip: the document's tree beside the measured figures, and a card to keep."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from companion.choose.advice import Advice, recommend
from companion.choose.deciding import decisive
from companion.choose.figures import Figure, read_figures, values
from companion.choose.needs import QUESTIONS, Needs
from companion.choose.page import card_html, measure
from companion.show.display import show_widget, svg_image, text
from companion.show.living import box, said, still, stops
from companion.show.tree_drawing import WIDTH, drawing, sentence

UNKNOWN = "not known yet"  # a stop of each slider; None would mean to ipywidgets that no stop is chosen
ALT = "The tree with the way that these needs take, and a bar for each path; the sentence above says where they end."
CARD = "decision_card.html"
START = Needs(
    kind="both",
    update_days=1.0,
    labels=600,
    latency_ms=500.0,
    memory_mb=1000.0,
    calls_per_day=10_000,
    sources=False,
    style=False,
)


def tree_and_figures(needs: Needs = START, figures: Mapping[str, Figure] | None = None) -> None:
    """Eight sliders, the tree with its way, and the bars of the recommender; a button writes the decision card.

    needs: where the sliders begin. figures: as `read_figures` gives them; None reads the ledger.
    """
    chooser = Chooser(needs, figures)
    advice = chooser.advice()
    picture = svg_image(drawing(advice), f"{sentence(advice)} {ALT}", WIDTH)
    inside = f"{said(sentence(advice))}{picture}{_stated(needs)}"
    show_widget(chooser.box, still(inside), sentence(advice))


class Chooser:
    """The living part: `sliders` by need, `page` the drawing, `title`, `keep` and `kept` for the card."""

    def __init__(self, needs: Needs, figures: Mapping[str, Figure] | None = None) -> None:
        import ipywidgets as w

        self.figures = read_figures() if figures is None else figures
        self.sliders = {name: _slider(name, getattr(needs, name)) for name in QUESTIONS}
        self.page, self.kept = w.HTML(), w.HTML()
        self.title = w.Text("Which path?", description="card's title", layout=w.Layout(width="330px", max_width="98%"))
        self.keep = w.Button(description="Write the decision card", layout=w.Layout(width="auto"))
        for slider in self.sliders.values():
            slider.observe(self.draw, names="value")
        self.keep.on_click(lambda _: self.write())
        rows = w.HBox([self.title, self.keep], layout=w.Layout(flex_flow="row wrap"))
        grid = w.GridBox(
            [*self.sliders.values()], layout=w.Layout(grid_template_columns="repeat(2, minmax(300px, 1fr))")
        )
        self.box = box(grid, self.page, rows, self.kept)
        self.draw()

    def needs(self) -> Needs:
        """What the sliders say."""
        return Needs(**{name: s.value for name, s in self.sliders.items() if s.value is not UNKNOWN})

    def advice(self) -> Advice:
        """The advice for what the sliders say."""
        return recommend(self.needs(), self.figures)

    def draw(self, _: Any = None) -> None:
        """Advise and draw again."""
        advice = self.advice()
        question = f'<div class="muted">{text(advice.questions[0])}</div>' if advice.questions else ""
        self.page.value = said(sentence(advice)) + drawing(advice, ALT) + question + _stated(advice.needs)
        self.kept.value = ""

    def write(self) -> None:
        """Write the card beside the notebook, and say so."""
        advice = self.advice()
        turning = decisive(advice.needs, values(self.figures)) if advice.path else None
        try:
            Path(CARD).write_text(card_html(advice, turning, self.title.value), "utf-8")
        except OSError as error:
            self.kept.value = said(f"{CARD} could not be written here: {error}.")
            return
        what = f" The one measurement that would change it: {measure(turning)}" if advice.path else ""
        self.kept.value = said(f"Written: {CARD}, beside this notebook; it opens in any browser and prints.{what}")


def _slider(name: str, value: Any) -> Any:
    question = QUESTIONS[name]
    options, value = [(UNKNOWN, UNKNOWN), *question.answers], UNKNOWN if value is None else value
    if value not in [own for _, own in options]:
        options.append((question.said(value), value))
    slider = stops(options, value, question.short)
    slider.layout.width = "100%"
    return slider


def _stated(needs: Needs) -> str:
    stated = (f"{q.short}: {q.said(getattr(needs, name))}" for name, q in QUESTIONS.items())
    return f'<div class="muted">{text("; ".join(stated))}.</div>'
