"""Nine jobs on hand-written data of their own: which path serves which, measured.

Names are imported when they are first used, so `import companion.scenarios` costs nothing.
"""

from __future__ import annotations

from companion.lazy import lazy

_HOME = {
    "Assumptions": "cost",
    "OnDevice": "export",
    "bands": "cost",
    "cpu_hours": "cost",
    "crossing": "cost",
    "edge_run": "edge_measure",
    "in_eight_bits": "export",
    "rounded_to_eight_bits": "export",
    "small_tokenizer": "pieces",
    "three_paths": "cost",
    "to_device": "export",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazy(__name__, _HOME)
