"""What each way of fine-tuning costs: memory and seconds while it trains, milliseconds a letter once it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any

from companion.finetune.costs import METHODS, USED
from companion.show.figures import canvas, figure
from companion.show.style import COLOURS
from companion.stored import chosen

SAID = {"full": "all weights", "last": "last layers", "adapter": "adapters", "lora": "LoRA", "probe": "probe"}
WHEN_USED = {"full": "all weights", "lora": "LoRA, apart", "lora, merged": "LoRA, merged", "adapter": "adapters"}


def upkeep(table: Sequence[dict[str, Any]], runs: Sequence[dict[str, Any]]) -> None:
    """Draw memory and milliseconds of the stored run "costs", medians over its rounds, and print both.

    ``runs`` are the rows of the stored run "mail": seconds of training are means over a way's seeds and rates.
    A rate costs no time. The probe's seconds leave out that it reads every text once before it trains.
    """
    memory = {SAID[name]: median(row["memory"][name] for row in table) for name in METHODS}
    used = {WHEN_USED[name]: median(row["ms"][name] for row in table) for name in USED}
    trained = {SAID[name]: table[0]["trained"][name] for name in METHODS}
    seconds = {SAID[name]: fmean(row["seconds"] for row in chosen(runs, method=name)) for name in METHODS}
    rows = {
        name: {"trained": trained[name], "training adds, MB": f"{mb:.0f}", "training takes, s": f"{seconds[name]:.2g}"}
        for name, mb in memory.items()
    }
    said = "; ".join(f"{name} {mb:.0f} MB" for name, mb in memory.items())
    spoken = "; ".join(f"{name} {ms:.1f} ms" for name, ms in used.items())
    figure(_draw(memory, used), f"Memory that training adds: {said}. One letter takes: {spoken}.", rows)
    print("\nms a letter:", "; ".join(f"{name} {ms:.1f}" for name, ms in used.items()))


def _draw(memory: Mapping[str, float], used: Mapping[str, float]) -> Any:
    fig, axes = canvas(7.2, 2.5, columns=2)
    for ax, bars, title, mark in (
        (axes[0], memory, "memory that training adds, MB", "{:.0f}"),
        (axes[1], used, "one letter, ms", "{:.1f}"),
    ):
        drawn = ax.barh(list(bars), list(bars.values()), color=COLOURS["finetune"], height=0.6)
        ax.bar_label(drawn, fmt=mark, fontsize=9, padding=3)
        ax.invert_yaxis()
        ax.set_title(title, fontsize=10, loc="left")
        ax.margins(x=0.18)
        ax.set_xticks([])
        ax.grid(False)
    return fig
