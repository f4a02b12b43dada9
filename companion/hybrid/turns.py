"""400 turns of customers that nothing was trained or tuned on, and as many of their kind for choosing thresholds.

| kind | test | validation | what is right |
|---|---|---|---|
| FAQ | 222 questions about Kestrel | 222 about another company, world(201) | the exact answer |
| other | 128 letters by Chidi, 8 with two wishes | 128 by Fumi | a gold reply of (one of) its intents |
| person | 50 out of scope, by Chidi | 50 by Fumi | handed to a person |

Fumi's letters and the other company choose temperature and threshold, and nothing else. No writer's, and no
company's, texts stand on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from companion.hybrid.router import FAQ, OTHER, PERSON
from companion.world import Question, world
from companion.world.utterances import FAQ_INTENTS, mail, out_of_scope, two_wishes

COMPANIES = {"test": 0, "validation": 201}
QUESTIONS = 222


@dataclass(frozen=True)
class Asked:
    """One turn. route: who should answer. labels: its intents; answer: the right one where an article holds it."""

    text: str
    route: str
    labels: tuple[str, ...] = ()
    answer: str | None = None


def turns(split: str, seed: int = 0) -> list[Asked]:
    """The 400 turns of a split, "test" or "validation"; the seed draws which questions are asked.

    Raises ValueError for another split.
    """
    if split not in COMPANIES:
        raise ValueError(f'There are no turns called {split!r}: choose "test" or "validation".')
    drawn = Random(f"turns-{seed}").sample(answerable(split), QUESTIONS)
    asked = [Asked(question.text, FAQ, (), question.answer) for question in drawn]
    asked += [Asked(text, OTHER, (label,)) for text, label in zip(*mail(split), strict=True) if _other([label])]
    asked += [Asked(u.text, OTHER, u.labels) for u in two_wishes(split)]
    return asked + [Asked(u.text, PERSON) for u in out_of_scope(split)]


def answerable(split: str) -> list[Question]:
    """All questions of the split's company that an article answers."""
    return [question for question in world(COMPANIES[split]).questions if question.answer is not None]


def _other(labels: Sequence[str]) -> bool:
    return not any(label in FAQ_INTENTS for label in labels)
