"""Every path of a job on one axis: a dot a seed, a bar for the mean, and under it the job's line."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from companion.scenarios.domain import FINE_TUNED, PATHS, RETRIEVED, Table, by_seed
from companion.scenarios.verdicts import verdict_line
from companion.show.figures import canvas, figure
from companion.show.style import COLOURS

TITLES = {
    "reports": "Report sentences of companies never seen: right labels",
    "abstracts": "Names in abstracts: F1, exact span and type",
    "copy": "Rewritten sentences in voice that keep every name and number",
}
HUES = {FINE_TUNED: "finetune", "distillation": "distill", RETRIEVED: "rag"}


def job_paths(table: Table, job: str) -> None:
    """Draw the job's paths, print mean, lowest and highest of each, and the job's line."""
    found = {path: list(by_seed(table, job, path).values()) for path in PATHS[job]}
    found = dict(sorted(found.items(), key=lambda pair: -fmean(pair[1])))
    rows = {path: {"mean": fmean(s), "lowest": min(s), "highest": max(s)} for path, s in found.items()}
    spoken = ", ".join(f"{path} {row['mean']:.2f}" for path, row in rows.items())
    figure(_draw(found, TITLES[job]), f"{TITLES[job]}, by path, from the best: {spoken}.", rows)
    print(f"\n{verdict_line(table, job)}")


def _draw(found: dict[str, list[float]], title: str) -> Any:
    fig, ax = canvas(7.2, 0.8 + 0.42 * len(found))
    for row, (path, scores) in enumerate(found.items()):
        colour, mean = COLOURS[HUES.get(path, "baseline")], fmean(scores)
        ax.barh(row, mean, 0.62, color=colour, alpha=0.85 if path in HUES else 0.7)
        ax.plot(scores, [row] * len(scores), "o", mfc=COLOURS["paper"], mec=COLOURS["ink"], mew=1.2, ms=4.5)
        ax.annotate(f"{mean:.2f}", (max(scores), row), xytext=(8, 0), textcoords="offset points", va="center")
    ax.set_yticks(range(len(found)), list(found))
    ax.invert_yaxis()
    ax.set_xlim(0, 1.1)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x")
    ax.set_title(title)
    return fig
