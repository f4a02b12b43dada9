"""What the learner sees: figures, listings, predictions, cards and widgets.

Everything is loaded when it is first asked for, so that ``import companion.show`` costs nothing.
"""

from companion.lazy import lazy

_WHERE = {
    "COLOURS": "style",
    "canvas": "figures",
    "figure": "figures",
    "source": "sources",
    "predict": "predictions",
    "card": "cards",
    "demonstrated": "cards",
    "edit_and_ask": "editor",
    "chunk_slider": "chunks",
    "ask_three_ways": "three_ways",
    "two_needles": "needles",
    "rank_slider": "strips",
    "temperature": "heat",
    "race": "lanes",
    "table_2x2": "twofold",
    "tradeoff": "forgotten",
    "form_and_facts": "voices",
    "upkeep": "upkeep_bars",
    "date_slider": "dated",
    "compared_ways": "moving",
    "by_frequency": "moving",
    "update_seconds": "matrix_figures",
    "spilled": "matrix_figures",
    "stage_bars": "matrix_figures",
    "fit_sweeps": "matrix_figures",
    "path_costs": "matrix_costs",
    "evidence_bars": "matrix_costs",
    "choose_axes": "matrix_axes",
    "two_matrices": "matrix_page",
    "job_paths": "paths",
    "label_reader": "neighbours",
    "underlined_ways": "underlined",
    "token_viewer": "tokens",
    "embedding_map": "embedding",
    "next_tokens": "chances",
    "softmax": "chances",
    "temperature_slider": "chances",
    "gradient_stepper": "gradient",
    "attention": "arcs",
    "attention_viewer": "arcs",
    "tree_and_figures": "tree_slider",
    "labels_worth": "worth",
    "chat": "desk_chat",
    "threshold_slider": "threshold",
    "desk_shares": "desks",
    "cost_lines": "costs",
    "course_map": "map",
    "ledger_page": "pages",
}
__all__ = list(_WHERE)
__getattr__, __dir__ = lazy(__name__, _WHERE)
