"""How well a reader reads: exact match and F1 where there is an answer, refusals where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from companion.metrics import exact_match, token_f1
from companion.models.reader import Reader
from companion.models.recipes.squad import Part


@dataclass(frozen=True)
class Outcome:
    """One question on one passage: the best span's text and score, and the right answers, () for none."""

    question: str
    text: str
    score: float
    answers: tuple[str, ...]


def outcomes(reader: Reader, part: Part, limit: int | None = None, seed: int = 0) -> list[Outcome]:
    """Each question on its own passage and, unanswerable, on the first near miss that BM25 finds."""
    questions = part.questions
    if limit is not None and limit < len(questions):
        questions = Random(seed).sample(questions, limit)
    found = []
    for asked in questions:
        texts = [part.passages[i].text for i in [asked.passage, *part.near[asked.id][:1]]]
        spans = reader.best(asked.text, texts)
        for span, answers in zip(spans, [asked.answers, ()], strict=False):
            found.append(Outcome(asked.text, span.text if span else "", span.score if span else 0.0, answers))
    return found


def figures(found: Sequence[Outcome], threshold: float = 0.5) -> dict[str, float]:
    """Means over the questions.

    f1, exact_match: the best span on questions whose passage answers them, as in SQuAD 1.1.
    f1_if_it_may_refuse, exact_match_if_it_may_refuse: the same, a wrong refusal counting 0.
    refused_rightly, refused_wrongly: refusals among unanswerable and among answerable questions.
    """
    with_answer = [o for o in found if o.answers]
    without = [o for o in found if not o.answers]
    f1 = [token_f1(o.text, o.answers) for o in with_answer]
    exact = [exact_match(o.text, o.answers) for o in with_answer]
    spoke = [o.score > threshold for o in with_answer]
    return {
        "f1": _mean(f1),
        "exact_match": _mean(exact),
        "f1_if_it_may_refuse": _mean(f * s for f, s in zip(f1, spoke, strict=True)),
        "exact_match_if_it_may_refuse": _mean(e * s for e, s in zip(exact, spoke, strict=True)),
        "refused_rightly": _mean(o.score <= threshold for o in without),
        "refused_wrongly": _mean(not s for s in spoke),
        "answerable": len(with_answer),
        "unanswerable": len(without),
    }


def best_threshold(found: Sequence[Outcome]) -> float:
    """The score above which to answer: best mean of F1 and right refusals, as in SQuAD 2.0 (1806.03822)."""

    def gain(threshold: float) -> float:
        f = figures(found, threshold)
        return f["f1_if_it_may_refuse"] + f["refused_rightly"]

    return max((n / 50 for n in range(1, 50)), key=gain)


def _mean(values) -> float:
    values = list(values)
    return sum(values) / len(values) if values else 0.0
