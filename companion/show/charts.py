"""The chart of a prediction and of its result: upright bars on paper, drawn as SVG text.

The drawing is plain text made from rounded numbers, so that the same input gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from companion.show.display import text
from companion.show.style import COLOURS, SANS

WIDTH, HEIGHT = 560, 322
LEFT, RIGHT, TOP, BOTTOM = 58, 548, 70, 276  # the plot's edges in the drawing's units
BAR = 64
STEP = 0.45  # seconds between two seeds

MOTION = """
.in { animation: in .6s ease-out both }
.drop { animation: drop .55s cubic-bezier(.3, 1.3, .5, 1) both }
@keyframes in { from { opacity: 0 } }
@keyframes drop { from { opacity: 0; transform: translateY(-150px) } }
"""


@dataclass(frozen=True)
class Bar:
    """One bar; its kind is baseline, you, document, measured or open. A value of None leaves it empty."""

    label: str
    kind: str
    value: float | None = None
    dots: tuple[float, ...] = ()  # the single seeds, drawn on the bar
    delay: float = 0.0  # seconds until it appears


@dataclass(frozen=True)
class Axis:
    """The upright axis."""

    title: str
    y_label: str
    low: float = 0.0
    high: float = 100.0
    unit: str = "%"

    def y(self, value: float) -> float:
        """Where ``value`` lies in the drawing; values beyond the axis are drawn at its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(BOTTOM - share * (BOTTOM - TOP), 1)

    def say(self, value: float) -> str:
        """The value with its unit, as people say it: 62 %, 4.5 %; on a short axis 0.962."""
        digits = 3 if self.high - self.low <= 2 else 1
        number = f"{value:.{digits}f}"
        return f"{number.removesuffix('.0')} {self.unit}".strip()


def centres(count: int) -> list[float]:
    """The middles of ``count`` places, left to right."""
    step = (RIGHT - LEFT) / count
    return [round(LEFT + step * (i + 0.5), 1) for i in range(count)]


def draw(axis: Axis, bars: list[Bar], moving: bool = False) -> str:
    """The whole chart as one SVG document; ``moving`` lets bars and seeds appear one after the other."""
    middles = centres(len(bars))
    parts = [_frame(axis)] + [_bar(axis, bar, x) for bar, x in zip(bars, middles, strict=True)]
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{SANS}" font-size="13" '
        f'fill="{COLOURS["ink"]}">{f"<style>{MOTION}</style>" if moving else ""}'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="{COLOURS["paper"]}"/>{"".join(parts)}</svg>'
    )


def _frame(axis: Axis) -> str:
    grey = f'fill="{COLOURS["muted"]}"'
    lines = [
        _text(16, 24, axis.title, 'font-weight="600" font-size="14.5"'),
        _text(16, 42, axis.y_label, f'font-size="12" {grey}'),
    ]
    for i in range(5):
        value = axis.low + (axis.high - axis.low) * i / 4
        y = axis.y(value)
        colour = COLOURS["muted"] if i == 0 else COLOURS["grid"]
        lines.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}" stroke="{colour}"/>')
        lines.append(_text(LEFT - 8, y + 4, f"{value:g}", f'text-anchor="end" font-size="12" {grey}'))
    return "".join(lines)


def _text(x: float, y: float, words: str, rest: str = 'text-anchor="middle"') -> str:
    return f'<text x="{round(x, 1)}" y="{round(y, 1)}" {rest}>{text(words)}</text>'


def _bar(axis: Axis, bar: Bar, x: float) -> str:
    label = _label(bar.label, x)
    if bar.value is None:
        return label + _empty(x)
    y = axis.y(bar.value)
    box = f'x="{x - BAR / 2}" y="{y}" width="{BAR}" height="{max(2, round(BOTTOM - y, 1))}"'
    top = min([y, *(axis.y(dot) - 5 for dot in bar.dots)])
    shown = _text(x, top - 7, axis.say(bar.value), 'text-anchor="middle" font-weight="600"')
    seeds = "".join(_dot(axis, dot, i, bar, x) for i, dot in enumerate(bar.dots))
    # The seeds fall first, the bar (their mean) comes after the last of them.
    late = bar.delay + STEP * len(bar.dots)
    body = f'<rect {box} rx="3" {_paint(bar.kind)}/>{shown}'
    return f'{label}<g class="in" style="animation-delay:{late:.2f}s">{body}</g>{seeds}'


def _dot(axis: Axis, value: float, i: int, bar: Bar, x: float) -> str:
    aside = (i - (len(bar.dots) - 1) / 2) * min(10, (BAR - 12) / len(bar.dots))
    return (
        f'<g class="drop" style="animation-delay:{bar.delay + STEP * i:.2f}s">'
        f'<circle cx="{round(x + aside, 1)}" cy="{axis.y(value)}" r="4.2" fill="{COLOURS["paper"]}" '
        f'stroke="{COLOURS["ink"]}" stroke-width="1.6"/></g>'
    )


def _paint(kind: str) -> str:
    colour = COLOURS[kind]
    if kind == "document":
        return f'fill="{colour}" fill-opacity=".10" stroke="{colour}" stroke-width="2" stroke-dasharray="6 4"'
    if kind == "you":
        return f'fill="{colour}" fill-opacity=".35" stroke="#8A5F00" stroke-width="2"'
    return f'fill="{colour}"'


def _empty(x: float) -> str:
    height, grey = 90, COLOURS["muted"]
    sign = _text(x, BOTTOM - height / 2 + 9, "?", f'text-anchor="middle" font-size="26" fill="{grey}"')
    return (
        f'<rect x="{x - BAR / 2}" y="{BOTTOM - height}" width="{BAR}" height="{height}" rx="3" fill="none" '
        f'stroke="{grey}" stroke-width="1.5" stroke-dasharray="3 5"/>{sign}'
    )


def _label(label: str, x: float) -> str:
    """A label of at most two lines, broken where the lines come out most even."""
    words = label.split()
    cuts = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words) + 1)]
    lines = (label, "") if len(label) <= 14 else min(cuts, key=lambda cut: max(map(len, cut)))
    return "".join(_text(x, BOTTOM + 20 + 16 * i, line) for i, line in enumerate(lines) if line)
