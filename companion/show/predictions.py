"""Say what you expect before you measure: drag a bar, say how sure you are, lock it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from companion import ledger
from companion.show.charts import BAR, BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Bar, centres, draw
from companion.show.display import look, show_widget, svg_image, text
from companion.show.specs import Spec, spec
from companion.show.style import COLOURS

HERE = Path(__file__).parent


def predict(claim_id: str) -> None:
    """Draw the coming chart with what is known, and let the learner drag in what they expect.

    The bar moves by mouse, by touch and by the arrow keys. Nothing waits for an answer: the next cell runs
    whether or not a prediction was locked. A locked prediction is kept in the ledger and survives a restart.
    """
    this = spec(claim_id)
    show_widget(PredictionWidget(this), still(this), _plain(this))


class PredictionWidget(anywidget.AnyWidget):
    """The draggable bar. ``locked`` is set by the page; Python then keeps the prediction."""

    _esm = HERE / "predictions.js"
    _css = HERE / "css" / "predict.css"
    spec = traitlets.Dict().tag(sync=True)
    value = traitlets.Float(0.0).tag(sync=True)
    confidence = traitlets.Unicode(ledger.CONFIDENCES[0]).tag(sync=True)
    locked = traitlets.Bool(False).tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)

    def __init__(self, this: Spec) -> None:
        self._id, self._axis = this.id, this.axis
        old = ledger.predictions().get(this.id)
        start = {"value": old.value, "confidence": old.confidence, "locked": True} if old else {}
        super().__init__(spec=_for_page(this), **({"value": (this.low + this.high) / 2} | start))
        if old:
            self.message = self._said(old)
        self.observe(self._keep, names="locked")

    def _keep(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        try:
            kept = ledger.lock(self._id, self.value, self.confidence)
        except (OSError, ValueError) as error:
            self.message, self.locked = str(error), False
            return
        self.value, self.confidence, self.message = kept.value, kept.confidence, self._said(kept)

    def _said(self, kept: ledger.Prediction) -> str:
        said = f"Locked: {self._axis.say(kept.value)}, {kept.confidence}."
        if kept.late:
            return f"{said} The result was already out, so this one is kept but not scored."
        return f"{said} Run on to see."


def still(this: Spec) -> str:
    """The picture for readers without a kernel: what is known, and an open place."""
    bars = [*this.known_bars(), Bar(this.label, "open")]
    known = ", ".join(f"{b.label} {this.axis.say(b.value)}" for b in bars if b.value is not None)
    alt = f"Chart to be predicted. {this.question} Known beforehand: {known or 'nothing yet'}."
    picture = svg_image(draw(this.axis, bars), alt, WIDTH)
    asked = f'<p class="question">{text(this.question)}</p>'
    return f'{look("asked")}<div class="companion paper companion-asked">{asked}{picture}</div>'


def _plain(this: Spec) -> str:
    return f"[prediction {this.id}] {this.question}"


def _for_page(this: Spec) -> dict[str, Any]:
    """What the page needs to draw: the geometry is the still picture's."""
    known = this.known_bars()
    middles = centres(len(known) + 1)
    ticks = [this.low + (this.high - this.low) * i / 4 for i in range(5)]
    return {
        "title": this.title,
        "question": this.question,
        "y_label": this.y_label,
        "label": this.label,
        "low": this.low,
        "high": this.high,
        "step": this.step,
        "unit": this.unit,
        "ticks": ticks,
        "confidences": list(ledger.CONFIDENCES),
        "known": [{"label": b.label, "value": b.value, "x": x} for b, x in zip(known, middles, strict=False)],
        "x": middles[-1],
        "plot": {
            "width": WIDTH,
            "height": HEIGHT,
            "left": LEFT,
            "right": RIGHT,
            "top": TOP,
            "bottom": BOTTOM,
        },
        "bar": BAR,
        "colours": COLOURS,
    }
