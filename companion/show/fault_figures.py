"""Figures of notebook 5.1b: the trials of a search in their order, and runs whose fault is to be named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from companion.show.figures import canvas, figure
from companion.show.style import COLOURS


def trial_steps(trials: Sequence[Mapping[str, Any]]) -> None:
    """Every trial's share on validation and on test, and what would have been chosen so far.

    ``trials``: rows as `companion.finetune.searching.told` writes them, with "value" and "beside".
    """
    values, beside = [t["value"] for t in trials], [t["beside"]["test"] for t in trials]
    best = list(accumulate(range(len(values)), lambda old, new: new if values[new] > values[old] else old))
    fig, ax = canvas(7.2, 3.1)
    at = range(1, len(values) + 1)
    ax.plot(at, values, "o", color=COLOURS["finetune"], label="validation, what the search sees")
    ax.plot(at, beside, "x", color=COLOURS["muted"], label="test, which it must not see")
    ax.step(at, [values[b] for b in best], where="post", color=COLOURS["finetune"], label="best on validation so far")
    ax.set_xlabel("trial")
    ax.set_ylabel("mail sorted rightly")
    ax.legend(fontsize=8, loc="lower right")
    last = best[-1]
    said = f"Trial {last + 1} of {len(values)} is best on validation, with {values[last]:.3f}; test {beside[last]:.3f}"
    rows = {"first trial": 0, "best on validation": last}
    shown = {name: {"trial": n + 1, "validation": values[n], "test": beside[n]} for name, n in rows.items()}
    figure(fig, f"{said}. The first trial had {values[0]:.3f} and {beside[0]:.3f}.", shown)


def fault_curves(runs: Mapping[str, Mapping[str, Any]]) -> None:
    """One panel a run, on one axis of steps: the loss on its own letters and on unseen ones; the old recall below.

    ``runs``: {title: row of `companion.finetune.two_gauges.fault_run`}.
    """
    fig, axes = canvas(7.6, 2.7, 1, len(runs))
    every = [moment for run in runs.values() for moment in run["moments"]]
    top, longest = max(moment["test"] for moment in every), max(moment["step"] for moment in every)
    shown = {}
    for ax, (title, run) in zip(axes, runs.items(), strict=True):
        steps = [moment["step"] for moment in run["moments"]]
        unseen = [moment["test"] for moment in run["moments"]]
        ax.plot(steps, unseen, color=COLOURS["finetune"], label="unseen (test writer)")
        ax.plot(steps, [moment["train"] for moment in run["moments"]], "--", color=COLOURS["muted"], label="its own")
        before, after = run["recall"]
        ax.set(title=title, xlim=(0, longest), ylim=(0, 1.05 * top), xlabel=f"step\nrecall {before:.2f} → {after:.2f}")
        shown[title] = {"steps": steps[-1], "accuracy": run["moments"][-1]["test right"]}
        shown[title] |= {"loss unseen": unseen[-1], "lowest": min(unseen), "recall": after}
        if ax is axes[0]:
            ax.set_ylabel("loss, nats")
            ax.legend(fontsize=7)
        else:
            ax.set_yticklabels([])
    said = "; ".join(f"{t}: loss {r['loss unseen']:.2f}, recall {r['recall']:.2f}" for t, r in shown.items())
    figure(fig, f"Losses of runs by step, and recall of the old search. {said}.", shown)
