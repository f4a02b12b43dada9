"""Rebuild a product's picture from r strips and count the numbers that this takes: what low rank means."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from companion.show.display import png_image, show_widget, svg_image
from companion.show.living import box, said, still, stops, svg, words
from companion.show.style import COLOURS

SHOWN = 330  # the pictures' width on the page
WIDTH, HEIGHT = 720, 92
LEFT, RIGHT = 116, 664  # the two bars' ends
START = 8
EASY = (*range(1, 13), 14, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128)  # small ranks tell most, so they stand closer


@dataclass(frozen=True)
class Strips:
    """A picture taken apart: for each colour, columns (m, k), their weights (k,) and rows (k, n)."""

    columns: Any
    weights: Any
    rows: Any

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels down (m) and across (n)."""
        return self.columns.shape[1], self.rows.shape[2]

    @property
    def full(self) -> int:
        """The rank that gives the picture back."""
        return self.weights.shape[1]

    def rebuilt(self, r: int) -> Any:
        """The sum of the first r strips, (m, n, colours): the best picture of rank r (Eckart and Young, 1936)."""
        layers = (self.columns[:, :, :r] * self.weights[:, None, :r]) @ self.rows[:, :r]  # (colours, m, n)
        return layers.transpose(1, 2, 0)

    def error(self, r: int) -> float:
        """|picture - rebuilt| / |picture|, in Frobenius norms: the weights left out over all the weights."""
        squares = self.weights**2
        return float((squares[:, r:].sum() / squares.sum()) ** 0.5)

    def numbers(self, r: int) -> int:
        """r * (m + n): the numbers in r columns and r rows, for one colour."""
        return r * sum(self.shape)


def take_apart(image: Any) -> Strips:
    """The singular value decomposition of each colour of ``image``: (m, n) or (m, n, 3), 0 to 1 or 0 to 255."""
    import numpy as np

    picture = np.asarray(image)
    if picture.ndim == 2:
        picture = picture[..., None]
    if picture.ndim != 3 or min(picture.shape) == 0 or not np.isfinite(picture).all() or not picture.any():
        raise ValueError(
            "That is no picture: pass an array (height, width) or (height, width, 3) that is not all black."
        )
    whole = np.issubdtype(picture.dtype, np.integer)
    layers = picture[..., :3].astype(np.float64).transpose(2, 0, 1) / (255 if whole else 1)
    return Strips(*np.linalg.svd(layers, full_matrices=False))


def rank_slider(image: Any = None) -> None:
    """A slider for r, beside the picture the one rebuilt from r strips, and what r strips cost and lose.

    A strip is one column times one row. ``image`` is an array (height, width) or (height, width, 3), up to some
    hundred pixels a side, or None for a picture of Kestrel's Owl. Raises ValueError for other shapes.
    """
    if image is None:
        from companion.show.owl import product_picture

        image = product_picture()
    strips = take_apart(image)
    slider = RankSlider(strips)
    r = slider.rank.value
    show_widget(slider.box, still(page(strips, r, live=False), "strips"), sentence(strips, r))


class RankSlider:
    """The living part: ``rank`` is the slider, ``page`` holds pictures and bars."""

    def __init__(self, strips: Strips) -> None:
        import ipywidgets as w

        self.strips = strips
        ranks = [r for r in EASY if r < strips.full] + [strips.full]
        self.rank = stops([(str(r), r) for r in ranks], min(START, strips.full), "strips, r")
        self.page = w.HTML()
        self.rank.observe(self.draw, names="value")
        self.box = box(self.rank, self.page, sheets=("strips",))
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Rebuild and draw again."""
        self.page.value = page(self.strips, self.rank.value)


def sentence(strips: Strips, r: int) -> str:
    """What r strips cost and what they lose, in words."""
    m, n = strips.shape
    cost = strips.numbers(r) / (m * n)
    more = " That is more than the picture itself." if cost > 1 else ""
    parts = f"{r} column{'s' * (r > 1)} and {r} row{'s' * (r > 1)}"
    return (
        f"Rank {r}: {parts} make {strips.numbers(r):,} numbers for each colour, where the picture has {m * n:,}: "
        f"{100 * cost:.0f} %.{more} The relative error is {strips.error(r):.3f}."
    )


def page(strips: Strips, r: int, live: bool = True) -> str:
    """Both pictures and the bars; ``live`` draws the bars into the page, else they are a picture as well."""
    full, words_said = strips.full, sentence(strips, r)
    pair = _picture(strips.rebuilt(full), "The picture", "The product's picture as it is.")
    pair += _picture(strips.rebuilt(r), f"Rebuilt from {r}", f"The picture rebuilt from {r} of {full} strips.")
    alt = "Two bars, the numbers kept and the relative error; the sentence above holds them."
    bars = (
        svg(WIDTH, HEIGHT, _bars(strips, r), alt)
        if live
        else svg_image(svg(WIDTH, HEIGHT, _bars(strips, r)), alt, WIDTH)
    )
    return f'{said(words_said)}<div class="pair">{pair}</div>{bars}'


def _picture(picture: Any, name: str, alt: str) -> str:
    return f"<figure>{png_image(png(picture), alt, SHOWN)}<figcaption>{name}</figcaption></figure>"


def png(picture: Any) -> bytes:
    """A picture (m, n, 1 or 3) with numbers from 0 to 1 as the bytes of a PNG file; others are cut off there."""
    import numpy as np
    from matplotlib.image import imsave

    layers = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
    buffer = io.BytesIO()
    # No metadata: it would hold the version of matplotlib.
    imsave(buffer, np.clip(np.round(255 * layers), 0, 255).astype(np.uint8), format="png", metadata={"Software": None})
    return buffer.getvalue()


def _bars(strips: Strips, r: int) -> str:
    m, n = strips.shape
    whole, most = m * n, max(m * n, strips.numbers(strips.full))
    cost, mark = strips.numbers(r), _x(whole / most)
    colour = COLOURS["bad" if cost > whole else "finetune"]
    ink, grey = 'font-weight="600"', f'font-size="12" fill="{COLOURS["muted"]}"'
    sum_said = f"r × (m + n) = {r} × ({m} + {n}) = {cost:,}"
    side, away = ("start", 8) if mark < 420 else ("end", -8)  # the label stands where there is room for it
    limit = f'<path d="M{mark} 4V54" stroke="{COLOURS["ink"]}" stroke-width="1.6"/>'
    limit += words(mark + away, 52, f"m × n = {m} × {n} = {whole:,}", f'text-anchor="{side}" {grey}')
    return (
        words(2, 25, "numbers", ink)
        + _bar(8, cost / most, colour)
        + limit
        + words(LEFT, 52, sum_said, grey)
        + words(2, 78, "relative error", ink)
        + _bar(62, strips.error(r), COLOURS["muted"])
        + words(_x(strips.error(r)) + 8, 79, f"{strips.error(r):.3f}", ink)
    )


def _x(share: float) -> float:
    return round(LEFT + min(1.0, share) * (RIGHT - LEFT), 1)


def _bar(y: float, share: float, colour: str) -> str:
    place, wide = f'x="{LEFT}" y="{y}" height="24" rx="4"', max(1.5, round(_x(share) - LEFT, 1))
    track = f'<rect {place} width="{RIGHT - LEFT}" fill="{COLOURS["grid"]}" fill-opacity=".6"/>'
    return f'{track}<rect {place} width="{wide}" fill="{colour}"/>'
