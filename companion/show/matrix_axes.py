"""Choose which axes matter, and see which ways are beaten on all of them: paths are not rivals on one axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from companion.compare.matrix import AXES
from companion.compare.ways import dominated
from companion.show.display import show_widget, svg_image
from companion.show.living import box, said, still, svg, words
from companion.show.style import COLOURS

Ways = Mapping[str, Mapping[str, float]]
WIDTH, ROW, HEAD = 740, 46, 66
NAMES = 176  # the first column's width
LOWER = tuple(name for name, (_, lower) in AXES.items() if lower)
START = ("right", "milliseconds")
ALT = "A table of ways and axes with a bar in each cell; the sentence above it says who is beaten."
SHORT = {
    "right": "answered rightly",
    "milliseconds": "ms an answer",
    "setup": "CPU-s to set up",
    "update": "CPU-s a change",
    "source": "names a source",
    "labels": "labels needed",
}


def choose_axes(jobs: Mapping[str, Ways]) -> None:
    """Buttons for the job and for each axis; the ways that another one beats on every chosen axis turn grey.

    jobs: {job: {way: {axis: number}}}, with the axes of `companion.compare.matrix.AXES`. The still picture shows all
    axes of the first job. Raises ValueError without a job, and for a way that lacks an axis.
    """
    checked(jobs)
    living = Axes(jobs)
    first = next(iter(jobs))
    picture = svg_image(drawing(jobs[first], tuple(AXES)), sentence(jobs[first], tuple(AXES)), WIDTH)
    inner = said(f"{first}. {sentence(jobs[first], tuple(AXES))}") + picture
    show_widget(living.box, still(inner), sentence(jobs[first], tuple(AXES)))


class Axes:
    """The living part: ``job`` and ``axes`` are the buttons, ``page`` holds the drawing."""

    def __init__(self, jobs: Mapping[str, Ways]) -> None:
        import ipywidgets as w

        self.jobs = jobs
        self.job = w.ToggleButtons(options=list(jobs), description="the job")
        self.axes = {
            name: w.ToggleButton(value=name in START, description=SHORT[name], layout=w.Layout(width="auto"))
            for name in AXES
        }
        self.page = w.HTML()
        for button in (self.job, *self.axes.values()):
            button.observe(self.draw, names="value")
        row = w.HBox(list(self.axes.values()), layout=w.Layout(flex_flow="row wrap"))
        self.box = box(self.job, row, self.page)
        self.draw()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The axes that are switched on."""
        return tuple(name for name, button in self.axes.items() if button.value)

    def draw(self, _: Any = None) -> None:
        """Draw again."""
        ways = self.jobs[self.job.value]
        self.page.value = said(sentence(ways, self.chosen)) + svg(*size(ways), _body(ways, self.chosen), ALT)


def checked(jobs: Mapping[str, Ways]) -> None:
    """ValueError where there is nothing to choose among."""
    if not jobs or not all(jobs.values()):
        raise ValueError("There is no job to look at: pass {job: {way: {axis: number}}}.")
    for way, numbers in ((way, n) for ways in jobs.values() for way, n in ways.items()):
        if set(numbers) != set(AXES):
            raise ValueError(f"{way!r} has the axes {sorted(numbers)}: give it all of {', '.join(AXES)}.")


def sentence(ways: Ways, axes: Sequence[str]) -> str:
    """Who is beaten on all chosen axes, and who is left."""
    if not axes:
        return "No axis is chosen: then nothing is better than anything. Choose one."
    beaten = dominated({name: dict(numbers) for name, numbers in ways.items()}, axes, LOWER)
    left = [name for name in ways if name not in beaten]
    lost = "; ".join(f"{name} is beaten by {by}" for name, by in beaten.items()) or "Nothing is beaten"
    count = f"On {len(axes)} ax{'e' if len(axes) > 1 else 'i'}s"
    if len(left) == 1:
        return f"{count}: {left[0]} is at least as good as every other way. {lost}."
    return f"{count}: {len(left)} ways are left, each better than the others somewhere: {', '.join(left)}. {lost}."


def size(ways: Ways) -> tuple[int, int]:
    """Width and height of the drawing."""
    return WIDTH, HEAD + ROW * len(ways) + 8


def drawing(ways: Ways, axes: Sequence[str]) -> str:
    """The whole drawing."""
    return svg(*size(ways), _body(ways, axes))


def _body(ways: Ways, axes: Sequence[str]) -> str:
    numbers = {name: dict(row) for name, row in ways.items()}
    beaten = dominated(numbers, axes, LOWER)
    step = (WIDTH - NAMES) / max(1, len(axes))
    parts = [_head(axis, NAMES + step * i) for i, axis in enumerate(axes)]
    for at, name in enumerate(ways):
        y, grey = HEAD + ROW * at, name in beaten
        ink = COLOURS["baseline" if grey else "ink"]
        parts.append(f'<path d="M0 {y}H{WIDTH}" stroke="{COLOURS["grid"]}"/>')
        parts.append(words(2, y + 22, name, f'font-weight="600" fill="{ink}"'))
        if grey:
            parts.append(words(2, y + 38, f"beaten by {beaten[name]}", f'font-size="11.5" fill="{COLOURS["muted"]}"'))
        for i, axis in enumerate(axes):
            column = [row[axis] for row in numbers.values()]
            parts.append(_cell(axis, numbers[name][axis], column, NAMES + step * i, y, step, ink))
    return "".join(parts)


def _head(axis: str, x: float) -> str:
    better = "less is better" if axis in LOWER else "more is better"
    grey = f'font-size="11.5" fill="{COLOURS["muted"]}"'
    heavy = 'font-weight="600" font-size="12.5"'
    first, _, rest = SHORT[axis].partition(" ")  # two lines: six columns stand side by side
    return words(x, 18, first, heavy) + words(x, 34, rest, heavy) + words(x, 52, better, grey)


def _cell(axis: str, value: float, column: Sequence[float], x: float, y: float, step: float, ink: str) -> str:
    good = goodness(value, column, axis in LOWER)
    best = value == (min(column) if axis in LOWER else max(column))
    room = step - 18
    track = f'<rect x="{x:.1f}" y="{y + 28}" width="{room:.1f}" height="7" rx="3" fill="{COLOURS["grid"]}"/>'
    bar = f'<rect x="{x:.1f}" y="{y + 28}" width="{max(2.0, room * good):.1f}" height="7" rx="3" fill="{ink}"/>'
    weight = ' font-weight="700"' * best
    return track + bar + words(x, y + 20, shown(axis, value) + (" ★" if best else ""), f'fill="{ink}"{weight}')


def goodness(value: float, column: Sequence[float], lower: bool) -> float:
    """0 for the worst of the column, 1 for the best; on a logarithmic scale where less is better."""
    scale = (lambda v: -math.log10(v + 0.01)) if lower else float
    low, high = min(map(scale, column)), max(map(scale, column))
    return 1.0 if high == low else (scale(value) - low) / (high - low)


def shown(axis: str, value: float) -> str:
    """A number as the table shows it."""
    if axis == "right":
        return f"{value:.0%}"
    if axis == "source":
        return "yes" if value else "no"
    if axis == "labels":
        return f"{value:.0f}"
    return f"{value:.2f}" if 0 < value < 1 else f"{value:.1f}" if 0 < value < 10 else f"{value:.0f}"
