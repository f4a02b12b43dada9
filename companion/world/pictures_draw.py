"""Pictures of products, drawn from what can be seen: 48 x 48 pixels, each from its own angle and in its own light.

A picture is drawn three times as large with Pillow and made smaller, so that its edges are smooth. What changes
from picture to picture of the same product: angle, size, place, light, the tint of the lamp, background and noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageDraw

from companion.world.pictures import Look
from companion.world.pictures_marks import MARKS
from companion.world.writing import read_data

SIZE, FINER = 48, 3
SHADES = ((232, 230, 226), (214, 222, 230), (226, 214, 196), (200, 206, 200), (240, 240, 240), (188, 184, 190))
DARK, PALE = (34, 36, 40), (236, 238, 240)
Box = tuple[float, float, float, float]
# half width and half height of each shape, as shares of the picture
EXTENT = {"round": (0.29, 0.29), "square": (0.27, 0.27), "tall": (0.18, 0.31), "wide": (0.34, 0.19)}
EXTENT |= {"oval": (0.33, 0.23), "hexagon": (0.31, 0.28)}


@dataclass
class Pen:
    """A sheet in units of the picture: (0, 0) is the body's middle, 1 the picture's width."""

    image: Image.Image

    def __post_init__(self) -> None:
        self.draw, self.width = ImageDraw.Draw(self.image), self.image.width

    def box(self, x: float, y: float, w: float, h: float) -> Box:
        """Pixels of a box with middle (x, y) and half sizes (w, h)."""
        return tuple(round(self.width * (0.5 + v)) for v in (x - w, y - h, x + w, y + h))

    def ellipse(self, x: float, y: float, w: float, h: float, fill: tuple, outline: tuple | None = None) -> None:
        """A filled ellipse."""
        self.draw.ellipse(self.box(x, y, w, h), fill=fill, outline=outline, width=max(1, self.width // 48))

    def block(self, x: float, y: float, w: float, h: float, fill: tuple, corner: float = 0.02) -> None:
        """A filled rectangle with round corners."""
        self.draw.rounded_rectangle(self.box(x, y, w, h), radius=corner * self.width, fill=fill)

    def line(self, points: Sequence[tuple[float, float]], fill: tuple, width: float = 0.015) -> None:
        """A line through points."""
        places = [(self.width * (0.5 + x), self.width * (0.5 + y)) for x, y in points]
        self.draw.line(places, fill=fill, width=max(1, round(width * self.width)))


def draw(look: Look, random: Random, size: int = SIZE) -> np.ndarray:
    """A picture of this look, uint8 (size, size, 3); the same random state gives the same picture.

    Raises ValueError for a size below 24, at which the parts can no longer be told apart.
    """
    if size < 24:
        raise ValueError(f"size is {size}: a picture needs at least 24 pixels a side.")
    wide = size * FINER
    thing = Image.new("RGBA", (wide, wide), (0, 0, 0, 0))
    shade, angle, scale = random.choice(SHADES), random.uniform(-12, 12), random.uniform(0.82, 1.05)
    move = [round(random.uniform(-0.05, 0.05) * wide) for _ in range(2)]
    body(Pen(thing), look)
    small = round(wide * scale)
    thing = thing.resize((small, small)).rotate(angle, Image.Resampling.BILINEAR)
    place = tuple((wide - small) // 2 + m for m in move)
    picture = ground(wide, shade, random)
    shadow = Image.new("RGBA", thing.size, (30, 30, 34, 0))
    shadow.putalpha(thing.getchannel("A").point(lambda a: a // 4))
    picture.paste(shadow, (place[0] + wide // 40, place[1] + wide // 30), shadow)
    picture.paste(thing, place, thing)
    return lit(np.asarray(picture.resize((size, size), Image.Resampling.BOX), np.float32), random)


def ground(wide: int, shade: tuple[int, int, int], random: Random) -> Image.Image:
    """A wall and the table before it."""
    picture = Image.new("RGB", (wide, wide), shade)
    table = tuple(max(0, value - random.randint(6, 40)) for value in shade)
    ImageDraw.Draw(picture).rectangle((0, round(wide * random.uniform(0.62, 0.86)), wide, wide), fill=table)
    return picture


def lit(pixels: np.ndarray, random: Random) -> np.ndarray:
    """Light from one side, brighter or darker, warmer or colder, and the noise of a camera."""
    size, rng = len(pixels), np.random.default_rng(random.randrange(2**32))
    y, x = np.mgrid[0:size, 0:size] / (size - 1) - 0.5
    turn = random.uniform(0, 2 * np.pi)
    light = random.uniform(0.84, 1.08) + random.uniform(0.05, 0.25) * (x * np.cos(turn) + y * np.sin(turn))
    warm = random.uniform(-0.05, 0.05)
    tinted = pixels * light[..., None] * np.array([1 + warm, 1.0, 1 - warm])
    return (tinted + rng.normal(0, random.uniform(2, 7), pixels.shape)).clip(0, 255).round().astype(np.uint8)


def body(pen: Pen, look: Look) -> None:
    """The thing itself on a clear sheet: feet and antennas behind, then the body, its surface, its parts."""
    w, h = EXTENT[look.shape]
    colour = tuple(read_data("pictures.toml")["rgb"][look.colour])
    edge = tuple(int(0.6 * value) for value in colour)
    for side in (-1, 1)[: 2 * look.feet]:
        pen.block(0.5 * w * side, h + 0.03, 0.05, 0.035, DARK, 0.01)
    for x in {0: (), 1: (0.45 * w,), 2: (-0.45 * w, 0.45 * w)}[look.antennas]:
        pen.line([(x, -0.6 * h), (1.3 * x, -h - 0.14)], DARK, 0.025)
        pen.ellipse(1.3 * x, -h - 0.14, 0.022, 0.022, DARK)
    outline(pen, look.shape, w, h, edge)
    cover = Image.new("RGBA", pen.image.size, (*colour, 255))
    FINISH[look.finish](Pen(cover), colour)
    mask = Image.new("L", pen.image.size, 0)
    outline(Pen(mask), look.shape, w - 0.012, h - 0.012, 255)
    pen.image.paste(cover, (0, 0), mask)
    ink = DARK if sum(colour) > 300 else PALE
    MARKS[look.kind](pen, w, h, ink)
    parts(pen, look, w, h, ink)


def outline(pen: Pen, shape: str, w: float, h: float, fill) -> None:
    """The body's filled shape."""
    if shape in ("round", "oval"):
        pen.ellipse(0, 0, w, h, fill)
    elif shape == "hexagon":
        corners = [(-w, 0), (-w / 2, -h), (w / 2, -h), (w, 0), (w / 2, h), (-w / 2, h)]
        pen.draw.polygon([(pen.width * (0.5 + x), pen.width * (0.5 + y)) for x, y in corners], fill=fill)
    else:
        pen.block(0, 0, w, h, fill, 0.035)


def parts(pen: Pen, look: Look, w: float, h: float, ink: tuple) -> None:
    """A screen above the middle, buttons in a row below."""
    if look.screen:
        pen.block(0, -0.62 * h, min(0.55 * w, 0.13), 0.045, DARK, 0.01)
        pen.block(0, -0.62 * h, min(0.55 * w, 0.13) - 0.014, 0.03, (120, 235, 190), 0.005)
    step = min(0.105, 1.5 * w / 4)
    for number in range(look.buttons):
        x = (number - (look.buttons - 1) / 2) * step
        pen.ellipse(x, 0.62 * h, 0.033, 0.033, ink, (128, 128, 128))


# --- surfaces: a function of the sheet that will be cut to the body's shape ------------------------------------------
def _shifted(colour: tuple, by: int) -> tuple:
    return (*(min(255, max(0, value + by)) for value in colour), 255)


def _glossy(pen: Pen, colour: tuple) -> None:
    pen.line([(-0.42, 0.12), (0.12, -0.42)], _shifted(colour, 85), 0.06)
    pen.line([(-0.30, 0.14), (0.14, -0.30)], _shifted(colour, 55), 0.025)


def _brushed(pen: Pen, colour: tuple) -> None:
    for number in range(18):
        y = -0.36 + 0.042 * number
        pen.line([(-0.5, y), (0.5, y)], _shifted(colour, 30 if number % 2 else -26), 0.02)


def _woven(pen: Pen, colour: tuple) -> None:
    for number in range(-9, 19):
        x = 0.07 * number
        pen.line([(x - 0.5, -0.5), (x + 0.0, 0.5)], _shifted(colour, -38), 0.016)
        pen.line([(x + 0.0, -0.5), (x - 0.5, 0.5)], _shifted(colour, 32), 0.016)


FINISH: dict[str, Callable[[Pen, tuple], None]] = {
    "matt": lambda pen, colour: None,
    "glossy": _glossy,
    "brushed": _brushed,
    "woven": _woven,
}
