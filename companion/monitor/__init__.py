"""A desk at work, watched: six gauges over a stream of turns, limits from its first weeks, alarms.

Names are imported when they are first used, so `import companion.monitor` costs nothing.
"""

from __future__ import annotations

from companion.lazy import lazy

_HOME = {
    "Arrival": "stream",
    "Day": "alarms",
    "Limits": "alarms",
    "Reading": "alarms",
    "accuracy_under_shift": "gauges",
    "agreement": "gauges",
    "alarms_of": "results",
    "arrivals": "stream",
    "limits": "alarms",
    "out_of_distribution": "gauges",
    "plan": "stream",
    "quality_ratio": "gauges",
    "readings": "alarms",
    "relevance": "gauges",
    "speed_up": "gauges",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazy(__name__, _HOME)
