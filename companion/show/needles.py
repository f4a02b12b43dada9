"""Turn up the learning rate and watch two needles part: the mail is sorted better, the search finds less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from companion.show.display import show_widget, svg_image
from companion.show.living import box, paper, percent, said, still, stops, svg, words
from companion.show.style import COLOURS

WIDTH, HEIGHT = 720, 374
RADIUS, SWEEP = 92, 110  # a dial's radius, and degrees to either side of upright
LEFT, RIGHT, TOP, BOTTOM = 44, 540, 226, 346  # the chart's edges
DIALS = (  # name, what its number is, colour, centre, dashes of its line
    ("sorts my mail", "right intent", COLOURS["finetune"], 180, ""),
    ("finds the right page", "recall@5", COLOURS["rag"], 510, "7 4"),
)
CENTRE_Y = 122
MOTION = """
@media (prefers-reduced-motion: no-preference) { .needle { animation: turn .22s ease-out } }
@keyframes turn { from { transform: rotate(var(--was)) } }
"""
ALT = "Two gauges with needles and a line chart; the sentence above them holds their numbers."


@dataclass(frozen=True)
class Point:
    """What was measured after ``step`` steps: two shares between 0 and 1, and how far the seeds spread."""

    step: int
    mail: float
    search: float
    mail_spread: float = 0.0
    search_spread: float = 0.0

    @property
    def shares(self) -> tuple[float, float]:
        """Mail, then search."""
        return self.mail, self.search

    @property
    def spreads(self) -> tuple[float, float]:
        """Mail, then search."""
        return self.mail_spread, self.search_spread


def two_needles(runs: Mapping[float, Sequence[Sequence[float]]]) -> None:
    """Two gauges and a chart under sliders for the learning rate and the number of steps.

    ``runs`` is ``{rate: [(step, mail accuracy, search recall@5), ...]}``, shares between 0 and 1, means over
    seeds; a row may go on with the spreads of both. Every rate has the same steps, and the first is 0, the
    model before training. The still picture shows the highest rate. Raises ValueError for other shapes.
    """
    tidy = _tidy(runs)
    needles = Needles(tidy)
    rate = max(tidy)
    image = svg_image(_drawing(tidy[rate], len(tidy[rate]) - 1), sentence(rate, tidy[rate], -1), WIDTH)
    inner = said(sentence(rate, tidy[rate], -1)) + image
    show_widget(needles.box, still(inner), sentence(rate, tidy[rate], -1))


class Needles:
    """The living part: ``rate`` and ``step`` are sliders, ``page`` is the drawing."""

    def __init__(self, runs: Mapping[float, list[Point]]) -> None:
        import ipywidgets as w

        self.runs = runs
        first = runs[min(runs)]
        self.rate = stops([(spelled(rate), rate) for rate in sorted(runs)], min(runs), "learning rate")
        steps = [(str(point.step), i) for i, point in enumerate(first)]
        self.step = stops(steps, len(first) - 1, "steps")
        self.page = w.HTML()
        self.was = first[-1].shares
        for slider in (self.rate, self.step):
            slider.observe(self.draw, names="value")
        self.box = box(self.rate, self.step, self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Turn the needles from where they were."""
        points, at = self.runs[self.rate.value], self.step.value
        drawing = _drawing(points, at, self.was, ALT)
        self.page.value = said(sentence(self.rate.value, points, at)) + drawing
        self.was = points[at].shares


def spelled(rate: float) -> str:
    """A learning rate as people write it: 5e-5, 1.5e-4."""
    digits, power = f"{rate:.1e}".split("e")
    return f"{digits.removesuffix('.0')}e{int(power)}"


def sentence(rate: float, points: list[Point], at: int) -> str:
    """The two numbers in words, and how far the search has moved from where it started."""
    now, start = points[at], points[0]
    moved = round(100 * now.search) - round(100 * start.search)
    change = f"{abs(moved)} point{'s' * (abs(moved) != 1)} {'lost' if moved < 0 else 'won'}" if moved else "none lost"
    mail, search = (
        percent(share) + (f" (± {100 * spread:.0f})" if spread else "")
        for share, spread in zip(now.shares, now.spreads, strict=True)
    )
    return (
        f"Learning rate {spelled(rate)}, after {now.step} steps: it sorts {mail} of the mail right, and the right "
        f"page is among the first five for {search} of the questions. At the start that was {percent(start.search)}: "
        f"{change}."
    )


def _tidy(runs: Mapping[float, Sequence[Sequence[float]]]) -> dict[float, list[Point]]:
    if not runs:
        raise ValueError("There are no runs: pass {rate: [(step, mail accuracy, search recall), ...]}.")
    tidy = {float(rate): [Point(int(row[0]), *map(float, row[1:])) for row in rows] for rate, rows in runs.items()}
    steps = {tuple(point.step for point in points) for points in tidy.values()}
    if len(steps) > 1:
        raise ValueError("The runs stop at different steps: measure every learning rate at the same ones.")
    if len(only := steps.pop()) < 2 or only[0] != 0:
        raise ValueError("The runs must begin at step 0, before training, and go on: that is where a needle starts.")
    if not all(0 <= share <= 1 for points in tidy.values() for point in points for share in point.shares):
        raise ValueError("An accuracy or recall lies outside 0 to 1: pass shares, not percent.")
    return tidy


def _drawing(points: list[Point], at: int, was: tuple[float, float] | None = None, alt: str = "") -> str:
    now, start = points[at].shares, points[0].shares
    parts = [paper(WIDTH, HEIGHT)] if not alt else []
    parts += [_dial(i, now[i], start[i], (was or now)[i]) for i in range(2)]
    return svg(WIDTH, HEIGHT, "".join(parts) + _chart(points, at), alt, MOTION if alt else "")


def _angle(share: float) -> float:
    return round(SWEEP * (2 * share - 1), 1)


def _place(share: float, radius: float) -> tuple[float, float]:
    from math import cos, radians, sin

    turn = radians(_angle(share))
    return round(radius * sin(turn), 1), round(-radius * cos(turn), 1)


def _arc(low: float, high: float, radius: float, rest: str) -> str:
    (x, y), (to_x, to_y) = _place(low, radius), _place(high, radius)
    large = int(2 * SWEEP * (high - low) > 180)
    return f'<path d="M{x} {y}A{radius} {radius} 0 {large} 1 {to_x} {to_y}" fill="none" {rest}/>'


def _dial(i: int, now: float, start: float, was: float) -> str:
    name, unit, colour, x, _ = DIALS[i]
    muted, ink = COLOURS["muted"], COLOURS["ink"]
    moved = _arc(*sorted((start, now)), RADIUS, f'stroke="{colour}" stroke-width="11" stroke-opacity=".38"')
    ghost_x, ghost_y = _place(start, RADIUS + 12)
    side = "end" if start < 0.45 else "start" if start > 0.55 else "middle"
    small = f'font-size="12" fill="{muted}"'
    label = words(ghost_x, ghost_y + 3, "start", f'{small} text-anchor="{side}"')
    ghost = (
        f'<path d="M0 0V{-RADIUS - 8}" transform="rotate({_angle(start)})" stroke="{muted}" stroke-width="1.6" '
        f'stroke-dasharray="3 4"/>{label}'
    )
    needle = (
        f'<g class="needle" style="--was:{_angle(was)}deg" transform="rotate({_angle(now)})">'
        f'<path d="M-4.5 0L0 {-RADIUS + 4}L4.5 0Z" fill="{ink}"/></g><circle r="7.5" fill="{ink}"/>'
        f'<circle r="2.4" fill="{COLOURS["paper"]}"/>'
    )
    number = words(0, 46, percent(now), 'text-anchor="middle" font-size="24" font-weight="700"')
    title = words(0, 66, f"{name}", f'text-anchor="middle" font-size="14" font-weight="600" fill="{colour}"')
    under = words(0, 82, unit, f'text-anchor="middle" {small}')
    ring = _arc(0, 1, RADIUS, f'stroke="{COLOURS["grid"]}" stroke-width="11"')
    inner = f"{ring}{moved}{_ticks()}{ghost}{needle}{number}{title}{under}"
    return f'<g transform="translate({x} {CENTRE_Y})">{inner}</g>'


def _ticks() -> str:
    marks = []
    for i in range(11):
        (x, y), (to_x, to_y) = _place(i / 10, RADIUS - 9), _place(i / 10, RADIUS - (13 if i % 5 else 17))
        marks.append(f'<path d="M{x} {y}L{to_x} {to_y}" stroke="{COLOURS["muted"]}"/>')
        if i % 5 == 0:
            x, y = _place(i / 10, RADIUS - 28)
            rest = f'text-anchor="middle" font-size="11" fill="{COLOURS["muted"]}"'
            marks.append(words(x, y + 4, str(10 * i), rest))
    return "".join(marks)


def _chart(points: list[Point], at: int) -> str:
    last = points[-1].step
    xs = [round(LEFT + (RIGHT - LEFT) * point.step / last, 1) for point in points]
    grey = f'font-size="12" fill="{COLOURS["muted"]}"'
    parts = []
    for share in (0, 0.5, 1):
        y, colour = _y(share), COLOURS["grid" if share else "muted"]
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}" stroke="{colour}"/>')
        parts.append(words(LEFT - 8, y + 4, f"{100 * share:.0f}", f'text-anchor="end" {grey}'))
    parts += [words(LEFT, BOTTOM + 18, "0", f'text-anchor="middle" {grey}')]
    parts += [words(RIGHT, BOTTOM + 18, f"{last} steps", f'text-anchor="middle" {grey}')]
    parts.append(f'<path d="M{xs[at]} {TOP - 6}V{BOTTOM}" stroke="{COLOURS["muted"]}" stroke-dasharray="2 3"/>')
    ends = _apart([_y(share) for share in points[-1].shares])
    return "".join(parts) + "".join(_line(i, xs, points, at, ends[i]) for i in range(2))


def _y(share: float) -> float:
    return round(BOTTOM - share * (BOTTOM - TOP), 1)


def _apart(ys: list[float], room: float = 16) -> list[float]:
    """The heights of two labels, pushed apart where they would touch."""
    gap = ys[1] - ys[0]
    push = max(0.0, room - abs(gap)) / 2 * (1 if gap >= 0 else -1)
    return [ys[0] - push, ys[1] + push]


def _line(i: int, xs: list[float], points: list[Point], at: int, label_y: float) -> str:
    name, _, colour, _, dashes = DIALS[i]
    path = " ".join(f"{x},{_y(point.shares[i])}" for x, point in zip(xs, points, strict=True))
    low = [f"{x},{_y(max(0, p.shares[i] - p.spreads[i]))}" for x, p in zip(xs, points, strict=True)]
    high = [f"{x},{_y(min(1, p.shares[i] + p.spreads[i]))}" for x, p in zip(xs, points, strict=True)]
    band = f'<polygon points="{" ".join(high + low[::-1])}" fill="{colour}" fill-opacity=".14"/>'
    dot = f'<circle cx="{xs[at]}" cy="{_y(points[at].shares[i])}" r="5.5" fill="{COLOURS["paper"]}" '
    return (
        f'{band if any(p.spreads[i] for p in points) else ""}<polyline points="{path}" fill="none" stroke="{colour}" '
        f'stroke-width="2.4" stroke-dasharray="{dashes or "none"}"/>{dot}stroke="{colour}" stroke-width="3"/>'
        + words(RIGHT + 10, label_y + 4, name, f'font-weight="600" fill="{colour}"')
    )
