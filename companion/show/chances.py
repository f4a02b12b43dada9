"""Scores become probabilities, and a temperature makes them bolder or more even."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from companion.show.display import show_widget, text
from companion.show.drawing import sheet, words
from companion.show.living import box, still
from companion.show.style import COLOURS

WIDTH, ROW, LEFT, LONGEST = 660, 25, 160, 430
COLDEST, HOTTEST = 0.1, 4.0


def next_tokens(generator: Any, question: str, count: int = 10) -> dict[str, float]:
    """The tokens with the largest logits, best first, for the first token of the answer to ``question``.

    The generator answers without any passage. Keys are tokens as text; values are logits, which have no unit.
    """
    import torch

    ids = generator.encode(generator.prompt(question, []))
    with torch.inference_mode():
        out = generator.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            past_key_values=generator.read(ids),
            max_new_tokens=1,
            do_sample=False,
            output_logits=True,
            return_dict_in_generate=True,
            **generator.ends(),
        )
    logits, rows = out.logits[0][0].topk(count)  # (count,)
    names = [generator.tokenizer.decode(row).strip() for row in rows]
    return dict(zip(names, logits.tolist(), strict=True))


def softmax(scores: Mapping[str, float], temperature: float = 1.0) -> dict[str, float]:
    """p_i = exp(s_i / T) / sum_j exp(s_j / T).

    The largest score is taken off first, which changes no p and keeps exp from overflowing.
    Raises ValueError where ``temperature`` is not above 0 or there are no scores.
    """
    if not scores or not temperature > 0:
        raise ValueError("softmax needs scores and a temperature above 0: as it nears 0 the best gets all.")
    best = max(scores.values())
    powers = {name: math.exp((score - best) / temperature) for name, score in scores.items()}
    return {name: power / sum(powers.values()) for name, power in powers.items()}


def temperature_slider(scores: Mapping[str, float], temperature: float = 1.0) -> None:
    """Bars of the probabilities of ``scores`` (name -> logit), and a slider for the temperature."""
    viewer = SoftmaxViewer(scores, temperature)
    chances = softmax(scores, temperature)
    plain = f"temperature {temperature:.1f}: " + ", ".join(f"{name} {p:.2f}" for name, p in chances.items())
    show_widget(viewer.box, still(viewer.page.value, kind="ideas"), plain)


class SoftmaxViewer:
    """The living part: ``slider`` is the temperature, ``page`` the bars."""

    def __init__(self, scores: Mapping[str, float], temperature: float) -> None:
        import ipywidgets as w

        self.scores = dict(scores)
        shape = {"style": {"description_width": "100px"}, "layout": w.Layout(width="440px", max_width="98%")}
        self.slider = w.FloatSlider(
            temperature, min=COLDEST, max=HOTTEST, step=0.1, description="temperature", readout_format=".1f", **shape
        )
        self.page = w.HTML()
        self.slider.observe(self.draw, names="value")
        self.box = box(self.slider, self.page, kind="ideas")
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Compute and draw again."""
        self.page.value = _page(self.scores, self.slider.value)


def _page(scores: Mapping[str, float], temperature: float) -> str:
    chances = softmax(scores, temperature)
    best = max(chances, key=chances.__getitem__)
    said = f"At temperature {temperature:.1f} the best, {best}, gets {_percent(chances[best])}."
    return (
        f'<div role="status" class="said">{text(said)}</div>{_bars(scores, chances)}'
        '<div class="muted">Grey: the logit, which the slider does not change. Blue: the probability.</div>'
    )


def _bars(scores: Mapping[str, float], chances: Mapping[str, float]) -> str:
    body = []
    for row, (name, chance) in enumerate(chances.items()):
        y, wide = 6 + ROW * row, round(LONGEST * chance)
        box = f'x="{LEFT}" y="{y}" width="{max(1, wide)}" height="{ROW - 7}" rx="2" fill="{COLOURS["measured"]}"'
        body += [
            words(LEFT - 60, y + 14, name, anchor="end"),
            words(LEFT - 10, y + 14, f"{scores[name]:.2f}", size=12, colour="muted", anchor="end"),
            f"<rect {box}/>",
            words(LEFT + wide + 8, y + 14, _percent(chance), anchor="start", bold=True),
        ]
    alt = "Bars of probability: " + ", ".join(f"{name} {_percent(chance)}" for name, chance in chances.items()) + "."
    return sheet(WIDTH, 8 + ROW * len(chances), body, alt)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else "< 1 %" if share < 0.005 else "1 %"
