"""What labels are worth: accuracy over their number, trained or looked up, beside no label at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from companion.show.figures import canvas, figure
from companion.show.style import COLOURS

WAYS = {"probe": ("trained, one layer", "finetune", "o"), "neighbours": ("the nearest looked up", "rag", "s")}


def labels_worth(rows: Sequence[Mapping[str, Any]], here: Mapping[int, float] | None = None) -> None:
    """Draw the stored run "choose": each seed a dot, means as lines, zero-shot a line across; print the means.

    here: {labels: share} just measured on this machine for the trained layer, marked by a cross. Raises ValueError for
    rows without a zero-shot one.
    """
    zero = [row["test"] for row in rows if row["what"] == "zero-shot" and row["wording"] == "name"]
    if not zero:
        raise ValueError('The rows hold no zero-shot: pass stored("choose")["rows"].')
    counts = sorted({row["labels"] for row in rows if "labels" in row})
    shares = {what: {n: _seeds(rows, what, n) for n in counts} for what in WAYS}
    table = {f"{n} labels": {WAYS[what][0]: fmean(shares[what][n]) for what in WAYS} for n in counts}
    table = {"no label": {WAYS["probe"][0]: zero[0], WAYS["neighbours"][0]: zero[0]}} | table
    said = "; ".join(f"{name} {' or '.join(f'{share:.2f}' for share in row.values())}" for name, row in table.items())
    alt = f"Accuracy over the number of labels, trained or looked up, five seeds each: {said}."
    figure(_draw(shares, zero[0], here or {}), alt, table)


def _seeds(rows: Sequence[Mapping[str, Any]], what: str, labels: int) -> list[float]:
    return [row["test"] for row in rows if row["what"] == what and row["labels"] == labels]


def _draw(shares: Mapping[str, Mapping[int, list[float]]], zero: float, here: Mapping[int, float]) -> Any:
    fig, ax = canvas(7.2, 3.5)
    for what, (label, hue, mark) in WAYS.items():
        means = {n: fmean(seeds) for n, seeds in shares[what].items()}
        ax.plot(list(means), list(means.values()), color=COLOURS[hue], label=label)
        for n, seeds in shares[what].items():
            ax.plot([n] * len(seeds), seeds, mark, mfc=COLOURS["paper"], mec=COLOURS[hue], ms=4.5)
    ax.axhline(zero, color=COLOURS["ink"], ls=(0, (5, 3)), lw=1.5)
    ax.annotate(f"no label: {zero:.2f}", (640, zero), xytext=(0, -13), textcoords="offset points", ha="right")
    if here:
        ax.plot(list(here), list(here.values()), "x", color=COLOURS["ink"], ms=9, mew=2.2, label="this machine")
    ax.set_xscale("log")
    ax.set_xticks(list(shares["probe"]), [str(n) for n in shares["probe"]])
    ax.minorticks_off()
    ax.set_xlabel("labelled letters")
    ax.set_title("Letters of the test writer sorted rightly")
    ax.set_ylim(0, 1)
    ax.legend(loc="upper left")
    return fig
