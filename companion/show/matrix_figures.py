"""Pictures of section 2.1's stored runs: updates in seconds, latency by stage, fit with less to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from companion.compare import fit, latency
from companion.compare.table import by_seed, mail_by_seed, mean_of, seconds_by_seed
from companion.show.figures import canvas, figure
from companion.show.style import COLOURS

HUES = {"rag": COLOURS["rag"], "finetune": COLOURS["finetune"], "distill": COLOURS["distill"], "": COLOURS["muted"]}
STAGE_HUES = {"embed": "#8FBBD9", "search": "#22262B", "read": "#0072B2", "write": "#CFCBC0"}
STAGE_NAMES = {"embed": "embed", "search": "search", "read": "read the prompt", "write": "write the answer"}
UPDATES = {  # name on the chart -> path, how its seconds are read
    "RAG: the article is edited": ("rag", lambda: by_seed("update", "rag", "seconds")),
    "fine-tuning, facts as questions and answers": ("finetune", lambda: by_seed("update", "pairs", "seconds")),
    "fine-tuning, the new sentences: stopped": ("finetune", lambda: by_seed("update", "sentences", "seconds")),
    "mail, fine-tuned: train the sorter again": ("finetune", lambda: seconds_by_seed("tuning")),
    "mail, distilled: teacher, passes, student": ("distill", lambda: seconds_by_seed("tuning", "passes", "studying")),
}
FACT_WAYS = {  # name -> way in the stored table
    "RAG": "rag",
    "closed book, before training": "before",
    "trained: questions and answers": "pairs",
    "trained: sentences": "sentences",
}


def update_seconds() -> None:
    """Seconds from a change to the right answer, every seed a dot, on a logarithmic axis; spill beside it."""
    seeds = {name: list(read().values()) for name, (_, read) in UPDATES.items()}
    table = {name: {"seconds, mean": fmean(v), "least": min(v), "most": max(v)} for name, v in seeds.items()}
    fig, ax = canvas(7.4, 2.9)
    for place, (name, values) in enumerate(reversed(seeds.items())):
        colour = HUES[UPDATES[name][0]]
        ax.plot([0.05, fmean(values)], [place, place], color=colour, lw=5, alpha=0.25, solid_capstyle="butt")
        ax.plot(values, [place] * len(values), "o", mfc=COLOURS["paper"], mec=colour, mew=1.6)
        ax.annotate(_seconds(fmean(values)), (max(values), place), xytext=(9, -3.5), textcoords="offset points",
                    fontsize=9.5, color=colour, fontweight="bold")  # fmt: skip
    ax.set_xscale("log")
    ax.set_xlim(0.05, 900)
    ax.set_yticks(range(len(seeds)), list(reversed(seeds)))
    ax.set_xticks([0.1, 1, 10, 100], ["0.1 s", "1 s", "10 s", "100 s"])
    ax.grid(axis="x")
    said = "; ".join(f"{name} {_seconds(fmean(v))}" for name, v in seeds.items())
    figure(fig, f"Dots on a logarithmic axis of seconds, one a seed. {said}.", table)


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def spilled() -> None:
    """Print how many facts were answered right, and how often the new value is said of a product it is not true of."""
    rows = {}
    for name, way in FACT_WAYS.items():
        right, spill = by_seed("update", way, "right"), by_seed("update", way, "spill")
        rows[name] = {"right, of 8": mean_of(right), "said of another product": mean_of(spill)}
    from companion.show.figures import rounded

    print(rounded(rows))


def stage_bars() -> None:
    """Milliseconds of an answer split by stage, median of 20 questions, the slowest of 20 as a mark; sorters below."""
    rows: dict[str, dict[str, float]] = {}
    for name, side in (("RAG, five passages", "with"), ("the same generator, none", "without")):
        stages = {s: mean_of(by_seed("latency", "rag", side, "stages", s)) for s in latency.STAGES}
        rows[name] = stages | _ends(("rag", side))
    for name in ("LoRA, not merged", "adapter", "LoRA, merged", "student"):
        ends = _ends(("sorters", name))
        rows[f"sorter: {name}"] = dict.fromkeys(latency.STAGES, 0.0) | {"read": ends["median"]} | ends
    fig, ax = canvas(7.4, 3.4)
    for place, (name, row) in enumerate(reversed(rows.items())):
        _stacked(ax, place, row, plain=name.startswith("sorter"))
    ax.set_yticks(range(len(rows)), list(reversed(rows)))
    ax.set_xlabel("milliseconds on one thread; the mark is the slowest of 20")
    ax.set_xlim(0, 1.3 * max(row["slowest"] for row in rows.values()))
    ax.grid(axis="x")
    ax.legend(loc="lower right", fontsize=9)
    said = "; ".join(f"{n} {r['median']:.0f}, slowest {r['slowest']:.0f}" for n, r in rows.items())
    table = {name: {end: row[end] for end in ("median", "slowest")} | row for name, row in rows.items()}
    figure(fig, f"Bars of milliseconds split by stage: {said}.", table)


def _ends(row: tuple[str, str]) -> dict[str, float]:
    way, side = row
    return {end: mean_of(by_seed("latency", way, side, end)) for end in ("median", "slowest")}


def _stacked(ax: Any, place: int, row: Mapping[str, float], plain: bool) -> None:
    if plain:
        ax.barh(place, row["median"], 0.6, color=COLOURS["finetune"])
    else:
        left, first = 0.0, not ax.get_legend_handles_labels()[0]
        for stage in latency.STAGES:
            label = STAGE_NAMES[stage] if first else None
            ax.barh(place, row[stage], 0.6, left=left, color=STAGE_HUES[stage], label=label)
            left += row[stage]
    ax.plot([row["slowest"]] * 2, [place - 0.36, place + 0.36], color=COLOURS["ink"], lw=2)
    said = f"{row['median']:.0f}, slowest {row['slowest']:.0f}"
    at = (row["slowest"], place)
    ax.annotate(said, at, xytext=(6, -3.5), textcoords="offset points", fontsize=9, color=COLOURS["ink"])


def fit_sweeps() -> None:
    """Two charts: answers when articles are missing; mail when labels are halved, teacher and student side by side."""
    shares = (0.0, 0.25, 0.5, 0.75)
    answers = {
        "RAG, right": [mean_of(_dropped("rag", share, "right")) for share in shares],
        "RAG, wrong": [mean_of(_dropped("rag", share, "wrong")) for share in shares],
        "BM25 quotation, right": [mean_of(_dropped("bm25", share, "right")) for share in shares],
    }
    names = {"finetune": "fine-tuned teacher", "distill": "its student", "rag": "nearest vectors"}
    sorted_ = {name: [mean_of(mail_by_seed(way, n)) for n in fit.AMOUNTS] for way, name in names.items()}
    fig, (left, right) = canvas(7.4, 3.3, columns=2)
    _lines(left, [f"{share:.0%}" for share in shares], answers, ("rag", "", "rag"), ("-", ":", "--"))
    left.set_title("Questions: articles taken out")
    _lines(right, [str(n) for n in fit.AMOUNTS], sorted_, ("finetune", "distill", "rag"), ("-", "-", "--"))
    right.set_title("A stranger's mail: labels halved")
    columns = {n: {name: values[i] for name, values in sorted_.items()} for i, n in enumerate(fit.AMOUNTS)}
    missing = {f"{s:.0%} out": {name: v[i] for name, v in answers.items()} for i, s in enumerate(shares)}
    alt = f"Two line charts, means over seeds. {_said(missing)} Labels: {_said(columns)}"
    figure(fig, alt, missing)
    from companion.show.figures import rounded

    print("\n" + rounded({f"{n} labels": row for n, row in columns.items()}))


def _dropped(way: str, share: float, what: str) -> dict[int, float]:
    return by_seed("dropped", f"{way} {share:.2f}", what) if share else by_seed("answers", way, what)


def _said(table: Mapping[Any, Mapping[str, float]]) -> str:
    return "; ".join(f"{key}: " + ", ".join(f"{n} {v:.2f}" for n, v in row.items()) for key, row in table.items()) + "."


def _lines(ax: Any, ticks: Sequence[str], lines: Mapping[str, Sequence[float]], hues: Sequence[str],
           dashes: Sequence[str]) -> None:  # fmt: skip
    for (name, values), hue, dash in zip(lines.items(), hues, dashes, strict=True):
        ax.plot(range(len(ticks)), values, dash, marker="o", ms=4.5, color=HUES[hue], label=name)
    ax.set_xticks(range(len(ticks)), ticks)
    ax.set_ylim(0, 1.02)
    ax.legend(loc="lower left" if min(map(min, lines.values())) > 0.3 else "upper right", fontsize=8.5)
