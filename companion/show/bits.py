"""Where the bits of a stored weight go, and what is lost: sixteen levels, a scale for each block of weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from companion.show.display import show_widget, svg_image
from companion.show.living import box, paper, said, still, stops, svg, words
from companion.show.style import COLOURS

WIDTH, HEIGHT = 720, 330
LEFT, RIGHT = 128, 690  # the edges of all three parts
FLOOR, ROOM, MOST = 216, 150, 0.2  # where the levels' bars stand, how high they may be, and the share of that
BLOCKS = (16, 32, 64, 128, 256, 1024, 4096)
KINDS = ("NF4", "int4")
MOST_BITS, MOST_ERROR = 7.0, 0.4  # the ends of the two lying bars
ALT = "How many weights lie on each of sixteen levels, bits a weight, relative error; the sentence above says them."


@dataclass(frozen=True)
class Stored:
    """A matrix stored in four bits: where its levels are, the share of weights on each, bits a weight, what is lost."""

    kind: str
    block: int
    double: bool
    levels: tuple[float, ...]
    shares: tuple[float, ...]
    bits: float
    error: float


def bits_slider(weight: Any) -> None:
    """Sliders for the block's size, the levels and the scales' bits, over one matrix of weights.

    ``weight`` is a tensor of at least 4,096 floats. The still picture shows NF4, blocks of 64, scales in 8 bits.
    """
    if weight.numel() < BLOCKS[-1]:
        raise ValueError(f"{weight.numel()} weights are fewer than one block: pass a matrix of {BLOCKS[-1]:,} or more.")
    slider = BitsSlider(weight)
    image = svg_image(svg(WIDTH, HEIGHT, paper(WIDTH, HEIGHT) + _parts(slider.now)), sentence(slider.now), WIDTH)
    show_widget(slider.box, still(said(sentence(slider.now)) + image), sentence(slider.now))


class BitsSlider:
    """The living part: ``block``, ``kind`` and ``double`` are turned, ``page`` is the drawing."""

    def __init__(self, weight: Any) -> None:
        import ipywidgets as w

        self.look_up = lru_cache(maxsize=None)(lambda *settings: stored(weight, *settings))
        self.block = stops([(str(size), size) for size in BLOCKS], 64, "block size")
        self.kind = stops([(kind, kind) for kind in KINDS], "NF4", "sixteen levels")
        self.double = stops([("32 bits", False), ("8 bits (double)", True)], True, "a block's scale")
        self.page = w.HTML()
        for slider in (self.block, self.kind, self.double):
            slider.observe(self.draw, names="value")
        self.box = box(self.block, self.kind, self.double, self.page)
        self.draw()

    @property
    def now(self) -> Stored:
        """The matrix as the sliders store it."""
        return self.look_up(self.kind.value, self.block.value, self.double.value)

    def draw(self, _: Any = None) -> None:
        """Store and draw again."""
        self.page.value = said(sentence(self.now)) + svg(WIDTH, HEIGHT, _parts(self.now), ALT)


def stored(weight: Any, kind: str, block: int, double: bool) -> Stored:
    """Store the matrix and count. The scales' own rounding is so small that the error leaves it out."""
    from companion.finetune.quantize import INT4, NF4, bits_per_weight, dequantize, quantize, relative_error

    levels = NF4 if kind == "NF4" else INT4
    packed, scales = quantize(weight, levels, block)
    back = dequantize(packed, scales, weight.shape, levels, block)
    counts = (packed >> 4).bincount(minlength=16) + (packed & 15).bincount(minlength=16)
    shares = tuple(round(float(share), 4) for share in counts[: len(levels)] / counts.sum())
    return Stored(kind, block, double, levels, shares, bits_per_weight(block, double), relative_error(weight, back))


def sentence(now: Stored) -> str:
    """The picture's numbers in words."""
    scale = "8 bits, and 256 of them share 32 more" if now.double else "32 bits"
    return (
        f"{now.kind}, blocks of {now.block}: a block's scale takes {scale}. A weight takes {now.bits:.3f} bits, and "
        f"the relative error is {now.error:.3f}. The fullest level holds {100 * max(now.shares):.0f} % of the weights, "
        f"the emptiest {100 * min(now.shares):.1f} %."
    )


def _parts(now: Stored) -> str:
    return _levels(now) + _bits(now) + _error(now)


def _levels(now: Stored) -> str:
    """A bar at each level, as high as the share of weights that lie on it."""
    ink, grey = 'font-weight="600"', f'font-size="12" fill="{COLOURS["muted"]}"'
    parts = [words(LEFT - 116, 24, "how many weights lie on each level, from the block's smallest to its largest", ink)]
    parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{FLOOR}" y2="{FLOOR}" stroke="{COLOURS["muted"]}"/>')
    for level, share in zip(now.levels, now.shares, strict=True):
        x, height = LEFT + 12 + (level + 1) / 2 * (RIGHT - LEFT - 24), max(1.0, round(min(1.0, share / MOST) * ROOM, 1))
        place = f'x="{round(x - 7, 1)}" y="{round(FLOOR - height, 1)}" width="14" height="{height}" rx="2"'
        parts.append(f'<rect {place} fill="{COLOURS["finetune"]}"/>')
        parts.append(words(x, FLOOR - height - 5, f"{100 * share:.0f}", f'text-anchor="middle" {grey}'))
    for level, name in ((-1, "- scale"), (0, "0"), (1, "+ scale")):
        x = LEFT + 12 + (level + 1) / 2 * (RIGHT - LEFT - 24)
        parts.append(words(x, FLOOR + 17, name, f'text-anchor="middle" {grey}'))
    return "".join(parts) + words(LEFT - 116, FLOOR - 4, "% of weights", grey)


def _bits(now: Stored) -> str:
    codes, scale = 4 / MOST_BITS, (now.bits - 4) / MOST_BITS
    width = RIGHT - LEFT
    first = f'<rect x="{LEFT}" y="252" width="{round(codes * width, 1)}" height="24" fill="{COLOURS["finetune"]}"/>'
    end = round(LEFT + codes * width, 1)
    wide = max(1.0, round(scale * width, 1))
    second = f'<rect x="{end}" y="252" width="{wide}" height="24" fill="{COLOURS["you"]}"/>'
    inside = words(LEFT + 10, 269, "4 bits: which level", f'font-weight="600" fill="{COLOURS["paper"]}"')
    more = words(end + wide + 8, 269, f"+ {now.bits - 4:.3f} scale = {now.bits:.3f}", 'font-weight="600"')
    return words(LEFT - 116, 269, "bits a weight", 'font-weight="600"') + first + second + inside + more


def _error(now: Stored) -> str:
    wide = round(min(1.0, now.error / MOST_ERROR) * (RIGHT - LEFT - 60), 1)
    bar = f'<rect x="{LEFT}" y="290" width="{wide}" height="24" fill="{COLOURS["muted"]}"/>'
    number = words(LEFT + wide + 8, 307, f"{now.error:.3f}", 'font-weight="600"')
    return words(LEFT - 116, 307, "relative error", 'font-weight="600"') + bar + number
