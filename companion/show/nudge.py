"""Nudge one weight and watch the answers move: some weights pull back hard, most do not pull at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from companion.show.display import show_widget, svg_image
from companion.show.living import box, paper, said, still, stops, svg, words
from companion.show.style import COLOURS

WIDTH, HEIGHT = 720, 306
LEFT, RIGHT, TOP, BOTTOM = 70, 690, 40, 250
ALT = "How far the answers move when one weight is nudged, beside the spring; the sentence above has the numbers."


@dataclass(frozen=True)
class Nudged:
    """One weight: its name, its Fisher, the nudges, and how far the answers moved at each, in nats."""

    name: str
    stiffness: float
    nudges: tuple[float, ...]
    moved: tuple[float, ...]

    def spring(self, nudge: float) -> float:
        """What a spring of this stiffness says: F / 2 times the nudge squared."""
        return self.stiffness / 2 * nudge**2


PICKED = {"the stiffest of all": 0.0, "one in a thousand is stiffer": 0.001, "one in ten is stiffer": 0.1}
REACH = tuple(round(-1 + i / 10, 1) for i in range(21))


def nudged(model: Any, inputs: Any, fisher: Any) -> list[Nudged]:
    """Nudge three weights of the model, from the stiffest to a common one, by up to 1 to either side."""
    from companion.finetune.ewc import answers_moved, ranked

    found = []
    for name, share in PICKED.items():
        where, place, stiffness = ranked(fisher, share)
        moved = answers_moved(model, inputs, where, place, REACH)
        found.append(Nudged(name, stiffness, REACH, tuple(round(max(0.0, m), 5) for m in moved)))
    return found


def nudge_slider(weights: Sequence[Nudged]) -> None:
    """Sliders for the weight and the nudge; the measured curve is drawn, and the spring's parabola dashed.

    ``weights``: all with the same nudges. The still picture shows the first, pushed as far as it goes.
    """
    if len({one.nudges for one in weights}) != 1:
        raise ValueError("The weights were nudged by different steps, or there is none: nudge all by the same.")
    slider, first = NudgeSlider(weights), weights[0]
    last = len(first.nudges) - 1
    image = svg_image(
        svg(WIDTH, HEIGHT, paper(WIDTH, HEIGHT) + _parts(weights, first, last)), sentence(first, last), WIDTH
    )
    show_widget(slider.box, still(said(sentence(first, last)) + image), sentence(first, last))


class NudgeSlider:
    """The living part: ``weight`` and ``nudge`` are turned, ``page`` is the drawing."""

    def __init__(self, weights: Sequence[Nudged]) -> None:
        import ipywidgets as w

        self.weights = weights
        self.weight = stops([(one.name, i) for i, one in enumerate(weights)], 0, "which weight")
        steps = [(f"{nudge:+.2f}", i) for i, nudge in enumerate(weights[0].nudges)]
        self.nudge = stops(steps, len(steps) - 1, "nudge")
        self.page = w.HTML()
        for slider in (self.weight, self.nudge):
            slider.observe(self.draw, names="value")
        self.box = box(self.weight, self.nudge, self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Nudge and draw again."""
        now, at = self.weights[self.weight.value], self.nudge.value
        drawing = svg(WIDTH, HEIGHT, _parts(self.weights, now, at), ALT)
        self.page.value = said(sentence(now, at)) + drawing


def sentence(now: Nudged, at: int) -> str:
    """The numbers in words."""
    nudge, moved = now.nudges[at], now.moved[at]
    return (
        f"{now.name}: stiffness {now.stiffness:.2g}. Nudged by {nudge:+.2f}, the answers move by {moved:.3f} nats; "
        f"the spring says {now.spring(nudge):.3f}."
    )


def _parts(weights: Sequence[Nudged], now: Nudged, at: int) -> str:
    top = 1.1 * max(max(one.moved) for one in weights) or 1.0
    grey = f'font-size="12" fill="{COLOURS["muted"]}"'
    parts = [words(LEFT - 56, 22, "how far the answers move (nats)", 'font-weight="600"')]
    for share in (0, 0.5, 1):
        y = _y(share * top, top)
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}" stroke="{COLOURS["grid"]}"/>')
        parts.append(words(LEFT - 8, y + 4, f"{share * top:.3f}", f'text-anchor="end" {grey}'))
    for nudge in (now.nudges[0], 0, now.nudges[-1]):
        parts.append(
            words(_x(now, nudge), BOTTOM + 20, f"{nudge:+.2f}" if nudge else "0", f'text-anchor="middle" {grey}')
        )
    parts.append(words((LEFT + RIGHT) / 2, BOTTOM + 42, "nudge of this one weight", f'text-anchor="middle" {grey}'))
    spring = [(nudge, now.spring(nudge)) for nudge in now.nudges]
    parts.append(_line(now, spring, top, f'stroke="{COLOURS["muted"]}" stroke-width="2" stroke-dasharray="6 5"'))
    measured = list(zip(now.nudges, now.moved, strict=True))
    parts.append(_line(now, measured, top, f'stroke="{COLOURS["finetune"]}" stroke-width="2.6"'))
    x, y = _x(now, now.nudges[at]), _y(now.moved[at], top)
    parts.append(f'<circle cx="{x}" cy="{y}" r="6" fill="{COLOURS["paper"]}" stroke="{COLOURS["finetune"]}" '
                 f'stroke-width="3"/>')  # fmt: skip
    parts.append(words(LEFT + 12, TOP + 14, "measured", f'font-weight="600" fill="{COLOURS["finetune"]}"'))
    parts.append(words(LEFT + 12, TOP + 32, "dashed: spring, F/2 × nudge²", grey))
    return "".join(parts)


def _line(now: Nudged, points: Sequence[tuple[float, float]], top: float, look: str) -> str:
    path = " ".join(f"{_x(now, nudge)},{_y(min(value, top), top)}" for nudge, value in points)
    return f'<polyline points="{path}" fill="none" {look}/>'


def _x(now: Nudged, nudge: float) -> float:
    low, high = now.nudges[0], now.nudges[-1]
    return round(LEFT + (nudge - low) / (high - low) * (RIGHT - LEFT), 1)


def _y(value: float, top: float) -> float:
    return round(BOTTOM - value / top * (BOTTOM - TOP), 1)
