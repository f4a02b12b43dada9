"""The matrix of section 2.1, measured: the same two jobs, done by the three paths and by two rows without training.

The jobs are Kestrel's questions and Kestrel's mail. `python -m companion.build runs matrix` makes the stored table.
Names are imported when they are first used, so `import companion.compare` costs nothing.
"""

from __future__ import annotations

from companion.lazy import lazy

_HOME = {
    "DIMENSIONS": "matrix",
    "answerer": "ways",
    "asked": "ways",
    "attributions": "attribution",
    "both_times": "latency",
    "by_seed": "table",
    "claim": "table",
    "dominated": "ways",
    "fill": "ways",
    "live_update": "update",
    "mean_of": "table",
    "measured_matrix": "matrix",
    "one_by_one": "attribution",
    "passages_matter": "evidence",
    "quote": "ways",
    "staged": "latency",
    "teach_facts": "update",
    "sorter_latency": "latency",
    "spill": "update",
    "words_matter": "evidence",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazy(__name__, _HOME)
