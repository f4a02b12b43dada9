"""A map of sentences: each is a vector, the map is the two directions in which the vectors differ most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from companion.show.display import show_widget, text
from companion.show.drawing import line, sheet, short, utf8, words
from companion.show.living import Typed, still
from companion.show.style import COLOURS, CYCLE

WIDTH, HEIGHT, EDGE = 680, 290, 22
NEAREST = 3
EXAMPLES = (
    "Will it reach the garden shed?",
    "Which key must I hold down to start afresh?",
    "The cells are flat again.",
    "I would like to speak to a person.",
)
# A shape of its own for each topic, so that hue is not needed; each is drawn around (0, 0).
SHAPES = ("m-4 0h8m-4 -4v8", "m-3 -3h6v6h-6z", "m0 -4l4 7h-8z", "m-4 -3l8 6m0 -6l-8 6", "m0 -4l4 4l-4 4l-4 -4z")


def embedding_map(encoder: Any, topics: Mapping[str, Sequence[str]], sentence: str) -> None:
    """A map of the sentences of each topic, and a box: what is typed there lands on the map.

    ``topics`` is at most five names, each with its sentences; they are embedded once, here.
    Raises ValueError where there are more, or fewer than three sentences in all.
    """
    chart = SentenceMap(encoder, topics)
    viewer = MapViewer(chart, sentence)
    near = chart.nearest(sentence)
    plain = f"[{sentence}] nearest: " + "; ".join(f"{cosine:.2f} {said} ({topic})" for cosine, topic, said in near)
    heading = f'<div><span class="muted">Sentence</span> <b>{text(sentence)}</b></div>'
    show_widget(viewer.box, still(heading + viewer.page.value, kind="ideas"), plain)


class SentenceMap:
    """Unit vectors of the sentences, and their two principal components.

    ``share`` is how much of the vectors' variance the two directions hold. Points that are close on the map
    may be far apart in the other directions: ``nearest`` looks at all of them.
    """

    def __init__(self, encoder: Any, topics: Mapping[str, Sequence[str]]) -> None:
        self.encoder, self.names = encoder, list(topics)
        self.said = [said for sentences in topics.values() for said in sentences]
        self.topic = [name for name, sentences in topics.items() for _ in sentences]
        if len(self.names) > len(SHAPES) or len(self.said) < 3:
            raise ValueError(f"The map draws up to {len(SHAPES)} topics, with three sentences or more in all.")
        self.vectors = encoder.encode(self.said)  # (n, dim)
        self.mean = self.vectors.mean(0)
        _, spread, axes = np.linalg.svd(self.vectors - self.mean, full_matrices=False)
        self.share = float((spread[:2] ** 2).sum() / (spread**2).sum())
        # A component may point either way; so that all machines draw one map, its largest entry is positive.
        largest = np.abs(axes[:2]).argmax(1)
        self.axes = axes[:2] * np.sign(axes[[0, 1], largest])[:, None]  # (2, dim)
        self.points = self.place(self.vectors)
        self.low, self.high = self.points.min(0), self.points.max(0)

    def place(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (n, dim) as points (n, 2)."""
        return (vectors - self.mean) @ self.axes.T

    def nearest(self, sentence: str, count: int = NEAREST) -> list[tuple[float, str, str]]:
        """The sentences with the largest cosine, over all numbers of the vectors: (cosine, topic, sentence)."""
        if not sentence.strip():
            return []
        cosines = self.vectors @ self.encoder.encode(utf8(sentence))
        best = np.argsort(-cosines, kind="stable")[:count]
        return [(float(cosines[row]), self.topic[row], self.said[row]) for row in best]

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) on the sheet; what lies outside is drawn at its edge."""
        share = (points - self.low) / np.maximum(self.high - self.low, 1e-9)
        room = np.array([WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE])
        down = np.stack([share[:, 0], 1 - share[:, 1]], 1)
        return np.clip(EDGE + down * room, 10, [WIDTH - 10, HEIGHT - 10])


class MapViewer(Typed):
    """The living part: a sentence is typed, the page shows the map and the neighbours."""

    def __init__(self, chart: SentenceMap, sentence: str) -> None:
        self.chart = chart
        super().__init__(sentence, EXAMPLES, "The sentence to place on the map", rows=1, height=38)

    def drawn(self, typed: str) -> str:
        """The sentence on its map."""
        return _page(self.chart, typed)


def _page(chart: SentenceMap, sentence: str) -> str:
    near = chart.nearest(sentence)
    rows = "".join(
        f"<tr><td>{cosine:.2f}</td><td>{text(topic)}</td><td>{text(said)}</td></tr>" for cosine, topic, said in near
    )
    head = "<tr><th>cosine</th><th>topic</th><th>its nearest neighbours, all numbers of the vectors compared</th></tr>"
    table = f'<table class="near">{head}{rows}</table>' if near else '<div class="said">Type a sentence.</div>'
    share = f"{100 * chart.share:.0f} % of the differences"
    note = f"The map keeps 2 of {chart.vectors.shape[1]} directions, and with them {share}."
    return f'{_drawing(chart, sentence, near)}<div role="status">{table}</div><div class="muted">{note}</div>'


def _drawing(chart: SentenceMap, sentence: str, near: list[tuple[float, str, str]]) -> str:
    topics = ", ".join(chart.names)
    alt = f"Map of {len(chart.said)} questions in groups: {topics}."
    spots = chart.pixels(chart.points)
    kept = np.array(chart.topic)
    body = [_group(spots[kept == name], number) for number, name in enumerate(chart.names)]
    if near:
        alt += f" The sentence lies nearest to a question on {near[0][1]}."
        body += _sentence(chart, sentence, [chart.said.index(said) for _, _, said in near], spots)
    body += [_name(spots[kept == name].mean(0), name, number) for number, name in enumerate(chart.names)]
    return sheet(WIDTH, HEIGHT, body, alt)


def _group(spots: np.ndarray, number: int) -> str:
    marks = "".join(f"M{short(x)} {short(y)}{SHAPES[number]}" for x, y in spots)
    return f'<path d="{marks}" fill="none" stroke="{CYCLE[number]}" stroke-width="1.3" opacity=".75"/>'


def _name(spot: np.ndarray, name: str, number: int) -> str:
    wide = 9 * len(name) + 16
    x, y = spot
    box = f'x="{short(x - wide / 2)}" y="{short(y - 13)}" width="{wide}" height="24" rx="12"'
    plate = f'<rect {box} fill="#fff" opacity=".88" stroke="{CYCLE[number]}" stroke-width="1.5"/>'
    return plate + words(x, y + 4, name, size=14, bold=True)


def _sentence(chart: SentenceMap, sentence: str, near: list[int], spots: np.ndarray) -> list[str]:
    vector = chart.encoder.encode(utf8(sentence))
    x, y = chart.pixels(chart.place(vector[None]))[0]
    ties = [line(x, y, *spots[row], "ink", 'stroke-width="1.2" stroke-dasharray="4 3"') for row in near]
    dot = f'<circle cx="{short(x)}" cy="{short(y)}" r="8" fill="{COLOURS["ink"]}" stroke="#fff" stroke-width="2.5"/>'
    return [*ties, dot]
