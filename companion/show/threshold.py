"""Drag the threshold over two histograms: what is accepted wrongly and what a person has to do count in money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from companion.hybrid.prices import Bill, Prices, best_threshold, bill
from companion.show.display import show_widget, svg_image
from companion.show.living import SLIDER_WIDTH, box, paper, said, still, svg, words
from companion.show.style import COLOURS

WIDTH, HEIGHT, LEFT, RIGHT = 720, 300, 60, 690
TOP, ROOM = 52, 190  # where the tallest bar ends; what the tallest up and the tallest down share, on one scale
BINS = 20
ALT = "Two histograms of confidence and the threshold; the sentence above them holds the numbers."


def threshold_slider(
    confidence: Sequence[float], right: Sequence[bool], start: float = 0.5, prices: Prices | None = None
) -> None:
    """Two histograms of the router's confidence, a slider for the threshold, one for each price.

    ``right`` says of each turn whether the router's machine route is the right one; turns for a person never are.
    The still picture shows the threshold that costs least. Raises ValueError where there are no turns.
    """
    prices = prices or Prices()
    levels = Levels(confidence, right, start, prices)
    best = best_threshold(levels.confidence, levels.right, prices)
    told = sentence(bill(levels.confidence, levels.right, best, prices), best, prices)
    image = svg_image(drawing(levels.confidence, levels.right, best), told, WIDTH)
    show_widget(levels.box, still(said(told) + image), told)


class Levels:
    """The living part: ``threshold``, ``wrong`` and ``person`` are sliders, ``page`` the drawing."""

    def __init__(self, confidence: Sequence[float], right: Sequence[bool], start: float, prices: Prices) -> None:
        import ipywidgets as w

        self.confidence, self.right = np.asarray(confidence, dtype=float), np.asarray(right, dtype=bool)
        self.prices = prices
        shape = {"style": {"description_width": "190px"}, "layout": w.Layout(width=SLIDER_WIDTH, max_width="98%")}
        self.threshold = w.FloatSlider(start, min=0, max=1, step=0.01, description="threshold", **shape)
        money = {"min": 0, "max": 40, "step": 1, "readout_format": ".0f"}
        self.wrong = w.FloatSlider(prices.wrong, description="a misroute costs", **money, **shape)
        self.person = w.FloatSlider(prices.person, description="a hand-over costs", **money, **shape)
        self.page = w.HTML()
        for slider in (self.threshold, self.wrong, self.person):
            slider.observe(self.draw, names="value")
        self.box = box(self.threshold, self.wrong, self.person, self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Count and draw again."""
        prices = Prices(self.wrong.value, self.person.value, self.prices.cpu_hour)
        at = self.threshold.value
        counted = bill(self.confidence, self.right, at, prices)
        best = best_threshold(self.confidence, self.right, prices)
        least = bill(self.confidence, self.right, best, prices).money
        note = f" The least on these turns is {least:.0f}, at {min(best, 1):.2f}."
        self.page.value = said(sentence(counted, at, prices) + note) + drawing(self.confidence, self.right, at, ALT)


def sentence(counted: Bill, threshold: float, prices: Prices) -> str:
    """The bill of a threshold in words."""
    return (
        f"Threshold {min(threshold, 1):.2f}: {counted.false_accepts} false accepts at {prices.wrong:.0f} and "
        f"{counted.hand_overs} hand-overs at {prices.person:.0f}, together {counted.money:.0f} for "
        f"{counted.turns} turns."
    )


def drawing(confidence: np.ndarray, right: np.ndarray, threshold: float, alt: str = "") -> str:
    """Turns whose route is right stand up, the others hang down; what the threshold hands over is pale."""
    up, down = (np.histogram(confidence[right == kind], BINS, (0, 1))[0] for kind in (True, False))
    unit = ROOM / (up.max() + down.max())  # pixels a turn
    middle = round(TOP + up.max() * unit, 1)
    parts = [] if alt else [paper(WIDTH, HEIGHT)]
    for counts, rising, colour in ((up, True, "good"), (down, False, "bad")):
        bars = ((n, max(1.5, round(count * unit, 1))) for n, count in enumerate(counts) if count)
        parts += [_bar(n, middle - high * rising, high, colour, threshold) for n, high in bars]
    parts.append(f'<path d="M{LEFT} {middle}H{RIGHT}" stroke="{COLOURS["ink"]}"/>')
    parts += [_tick(share) for share in (0, 0.25, 0.5, 0.75, 1)]
    start = 'text-anchor="start"'
    parts.append(words(LEFT, 22, f"up: {int(right.sum())} turns whose route is right", start))
    parts.append(words(LEFT, HEIGHT - 34, f"down: {int((~right).sum())} turns for a person, or misrouted", start))
    return svg(WIDTH, HEIGHT, "".join([*parts, _threshold(threshold)]), alt)


def _x(confidence: float) -> float:
    return round(LEFT + min(1.0, confidence) * (RIGHT - LEFT), 1)


def _bar(n: int, y: float, high: float, colour: str, threshold: float) -> str:
    """One bar; pale where all of it is below the threshold. Up is plain, down is edged: hue alone says nothing."""
    x, wide = _x(n / BINS) + 1, (RIGHT - LEFT) / BINS - 2
    pale = ' fill-opacity="0.3"' if (n + 1) / BINS <= threshold else ""
    edge = f' stroke="{COLOURS["ink"]}" stroke-dasharray="3 2"' if colour == "bad" else ""
    return f'<rect x="{x}" y="{y:.1f}" width="{wide:.1f}" height="{high}" fill="{COLOURS[colour]}"{pale}{edge}/>'


def _tick(share: float) -> str:
    return words(_x(share), HEIGHT - 10, f"{share:g}", f'text-anchor="middle" font-size="12" fill="{COLOURS["muted"]}"')


def _threshold(threshold: float) -> str:
    x, colour = _x(threshold), COLOURS["measured"]
    line = f'<path d="M{x} 34V{HEIGHT - 24}" stroke="{colour}" stroke-width="2.5"/>'
    place = 'text-anchor="end"' if threshold > 0.5 else 'text-anchor="start"'
    aside = x - 8 if threshold > 0.5 else x + 8
    return line + words(aside, 44, "to a person ◂ ▸ answered", f'{place} font-size="12" fill="{colour}"')
