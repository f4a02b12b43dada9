"""What each path costs before it answers, and how much of its answers rests on what it points at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from companion.compare.memory import deployed_mb, kept_mb
from companion.compare.table import by_seed, mean_of, seconds_by_seed
from companion.show.figures import canvas, figure, rounded
from companion.show.style import COLOURS

LABELS = {"BM25": "0", "RAG": "0", "fine-tuning": "640", "distillation": "640 + 3,400 without"}
EVIDENCE = {  # name -> (way in the stored table, colour)
    "RAG: the cited passage": ("rag", COLOURS["rag"]),
    "sorter: gradient": ("finetune", COLOURS["finetune"]),
    "sorter: one by one": ("finetune, one by one", COLOURS["finetune"]),
    "student: gradient": ("distill", COLOURS["distill"]),
    "student: one by one": ("distill, one by one", COLOURS["distill"]),
}


def path_costs() -> None:
    """Print for each path CPU-seconds before the first answer, peak memory, megabytes kept, and labels."""
    steps = ("quote", "ask", "tune", "sort", "distil", "student")
    peak = {step: mean_of(by_seed("memory", step, "megabytes")) for step in steps}
    kept, deployed = kept_mb(), deployed_mb()
    index = mean_of(by_seed("compute", "articles", "seconds"))
    tuning, taught = mean_of(seconds_by_seed("tuning")), mean_of(seconds_by_seed("passes", "studying"))
    rows = {
        "BM25": _row(0.0, peak["quote"], peak["quote"], kept["bm25"], deployed["bm25"]),
        "RAG": _row(index, peak["ask"], peak["ask"], kept["rag"], deployed["rag"]),
        "fine-tuning": _row(tuning, peak["tune"], peak["sort"], kept["finetune"], deployed["finetune"]),
        "distillation": _row(taught, peak["distil"], peak["student"], kept["distill"], deployed["distill"]),
    }
    print(rounded({name: row | {"labels": LABELS[name]} for name, row in rows.items()}))
    nothing = mean_of(by_seed("memory", "nothing", "megabytes"))
    print(f"\nOf the memory, {nothing:.0f} MB are Python with torch and transformers. The teacher's own training, "
          f"{tuning:.0f} CPU-seconds, is not in the last row: {tuning + taught:.0f} with it.")  # fmt: skip


def _row(seconds: float, making: float, using: float, kept: float, deployed: float) -> dict[str, Any]:
    return {"CPU-seconds": f"{seconds:.1f}", "peak MB, making": f"{making:.0f}", "peak MB, using": f"{using:.0f}",
            "MB of its own": f"{kept:.1f}", "MB with its base": f"{deployed:.1f}"}  # fmt: skip


def evidence_bars() -> None:
    """Share of right answers lost without what was pointed at, beside as much that was not; every seed a dot."""
    seeds = {name: {what: by_seed("evidence", way, what) for what in ("lost", "control")}
             for name, (way, _) in EVIDENCE.items()}  # fmt: skip
    table = {name: {"lost": mean_of(row["lost"]), "control": mean_of(row["control"])} for name, row in seeds.items()}
    said = "; ".join(f"{name} {row['lost']:.0%}, control {row['control']:.0%}" for name, row in table.items())
    figure(_draw(seeds), f"Pairs of bars, answers lost without the evidence and without as much else. {said}.", table)
    holds, gold = (mean_of(by_seed("evidence", "rag", what)) for what in ("holds", "gold"))
    print(f"\nof all cited answers, {holds:.1%} stand in the passage they cite; {gold:.1%} cite the gold article")


def _draw(seeds: Mapping[str, Mapping[str, Mapping[int, float]]]) -> Any:
    fig, ax = canvas(7.2, 3.1)
    for place, (name, row) in enumerate(seeds.items()):
        for offset, what, colour in ((-0.19, "lost", EVIDENCE[name][1]), (0.19, "control", COLOURS["baseline"])):
            values, x = list(row[what].values()), place + offset
            bar = ax.bar(x, mean_of(row[what]), 0.36, color=colour)
            ax.bar_label(bar, fmt="{:.0%}", fontsize=9.5, padding=9)
            aside = [x + 0.05 * (i - (len(values) - 1) / 2) for i in range(len(values))]
            ax.plot(aside, values, "o", ms=4, mfc=COLOURS["paper"], mec=COLOURS["ink"], mew=1)
    ax.set_xticks(range(len(seeds)), [name.replace(": ", ":\n") for name in seeds])
    ax.set_ylim(0, 1.15)
    ax.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    ax.set_title("Answers lost without the evidence (grey: without as much else)")
    return fig
