"""Quarter replay: move through thirteen weeks, watch gauges sink and alarms fire; what was planted is told last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from companion.monitor.alarms import CHANCE, WEEK, Limits, Reading, alarms
from companion.monitor.results import SAID, SHORT, dashboards, limits_of, readings_of
from companion.monitor.stream import DAYS, FIRST, WEEKS, quiet_weeks
from companion.monitor.watch import ALL
from companion.show.display import show_widget, svg_image
from companion.show.living import box, paper, said, still, stops, svg, words
from companion.show.style import COLOURS

WIDTH, TOP, ROW = 760, 44, 44
LEFT, RIGHT = 246, 700
CHANCES = {"rarely": 0.0002, "three sigmas": CHANCE, "often": 0.02}
SETS = ("no labels", "the dashboard", "and answers", "and letters")
ALT = "A line for each gauge, week by week, its limits dashed, alarms as triangles; the sentence above says them."


@dataclass(frozen=True)
class Line:
    """One gauge of the quarter: its name in words, its limits, every evening's reading that is counted."""

    said: str
    path: str
    usual: Limits
    read: list[Reading]

    @property
    def first(self) -> dict[int, int]:
        """{week: day of the first alarm}."""
        return alarms(self.read)

    def full_edges(self, chance: float) -> tuple[float, float]:
        """The edges for a week with all its observations."""
        return self.usual.edges(max(reading.count for reading in self.read), chance)


def quarter_replay(row: dict[str, Any]) -> None:
    """A slider for the day, which gauges are watched, how easily they ring, and a button for what was planted.

    ``row`` is one of ``stored("monitor")["rows"]``. The button does nothing before the last evening. The still picture
    shows the dashboard at the end of the quarter, and does not tell.
    """
    replay = QuarterReplay(row)
    lines = lines_of(row, SETS[1])
    picture = svg_image(drawing(row, lines, DAYS - 1, CHANCE, False), told(row, lines, DAYS - 1, False), WIDTH)
    sentence = told(row, lines, DAYS - 1, False)
    show_widget(replay.box, still(said(sentence) + picture), sentence)


class QuarterReplay:
    """The living part: ``day``, ``watched`` and ``chance`` are turned, ``reveal`` is pressed, ``page`` is drawn."""

    def __init__(self, row: dict[str, Any]) -> None:
        import ipywidgets as w

        self.row = row
        self.day = stops([(when(day), day) for day in range(DAYS)], FIRST * WEEK - 1, "evening of")
        self.watched = w.ToggleButtons(options=SETS, value=SETS[1], layout=w.Layout(width="98%"))
        self.chance = stops(list(CHANCES.items()), CHANCE, "ring")
        self.reveal = w.ToggleButton(description="What was planted?", layout=w.Layout(width="auto"))
        self.page = w.HTML()
        for part in (self.day, self.watched, self.chance, self.reveal):
            part.observe(self.draw, names="value")
        self.box = box(self.day, self.watched, self.chance, self.reveal, self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Read the gauges on that evening and draw again."""
        day, chance = self.day.value, self.chance.value
        lines = lines_of(self.row, self.watched.value, chance)
        sentence = told(self.row, lines, day, self.reveal.value)
        picture = svg(WIDTH, height(lines), drawing(self.row, lines, day, chance, self.revealed, bare=True), ALT)
        self.page.value = said(sentence) + picture

    @property
    def revealed(self) -> bool:
        """Whether the planted events are shown: asked for, and the quarter is over."""
        return self.reveal.value and self.day.value == DAYS - 1


def lines_of(row: dict[str, Any], watched: str, chance: float = CHANCE) -> list[Line]:
    """The gauges of one of the `SETS`, with every evening's reading."""
    names = dashboards()[watched]
    found = []
    for name in names:
        read = [r for r in readings_of(name, row["gauges"][name], chance) if r.count >= ALL[name].least]
        found.append(Line(ALL[name].said, ALL[name].path, limits_of(name, row["gauges"][name]), read))
    return found


def when(day: int) -> str:
    """Day 0 is "week 1, Mon"."""
    return f"week {day // WEEK + 1}, {('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[day % WEEK]}"


def told(row: dict[str, Any], lines: list[Line], day: int, asked: bool) -> str:
    """What rings, what rang before, and, when the quarter is over, what nobody heard and what rang for nothing."""
    week = day // WEEK
    now = [line.said for line in lines if line.first.get(week, DAYS) <= day]
    before = sorted({w + 1 for line in lines for w, first in line.first.items() if first <= day and w < week})
    text = f"Evening of {when(day)}: {len(lines)} gauges. " + (f"Ringing: {'; '.join(now)}. " if now else "All green. ")
    text += f"Weeks that rang before: {', '.join(map(str, before))}." if before else "No week rang before."
    if not asked:
        return text
    if day < DAYS - 1:
        return f"{text} What was planted is told on the last evening: go to the end first."
    heard = {w for line in lines for w in line.first}
    silent = [SAID[event] for event, at in sorted(row["plan"].items(), key=lambda pair: pair[1]) if at not in heard]
    false = [str(w + 1) for w in sorted(heard & set(quiet_weeks(row["plan"])))]
    text += f" Planted, and heard by no gauge here: {'; '.join(silent) or 'nothing'}."
    return f"{text} Weeks that rang for nothing: {', '.join(false) or 'none'}."


def height(lines: list[Line]) -> int:
    """The drawing's height."""
    return TOP + ROW * len(lines) + 30


def drawing(row: dict[str, Any], lines: list[Line], day: int, chance: float, revealed: bool, bare: bool = False) -> str:
    """All gauges up to that evening; ``bare`` is the body alone, without paper, for a page that has its own."""
    parts = [] if bare else [paper(WIDTH, height(lines))]
    parts.append(_first_weeks(lines))
    if revealed:
        parts += [_event(event, week, lines) for event, week in row["plan"].items()]
    parts += [_gauge(place, line, day, chance) for place, line in enumerate(lines)]
    parts += [_now(day, lines), _weeks(lines)]
    body = "".join(parts)
    return body if bare else svg(WIDTH, height(lines), body)


def x_of(day: float) -> float:
    """Where the evening of a day lies."""
    return round(LEFT + (RIGHT - LEFT) * (day + 1) / DAYS, 1)


def _floor(lines: list[Line]) -> int:
    return TOP + ROW * len(lines)


def _band(low: int, high: int, lines: list[Line], paint: str) -> str:
    x, wide = x_of(low - 1), round(x_of(high - 1) - x_of(low - 1), 1)
    return f'<rect x="{x}" y="{TOP - 8}" width="{wide}" height="{_floor(lines) - TOP + 8}" {paint}/>'


def _first_weeks(lines: list[Line]) -> str:
    label = words(x_of(-1) + 4, 30, "limits are set here", f'font-size="12" fill="{COLOURS["muted"]}"')
    return _band(0, FIRST * WEEK, lines, f'fill="{COLOURS["grid"]}" fill-opacity=".7"') + label


def _event(event: str, week: int, lines: list[Line]) -> str:
    low, high = week * WEEK, (week + 1) * WEEK
    middle, y = (x_of(low - 1) + x_of(high - 1)) / 2, 15 + 15 * (week % 2)
    label = words(middle, y, SHORT[event], 'text-anchor="middle" font-size="12" font-weight="600"')
    paint = f'fill="{COLOURS["you"]}" fill-opacity=".28" stroke="{COLOURS["ink"]}" stroke-dasharray="3 3"'
    return _band(low, high, lines, paint) + label


def _now(day: int, lines: list[Line]) -> str:
    return f'<path d="M{x_of(day)} {TOP - 8}V{_floor(lines)}" stroke="{COLOURS["ink"]}" stroke-width="1.4"/>'


def _weeks(lines: list[Line]) -> str:
    y, grey = _floor(lines) + 18, f'text-anchor="middle" font-size="12" fill="{COLOURS["muted"]}"'
    ticks = (words((x_of(w * WEEK - 1) + x_of(w * WEEK + 6)) / 2, y, str(w + 1), grey) for w in range(WEEKS))
    return words(LEFT - 12, y, "week", f'text-anchor="end" font-size="12" fill="{COLOURS["muted"]}"') + "".join(ticks)


def _gauge(place: int, line: Line, day: int, chance: float) -> str:
    top = TOP + ROW * place
    low, high = (edge if abs(edge) != float("inf") else None for edge in line.full_edges(chance))
    values = [reading.mean for reading in line.read] + [edge for edge in (low, high) if edge is not None]
    least, most = min(values), max(values)
    room = (most - least) or 1.0

    def y_of(value: float) -> float:
        return round(top + 34 - 28 * (value - least) / room, 1)

    past = [reading for reading in line.read if reading.day <= day]
    ringing = line.first.get(day // WEEK, DAYS) <= day
    ink = COLOURS["bad"] if ringing else COLOURS["ink"]
    label = words(
        8, top + 18, ("▲ " if ringing else "") + line.said, f'fill="{ink}" font-weight="600" font-size="12.5"'
    )
    label += words(8, top + 33, line.path, f'font-size="11.5" fill="{COLOURS["muted"]}"')
    if past:
        label += words(RIGHT + 8, top + 24, f"{past[-1].mean:.2f}", f'fill="{ink}" font-weight="600"')
    return label + _limits((low, high), y_of) + _curve(past, y_of) + _alarms(line, day, y_of)


def _limits(edges: tuple[float | None, ...], y_of: Any) -> str:
    dashed = f'stroke="{COLOURS["bad"]}" stroke-dasharray="4 3" stroke-opacity=".7"'
    return "".join(f'<path d="M{LEFT} {y_of(edge)}H{RIGHT}" {dashed}/>' for edge in edges if edge is not None)


def _curve(past: list[Reading], y_of: Any) -> str:
    """A line through the evenings of each week, and a dot on its last one."""
    parts = []
    for week in range(WEEKS):
        points = [(x_of(r.day), y_of(r.mean)) for r in past if r.day // WEEK == week]
        if points:
            path = " ".join(f"{x},{y}" for x, y in points)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS["measured"]}" stroke-width="1.6"/>')
            parts.append(f'<circle cx="{points[-1][0]}" cy="{points[-1][1]}" r="2.6" fill="{COLOURS["measured"]}"/>')
    return "".join(parts)


def _alarms(line: Line, day: int, y_of: Any) -> str:
    """A triangle at the first alarm of each week."""
    found = []
    for reading in line.read:
        if reading.day <= day and line.first.get(reading.day // WEEK) == reading.day:
            x, y = x_of(reading.day), y_of(reading.mean)
            found.append(f'<path d="M{x - 6} {y + 5}H{x + 6}L{x} {y - 6}Z" fill="{COLOURS["bad"]}"/>')
    return "".join(found)
