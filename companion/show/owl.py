"""A product picture, painted by code: Kestrel's Owl, a sensor for the wall, with two lenses and a soft shadow.

Everything is computed from positions, with no random numbers drawn from a shared source, so that every machine
paints the same picture. It has smooth parts, which few strips rebuild, and fine ones, which need many.
"""

from __future__ import annotations

from functools import cache
from typing import Any

SIZE = 160  # pixels to a side
FINER = 4  # painted this many times larger, then averaged: smooth edges
WALL, SHADE, BODY, FACE = (0.86, 0.84, 0.79), (0.25, 0.24, 0.27), (0.30, 0.36, 0.42), (0.90, 0.89, 0.85)
RIM, GLASS, GLOW, BEAK, WOOD = (
    (0.16, 0.18, 0.21),
    (0.05, 0.07, 0.10),
    (0.22, 0.66, 0.72),
    (0.91, 0.60, 0.18),
    (0.55, 0.38, 0.24),
)


@cache
def product_picture() -> Any:
    """The picture as an array (160, 160, 3) of numbers between 0 and 1."""
    import numpy as np

    across = (np.arange(SIZE * FINER) + 0.5) / (SIZE * FINER)
    x, y = np.meshgrid(across, across)
    paint = _wall(x, y)
    paint = _shadow(paint, x, y)
    paint = _body(paint, x, y)
    for middle in (0.405, 0.595):
        paint = _eye(paint, x, y, middle, 0.415)
    paint = _cover(paint, _beak(x, y), BEAK)
    paint = _light(paint, x, y)
    blocks = paint.reshape(SIZE, FINER, SIZE, FINER, 3).mean(axis=(1, 3))
    picture = np.clip(blocks, 0, 1)
    picture.setflags(write=False)  # it is kept, so nobody may paint over it
    return picture


def _cover(paint: Any, mask: Any, colour: Any) -> Any:
    """Lay a colour over the picture where the mask is 1, and in part where it is between."""
    return paint + mask[..., None] * (colour - paint)


def _edge(distance: Any, soft: float = 0.004) -> Any:
    """1 inside (a distance below 0), 0 outside, and a soft step between."""
    import numpy as np

    return np.clip(0.5 - distance / soft, 0, 1)


def _noise(x: Any, y: Any, seed: float) -> Any:
    """Grain between -1 and 1: a hash of the position's cell, the usual one of shader programs."""
    import numpy as np

    cells = np.floor(x * SIZE) * 12.9898 + np.floor(y * SIZE) * 78.233 + seed
    return 2 * np.modf(np.abs(np.sin(cells) * 43758.5453))[0] - 1


def _ripples(x: Any, y: Any) -> Any:
    """The uneven plaster: a few slow waves across each other."""
    import numpy as np

    return np.sin(9 * x + 5 * y + 1) * np.sin(4 * x - 11 * y) + 0.5 * np.sin(23 * x + 17 * y + 2 * np.sin(7 * y))


def _wall(x: Any, y: Any) -> Any:
    import numpy as np

    lit = 1.06 - 0.20 * np.hypot(x - 0.25, y - 0.15) + 0.018 * _ripples(x, y) + 0.020 * _noise(x, y, 0.0)
    wall = np.array(WALL) * lit[..., None]
    rings = np.sin(150 * x + 5 * np.sin(5 * y) + 2 * np.sin(17 * y)) * 0.5 + np.sin(61 * x + 3 * np.sin(3 * y))
    wood = np.array(WOOD) * (0.95 - 0.25 * y + 0.07 * rings + 0.03 * _noise(x, y * 0.2, 5.0))[..., None]
    wall = _cover(wall, 0.45 * _edge(0.845 - x, 0.06), np.array(SHADE))  # the door's frame throws a shadow
    return _cover(wall, _edge(0.87 - x), wood)


def _outline(x: Any, y: Any) -> Any:
    """Below 0 inside the owl: an egg with two ears."""
    import numpy as np

    wide = 0.245 + 0.035 * np.clip(y - 0.3, -0.3, 0.3)
    egg = (np.abs((x - 0.5) / wide) ** 2.6 + np.abs((y - 0.52) / 0.345) ** 2.6) ** (1 / 2.6) - 1
    aside = np.abs(x - 0.5)
    ear = np.maximum.reduce([0.085 - 0.75 * (aside - 0.08) - (y - 0.105), aside - 0.232, y - 0.4])
    return np.minimum(0.25 * egg, 0.8 * ear)


def _shadow(paint: Any, x: Any, y: Any) -> Any:
    import numpy as np

    soft = sum(_edge(_outline(x - 0.012 * i, y - 0.013 * i) - 0.004 * i, 0.05) for i in range(1, 7)) / 6
    return _cover(paint, 0.55 * soft, np.array(SHADE))


def _body(paint: Any, x: Any, y: Any) -> Any:
    import numpy as np

    shape = _outline(x, y)
    round_light = 1.18 - 1.1 * np.hypot(x - 0.40, 0.7 * (y - 0.30)) + 0.012 * _noise(x, y, 9.0)
    paint = _cover(paint, _edge(shape), np.array(BODY) * round_light[..., None])
    paint = _cover(paint, 0.5 * _edge(np.abs(shape + 0.008) - 0.003), np.array(FACE))  # light along the rim
    # The breast: a grille of small scales for the loudspeaker.
    breast = np.hypot((x - 0.5) / 0.165, (y - 0.695) / 0.135) - 1
    row = np.floor((y - 0.5) * 42)
    scale = np.hypot(((x * 36 + 0.5 * (row % 2)) % 1 - 0.5), ((y - 0.5) * 42) % 1 - 0.5) - 0.30
    paint = _cover(paint, _edge(0.15 * breast), np.array(FACE) * (1.02 - 0.5 * (x - 0.35))[..., None])
    return _cover(paint, _edge(0.15 * breast + 0.006) * _edge(scale * 0.03), np.array(RIM))


def _eye(paint: Any, x: Any, y: Any, at_x: float, at_y: float) -> Any:
    import numpy as np

    far = np.hypot(x - at_x, y - at_y)
    turn = np.arctan2(y - at_y, x - at_x)
    paint = _cover(paint, _edge(far - 0.094), np.array(FACE) * (1.03 - 0.9 * (y - at_y + 0.02))[..., None])
    paint = _cover(paint, _edge(far - 0.076), np.array(RIM))
    rays = np.array(GLOW) * (0.85 + 0.25 * np.sin(28 * turn) - 3 * (far - 0.05))[..., None]
    paint = _cover(paint, _edge(far - 0.066), rays)
    paint = _cover(paint, _edge(far - 0.041), np.array(GLASS))
    gleam = np.hypot(x - at_x + 0.018, y - at_y + 0.02)
    return _cover(paint, 0.95 * _edge(gleam - 0.0125, 0.008), np.array((1.0, 1.0, 1.0)))


def _beak(x: Any, y: Any) -> Any:
    import numpy as np

    down = (y - 0.452) / 0.092
    return _edge(np.maximum(np.abs(x - 0.5) - 0.032 * (1 - down), np.maximum(0.452 - y, y - 0.544)))


def _light(paint: Any, x: Any, y: Any) -> Any:
    """The small lamp on the forehead, and its glow."""
    import numpy as np

    far = np.hypot(x - 0.5, y - 0.272)
    paint = _cover(paint, 0.35 * np.exp(-((far / 0.028) ** 2)), np.array(GLOW))
    return _cover(paint, _edge(far - 0.0105), np.array((0.80, 1.0, 0.97)))
