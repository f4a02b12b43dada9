"""How far transfer texts may stray: a letter loses its words one after the other; sets laid out by their distance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from companion.show.display import show_widget, svg_image, text
from companion.show.figures import canvas, figure
from companion.show.heat import softened, spaced, spelled
from companion.show.living import box, paper, percent, said, still, stops, svg, words
from companion.show.style import COLOURS

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 250, 60, 690, 24, 205
ALT = "A falling line of accuracy over the share of words replaced; the sentence above it holds the numbers."
Replace = Callable[[str, float], str]  # a letter and a share of words -> the strayed letter


def stray_slider(
    letters: Sequence[str],
    replace: Replace,
    logits: Callable[[Sequence[str]], Any],
    classes: Sequence[str],
    accuracy: Mapping[float, Sequence[float]],
) -> None:
    """Letters to pick from, a slider for the share of words replaced, what the teacher says, what students learn.

    accuracy: {share: accuracies of students, one a seed}, the stops of the slider; `logits` is the teacher's.
    Raises ValueError without a letter, or with fewer than two shares.
    """
    if not letters or len(accuracy) < 2:
        raise ValueError("There is nothing to stray from: pass at least one letter and accuracies at two shares.")
    stray = Stray(letters, replace, logits, classes, dict(sorted(accuracy.items())))
    share = list(stray.accuracy)[len(stray.accuracy) // 2]
    told = stray.sentence(letters[0], share)
    image = svg_image(drawing(stray.accuracy, share), told, WIDTH)
    show_widget(stray.box, still(marked(letters[0], replace(letters[0], share)) + said(told) + image), told)


class Stray:
    """The living part: ``letter`` is a row of buttons, ``share`` the slider, ``page`` the drawing."""

    def __init__(self, letters, replace, logits, classes, accuracy) -> None:
        import ipywidgets as w

        self.replace, self.logits, self.classes, self.accuracy = replace, logits, list(classes), accuracy
        self.letter = w.ToggleButtons(options=[(letter[:60], letter) for letter in letters])
        self.letter.layout.width = "98%"
        self.share = stops([(percent(share), share) for share in accuracy], min(accuracy), "words replaced")
        self.page = w.HTML()
        for part in (self.letter, self.share):
            part.observe(self.draw, names="value")
        self.box = box(self.letter, self.share, self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Stray, ask the teacher and draw again."""
        letter, share = self.letter.value, self.share.value
        shown = marked(letter, self.replace(letter, share)) + said(self.sentence(letter, share))
        self.page.value = shown + drawing(self.accuracy, share, ALT)

    def sentence(self, letter: str, share: float) -> str:
        """What the teacher says of the strayed letter, and what its students learned from such letters."""
        chances = softened(list(self.logits([self.replace(letter, share)])[0]), 1.0)
        best = sorted(range(len(chances)), key=lambda i: -chances[i])[:2]
        says = " and ".join(f"{spaced(self.classes[i])} {spelled(chances[i])}" for i in best)
        seeds = self.accuracy[share]
        return (
            f"{percent(share)} of the words replaced. The teacher says {says}. Students taught on such letters sort "
            f"{percent(sum(seeds) / len(seeds))} of a stranger's mail rightly."
        )


def marked(letter: str, strayed: str) -> str:
    """The strayed letter with its new words in bold, safe to show."""
    pairs = zip(letter.split(), strayed.split(), strict=True)
    return f'<div class="quoted">{" ".join(text(b) if a == b else f"<b>{text(b)}</b>" for a, b in pairs)}</div>'


def drawing(accuracy: Mapping[float, Sequence[float]], share: float, alt: str = "") -> str:
    """Accuracy over the share: a line through the means, a dot for each seed, a mark at this share."""
    means = {at: sum(seeds) / len(seeds) for at, seeds in accuracy.items()}
    parts = [] if alt else [paper(WIDTH, HEIGHT)]
    for level in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<path d="M{LEFT} {_y(level)}H{RIGHT}" stroke="{COLOURS["grid" if level else "muted"]}"/>')
        parts.append(words(LEFT - 8, _y(level) + 4, percent(level), 'text-anchor="end" font-size="12"'))
    line = "L".join(f"{_x(at)} {_y(mean)}" for at, mean in means.items())
    parts.append(f'<path d="M{line}" fill="none" stroke="{COLOURS["distill"]}" stroke-width="2.5"/>')
    dots = [(_x(at), _y(seed)) for at, seeds in accuracy.items() for seed in seeds]
    parts += [f'<circle cx="{x}" cy="{y}" r="3.5" fill="none" stroke="{COLOURS["ink"]}"/>' for x, y in dots]
    parts += [words(_x(at), BOTTOM + 20, percent(at), 'text-anchor="middle" font-size="12"') for at in accuracy]
    parts.append(words((LEFT + RIGHT) / 2, BOTTOM + 38, "words of each letter replaced by words drawn at random"))
    here = f'cx="{_x(share)}" cy="{_y(means[share])}" r="8"'
    parts.append(f'<circle {here} fill="none" stroke="{COLOURS["measured"]}" stroke-width="3"/>')
    return svg(WIDTH, HEIGHT, "".join(parts), alt)


def _x(share: float) -> float:
    return round(LEFT + 20 + share * (RIGHT - LEFT - 40), 1)


def _y(accuracy: float) -> float:
    return round(BOTTOM - accuracy * (BOTTOM - TOP), 1)


PANELS = {"strays": "distance to the nearest hand-written letter", "kinds": "intents that the teacher finds, of 16"}
PRINTED = ("strays", "uncovered", "frechet", "kinds")
NEAR = 0.05  # a name stands left of its point where another point of like accuracy lies on the right


def sets_laid_out(
    places: Mapping[str, Mapping[str, float]],
    accuracy: Mapping[str, float],
    seeds: Mapping[str, int] | None = None,
    validation: Mapping[str, float] | None = None,
) -> None:
    """Each transfer set as a point, twice: accuracy over how far its texts stray, and over the intents in it.

    places: {set: {"strays", "uncovered", "frechet", "kinds"}}, as `free_measure.places` gives it; printed beside the
    accuracies, the best set first. seeds: {set: how many its accuracy is the mean of}, printed too; validation: its
    accuracy on another writer's letters, likewise.
    """
    order = sorted(accuracy, key=lambda name: -accuracy[name])
    table = {name: {"accuracy": accuracy[name]} for name in order}
    for name, row in table.items():
        row |= {"validation": validation[name]} if validation else {}
        row |= {what: places[name][what] for what in PRINTED}
        row |= {"seeds": seeds[name]} if seeds else {}
    fig, axes = canvas(8.8, 3.8, columns=2)
    for ax, (what, title) in zip(axes, PANELS.items(), strict=True):
        points = {name: (places[name][what], accuracy[name]) for name in order}
        for name, (x, y) in points.items():
            ax.plot([x], [y], "o", color=COLOURS["distill"], ms=6)
            crowded = any(other > x and abs(high - y) < NEAR for other, high in points.values())
            aside = {"xytext": (-6, -3), "ha": "right"} if crowded else {"xytext": (6, -3), "ha": "left"}
            ax.annotate(name, (x, y), textcoords="offset points", fontsize=8, **aside)
        ax.set_xlabel(title)
        ax.set_ylim(0, 0.75)
        ax.margins(x=0.4)
    axes[1].set_xticks(range(0, 17, 4))
    axes[0].set_title("Accuracy over straying")
    axes[1].set_title("Accuracy over variety")
    rows = (
        f"{name} {table[name]['accuracy']:.2f}, {places[name]['strays']:.2f}, {places[name]['kinds']:.1f}"
        for name in order
    )
    figure(fig, f"Transfer sets: accuracy of their students, straying, intents. {'; '.join(rows)}.", table)
