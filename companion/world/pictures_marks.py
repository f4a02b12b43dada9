"""What tells one kind of device from another in a picture: a lens, a keyhole, a dial, drawn in the body's middle.

Every mark is a function of the pen, the body's half width and half height, and the ink that shows on its colour.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from companion.world.pictures_draw import Pen

GLASS, GLOW = (24, 30, 44), (255, 232, 150)


def doorbell(pen: Pen, w: float, h: float, ink: tuple) -> None:
    """A small lens, and a ring to press."""
    pen.ellipse(0, -0.22 * h, 0.05, 0.05, GLASS, ink)
    pen.ellipse(0, 0.2 * h, 0.065, 0.065, (250, 250, 250), ink)
    pen.ellipse(0, 0.2 * h, 0.03, 0.03, (90, 150, 230))


def camera(pen: Pen, w: float, h: float, ink: tuple) -> None:
    """A large lens with a glint."""
    pen.ellipse(0, 0, 0.13, 0.13, (70, 74, 80), ink)
    pen.ellipse(0, 0, 0.095, 0.095, GLASS)
    pen.ellipse(-0.035, -0.035, 0.025, 0.025, (200, 220, 255))


def thermostat(pen: Pen, w: float, h: float, ink: tuple) -> None:
    """A dial with a hand, and ticks around it."""
    for number in range(9):
        turn = pi * (0.8 + 1.4 * number / 8)
        x, y = cos(turn), sin(turn)
        pen.line([(0.1 * x, 0.1 * y), (0.135 * x, 0.135 * y)], ink, 0.016)
    pen.line([(0, 0), (0.075, -0.065)], (214, 60, 40), 0.03)
    pen.ellipse(0, 0, 0.025, 0.025, ink)


def lock(pen: Pen, w: float, h: float, ink: tuple) -> None:
    """A keyhole in a plate."""
    pen.block(0, 0, 0.07, 0.12, (208, 196, 150), 0.03)
    pen.ellipse(0, -0.035, 0.035, 0.035, GLASS)
    pen.line([(0, -0.02), (0, 0.075)], GLASS, 0.03)


def lamp(pen: Pen, w: float, h: float, ink: tuple) -> None:
    """A glowing pane, and the rod that it hangs from."""
    pen.line([(0, -0.5), (0, -h)], (90, 90, 94), 0.02)
    pen.ellipse(0, 0, 0.7 * w, 0.36 * h, GLOW, (235, 190, 80))


def plug(pen: Pen, w: float, h: float, ink: tuple) -> None:
    """A round socket with two holes."""
    pen.ellipse(0, 0, 0.12, 0.12, (238, 238, 236), ink)
    for side in (-1, 1):
        pen.ellipse(0.05 * side, 0, 0.022, 0.022, GLASS)


def alarm(pen: Pen, w: float, h: float, ink: tuple) -> None:
    """Slits in a ring, and a red point."""
    for number in range(10):
        turn = 2 * pi * number / 10
        x, y = cos(turn), sin(turn)
        pen.line([(0.065 * x, 0.065 * y), (0.125 * x, 0.125 * y)], ink, 0.022)
    pen.ellipse(0, 0, 0.028, 0.028, (224, 40, 40))


def speaker(pen: Pen, w: float, h: float, ink: tuple) -> None:
    """A grille of dots."""
    for row in range(-2, 3):
        for column in range(-2, 3):
            pen.ellipse(0.052 * column, 0.05 * row, 0.014, 0.014, ink)


def hub(pen: Pen, w: float, h: float, ink: tuple) -> None:
    """Waves above a point."""
    pen.ellipse(0, 0.09, 0.024, 0.024, ink)
    for radius in (0.075, 0.13, 0.185):
        ends = [pi * (1.25 + 0.5 * step / 8) for step in range(9)]
        pen.line([(radius * cos(turn), 0.09 + radius * sin(turn)) for turn in ends], ink, 0.022)


def motor(pen: Pen, w: float, h: float, ink: tuple) -> None:
    """Slats, and a cord with a knob that hangs down at the side."""
    for row in range(-2, 3):
        pen.line([(-0.62 * w, 0.055 * row), (0.62 * w, 0.055 * row)], ink, 0.016)
    pen.line([(w + 0.03, -0.1), (w + 0.03, 0.33)], (120, 96, 70), 0.016)
    pen.ellipse(w + 0.03, 0.34, 0.024, 0.03, (120, 96, 70))


MARKS: dict[str, Callable[[Pen, float, float, tuple], None]] = {
    "video doorbell": doorbell,
    "security camera": camera,
    "thermostat": thermostat,
    "door lock": lock,
    "ceiling lamp": lamp,
    "power plug": plug,
    "smoke alarm": alarm,
    "smart speaker": speaker,
    "home hub": hub,
    "blind motor": motor,
}
