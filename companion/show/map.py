"""The map of the course: three lanes, the stations on each, and what every notebook answers."""

from __future__ import annotations

from companion.show.display import look, show, text

LANES = (
    ("rag", "RAG", "changes what a model reads"),
    ("finetune", "Fine-tuning", "changes how it behaves"),
    ("distill", "Distillation", "changes what it costs"),
)
ALL = "all"
READY = (
    "0_start_here",
    "0_1_five_ideas",
    "1_1_rag",
    "1_2_fine_tuning",
    "1_3_distillation",
    "2_1_feature_matrix",
    "2_2_scenarios",
    "2_2a_moving_knowledge",
    "2_2b_domain_and_style",
    "2_2c_small_and_cheap",
    "3_1_decision_tree",
    "3_2_hybrid",
    "4_1a_joint_training",
    "4_1b_fusion_in_decoder",
    "4_1c_tables_and_images",
    "4_2a_qlora",
    "4_2b_ewc",
    "4_3a_data_free",
    "4_3b_across_architectures",
    "5_1a_rag_traps",
    "5_1b_fine_tuning_traps",
    "5_1c_distillation_traps",
    "5_2_monitoring",
    "6_capstone",
)  # the notebooks that are there; the others are shown without a link
BESIDE = (
    ("ledger", "The ledger", "what you measured, how far you are, what changed your mind"),
    ("glossary", "Glossary", "60 terms, in English and Chinese, 术语表"),
)  # pages to look things up in, at any time
# chapter, then rows; a row is notebooks of all three paths side by side, or one column for each lane
Stop = tuple[str, str, str]  # notebook, title, what it answers
CHAPTERS: tuple[tuple[str, tuple[dict[str, tuple[Stop, ...]], ...]], ...] = (
    (
        "Start",
        (
            {
                ALL: (
                    ("0_start_here", "Start here", "What does a model know that it never read?"),
                    ("0_1_five_ideas", "Five ideas", "Optional: the words you will need."),
                )
            },
        ),
    ),
    (
        "1 · Principles",
        (
            {
                "rag": (("1_1_rag", "Retrieval", "Does an edited sentence change the answer?"),),
                "finetune": (("1_2_fine_tuning", "Fine-tuning", "What is learned, and what is forgotten?"),),
                "distill": (("1_3_distillation", "Distillation", "What does a small student take over?"),),
            },
        ),
    ),
    (
        "2 · Compared",
        (
            {
                ALL: (
                    ("2_1_feature_matrix", "The feature matrix", "What does each path cost, measured?"),
                    ("2_2_scenarios", "Scenarios", "A board of nine jobs: which path fits?"),
                )
            },
            {
                "rag": (("2_2a_moving_knowledge", "Moving knowledge", "What if the law changes today?"),),
                "finetune": (("2_2b_domain_and_style", "Domain and style", "Can it learn a brand's voice?"),),
                "distill": (("2_2c_small_and_cheap", "Small and cheap", "How much is a fast answer worth?"),),
            },
        ),
    ),
    (
        "3 · Choose",
        (
            {
                ALL: (
                    ("3_1_decision_tree", "The decision tree", "Does the tree choose what measuring would?"),
                    ("3_2_hybrid", "A hybrid", "Are the paths better together?"),
                )
            },
        ),
    ),
    (
        "4 · Frontier",
        (
            {
                "rag": (
                    ("4_1a_joint_training", "Joint training", "Can search learn from answers?"),
                    ("4_1b_fusion_in_decoder", "Fusion in the decoder", "How many passages fit?"),
                    ("4_1c_tables_and_images", "Tables and images", "What if it is not text?"),
                ),
                "finetune": (
                    ("4_2a_qlora", "QLoRA", "What do four bits lose?"),
                    ("4_2b_ewc", "EWC", "Can forgetting be held back?"),
                ),
                "distill": (
                    ("4_3a_data_free", "Data-free", "Can a teacher write the lessons?"),
                    ("4_3b_across_architectures", "Across architectures", "Can a CNN learn from BERT?"),
                ),
            },
        ),
    ),
    (
        "5 · Practice",
        (
            {
                "rag": (("5_1a_rag_traps", "Traps of RAG", "Why did it find the wrong page?"),),
                "finetune": (("5_1b_fine_tuning_traps", "Traps of fine-tuning", "Is it overfitting?"),),
                "distill": (("5_1c_distillation_traps", "Traps of distillation", "Which teacher, which temperature?"),),
            },
            {ALL: (("5_2_monitoring", "Monitoring", "How would you notice that it got worse?"),)},
        ),
    ),
    ("6 · Conclude", ({ALL: (("6_capstone", "Capstone", "Your case: which path, and why?"),)},)),
)


def course_map(folder: str = "") -> None:
    """Draw the map. Every station that is ready links to its notebook, ``folder`` before its name."""
    show(_html(folder), "\n".join(_plain()))


def stops() -> list[Stop]:
    """All notebooks in the order of the course."""
    return [stop for _, rows in CHAPTERS for row in rows for column in row.values() for stop in column]


def _plain() -> list[str]:
    lines = [f"{name} {what}." for _, name, what in LANES]
    return lines + [f"{name}: {title}. {answers}" for name, title, answers in (*stops(), *BESIDE)]


def _html(folder: str) -> str:
    heads = "".join(f'<div class="lane {key}"><b>{text(name)}</b><br>{text(what)}</div>' for key, name, what in LANES)
    rows = "".join(
        _row(title if i == 0 else "", row, folder) for title, chapter in CHAPTERS for i, row in enumerate(chapter)
    )
    label = "Map of the course: three paths, chapter by chapter, what each notebook answers"
    pages = " · ".join(
        f'<a href="{text(folder)}{text(name)}.ipynb">{text(title)}</a>: {text(what)}' for name, title, what in BESIDE
    )
    note = f'<p class="note">{pages}</p>'
    if len(READY) < len(stops()):
        note += '<p class="muted note">Grey notebooks are not in this edition yet.</p>'
    return (
        f'{look("map")}<nav class="companion paper companion-map" aria-label="{label}">'
        f'<div class="tier heads"><div class="chapter"></div>{heads}</div>{rows}{note}</nav>'
    )


def _row(title: str, row: dict[str, tuple[Stop, ...]], folder: str) -> str:
    name = f'<div class="chapter">{text(title)}</div>'
    if ALL in row:
        stations = "".join(_stop(stop, folder) for stop in row[ALL])
        lines = "".join(f'<div class="lane {key}"></div>' for key, _, _ in LANES)
        hub = f'<div class="hub">{stations}</div>'
        return f'<div class="tier">{name}<div class="shared">{lines}{hub}</div></div>'
    lanes = "".join(
        f'<div class="lane {key}">{"".join(_stop(stop, folder) for stop in row[key])}</div>' for key, _, _ in LANES
    )
    return f'<div class="tier">{name}{lanes}</div>'


def _stop(stop: Stop, folder: str) -> str:
    name, title, answers = stop
    number = "_".join(part for part in name.split("_")[:2] if part[0].isdigit()).replace("_", ".")
    words = (
        f'<span class="dot"></span><b><i>{text(number)}</i> {text(title)}</b><br>'
        f'<span class="answers">{text(answers)}</span>'
    )
    if name not in READY:
        return f'<div class="stop later">{words}</div>'
    return f'<a class="stop" href="{text(folder)}{text(name)}.ipynb">{words}</a>'
