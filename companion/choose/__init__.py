"""Which path, or which two: the document's tree, and a recommender that reads what was measured.

    recommend(Needs(kind="facts", style=True, update_days=1))     path, reasons, questions still open
    tree_path(Needs(...))                                          the document's tree, step by step

Names are imported when they are first used, so `import companion.choose` costs nothing.
"""

from __future__ import annotations

from companion.lazy import lazy

_HOME = {
    "Advice": "advice",
    "Figure": "figures",
    "Needs": "needs",
    "Neighbours": "first",
    "PATHS": "options",
    "QUESTIONS": "needs",
    "TREE": "tree",
    "Walk": "tree",
    "ZeroShot": "first",
    "card_html": "page",
    "decisive": "deciding",
    "read_figures": "figures",
    "recommend": "advice",
    "situation": "situations",
    "tree_against_figures": "situations",
    "tree_path": "tree",
    "weigh": "options",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazy(__name__, _HOME)
