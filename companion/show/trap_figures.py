"""The pictures of the traps of retrieval: gauges under the limits that were set, and who holds against what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from companion.show.figures import canvas, figure
from companion.show.gauge import Gauge, gauges
from companion.show.style import COLOURS

PALE = 1.6  # what would be the darkest red: dark figures stay legible on it


def trap_gauges(now: Mapping[str, float], before: Mapping[str, float] | None = None) -> None:
    """A gauge for every number, under the limits of the section; ``before``, the same numbers before a mend.

    Raises KeyError for a name without a limit.
    """
    from companion.rag.traps_summary import LIMITS

    was = before or {}
    gauges(*[Gauge(name, value, before=was.get(name), **LIMITS[name]) for name, value in now.items()])


def defence_grid(wrong: Mapping[str, Mapping[str, float]], withheld: Mapping[str, Mapping[str, float]]) -> None:
    """Attacks down, defences across; in each square the share of wrong answers, and of those withheld if any."""
    attacks, defences = list(wrong), list(next(iter(wrong.values())))
    fig, ax = canvas(7.4, 0.62 * len(attacks) + 1.0)
    ax.imshow([[wrong[a][d] for d in defences] for a in attacks], cmap="OrRd", vmin=0, vmax=PALE, aspect="auto")
    for i, attack in enumerate(attacks):
        for j, defence in enumerate(defences):
            ax.text(j, i, _square(wrong[attack][defence], withheld[attack][defence]), ha="center", va="center",
                    fontsize=9.5, color=COLOURS["ink"])  # fmt: skip
    ax.set_xticks(range(len(defences)), defences)
    ax.set_yticks(range(len(attacks)), attacks)
    ax.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    ax.grid(False)
    said = "; ".join(f"{a}: {', '.join(f'{d} {wrong[a][d]:.0%}' for d in defences)}" for a in attacks)
    figure(fig, f"Share of wrong answers, attacks down and defences across. {said}.", dict(wrong))


def _square(wrong: float, withheld: float) -> str:
    return f"{wrong:.0%} wrong" + (f"\n{withheld:.0%} withheld" if withheld else "")


def form_bars(forms: Mapping[str, Mapping[str, float]]) -> None:
    """For each way to write a poisoned article whose value was answered: a bar of three parts."""
    fig, ax = canvas(7.2, 0.5 * len(forms) + 1.1)
    parts = {"right": COLOURS["good"], "neither": COLOURS["baseline"], "attacker's": COLOURS["bad"]}
    names, left = list(forms)[::-1], [0.0] * len(forms)
    for part, colour in parts.items():
        values = [forms[name][part] for name in names]
        bars: Any = ax.barh(names, values, left=left, color=colour, label=part, height=0.62)
        labels = [f"{value:.0%}" if value >= 0.06 else "" for value in values]
        ax.bar_label(bars, labels, label_type="center", fontsize=9.5, color="white")
        left = [start + value for start, value in zip(left, values, strict=True)]
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    ax.grid(False)
    ax.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.12))
    said = "; ".join(f"{name}: {', '.join(f'{p} {row[p]:.0%}' for p in parts)}" for name, row in forms.items())
    figure(fig, f"Whose value is answered, by how the article is written. {said}.", dict(forms))
