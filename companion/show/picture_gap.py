"""Where the scores of one query lie, kind by kind: dots on a line, and the document that is sought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from companion.show.figures import canvas, figure
from companion.show.style import COLOURS


def score_strips(scores: Mapping[str, Sequence[tuple[str, float]]], sought: str, title: str) -> None:
    """One row of dots a kind, a dot a document; a ring marks ``sought``.

    ``scores`` is {kind: [(id, cosine), ...]}, as `companion.rag.pictures_mixed.scores_by_group` gives it. Raises
    ValueError where no kind holds ``sought``.
    """
    marked = {kind: dict(pairs).get(sought) for kind, pairs in scores.items()}
    if not any(value is not None for value in marked.values()):
        raise ValueError(f"no document is called {sought!r}: name one that is in the index.")
    fig, axes = canvas(7.2, 2.5)
    for height, (kind, pairs) in enumerate(scores.items()):
        values = [score for _, score in pairs]
        axes.scatter(values, [height] * len(values), s=90, marker="|", color=COLOURS["muted"], alpha=0.55)
        if marked[kind] is not None:
            ring = {"facecolors": "none", "edgecolors": COLOURS["measured"], "linewidths": 2.4}
            axes.scatter([marked[kind]], [height], s=170, **ring)
    axes.set_yticks(range(len(scores)), list(scores))
    axes.set_ylim(-0.6, len(scores) - 0.4)
    axes.set(xlabel="cosine with the words", title=title)
    axes.grid(axis="x")
    table = {kind: _row([score for _, score in pairs], marked[kind]) for kind, pairs in scores.items()}
    said = "; ".join(f"{kind}: best {row['best']:.3f}, mean {row['mean']:.3f}" for kind, row in table.items())
    figure(fig, f"{title}. {said}. The ring marks what is sought.", table)


def _row(values: Sequence[float], sought: float | None) -> dict[str, float | str]:
    rounded = {"best": round(max(values), 3), "mean": round(sum(values) / len(values), 3)}
    return rounded | {"sought": "" if sought is None else round(sought, 3)}
