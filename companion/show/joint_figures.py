"""Pictures of the stored run of joint training: how well each way of teaching finds, and what an old index costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from companion.show.figures import canvas, figure
from companion.show.style import COLOURS

LOOKS = (("rag", "o", "-"), ("finetune", "s", "--"), ("distill", "^", ":"), ("muted", "D", "-."))


def recall_lines(lines: Mapping[str, Sequence[tuple[int, float]]], what: str = "recall@1") -> None:
    """A line a way, over steps of training; prints all points. ``lines`` is {way: [(steps, share), ...]}."""
    _shown(lines, f"{what} on products never seen", what)


def stale_lines(rows: Sequence[Mapping[str, float]]) -> None:
    """Recall of the index as it was, and of the one embedded anew; ``rows`` has step, stale, refreshed."""
    names = {"refreshed": "embedded anew", "stale": "as it was"}
    lines = {name: [(row["step"], row[key]) for row in rows] for key, name in names.items()}
    _shown(lines, "recall@1 while both sides of the encoder move", "recall@1")


def _shown(lines: Mapping[str, Sequence[tuple[int, float]]], title: str, what: str) -> None:
    fig, ax = canvas(7.2, 3.4)
    for (name, points), (colour, mark, dash) in zip(lines.items(), LOOKS, strict=False):
        steps, shares = zip(*points, strict=True)
        ax.plot(steps, shares, color=COLOURS[colour], marker=mark, ls=dash, label=name)
    for share, words in _ends([points[-1][1] for points in lines.values()]):
        ax.annotate(words, (steps[-1], share), xytext=(9, -3), textcoords="offset points")
    ax.set_title(title[0].upper() + title[1:])
    ax.set_xlabel("steps of training")
    ax.set_ylim(0, 1)
    ax.margins(x=0.13)
    ax.legend(loc="lower right", fontsize=9)
    table: dict[str, Any] = {name: {f"{what} at {step}": share for step, share in pts} for name, pts in lines.items()}
    said = "; ".join(f"{name} from {pts[0][1]:.2f} to {pts[-1][1]:.2f}" for name, pts in lines.items())
    figure(fig, f"Lines over steps of training. {said}.", table)


def _ends(shares: Sequence[float], room: float = 0.05) -> list[tuple[float, str]]:
    """Where a number stands beside the lines' ends, and which; those that would touch share one place."""
    places: list[list[float]] = []
    for share in sorted(shares):
        near = places and share - places[-1][0] < room
        places[-1].append(share) if near else places.append([share])
    return [(sum(group) / len(group), ", ".join(f"{share:.2f}" for share in group)) for group in places]


def passage_curves(
    exact: Mapping[str, Sequence[tuple[int, float]]], ms: Mapping[str, Sequence[tuple[int, float]]]
) -> None:
    """Shares and milliseconds against the number of passages, a line a way; prints all points.

    ``exact`` and ``ms`` are {way: [(passages, number), ...]}; a way may end earlier, where its prompts no longer fit.
    """
    fig, axes = canvas(7.6, 3.4, columns=2)
    for ax, lines, title in zip(axes, (exact, ms), ("Share of the questions", "Milliseconds an answer"), strict=True):
        for (name, points), (colour, mark, dash) in zip(lines.items(), LOOKS, strict=False):
            ax.plot(*zip(*points, strict=True), color=COLOURS[colour], marker=mark, ls=dash, label=name)
        ax.set_title(title)
        ax.set_xlabel("passages")
        ax.set_ylim(0)
    axes[0].legend(loc="lower right", fontsize=9)
    table = {name: {f"with {count}": share for count, share in points} for name, points in exact.items()}
    table |= {f"{name}, ms": {f"with {count}": round(each) for count, each in points} for name, points in ms.items()}
    said = "; ".join(f"{name}: " + ", ".join(f"{n} passages {v:.2f}" for n, v in p) for name, p in exact.items())
    figure(fig, f"Two charts over the number of passages. Shares: {said}.", table)


def reading_lines(ms: Mapping[str, Sequence[tuple[int, float]]]) -> None:
    """Seconds to read, without an answer, over the number of passages; ``ms`` is {way: [(passages, number), ...]}."""
    fig, ax = canvas(7.2, 3.2)
    for (name, points), (colour, mark, dash) in zip(ms.items(), LOOKS, strict=False):
        counts, values = zip(*points, strict=True)
        ax.plot(counts, [value / 1000 for value in values], color=COLOURS[colour], marker=mark, ls=dash, label=name)
    ax.set_title("Seconds to read")
    ax.set_xlabel("passages")
    ax.set_ylim(0)
    ax.legend(loc="upper left", fontsize=9)
    table = {name: {f"{count} passages, s": value / 1000 for count, value in points} for name, points in ms.items()}
    said = "; ".join(f"{name}: " + ", ".join(f"{n} passages {v / 1000:.2f}" for n, v in p) for name, p in ms.items())
    figure(fig, f"Two lines, seconds of reading over the number of passages. {said}.", table)
