"""One look for all pictures: ink on paper.

A picture carries its own paper, so that it reads the same in a light and in a dark JupyterLab. The hues are
Okabe and Ito's, which stay apart for colour-blind readers; no picture tells things apart by hue alone.
"""

from typing import Any

COLOURS = {
    "paper": "#FCFBF7",
    "ink": "#22262B",
    "muted": "#5A626B",
    "grid": "#E4E1D8",
    "edge": "#CFCBC0",
    "baseline": "#9AA1A9",
    "measured": "#0072B2",
    "you": "#E69F00",
    "document": "#8E4585",
    "rag": "#0072B2",
    "finetune": "#C64F00",
    "distill": "#00805F",
    "good": "#00694E",
    "bad": "#A33A00",
}
CYCLE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#5A626B")
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif"


def rc() -> dict[str, Any]:
    """The settings of matplotlib that go with the paper."""
    ink, muted, paper = COLOURS["ink"], COLOURS["muted"], COLOURS["paper"]
    from cycler import cycler

    return {
        "figure.facecolor": paper,
        "axes.facecolor": paper,
        "savefig.facecolor": paper,
        "axes.prop_cycle": cycler(color=CYCLE),
        "axes.edgecolor": muted,
        "axes.labelcolor": ink,
        "axes.titlecolor": ink,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.titlesize": 11,
        "axes.titlepad": 12,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "grid.color": COLOURS["grid"],
        "xtick.color": muted,
        "ytick.color": muted,
        "xtick.labelcolor": ink,
        "ytick.labelcolor": ink,
        "text.color": ink,
        "font.size": 10,
        "legend.frameon": False,
        "lines.linewidth": 2,
        "lines.markersize": 6,
    }
