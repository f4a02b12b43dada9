"""Keep score of predictions, learner against document.

The rule is certainty-based marking (Gardner-Medwin 1995): the surer you say you are, the more a right
prediction wins and the more a wrong one costs. Saying what you really believe pays best: *guess* below 67 %
sure, *fairly sure* from there, *would bet* above 80 %.
"""

from __future__ import annotations

from dataclasses import dataclass

from companion import ledger

#           right, wrong
POINTS = {"guess": (1, 0), "fairly sure": (2, -2), "would bet": (3, -6)}
DOCUMENT = "fairly sure"  # the document does not say how sure it is; it always plays the middle stake


@dataclass(frozen=True)
class Score:
    """The running score; a prediction that was left unanswered counts for neither side."""

    you: int = 0
    document: int = 0
    played: int = 0


def right(predicted: float, measured: float, tolerance: float) -> bool:
    """Within the tolerance, its edge included."""
    return abs(predicted - measured) <= tolerance + 1e-9


def points(predicted: float, measured: float, tolerance: float, confidence: str) -> int:
    """What one prediction is worth."""
    won, lost = POINTS[confidence]
    return won if right(predicted, measured, tolerance) else lost


def score() -> Score:
    """The score over all predictions that were locked in time and have been measured since."""
    mine, results = ledger.predictions(), ledger.outcomes()
    you = document = played = 0
    for key, result in results.items():
        if key not in mine or mine[key].late:
            continue
        measured, tolerance = result["measured"], result["tolerance"]
        played += 1
        you += points(mine[key].value, measured, tolerance, mine[key].confidence)
        if result["document"] is not None:
            document += points(result["document"], measured, tolerance, DOCUMENT)
    return Score(you, document, played)
