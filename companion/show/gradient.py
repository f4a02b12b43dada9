"""One weight rolls down its loss: choose the size of the step, then take one or ten."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from companion.show.display import show_widget, text
from companion.show.drawing import line, sheet, short, words
from companion.show.living import box, still
from companion.show.style import COLOURS

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 320, 62, 622, 34, 270
RATES = (0.0001, 0.0003, 0.001, 0.0017, 0.003, 0.0034, 0.0035, 0.004)
LOST = 1e3  # a weight this large will not come back


def gradient_stepper(
    loss: Callable[[float], float],
    start: float = 0.0,
    rate: float = 0.001,
    low: float = -0.5,
    high: float = 3.0,
    rates: tuple[float, ...] = RATES,
) -> None:
    """The curve of ``loss`` over one weight from ``low`` to ``high``, a slider of learning rates, and buttons.

    Raises ValueError where ``rate`` is not one of ``rates``.
    """
    if rate not in rates:
        raise ValueError(f"The learning rate {rate} is not on the slider: add it to rates.")
    walk = Walk(loss, start)
    viewer = StepViewer(walk, rate, low, high, rates)
    shown = Walk(loss, start)
    shown.step(rate)  # the still picture shows one step taken
    show_widget(viewer.box, still(_page(shown, rate, low, high), kind="ideas"), said(shown, rate))


def slope(loss: Callable[[float], float], weight: float, nudge: float = 1e-3) -> float:
    """The derivative of ``loss`` at ``weight``, from a nudge to either side; exact for a parabola."""
    return (float(loss(weight + nudge)) - float(loss(weight - nudge))) / (2 * nudge)


class Walk:
    """The weights that gradient descent has visited, oldest first."""

    def __init__(self, loss: Callable[[float], float], start: float) -> None:
        self.loss, self.weights = loss, [float(start)]

    @property
    def weight(self) -> float:
        """Where the walk is now."""
        return self.weights[-1]

    @property
    def lost(self) -> bool:
        """Whether the weight grew beyond return."""
        return not abs(self.weight) < LOST

    def following(self, rate: float) -> float:
        """Where one step would lead: w - rate * slope."""
        return self.weight - rate * slope(self.loss, self.weight)

    def step(self, rate: float, count: int = 1) -> None:
        """Take steps; none once the weight is lost."""
        for _ in range(count):
            if not self.lost:
                self.weights.append(self.following(rate))


class StepViewer:
    """The living part: ``slider`` is the learning rate, the buttons walk, ``page`` is the drawing."""

    def __init__(self, walk: Walk, rate: float, low: float, high: float, rates: tuple[float, ...]) -> None:
        import ipywidgets as w

        self.walk, self.low, self.high = walk, low, high
        self.slider = w.SelectionSlider(
            options=[(f"{one:g}", one) for one in rates],
            value=rate,
            description="learning rate",
            style={"description_width": "100px"},
            layout=w.Layout(width="440px", max_width="98%"),
        )
        self.one = w.Button(description="One step", button_style="primary")
        self.ten, self.again = w.Button(description="Ten steps"), w.Button(description="Start again")
        for button in (self.one, self.ten, self.again):
            button.layout.width = "auto"
        self.page = w.HTML()
        self.slider.observe(self.draw, names="value")
        self.one.on_click(lambda _: self.go(1))
        self.ten.on_click(lambda _: self.go(10))
        self.again.on_click(lambda _: self.go(0))
        buttons = w.HBox([self.one, self.ten, self.again])
        self.box = box(self.slider, buttons, self.page, kind="ideas")
        self.draw()

    def go(self, steps: int) -> None:
        """Take so many steps; 0 starts again."""
        if steps == 0:
            del self.walk.weights[1:]
        self.walk.step(self.slider.value, steps)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Draw where the walk is."""
        self.page.value = _page(self.walk, self.slider.value, self.low, self.high)


def said(walk: Walk, rate: float) -> str:
    """Steps done, the weight, its loss and slope; and what the next step would do."""
    done = len(walk.weights) - 1
    where = f"After {done} step{'s' * (done != 1)}: weight {_number(walk.weight)}"
    if walk.lost:
        return f"{where}. It will not come back: the steps are too large. Start again with a smaller learning rate."
    here, there = float(walk.loss(walk.weight)), float(walk.loss(walk.following(rate)))
    tilt = slope(walk.loss, walk.weight)
    now = f"{where}, loss {_number(here)}, slope {_number(tilt)}."
    if abs(there - here) <= 1e-6 * max(1.0, abs(here)):
        return f"{now} It has arrived: the ground is level."
    change = "down" if there < here else "UP"
    move = f"{'+' if tilt < 0 else '−'}{_number(abs(rate * tilt))}"
    return f"{now} Next step: weight {move}, loss {change} to {_number(there)}."


def _number(value: float) -> str:
    if not abs(value) < 1e12:
        return "beyond a million million"
    digits = 3 if abs(value) < 10 else 1 if abs(value) < 10_000 else 0
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")


def _page(walk: Walk, rate: float, low: float, high: float) -> str:
    alarm = " bad" if walk.lost or walk.loss(walk.following(rate)) > 1.0001 * walk.loss(walk.weight) else ""
    status = f'<div role="status" class="said{alarm}">{text(said(walk, rate))}</div>'
    note = "Dot: the weight now. Ring: where the next step lands. Straight line: the slope. Small dots: earlier steps."
    return f'{status}{_drawing(walk, rate, low, high)}<div class="muted">{note}</div>'


def _drawing(walk: Walk, rate: float, low: float, high: float) -> str:
    grid = [low + (high - low) * i / 100 for i in range(101)]
    plane = Plane(low, high, max(float(walk.loss(w)) for w in grid))
    curve = " ".join(f"{plane.x(w)},{plane.y(float(walk.loss(w)))}" for w in grid)
    body = plane.axes()
    body.append(f'<polyline points="{curve}" fill="none" stroke="{COLOURS["measured"]}" stroke-width="2.5"/>')
    body += [plane.dot(w, float(walk.loss(w)), 3.5, COLOURS["muted"]) for w in walk.weights[-21:-1]]
    if not walk.lost:
        body += _now(walk, rate, plane)
    alt = f"A curve of loss over one weight. {said(walk, rate)}"
    return sheet(WIDTH, HEIGHT, body, alt)


def _now(walk: Walk, rate: float, plane: Plane) -> list[str]:
    w, loss, tilt = walk.weight, float(walk.loss(walk.weight)), slope(walk.loss, walk.weight)
    after = walk.following(rate)
    there = float(walk.loss(after))
    reach = plane.tangent(tilt)
    ends = [(plane.x(w + side * reach), plane.y(loss + side * reach * tilt)) for side in (-1, 1)]
    path = line(*ends[0], *ends[1], "finetune", 'stroke-width="2.5"') if plane.inside(w, loss) else ""
    jump = line(plane.x(w), plane.y(loss), plane.x(after), plane.y(there), "ink", 'stroke-dasharray="4 3"')
    ring = f'cx="{short(plane.x(after))}" cy="{short(plane.y(there))}" r="6" stroke="{COLOURS["ink"]}"'
    side = "end" if w > (plane.low + plane.high) / 2 else "start"
    gone = "" if plane.inside(w, loss) else words(plane.x(w), TOP - 14, "off the page", 13, "bad", side, bold=True)
    return [path, jump, f'<circle {ring} fill="#fff" stroke-width="2"/>', plane.dot(w, loss, 7, COLOURS["ink"]), gone]


class Plane:
    """Where a weight and a loss lie on the sheet; what is outside is drawn at the edge."""

    def __init__(self, low: float, high: float, top: float) -> None:
        self.low, self.high, self.top = low, high, top

    def x(self, weight: float) -> float:
        share = (min(max(weight, self.low), self.high) - self.low) / (self.high - self.low)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def y(self, loss: float) -> float:
        return round(BOTTOM - min(max(loss / self.top, 0.0), 1.0) * (BOTTOM - TOP), 1)

    def inside(self, weight: float, loss: float) -> bool:
        """Whether the point is on the sheet."""
        return self.low <= weight <= self.high and loss <= self.top

    def tangent(self, tilt: float) -> float:
        """Half the width, in weights, of a slope line of about 90 points."""
        across, up = (RIGHT - LEFT) / (self.high - self.low), (BOTTOM - TOP) / self.top
        return 45 / math.hypot(across, up * tilt)

    def dot(self, weight: float, loss: float, radius: float, colour: str) -> str:
        place = f'cx="{short(self.x(weight))}" cy="{short(self.y(loss))}"'
        return f'<circle {place} r="{radius}" fill="{colour}"/>'

    def axes(self) -> list[str]:
        """Both axes with their numbers and names."""
        parts = [line(LEFT, BOTTOM, RIGHT, BOTTOM, "muted"), line(LEFT, TOP, LEFT, BOTTOM, "muted")]
        for weight in ticks(self.low, self.high):
            parts.append(words(self.x(weight), BOTTOM + 18, f"{weight:g}".replace("-", "−"), size=12, colour="muted"))
        for loss in ticks(0, self.top):
            parts.append(words(LEFT - 8, self.y(loss) + 4, f"{loss:g}", size=12, colour="muted", anchor="end"))
        parts.append(words((LEFT + RIGHT) / 2, BOTTOM + 40, "the weight"))
        parts.append(words(16, 18, "loss", anchor="start"))
        return parts


def ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers from ``low`` to ``high``, at most ``most`` of them, a step of 1, 2 or 5 apart."""
    exact = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(exact))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= exact * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]
