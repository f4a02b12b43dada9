"""Form and facts: how often a rewriting sounds like the brand, and how often it keeps every name and number."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from companion.finetune.voice import WAYS
from companion.show.figures import canvas, figure
from companion.show.style import COLOURS
from companion.stored import chosen

NAMES = {
    "before": "closed book,\nas it is",
    "pairs": "120 pairs,\nas they are",
    "redrawn": "the same, names and\nnumbers drawn anew",
    "shipped": "the course's\ngenerator",
}


def form_and_facts(table: Sequence[dict[str, Any]]) -> None:
    """Draw both shares for each way of the stored run "voice", means over seeds, and print two rewritings of each."""
    rows = {name: chosen(table, model=model, redraw=redraw) for name, (model, redraw) in WAYS.items()}
    shares = {
        " ".join(NAMES[name].split()): {what: fmean(r[what] for r in found) for what in ("in_voice", "facts_kept")}
        for name, found in rows.items()
    }
    said = "; ".join(f"{n}: in voice {s['in_voice']:.0%}, facts kept {s['facts_kept']:.0%}" for n, s in shares.items())
    figure(_draw(list(shares.values())), f"Pairs of bars, form and facts. {said}.", shares)
    plain = rows["pairs"][0]["said"][1][0]
    print(f"\nplain: {plain}")
    for name in ("pairs", "redrawn", "shipped"):
        print(f"{' '.join(NAMES[name].split())}: {rows[name][0]['said'][1][1]}")


def _draw(shares: list[dict[str, float]]) -> Any:
    fig, ax = canvas(7.2, 3.2)
    for offset, what, colour, label in (
        (-0.19, "in_voice", COLOURS["finetune"], "ends as the brand does"),
        (0.19, "facts_kept", COLOURS["ink"], "keeps every name and number"),
    ):
        bars = ax.bar(
            [n + offset for n in range(len(shares))], [s[what] for s in shares], 0.36, color=colour, label=label
        )
        ax.bar_label(bars, fmt="{:.0%}", fontsize=9, padding=2)
    ax.set_xticks(range(len(shares)), list(NAMES.values()), fontsize=9)
    ax.set_ylim(0, 1.28)
    ax.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    ax.legend(loc="upper center", ncols=2, frameon=False, fontsize=9)
    return fig
