"""Slide an assumption and watch the cheapest path change: what a day of calls costs, by three paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import log10
from typing import Any

from companion.scenarios.cost import Assumptions, Path, amount, bands, cost
from companion.show.display import show_widget, svg_image
from companion.show.living import box, paper, said, still, stops, svg, words
from companion.show.style import COLOURS

WIDTH, HEIGHT = 720, 386
LEFT, RIGHT, TOP, BOTTOM = 82, 600, 24, 312  # the chart's edges
BAND = (BOTTOM + 30, 26)  # the strip of winners: its top, its height
CALLS = (1e3, 1e10)
EUROS = (1e-3, 1e5)
MILLION = 1e6
LOOKS = {  # colour and dashes
    "RAG": (COLOURS["rag"], "9 5"),
    "fine-tuned": (COLOURS["finetune"], "2 4"),
    "distilled": (COLOURS["distill"], "none"),
}
GENERATOR = (COLOURS["muted"], "1 5")
SLIDERS: dict[str, tuple[str, tuple[float, ...]]] = {
    "cache_hits": ("cache hits", (0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.99)),
    "prompt_tokens": ("prompt, pieces", (0, 50, 100, 200, 300, 500, 1000, 2000, 4000)),
    "cpu_hour": ("CPU-hour, €", (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)),
    "label": ("a label, €", (0, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 3, 10)),
    "retrainings": ("trainings a year", (0, 1, 2, 4, 12, 26, 52, 365)),
    "work_hour": ("work-hour, €", (0, 10, 30, 60, 100, 200)),
    "large_model": ("large model, × ours", (1, 3, 10, 30, 100, 300, 1000, 3000)),
}
ALT = "A chart of cost over calls with a strip of winners below; the sentence above it holds the numbers."


def cost_lines(paths: Sequence[Path], assumptions: Assumptions | None = None, beside: Path | None = None) -> None:
    """Sliders for what nobody measured, a line of cost for each path, and a strip in the winner's colour.

    ``paths`` are those of ``companion.scenarios.cost.three_paths``; ``beside``, a generator that reads a prompt, is
    drawn in grey and wins nothing, since it does another job. The still picture shows the assumptions given, or the
    default ones. Raises ValueError for paths of other names, which have no colour.
    """
    if unknown := [path.name for path in paths if path.name not in LOOKS]:
        raise ValueError(f"There is no colour for {', '.join(unknown)}: name the paths {', '.join(LOOKS)}.")
    first = assumptions or Assumptions()
    lines = CostLines(list(paths), first, beside)
    told = sentence(paths, first, beside)
    show_widget(lines.box, still(said(told) + svg_image(drawing(paths, first, beside=beside), told, WIDTH)), told)


class CostLines:
    """The living part: ``sliders`` by the assumption's name, ``page`` is the drawing."""

    def __init__(self, paths: list[Path], first: Assumptions, beside: Path | None = None) -> None:
        import ipywidgets as w

        self.paths, self.first, self.beside = paths, first, beside
        self.sliders = {name: _slider(name, getattr(first, name)) for name in SLIDERS}
        self.page = w.HTML()
        for slider in self.sliders.values():
            slider.observe(self.draw, names="value")
        self.box = box(*self.sliders.values(), self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Compute and draw again."""
        now = replace(self.first, **{name: slider.value for name, slider in self.sliders.items()})
        self.page.value = said(sentence(self.paths, now, self.beside)) + drawing(self.paths, now, ALT, self.beside)


def _slider(name: str, value: float) -> Any:
    described, options = SLIDERS[name]
    known = sorted({*options, value})
    return stops([(f"{option:g}", option) for option in known], value, described)


def sentence(paths: Sequence[Path], a: Assumptions, beside: Path | None = None) -> str:
    """What a million calls a day cost, with the share of right answers, and who is cheapest up to where."""
    each = ", ".join(f"{path.name} {euros(cost(path, a, MILLION))}{_right(path)}" for path in paths)
    other = f" To read a prompt, the generator takes {euros(cost(beside, a, MILLION))}." if beside else ""
    return f"A million calls a day cost: {each}. Cheapest {_listed(paths, a)}.{other}"


def _right(path: Path) -> str:
    return "" if path.right is None else f" ({path.right:.2f} right)"


def _listed(paths: Sequence[Path], a: Assumptions) -> str:
    """``up to 42 million calls a day: RAG; above: distilled``."""
    won = bands(paths, a, *CALLS)
    if len(won) == 1:
        return f"at any number of calls: {won[0][1].name}"
    ends = [f"up to {amount(end)}: {path.name}" for (_, path), (end, _) in pairwise(won)]
    ends[0] = ends[0].replace(":", " calls a day:", 1)
    return "; ".join([*ends, f"above: {won[-1][1].name}"])


def euros(value: float) -> str:
    """0.0431 is ``€0.04``; small sums keep two digits: ``€0.0021``."""
    if value >= 0.1:
        return f"€{value:,.2f}"
    return f"€{value:.2g}"


def drawing(paths: Sequence[Path], a: Assumptions, alt: str = "", beside: Path | None = None) -> str:
    """The chart for these assumptions."""
    won, drawn = bands(paths, a, *CALLS), [*paths, *([beside] if beside else [])]
    ends = _apart({path.name: _y(cost(path, a, CALLS[1])) for path in drawn})
    parts = [] if alt else [paper(WIDTH, HEIGHT)]
    parts += [_ground(won), _frame()]
    parts += [_line(path, a, ends[path.name]) for path in drawn]
    return svg(WIDTH, HEIGHT, "".join(parts) + _strip(won), alt)


def _x(calls: float) -> float:
    low, high = map(log10, CALLS)
    return round(LEFT + (RIGHT - LEFT) * (log10(calls) - low) / (high - low), 1)


def _y(bill: float) -> float:
    low, high = map(log10, EUROS)
    place = (log10(max(bill, EUROS[0])) - low) / (high - low)
    return round(BOTTOM - (BOTTOM - TOP) * min(place, 1.0), 1)


def _edges(won: list[tuple[float, Path]]) -> list[tuple[float, float, Path]]:
    starts = [start for start, _ in won] + [CALLS[1]]
    return [(_x(x), _x(to), path) for (x, to), (_, path) in zip(pairwise(starts), won, strict=True)]


def _ground(won: list[tuple[float, Path]]) -> str:
    """Where a path wins, the chart's ground has its colour."""
    return "".join(
        f'<rect x="{x}" y="{TOP}" width="{round(to - x, 1)}" height="{BOTTOM - TOP}" fill="{LOOKS[path.name][0]}" '
        'fill-opacity=".09"/>'
        for x, to, path in _edges(won)
    )


def _strip(won: list[tuple[float, Path]]) -> str:
    top, high = BAND
    parts = [words(LEFT - 8, top + 17, "cheapest", 'text-anchor="end" font-weight="600"')]
    for x, to, path in _edges(won):
        fill = LOOKS[path.name][0]
        parts.append(f'<rect x="{x}" y="{top}" width="{round(to - x, 1)}" height="{high}" fill="{fill}"/>')
        if to - x > 8 * len(path.name):
            white = f'text-anchor="middle" font-weight="600" fill="{COLOURS["paper"]}"'
            parts.append(words((x + to) / 2, top + 17, path.name, white))
    return "".join(parts)


def _frame() -> str:
    grey = f'font-size="12" fill="{COLOURS["muted"]}"'
    parts = []
    for power in range(-3, 6, 2):
        y = _y(10**power)
        parts.append(f'<path d="M{LEFT} {y}H{RIGHT}" stroke="{COLOURS["grid"]}"/>')
        parts.append(words(LEFT - 8, y + 4, f"€{10**power:,g}", f'text-anchor="end" {grey}'))
    for calls, name in ((1e3, "1,000"), (1e6, "a million"), (1e9, "a billion")):
        parts.append(words(_x(calls), BOTTOM + 18, name, f'text-anchor="middle" {grey}'))
    parts.append(f'<path d="M{_x(MILLION)} {TOP}V{BOTTOM + 4}" stroke="{COLOURS["muted"]}" stroke-dasharray="2 3"/>')
    parts.append(words(LEFT, TOP - 9, "cost of a day", f'text-anchor="start" {grey}'))
    parts.append(words(RIGHT + 8, BOTTOM + 18, "calls a day", grey))
    return "".join(parts)


def _line(path: Path, a: Assumptions, label_y: float) -> str:
    low, high = map(log10, CALLS)
    places = [10 ** (low + (high - low) * i / 56) for i in range(57)]
    points = " ".join(f"{_x(calls)},{_y(cost(path, a, calls))}" for calls in places if cost(path, a, calls) <= EUROS[1])
    colour, dashes = LOOKS.get(path.name, GENERATOR)
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.6" stroke-dasharray="{dashes}"/>'
        + words(RIGHT + 10, label_y + 4, path.name, f'font-weight="600" fill="{colour}"')
    )


def _apart(heights: dict[str, float], room: float = 16) -> dict[str, float]:
    """The heights of the labels, pushed down where they would touch."""
    placed: dict[str, float] = {}
    below = -room
    for name, y in sorted(heights.items(), key=lambda item: item[1]):
        below = placed[name] = max(y, below + room)
    return placed
