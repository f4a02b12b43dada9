"""Turn up the temperature: beside the one tall bar the runners-up rise, and what the teacher knows can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2
from typing import Any

from companion.show.display import show_widget, svg_image, text
from companion.show.living import SLIDER_WIDTH, box, paper, said, still, svg, words
from companion.show.style import COLOURS

WIDTH, ROW, TOP = 720, 20, 22
LEFT, RIGHT = 168, 596  # a share of 0 and of 1
COOLEST, HOTTEST, STILL_AT = 0.5, 10.0, 4.0
LONGEST = 84  # letters of a message on its button
SEEN = 0.005  # smaller shares at T = 1 are left unmarked
ALT = "A bar for each class and one for the entropy; the sentence above them holds the largest numbers."


def temperature(logits_by_text: Mapping[str, Sequence[float]], classes: Sequence[str]) -> None:
    """Messages to pick from, a slider for T, and softmax(logits / T) as bars: arXiv 1503.02531, equation 1.

    ``logits_by_text`` is ``{message: logits}``, one number per class in the order of ``classes``. The bars are
    in the order of T = 1 and stay there; the hollow marks are T = 1 too. The still picture shows T = 4. Raises
    ValueError where a message has more or fewer logits than there are classes.
    """
    rows = {message: _numbers(message, logits, classes) for message, logits in logits_by_text.items()}
    if not rows or len(classes) < 2:
        raise ValueError("There is nothing to compare: pass at least one message and two classes.")
    heat = Heat(rows, list(classes))
    first, logits = next(iter(rows.items()))
    told = sentence(logits, heat.classes, STILL_AT)
    image = svg_image(drawing(logits, heat.classes, STILL_AT), told, WIDTH)
    show_widget(heat.box, still(f"{quoted(first)}{said(told)}{image}"), f"[{first}] {told}")


class Heat:
    """The living part: ``message`` is a row of buttons, ``heat`` the slider, ``page`` the drawing."""

    def __init__(self, rows: Mapping[str, list[float]], classes: list[str]) -> None:
        import ipywidgets as w

        self.rows, self.classes = rows, classes
        options = [(_short(message), message) for message in rows]
        # Buttons, not a drop-down list: a notebook takes a list's arrow keys for its own.
        self.message = w.ToggleButtons(options=options, layout=w.Layout(width="98%"))
        shape = {"style": {"description_width": "120px"}, "layout": w.Layout(width=SLIDER_WIDTH, max_width="98%")}
        limits = {"min": COOLEST, "max": HOTTEST, "step": 0.5, "readout_format": ".1f"}
        self.heat = w.FloatSlider(1.0, description="temperature, T", **limits, **shape)
        self.page = w.HTML()
        for part in (self.message, self.heat):
            part.observe(self.draw, names="value")
        self.box = box(self.message, self.heat, self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Soften and draw again."""
        logits, heat = self.rows[self.message.value], self.heat.value
        whole = quoted(self.message.value) if len(self.message.value) > LONGEST else ""
        page = drawing(logits, self.classes, heat, ALT)
        self.page.value = whole + said(sentence(logits, self.classes, heat)) + page


def softened(logits: Sequence[float], heat: float) -> list[float]:
    """softmax(logits / T); the largest logit is taken away first, so that no power overflows."""
    import numpy as np

    powers = np.exp((np.asarray(logits, dtype=np.float64) - max(logits)) / heat)
    return (powers / powers.sum()).tolist()


def entropy(shares: Sequence[float]) -> float:
    """Entropy in bits: 0 where one class has everything, log2(classes) where all have the same."""
    return -sum(share * log2(share) for share in shares if share > 0) + 0.0


def sentence(logits: Sequence[float], classes: Sequence[str], heat: float) -> str:
    """The three largest shares and the entropy, in words."""
    shares = softened(logits, heat)
    best = [f"{spaced(classes[i])} {spelled(shares[i])}" for i in order(logits)[:3]]
    top = f"{', '.join(best[:-1])} and {best[-1]}"
    return f"At T = {heat:g} the teacher says: {top}. Entropy: {entropy(shares):.2f} of {log2(len(classes)):.2f} bits."


def order(logits: Sequence[float]) -> list[int]:
    """The classes from the largest logit down; no temperature changes this order."""
    return sorted(range(len(logits)), key=lambda i: -logits[i])


def spelled(share: float) -> str:
    """0.0312 is ``3.1 %``; what would round to nothing or to all says so."""
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if 0.9995 <= share < 1 else f"{100 * share:.1f} %"


def spaced(name: str) -> str:
    """``order_status`` is ``order status``."""
    return str(name).replace("_", " ")


def quoted(message: str) -> str:
    """The whole message, safe to show."""
    return f'<div class="quoted">“{text(message)}”</div>'


def drawing(logits: Sequence[float], classes: Sequence[str], heat: float, alt: str = "") -> str:
    """The bars at one temperature, with marks where they stand at T = 1."""
    hot, plain = softened(logits, heat), softened(logits, 1.0)
    height = TOP + ROW * len(classes) + 40
    parts = [] if alt else [paper(WIDTH, height)]
    parts.append(_frame(TOP + ROW * len(classes)))
    parts += [_row(at, spaced(classes[i]), hot[i], plain[i]) for at, i in enumerate(order(logits))]
    parts.append(_entropy(TOP + ROW * len(classes) + 12, entropy(hot), log2(len(classes))))
    return svg(WIDTH, height, "".join(parts), alt)


def _x(share: float) -> float:
    # Rounded as it is spelled, so that the last bits of another machine's logits draw the same picture.
    return round(LEFT + round(share, 3) * (RIGHT - LEFT), 1)


def _frame(bottom: float) -> str:
    grey = f'font-size="12" fill="{COLOURS["muted"]}"'
    lines = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        colour = COLOURS["grid" if share else "muted"]
        lines.append(f'<path d="M{_x(share)} {TOP - 2}V{bottom}" stroke="{colour}"/>')
        lines.append(words(_x(share), TOP - 8, f"{100 * share:.0f} %", f'text-anchor="middle" {grey}'))
    lines.append(_mark(RIGHT + 40, TOP - 20))
    lines.append(words(RIGHT + 48, TOP - 8, "at T = 1", grey))
    return "".join(lines)


def _mark(x: float, y: float) -> str:
    """Where a bar ends at T = 1."""
    return (
        f'<rect x="{round(x - 1.5, 1)}" y="{y}" width="3" height="{ROW - 4}" rx="1.5" fill="{COLOURS["paper"]}" '
        f'stroke="{COLOURS["ink"]}" stroke-width="1.1"/>'
    )


def _row(at: int, name: str, share: float, plain: float) -> str:
    y, first = TOP + ROW * at, at == 0
    colour, weight = COLOURS["measured" if first else "distill"], 'font-weight="600"' if first else ""
    wide = max(1.0, round(_x(share) - LEFT, 1))
    bar = f'<rect x="{LEFT}" y="{y + 3}" width="{wide}" height="{ROW - 6}" rx="2" fill="{colour}"/>'
    far = max(_x(share), _x(plain)) if abs(share - plain) < 0.1 else _x(share)
    return (
        words(LEFT - 8, y + 14.5, name, f'text-anchor="end" {weight}')
        + bar
        + (_mark(_x(plain), y + 2) if plain >= SEEN else "")
        + words(far + 8, y + 14.5, spelled(share), f'font-size="12" {weight}')
    )


def _entropy(y: float, bits: float, most: float) -> str:
    grey = f'font-size="12" fill="{COLOURS["muted"]}"'
    wide = max(1.0, round((RIGHT - LEFT) * round(bits, 2) / most, 1))
    track = f'x="{LEFT}" y="{y}" width="{RIGHT - LEFT}" height="16" rx="3"'
    return (
        words(LEFT - 8, y + 12, "entropy", 'text-anchor="end" font-weight="600"')
        + f'<rect {track} fill="{COLOURS["grid"]}" fill-opacity=".7"/>'
        + f'<rect x="{LEFT}" y="{y}" width="{wide}" height="16" rx="3" fill="{COLOURS["muted"]}"/>'
        + words(RIGHT + 8, y + 12.5, f"{bits:.2f} of {most:.2f} bits", grey)
    )


def _short(message: str) -> str:
    return message if len(message) <= LONGEST else message[: LONGEST - 1].rstrip() + "…"


def _numbers(message: str, logits: Sequence[float], classes: Sequence[str]) -> list[float]:
    numbers = [float(value) for value in logits]
    if len(numbers) != len(classes):
        raise ValueError(
            f"The message {message[:40]!r} has {len(numbers)} logits for {len(classes)} classes: pass one per class."
        )
    return numbers
