"""Product pictures on a page: a sheet with a caption under each, and what a reader who cannot see them should know."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np

from companion.show.display import look, show, text
from companion.show.drawing import legible

SIDE = 84  # pixels on the page; a picture has 48
STYLE = (
    "<style>.companion .sheet { display: flex; flex-wrap: wrap; gap: 10px; margin: 8px 0 2px; padding: 0; }"
    ".companion .sheet figure { margin: 0; width: 92px; font-size: 13px; line-height: 1.3; color: var(--ink); }"
    ".companion .sheet img { display: block; border: 1px solid var(--edge); border-radius: 6px; margin: 0 0 3px; }"
    ".companion .sheet figure.right img { outline: 3px solid var(--measured); }"
    ".companion .sheet i { font-style: normal; color: var(--muted); display: block; }</style>"
)


def picture_sheet(
    pictures: Sequence[np.ndarray], captions: Sequence[str], alts: Sequence[str], side: int = 144
) -> None:
    """Show pictures uint8 (n, n, 3) in rows, ``side`` pixels wide on the page, each with its caption and alt text.

    Raises ValueError where the three lists differ in length.
    """
    if not len(pictures) == len(captions) == len(alts):
        raise ValueError(
            f"{len(pictures)} pictures, {len(captions)} captions, {len(alts)} alt texts: give one of each."
        )
    items = [item(*three, side=side) for three in zip(pictures, captions, alts, strict=True)]
    html = f'{look("figure")}<div class="companion paper companion-figure">{sheet(items)}</div>'
    show(html, "[pictures: " + "; ".join(f"{c}: {a}" for c, a in zip(captions, alts, strict=True)) + "]")


def sheet(items: Sequence[str]) -> str:
    """The items side by side, in as many rows as the page needs."""
    return f'{STYLE}<div class="sheet">{"".join(items)}</div>'


def item(picture: np.ndarray, caption: str, alt: str, small: str = "", right: bool = False, side: int = SIDE) -> str:
    """One picture with its caption; `small` is a second, paler line, `right` gives it a frame."""
    if not alt.strip():
        raise ValueError("A picture needs alt text: say what a reader who cannot see it should know.")
    image = f'<img alt="{text(alt)}" width="{side}" height="{side}" src="{png(picture)}">'
    line = f"<i>{legible(small)}</i>" if small else ""
    wide = f' style="width: {side + 8}px"' if side != SIDE else ""
    return f"<figure{' class=right' if right else ''}{wide}>{image}{legible(caption)}{line}</figure>"


def png(picture: np.ndarray) -> str:
    """uint8 (height, width, 3) as a data address."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
