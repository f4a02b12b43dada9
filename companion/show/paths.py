"""Every path of a job on one axis, a dot a seed, a bar for the mean; what copy keeps; and each job's one line."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from companion.scenarios.domain import FINE_TUNED, JUDGED, PATHS, RETRIEVED, Table, by_seed, means
from companion.scenarios.verdicts import PATH
from companion.show.display import look, show, text
from companion.show.figures import canvas, figure, rounded
from companion.show.style import COLOURS

TITLES = {
    "reports": "Report sentences of companies never seen: right labels",
    "abstracts": "Names in abstracts: F1, exact span and type",
    "copy": "Copy in voice, all facts kept, about the same thing",
}
COUNTS = {  # job -> {as printed: in the stored rows}
    "reports": {label: label for label in ("gain", "loss", "neutral", "hedged", "validation")},
    "abstracts": {"right of marks": "precision", "known found": "seen", "new found": "new", "relations": "relations"},
    "copy": {"begins, ends": "ends", "in voice": "in_voice", "names, numbers": "facts_kept", "both": "both"}
    | {"and the same thing": "true"},
}
HUES = {FINE_TUNED: "finetune", "distillation": "distill", RETRIEVED: "rag"}


def job_paths(table: Table, job: str) -> None:
    """Draw the job's paths, and print mean, lowest and highest of each."""
    found = {path: list(by_seed(table, job, path, JUDGED[job]).values()) for path in PATHS[job]}
    found = dict(sorted(found.items(), key=lambda pair: -fmean(pair[1])))
    rows = {path: {"mean": fmean(s), "lowest": min(s), "highest": max(s)} for path, s in found.items()}
    spoken = ", ".join(f"{path} {row['mean']:.2f}" for path, row in rows.items())
    figure(_draw(found, TITLES[job]), f"{TITLES[job]}, by path, from the best: {spoken}.", rows)


def job_lines(lines: Mapping[str, str]) -> None:
    """One line a job: who won, by how much, and when it would not have. `lines` is {job: line}."""
    lines = {job: line[:1].upper() + line[1:] for job, line in lines.items()}
    html = "".join(f"<p><b>{text(job)}.</b> {text(line)}</p>" for job, line in lines.items())
    plain = "\n\n".join(f"{job}. {line}" for job, line in lines.items())
    show(f'{look()}<div class="companion paper" style="padding:10px 18px">{html}</div>', plain)


def _draw(found: dict[str, list[float]], title: str) -> Any:
    fig, ax = canvas(7.2, 0.8 + 0.42 * len(found))
    for row, (path, scores) in enumerate(found.items()):
        colour, mean = COLOURS[HUES.get(PATH.get(path, path), "baseline")], fmean(scores)
        ax.barh(row, mean, 0.62, color=colour, alpha=0.6 if path in PATH else 0.85)
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


def path_counts(table: Table, job: str) -> None:
    """Print what stands behind a job's score, by path: labels, known and new names, or what a rewriting keeps."""
    found = {name: means(table, job, what) for name, what in COUNTS[job].items()}
    print(rounded({path: {name: c[path] for name, c in found.items() if path in c} for path in PATHS[job]}))
