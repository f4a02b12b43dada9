"""Dials with a red and a green zone: the same measurement before and after something was mended."""

from __future__ import annotations

import math
from dataclasses import dataclass

from companion.show.display import look, show, svg_image
from companion.show.figures import rounded
from companion.show.living import paper, svg, words
from companion.show.style import COLOURS

PANEL, HEIGHT = 240, 206  # a dial's width and height
RADIUS, SWEEP, CENTRE_Y = 78, 100, 108  # of a dial; degrees to either side of upright
ZONES = {"green": ("good", "✓ green"), "red": ("bad", "✗ red")}  # colour, and the words for who sees no colour


@dataclass(frozen=True)
class Gauge:
    """One measured number and the limit that was set for it.

    Give ``at_least`` where larger is better, or ``at_most`` where smaller is; a value on the limit is green.
    ``before`` is the same number before something was mended. ``low`` and ``high`` are the ends of the dial; a
    value beyond them is drawn at the end. Raises ValueError for two limits or none, and for what is no number.
    """

    name: str
    value: float
    at_least: float | None = None
    at_most: float | None = None
    before: float | None = None
    low: float = 0.0
    high: float = 1.0
    digits: int = 2

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"The gauge {self.name!r} needs one limit: give at_least=... or at_most=...")
        if not self.low < self.high:
            raise ValueError(f"The gauge {self.name!r} ends at {self.high:g}: give a high that is above low.")
        if not all(math.isfinite(number) for number in (self.value, self.limit, self.value_before)):
            raise ValueError(f"The gauge {self.name!r} shows no number: look at what gave {self.value}.")

    @property
    def limit(self) -> float:
        """The number between red and green."""
        return float(self.at_most if self.at_least is None else self.at_least)

    @property
    def value_before(self) -> float:
        """What was measured before, or the value now where nothing was mended."""
        return self.value if self.before is None else self.before

    @property
    def zone(self) -> str:
        """``green`` or ``red``, now."""
        return self.zone_of(self.value)

    def zone_of(self, value: float) -> str:
        """The zone of any value; it is rounded as it is shown first, so that picture and words never disagree."""
        gain = round(value, self.digits) - round(self.limit, self.digits)
        return "green" if (gain <= 0 if self.at_least is None else gain >= 0) else "red"

    def say(self, value: float) -> str:
        """A value as it is written on the dial."""
        return f"{value:.{self.digits}f}"

    @property
    def rule(self) -> str:
        """The limit in words: ``at least 0.90``."""
        return f"at {'most' if self.at_least is None else 'least'} {self.say(self.limit)}"

    def sentence(self) -> str:
        """The gauge in words, for those who do not see it."""
        was = f"it was {self.say(self.before)} ({self.zone_of(self.before)}), " if self.before is not None else ""
        return f"{self.name}: {was}now {self.say(self.value)} ({self.zone}); {self.rule} is green."


def gauges(*shown: Gauge) -> None:
    """Draw the gauges side by side, at most three in a row, and print their rounded numbers.

    A gauge with ``before`` has a thin dashed needle where it stood and a thick one where it stands. Raises
    ValueError without a gauge.
    """
    if not shown:
        raise ValueError("There is no gauge to draw: pass at least one Gauge(name, value, at_least=...).")
    alt = " ".join(gauge.sentence() for gauge in shown)
    image = svg_image(drawing(shown), f"Gauges. {alt}", PANEL * a_row(len(shown)))
    show(f'{look("figure")}<figure class="companion paper companion-figure">{image}</figure>', f"[gauges: {alt}]")
    print(rounded({gauge.name: row(gauge, shown) for gauge in shown}))


def row(gauge: Gauge, shown: tuple[Gauge, ...]) -> dict[str, str]:
    """A gauge as a line of the printed table; ``before`` is there if any gauge of this picture has one."""
    was = "" if gauge.before is None else gauge.say(gauge.before)
    first = {"before": was} if any(other.before is not None for other in shown) else {}
    return first | {"now": gauge.say(gauge.value), "green": gauge.rule, "zone": gauge.zone}


def a_row(count: int) -> int:
    """How many dials stand in a row: all up to three, else three; four make a square."""
    return 2 if count == 4 else min(3, count)


def drawing(shown: tuple[Gauge, ...]) -> str:
    """All dials as one SVG document."""
    across = a_row(len(shown))
    width, height = PANEL * across, HEIGHT * math.ceil(len(shown) / across)
    dials = (
        f'<g transform="translate({PANEL * (i % across) + PANEL // 2} {HEIGHT * (i // across) + CENTRE_Y})">'
        f"{_dial(gauge)}</g>"
        for i, gauge in enumerate(shown)
    )
    return svg(width, height, paper(width, height) + "".join(dials))


def _dial(gauge: Gauge) -> str:
    at = _share(gauge, gauge.limit)
    left, right = ("green", "red") if gauge.at_least is None else ("red", "green")
    zones = _arc(0, at, COLOURS[ZONES[left][0]]) + _arc(at, 1, COLOURS[ZONES[right][0]])
    colour, said = ZONES[gauge.zone]
    return (
        words(0, -RADIUS - 14, gauge.name, 'text-anchor="middle" font-size="14" font-weight="600"')
        + zones
        + _limit(gauge, at)
        + _ends(gauge)
        + (_ghost(gauge) if gauge.before is not None else "")
        + _needle(_share(gauge, gauge.value))
        + words(0, 46, gauge.say(gauge.value), 'text-anchor="middle" font-size="24" font-weight="700"')
        + words(0, 67, said, f'text-anchor="middle" font-size="14" font-weight="600" fill="{COLOURS[colour]}"')
        + words(0, 86, _under(gauge), f'text-anchor="middle" font-size="12" fill="{COLOURS["muted"]}"')
    )


def _under(gauge: Gauge) -> str:
    was = "" if gauge.before is None else f"was {gauge.say(gauge.before)}, {gauge.zone_of(gauge.before)}; "
    return f"{was}green: {gauge.rule}"


def _share(gauge: Gauge, value: float) -> float:
    """Where a value lies on the dial, from 0 to 1."""
    return min(1.0, max(0.0, (value - gauge.low) / (gauge.high - gauge.low)))


def _place(share: float, radius: float) -> tuple[float, float]:
    turn = math.radians(SWEEP * (2 * share - 1))
    return round(radius * math.sin(turn), 1), round(-radius * math.cos(turn), 1)


def _arc(low: float, high: float, colour: str) -> str:
    (x, y), (to_x, to_y) = _place(low, RADIUS), _place(high, RADIUS)
    large = int(2 * SWEEP * (high - low) > 180)
    path = f"M{x} {y}A{RADIUS} {RADIUS} 0 {large} 1 {to_x} {to_y}"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="12"/>' if high > low else ""


def _limit(gauge: Gauge, at: float) -> str:
    """A notch between the zones; its number stands outside, where no needle comes."""
    (x, y), (to_x, to_y) = _place(at, RADIUS - 9), _place(at, RADIUS + 8)
    notch = f'<path d="M{x} {y}L{to_x} {to_y}" stroke="{COLOURS["paper"]}" stroke-width="4"/>'
    return notch + f'<path d="M{x} {y}L{to_x} {to_y}" stroke="{COLOURS["ink"]}" stroke-width="1.6"/>'


def _ends(gauge: Gauge) -> str:
    grey = f'text-anchor="middle" font-size="11" fill="{COLOURS["muted"]}"'
    (x, y), (to_x, _) = _place(0, RADIUS), _place(1, RADIUS)
    return words(x, y + 20, f"{gauge.low:g}", grey) + words(to_x, y + 20, f"{gauge.high:g}", grey)


def _needle(share: float) -> str:
    ink, turn = COLOURS["ink"], round(SWEEP * (2 * share - 1), 1)
    return (
        f'<g transform="rotate({turn})"><path d="M-4.5 0L0 {-RADIUS + 10}L4.5 0Z" fill="{ink}"/></g>'
        f'<circle r="7" fill="{ink}"/><circle r="2.2" fill="{COLOURS["paper"]}"/>'
    )


def _ghost(gauge: Gauge) -> str:
    turn = round(SWEEP * (2 * _share(gauge, gauge.value_before) - 1), 1)
    dashes = f'stroke="{COLOURS["muted"]}" stroke-width="2" stroke-dasharray="3 4"'
    return f'<path d="M0 0V{-RADIUS - 10}" transform="rotate({turn})" {dashes}/>'
