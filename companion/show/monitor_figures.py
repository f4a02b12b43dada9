"""Figures of the watched desk: which gauge heard which fault, and what a trickle of labels buys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from companion.monitor.bills import LABEL
from companion.monitor.results import SHORT, seen_by, trickles
from companion.monitor.stream import EVENTS
from companion.show.figures import canvas, figure
from companion.show.style import COLOURS


def who_heard(table: Sequence[dict[str, Any]], gauges: Iterable[str] = ()) -> None:
    """A grid: for each gauge (all) and event the share of seeds in which it rings; last, the share of quiet weeks."""
    found = seen_by(table, gauges)
    rows = {
        name: {SHORT.get(event, "quiet weeks"): value for event, value in row.items()} for name, row in found.items()
    }
    fig, axes = canvas(7.6, 0.62 + 0.42 * len(rows))
    for y, row in enumerate(rows.values()):
        for x, (column, value) in enumerate(row.items()):
            _square(axes, x, y, value, quiet=column == "quiet weeks")
    axes.set_xlim(-0.5, len(EVENTS) + 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks(range(len(EVENTS) + 1), [*SHORT.values(), "quiet weeks"])
    axes.set_yticks(range(len(rows)), list(rows))
    axes.xaxis.tick_top()
    axes.grid(False)
    axes.axvline(len(EVENTS) - 0.5, color=COLOURS["muted"], lw=1)
    axes.tick_params(length=0)
    figure(
        fig, "For each gauge and planted event the share of five quarters in which it rang; the table says them.", rows
    )


def _square(axes: Any, x: int, y: int, value: float, quiet: bool) -> None:
    colour = COLOURS["bad" if quiet else "measured"]
    axes.add_patch(_patch(x, y, colour, value))
    ink = COLOURS["paper"] if value > 0.55 else COLOURS["ink"]
    axes.text(x, y, f"{value:.2f}" if value else "·", ha="center", va="center", color=ink, fontsize=9.5)


def _patch(x: int, y: int, colour: str, value: float) -> Any:
    from matplotlib.patches import Rectangle

    edge = COLOURS["edge"]
    from matplotlib.colors import to_rgba

    return Rectangle((x - 0.46, y - 0.42), 0.92, 0.84, facecolor=to_rgba(colour, value), edgecolor=edge, lw=0.8)


def trickle_curve(table: Sequence[dict[str, Any]], events: Iterable[str] = ("prices", "line", "injected")) -> None:
    """Labelled questions a week against the chance that a fault rings by Sunday; false alarms beside."""
    curves = {SHORT[event]: {size: at["seen"] for size, at in trickles(table, event).items()} for event in events}
    curves["a quiet week"] = {size: at["false"] for size, at in trickles(table).items()}
    fig, axes = canvas(7.2, 3.3)
    for (name, points), style in zip(curves.items(), ("o-", "s-", "^-", "x:"), strict=False):
        axes.plot(list(points), list(points.values()), style, label=name)
    axes.set_xscale("log")
    sizes = list(trickles(table))
    axes.set_xticks(sizes, list(map(str, sizes)))
    axes.minorticks_off()
    axes.set_xlabel(f"labelled questions a week (each costs {LABEL:g})")
    axes.set_ylabel("chance to ring")
    axes.set_ylim(-0.03, 1.03)
    axes.legend(loc="upper left")
    numbers = {f"{size} labels": {name: points[size] for name, points in curves.items()} for size in sizes}
    figure(fig, "The chance that a fault rings within its week, against labelled questions a week.", numbers)
