"""A race of two models over the same messages: what one has sorted while the other sorts a single one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from math import floor, log10

from companion.metrics import median_ms
from companion.show.display import look, show, svg_image
from companion.show.living import paper, svg, words
from companion.show.style import COLOURS

BATCHES = (1, 32)
WIDTH, PANEL = 760, 158
LEFT, RIGHT = 120, 620  # the lanes' ends
LASTS = 4.5  # seconds, for as long as the slower one needs, however long that is
CROWD = 150  # more envelopes than this are drawn as one bar
HUES = (COLOURS["measured"], COLOURS["distill"])
MOTION = """
.in { animation: in .3s ease-out both }
@keyframes in { from { opacity: 0; transform: translateY(-7px) } }
.clock { animation: clock %ss linear both }
@keyframes clock { 97%% { opacity: 1 } to { transform: translateX(%spx); opacity: 0 } }
"""

Call = Callable[[list[str]], object]


@dataclass(frozen=True)
class Timed:
    """Milliseconds a message that each of the two needs when ``batch`` messages come at a time."""

    batch: int
    milliseconds: tuple[float, float]

    @property
    def slow(self) -> int:
        """0 where the first one is slower, else 1."""
        return int(self.milliseconds[1] > self.milliseconds[0])

    @property
    def factor(self) -> float:
        """How many times as fast the faster one is."""
        return max(self.milliseconds) / max(min(self.milliseconds), 1e-9)


def race(
    teacher: Call,
    student: Call,
    texts: Sequence[str],
    names: tuple[str, str] = ("teacher", "student"),
    repeat: int = 9,
) -> None:
    """Time both, now and here, one message at a time and 32 at a time; draw the lanes and print the numbers.

    ``teacher`` and ``student`` take a list of texts; what they return is thrown away. Both get the same texts in
    the same order, over and over. The time is the median of ``repeat`` calls after one that does not count,
    divided by the texts in a call. The factor is rounded to one digit, since the next run gives another second
    digit. Raises ValueError where there is no text.
    """
    if not texts:
        raise ValueError("There is no message to race over: pass at least one text.")
    heats = [
        Timed(batch, (each(teacher, texts, batch, repeat), each(student, texts, batch, repeat))) for batch in BATCHES
    ]
    show_race(heats, names)


def each(call: Call, texts: Sequence[str], batch: int, repeat: int = 9) -> float:
    """Median milliseconds a message, ``batch`` messages at a time, the texts taken in turn."""
    turns = cycle(texts)
    return median_ms(lambda: call([next(turns) for _ in range(batch)]), repeat) / batch


def show_race(heats: Sequence[Timed], names: tuple[str, str]) -> None:
    """Draw what was timed. The moving picture is shown to readers who have not asked for less motion."""
    lines = [sentence(heat, names) for heat in heats]
    image = svg_image(drawing(heats, names), " ".join(lines), WIDTH, drawing(heats, names, moving=True))
    show(f'{look("figure")}<figure class="companion paper companion-figure">{image}</figure>', "[figure: a race]")
    print("\n".join(lines))


def sentence(heat: Timed, names: tuple[str, str]) -> str:
    """What a heat found, in words."""
    took = ", ".join(f"{name} {digits(ms, 2)} ms a message" for name, ms in zip(names, heat.milliseconds, strict=True))
    return f"{_when(heat.batch)}: {took}: {_verdict(heat, names)}."


def digits(value: float, count: int) -> str:
    """``value`` with so many digits that count: digits(34.6, 1) is 30, digits(0.0468, 2) is 0.047."""
    if value <= 0:
        return "0"
    places = count - 1 - floor(log10(value))
    rounded = round(value, places)
    # 9.6 becomes 10, which has one place less.
    return f"{rounded:,.{max(0, count - 1 - floor(log10(rounded)))}f}"


def _verdict(heat: Timed, names: tuple[str, str]) -> str:
    if heat.factor < 1.15:
        return "about as fast as each other"
    return f"{names[1 - heat.slow]} about {digits(heat.factor, 1)} times as fast"


def _when(batch: int) -> str:
    return "One at a time" if batch == 1 else f"{batch} at a time"


def drawing(heats: Sequence[Timed], names: tuple[str, str], moving: bool = False) -> str:
    """All heats, one below the other; each has its own clock, which ends when the slower one is done."""
    height = PANEL * len(heats) + 8
    style = MOTION % (LASTS, RIGHT - LEFT) if moving else ""
    parts = [_panel(heat, names, PANEL * i, moving) for i, heat in enumerate(heats)]
    return svg(WIDTH, height, paper(WIDTH, height) + "".join(parts), style=style)


def _panel(heat: Timed, names: tuple[str, str], top: float, moving: bool) -> str:
    grey = f'font-size="12" fill="{COLOURS["muted"]}"'
    longest = max(heat.milliseconds)
    verdict = _verdict(heat, names)
    end = f"{digits(longest, 2)} ms"
    clock = f'<path class="clock" d="M{LEFT} {top + 36}V{top + 130}" stroke="{COLOURS["ink"]}" stroke-width="1.4"/>'
    return (
        words(16, top + 26, _when(heat.batch), 'font-weight="600" font-size="14.5"')
        + words(WIDTH - 16, top + 26, verdict, 'text-anchor="end" font-weight="600" font-size="14.5"')
        + "".join(_lane(heat, i, names[i], top + 62 + 44 * i) for i in range(2))
        + (clock if moving else "")
        + words(LEFT, top + 146, "0", f'text-anchor="middle" {grey}')
        + words(RIGHT, top + 146, end, f'text-anchor="middle" {grey}')
    )


def _lane(heat: Timed, i: int, name: str, y: float) -> str:
    took, longest = heat.milliseconds[i], max(heat.milliseconds)
    count = max(1, floor(longest / max(took, 1e-9) + 1e-6))
    step = (RIGHT - LEFT) * min(took, longest) / longest
    road = f'<path d="M{LEFT} {y + 14}H{RIGHT}" stroke="{COLOURS["edge"]}" stroke-width="1.5"/>'
    ends = "".join(f'<path d="M{x} {y + 9}V{y + 19}" stroke="{COLOURS["muted"]}"/>' for x in (LEFT, RIGHT))
    total = words(RIGHT + 26, y + 1, f"{digits(took, 2)} ms", 'font-weight="600" font-size="15"')
    under = words(RIGHT + 26, y + 16, "a message", f'font-size="12" fill="{COLOURS["muted"]}"')
    label = words(LEFT - 16, y + 4, name, f'text-anchor="end" font-weight="600" fill="{HUES[i]}"')
    return road + ends + label + total + under + _sorted(count, step, y, HUES[i])


def _sorted(count: int, step: float, y: float, hue: str) -> str:
    """An envelope where each message is done; narrow ones where they come close, a bar where they crowd."""
    if count > CROWD:
        wide = round(count * step, 1)
        return f'<rect class="in" x="{LEFT}" y="{y - 7}" width="{wide}" height="16" rx="2" fill="{hue}"/>'
    wide = round(min(24.0, max(1.6, step - 2.5)), 1)
    return "".join(_envelope(LEFT + step * (k + 1), y, wide, hue) for k in range(count))


def _envelope(right: float, y: float, wide: float, hue: str) -> str:
    x, late = round(right - wide, 1), LASTS * (right - LEFT) / (RIGHT - LEFT)
    flap = ""
    if wide >= 12:
        points = f"{x},{y - 6} {round(x + wide / 2, 1)},{y + 2} {round(x + wide, 1)},{y - 6}"
        flap = f'<polyline points="{points}" fill="none" stroke="{COLOURS["paper"]}" stroke-width="1.5"/>'
    body = f'<rect x="{x}" y="{y - 7}" width="{wide}" height="16" rx="{min(2.5, wide / 3):.1f}" fill="{hue}"/>'
    return f'<g class="in" style="animation-delay:{late:.2f}s">{body}{flap}</g>'
