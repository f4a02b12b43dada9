"""The capstone: three saved milestones on a learner's own folder, labelled messages and needs.

    project = Project("my_capstone")        documents/, messages.csv and, in time, questions.csv
    propose(project)                        question candidates from the texts, weak ones: edit them
    measure_search(project)                 recall@k by mode, the reader's answers beside two untrained rows
    measure_sorters(project)                trained sorters and a student, beside the untrained rows
    decide(project, needs)                  the decision card, and which of Kestrel's verdicts the data show

What is measured is written into the project's `results` part by part; a call after a crash goes on from there.
Names are imported when they are first used, so `import companion.capstone` costs nothing.
"""

from __future__ import annotations

from companion.lazy import lazy

_HOME = {
    "Comparison": "compared",
    "Project": "project",
    "Proposal": "proposing",
    "compare": "compared",
    "copy_sample": "sample",
    "decide": "card",
    "load_router": "routers",
    "measure_search": "search",
    "measure_sorters": "sorters",
    "own_figures": "own",
    "propose": "questions",
    "read_messages": "messages",
    "read_questions": "questions",
    "real_sample": "sample",
    "rubric": "rubrics",
    "turned": "compared",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazy(__name__, _HOME)
