"""Put HTML, pictures and widgets into a notebook, each with something to read where they cannot live.

A widget needs a kernel. Beside each stands a still picture, which the living widget hides; on a page
without a kernel (a web site, a preview) the picture is what the reader sees.
"""

from __future__ import annotations

import base64
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

WIDGET = "application/vnd.jupyter.widget-view+json"
CSS = Path(__file__).parent / "css"


def text(value: object) -> str:
    """Any value as text that is safe inside HTML, between tags and inside quotes."""
    return escape(str(value), quote=True)


@cache
def css(name: str) -> str:
    """One of the style sheets in ``companion/show/css``."""
    return (CSS / f"{name}.css").read_text(encoding="utf-8")


def look(*names: str) -> str:
    """The style of an output: the paper, and the sheets named."""
    return f"<style>{css('paper')}{''.join(map(css, names))}</style>"


def show(html: str, plain: str) -> None:
    """Display ``html``; where there is no notebook, print ``plain``."""
    _send({"text/html": html, "text/plain": plain})


def show_widget(widget: Any, still: str, plain: str) -> None:
    """Display a living widget and, for pages without a kernel, a still picture (HTML) beside it."""
    widget.add_class("companion-live")
    bundle = widget._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    # The widget's own text would hold a random number, and stored outputs are compared.
    _send({WIDGET: data[WIDGET], "text/plain": "(a widget: run this cell to use it)"}, terminal=False)
    show(f'{look()}<div class="companion-still">{still}</div>', plain)


def svg_image(svg: str, alt: str, width: int, moving: str = "") -> str:
    """An SVG drawing as an ``<img>``, which survives where inline SVG is taken out.

    ``moving``, if given, is shown in its place to readers who have not asked for less motion.
    """
    still = _image(_coded("image/svg+xml", svg.encode("utf-8")), alt, width)
    if not moving:
        return still
    source = _coded("image/svg+xml", moving.encode("utf-8"))
    wish = "(prefers-reduced-motion: no-preference)"
    return f'<picture><source media="{wish}" srcset="{source}">{still}</picture>'


def png_image(png: bytes, alt: str, width: int) -> str:
    """PNG bytes as an ``<img>``."""
    return _image(_coded("image/png", png), alt, width)


def _coded(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def _image(source: str, alt: str, width: int) -> str:
    if not alt.strip():
        raise ValueError("A picture needs alt text: say what a reader who cannot see it should know.")
    return f'<img alt="{text(alt)}" width="{width}" src="{source}">'


def _send(data: dict[str, Any], terminal: bool = True) -> None:
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is not None:
        display(data, raw=True)
    elif terminal:
        print(data["text/plain"])
