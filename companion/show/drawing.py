"""The parts that the small drawings share: a sheet of paper, words on it, lines."""

from __future__ import annotations

from companion.show.display import svg_image, text
from companion.show.style import COLOURS, SANS

MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def sheet(width: int, height: int, body: list[str], alt: str) -> str:
    """SVG parts on white paper, as an ``<img>`` with alt text."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="{SANS}"><rect width="{width}" height="{height}" fill="#fff"/>{"".join(body)}</svg>'
    )
    return svg_image(svg, alt, width)


def words(
    x: float,
    y: float,
    said: object,
    size: float = 13,
    colour: str = "ink",
    anchor: str = "middle",
    bold: bool = False,
    mono: bool = False,
) -> str:
    """Words at a point; ``anchor`` is start, middle or end. Letters that no XML may hold are left out."""
    weight = ' font-weight="600"' * bold
    font = f' font-family="{MONO}"' * mono
    fill = COLOURS.get(colour, colour)
    place = f'x="{short(x)}" y="{short(y)}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size:g}" fill="{fill}"{weight}{font}>{legible(said)}</text>'


def legible(said: object) -> str:
    """Text for a drawing, escaped, without the letters that no XML may hold."""
    return text("".join(letter for letter in str(said) if letter.isprintable()))


def line(x1: float, y1: float, x2: float, y2: float, colour: str = "grid", rest: str = "") -> str:
    """A straight line; ``rest`` is more SVG, such as a width."""
    ends = f'x1="{short(x1)}" y1="{short(y1)}" x2="{short(x2)}" y2="{short(y2)}"'
    return f'<line {ends} stroke="{COLOURS.get(colour, colour)}" {rest}/>'


def short(number: float) -> str:
    """A coordinate with one digit after the point, and no minus before nought."""
    return f"{round(float(number), 1) + 0.0:g}"


def utf8(typed: str) -> str:
    """A typed text without half letters (lone surrogates), which no tokenizer takes."""
    return typed.encode("utf-8", "ignore").decode("utf-8")
