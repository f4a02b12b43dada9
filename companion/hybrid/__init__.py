"""All three paths in one desk: a router reads each turn, and sends it to search, to a small writer, or to a person.

Names are imported when they are first used, so `import companion.hybrid` costs nothing.
"""

from __future__ import annotations

from companion.lazy import lazy

_HOME = {
    "Decision": "router",
    "HybridModel": "model",
    "Prices": "prices",
    "Router": "router",
    "SearchRouter": "paths",
    "Turn": "model",
    "best_threshold": "prices",
    "bill": "prices",
    "calibration_error": "calibration",
    "fit_temperature": "calibration",
    "load_router": "router",
    "softmax": "calibration",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazy(__name__, _HOME)
