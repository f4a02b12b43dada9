"""What changed my mind: the learner's largest misses, prediction against outcome, over all charts.

Charts have different units, so a miss is counted in shares of its chart's axis: 30 points of 100 and 36 seconds of
120 are both 0.3. A result beyond the axis counts as its end, for no bar could have been put farther. Of equal misses
the surer one comes first, then the newer. Late predictions are left out, and so is what came within the tolerance
that was registered with the chart. The board's guesses name a path: they are right or wrong and have no distance, so
they are counted, not ranked.
"""

from __future__ import annotations

from dataclasses import dataclass

from companion import ledger
from companion.dates import moment
from companion.show.board_cards import PREFIX
from companion.show.charts import Axis
from companion.show.display import look, show, svg_image, text
from companion.show.drawing import line, words
from companion.show.living import paper, svg
from companion.show.places import Place, place
from companion.show.scoring import right
from companion.show.specs import spec
from companion.show.style import COLOURS

MOST = 5
WIDTH, HEIGHT, LEFT, RIGHT = 330, 58, 12, 318


@dataclass(frozen=True)
class Miss:
    """A prediction that came out wrong; `away` is a share of the chart's axis."""

    mine: ledger.Prediction
    measured: float
    axis: Axis
    away: float

    @property
    def place(self) -> Place | None:
        """Where it was measured."""
        return place(self.mine.claim_id)


def changed_my_mind() -> None:
    """Show your five largest misses: what you said, what was measured, and the way back to it."""
    most, above = misses()[:MOST], headline()
    rows = "".join(_row(number, miss) for number, miss in enumerate(most, start=1))
    page = (
        f'{look("page", "misses")}<article class="companion paper companion-page companion-misses">'
        f'<div class="part">What changed my mind</div>{"".join(f"<p>{text(said)}</p>" for said in above)}{rows}'
        f"</article>"
    )
    show(page, "\n".join([*above, *(f"{n}. {plain(miss)}" for n, miss in enumerate(most, start=1))]))


def misses() -> list[Miss]:
    """All misses, the largest first."""
    results = ledger.outcomes()
    found = (_miss(mine, results[name]) for name, mine in ledger.predictions().items() if name in results)
    return sorted((miss for miss in found if miss), key=_rank)


def headline() -> list[str]:
    """What the misses were drawn from."""
    mine, results = ledger.predictions(), ledger.outcomes()
    charts = [one for one in mine.values() if not one.claim_id.startswith(PREFIX)]
    if not mine:
        return ["0 predictions locked so far. The first one waits in 0_start_here; to be wrong costs nothing."]
    scored = [one for one in charts if one.claim_id in results and not one.late]
    hits = sum(_hit(one, results[one.claim_id]) for one in scored)
    waiting, late = sum(one.claim_id not in results for one in charts), sum(one.late for one in charts)
    said = f"{len(charts)} prediction{'s' * (len(charts) != 1)} locked: {hits} right, {len(scored) - hits} missed"
    said += f", {waiting} not measured yet" * bool(waiting) + f", {late} too late to count" * bool(late) + "."
    far = "A miss is measured in shares of its chart's height, so that seconds and percent can be compared."
    return [said, *[far] * (hits < len(scored)), *_board(mine, results)]


def plain(miss: Miss) -> str:
    """One miss in words."""
    say, mine = miss.axis.say, miss.mine
    where = f" See {miss.place.notebook}." if miss.place else ""
    return (
        f"{miss.axis.title}: you said {say(mine.value)}, {mine.confidence}; measured {say(miss.measured)}. "
        f"{miss.away:.2f} of the chart away.{where}"
    )


def _miss(mine: ledger.Prediction, result: dict) -> Miss | None:
    """None for what is right, late, a guess of the board, or no chart of this edition."""
    if mine.late or mine.claim_id.startswith(PREFIX) or _hit(mine, result):
        return None
    try:
        axis = spec(mine.claim_id).axis
    except KeyError:
        return None
    seen = min(max(result["measured"], axis.low), axis.high)
    return Miss(mine, result["measured"], axis, round(abs(mine.value - seen) / (axis.high - axis.low), 3))


def _hit(mine: ledger.Prediction, result: dict) -> bool:
    return right(mine.value, result["measured"], result["tolerance"])


def _rank(miss: Miss) -> tuple:
    sure = ledger.CONFIDENCES.index(miss.mine.confidence)
    return -miss.away, -sure, -moment(miss.mine.date), miss.mine.claim_id


def _board(mine: dict[str, ledger.Prediction], results: dict) -> list[str]:
    guesses = [one for name, one in mine.items() if name.startswith(PREFIX) and name in results and not one.late]
    if not guesses:
        return []
    wrong = sum(not _hit(one, results[one.claim_id]) for one in guesses)
    return [f"On the board of nine jobs, {wrong} of {len(guesses)} guesses named another path than won."]


def _row(number: int, miss: Miss) -> str:
    link = f"<p>{miss.place.link(f'Look again in {miss.place.notebook}')}</p>" if miss.place else ""
    mine, said, measured = miss.mine, *(_unbroken(miss.axis.say(value)) for value in (miss.mine.value, miss.measured))
    return (
        f'<section><div class="rank">{number}</div><div class="what"><b>{text(miss.axis.title)}</b>'
        f'<p class="muted">{text(miss.axis.y_label)}</p>'
        f"<p>You said {said}, {text(mine.confidence)}. Measured: {measured}.</p>{link}</div>{strip(miss)}</section>"
    )


def _unbroken(said: str) -> str:
    """A number and its unit, escaped, on one line."""
    return f'<span class="one">{text(said)}</span>'


def strip(miss: Miss) -> str:
    """The chart's axis lying down: the learner's mark hollow, the measured one full, and the way between them."""
    axis = miss.axis

    def x(value: float) -> float:
        share = (min(max(value, axis.low), axis.high) - axis.low) / (axis.high - axis.low)
        return LEFT + share * (RIGHT - LEFT)

    you, seen = x(miss.mine.value), x(miss.measured)
    parts = [
        line(LEFT, 24, RIGHT, 24, "edge", 'stroke-width="2"'),
        line(you, 24, seen, 24, "ink", 'stroke-width="3"'),
        f'<circle cx="{you:.1f}" cy="24" r="7" fill="#fff" stroke="#8A5F00" stroke-width="3"/>',
        f'<circle cx="{seen:.1f}" cy="24" r="7" fill="{COLOURS["measured"]}"/>',
        words(LEFT - 8, 50, axis.say(axis.low), 11, "muted", "start"),
        words(RIGHT + 8, 50, axis.say(axis.high), 11, "muted", "end"),
        words(you, 11, "you", 11, "#8A5F00"),
        words(seen, 11, "measured", 11, "measured") if abs(you - seen) > 45 else "",
    ]
    drawing = svg(WIDTH, HEIGHT, paper(WIDTH, HEIGHT) + "".join(parts))
    return f'<div class="strip">{svg_image(drawing, plain(miss), WIDTH)}</div>'
