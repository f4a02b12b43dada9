"""The six metrics of section 5.2, each a pure function; recall@K is `companion.metrics.recall_at_k`.

| path | metric | needs labels | here |
|---|---|---|---|
| RAG | recall@K | yes | `companion.metrics.recall_at_k` |
| RAG | relevance of what is generated to what was retrieved | no | `relevance` |
| fine-tuning | accuracy on the domain's test set | a fixed set | `companion.labels.hit_rate` |
| fine-tuning | OOD generalisation: does it stay right? | yes | `accuracy_under_shift` |
| (beside it) | OOD detection: does it notice? | no | `threshold`, `out_of_distribution` |
| distillation | ratio of the student's quality to the teacher's | no, or yes | `agreement`, `quality_ratio` |
| distillation | speed-up | no | `speed_up` |
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from companion.hybrid.prices import false_accepts_at
from companion.metrics import auroc

Array = np.ndarray


def relevance(said: Array, sources: Array, cited: Sequence[int]) -> float:
    """How near an answer lies to its source; for a refusal, how far the question lies from all sources.

    An answer: the largest cosine between `said`, the unit vector (dim,) of question and answer in one text, and the
    rows of `sources` (k, dim) that it cites. A refusal cites none: 1 - the largest cosine with any source, `said`
    being the question alone. So it is defined for every turn: a mean over answers alone rises when a desk begins to
    refuse. No label is used. After the idea of answer and context relevance in RAGAS (2309.15217), which asks a
    language model instead.

    The trap: it says whether an answer fits its source, and not whether the source is true.
    Raises ValueError without a source, and for a citation of one that is not there.
    """
    sources = np.atleast_2d(np.asarray(sources, dtype=np.float64))
    if not sources.size or any(not 0 <= row < len(sources) for row in cited):
        raise ValueError(f"{len(sources)} sources, cited {list(cited)}: give at least one, and cite rows from 0.")
    cosines = sources @ np.asarray(said, dtype=np.float64)  # (k,)
    return float(cosines[list(cited)].max() if len(cited) else 1 - cosines.max())


def threshold(confidence: Sequence[float], kept: float = 0.95) -> float:
    """The highest threshold at which at least `kept` of these confidences are accepted (confidence >= threshold).

    Set on turns that count as usual; what falls below it later is called out of distribution (the largest softmax
    probability as the score: 1610.02136). Raises ValueError for no confidence or a share outside (0, 1].
    """
    if not len(confidence) or not 0 < kept <= 1:
        raise ValueError(f"{len(confidence)} confidences, {kept} kept: give some, and a share above 0 and up to 1.")
    wanted = int(np.ceil(kept * len(confidence) - 1e-9))
    return float(np.sort(np.asarray(confidence, dtype=np.float64))[::-1][wanted - 1])


def out_of_distribution(inside: Sequence[float], outside: Sequence[float]) -> dict[str, float]:
    """How well confidence tells usual turns from strange ones, over known turns of both kinds.

    auroc: chance that a usual turn is surer than a strange one. fpr95: share of the strange turns still accepted
    where 95 % of the usual ones are (FPR at 95 % TPR); smaller is better. The trap: both need turns that are *known*
    to be strange, and next month's will be others.
    """
    return {"auroc": auroc(inside, outside), "fpr95": false_accepts_at(0.95, inside, outside)}


def accuracy_under_shift(usual: Sequence[bool], shifted: Sequence[bool]) -> dict[str, float]:
    """Shares right on usual and on shifted turns, and the difference: what the shift costs. Both need labels."""
    if not len(usual) or not len(shifted):
        raise ValueError(f"{len(usual)} usual and {len(shifted)} shifted turns: give at least one of each.")
    before, after = float(np.mean(usual)), float(np.mean(shifted))
    return {"usual": before, "shifted": after, "lost": before - after}


def agreement(student: Array, teacher: Array) -> list[bool]:
    """For each turn whether student and teacher name the same class: logits (n, classes) of both, no labels.

    The trap: they can agree and both be wrong; what both never learned is seen by neither.
    """
    student, teacher = np.asarray(student), np.asarray(teacher)
    if student.ndim != 2 or student.shape != teacher.shape:
        raise ValueError(f"Logits of shapes {student.shape} and {teacher.shape}: both must be (turns, classes).")
    return (student.argmax(1) == teacher.argmax(1)).tolist()


def quality_ratio(student: float, teacher: float) -> float:
    """The student's score over the teacher's, on the same labelled turns; above 1 where the student is better.

    The trap: it falls when the student gets worse *or* the teacher better, and stays where both get worse alike.
    """
    if not teacher > 0:
        raise ValueError(f"The teacher scores {teacher}: a ratio needs a teacher that gets something right.")
    return student / teacher


def speed_up(teacher_ms: Sequence[float], student_ms: Sequence[float]) -> float:
    """Median of the teacher's milliseconds over median of the student's, on the same texts, one at a time.

    Medians, since one interrupted call is no slow model. The trap: measure both on the same machine in the same
    minute, after a warm-up, or the ratio compares machines.
    """
    if not len(teacher_ms) or not len(student_ms) or min(*teacher_ms, *student_ms) <= 0:
        raise ValueError("Give at least one time above 0 for each of the two models.")
    return float(np.median(teacher_ms) / np.median(student_ms))
