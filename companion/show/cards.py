"""The card after a measurement: the seeds fall in one by one, then it says holds or not, and keeps score."""

from __future__ import annotations

from companion import ledger
from companion.show.charts import STEP, WIDTH, Bar, draw
from companion.show.display import look, show, svg_image, text
from companion.show.scoring import points, score
from companion.show.specs import Spec, in_chart, spec

_UNSET = object()


def card(
    claim_id: str,
    values: dict[int, float],
    baseline: dict[int, float] | None = None,
    document: float | None | object = _UNSET,
    note: str = "",
) -> None:
    """Show what was measured beside what was predicted, judge the claim, keep both in the ledger.

    ``values`` and ``baseline`` are by seed, in the metric's own unit (0.95, not 95). ``document`` is the
    document's ghost in the chart's unit; left out, it is the registered one. Whether the learner predicted
    anything or not, the card comes.
    """
    this = spec(claim_id)
    ghost = this.document if document is _UNSET else document
    said, problem = _keep(this, values, baseline or {}, ghost, note)
    mine = ledger.predictions().get(claim_id) if not problem else None
    bars = chart_bars(this, values, baseline, ghost, mine)
    lines = _lines(this, values, ghost, mine) + ([problem] if problem else [])
    show(_html(this, bars, said, lines), "\n".join([_headline(this.id, said), *lines]))


def demonstrated(claim_id: str, evidence: str) -> None:
    """Stamp a *definition* in the ledger: it was shown, there was nothing to win or lose. `evidence` says what.

    Raises ValueError for a claim that is measured: that one gets a `card`.
    """
    claim = ledger.claims()[claim_id]
    if claim.kind != "definition":
        raise ValueError(f"{claim_id} can fail, so it is measured: use card({claim_id!r}, values, baseline).")
    try:
        said = ledger.record(claim_id, {}, {}, evidence).verdict
    except OSError as error:
        said, evidence = "demonstrated", f"{evidence} {error}"
    words = f'<p class="muted">{text(claim_id)}. {text(claim.text)}</p>{stamp(said)}<p>{text(evidence)}</p>'
    html = f'{look("card")}<div class="companion paper companion-card"><div class="words">{words}</div></div>'
    show(html, f"{claim_id}: {said}\n{evidence}")


def _keep(
    this: Spec, values: dict[int, float], baseline: dict[int, float], ghost: float | None, note: str
) -> tuple[str, str]:
    """The verdict ("" for what is no claim), and one sentence if the ledger could not be written."""
    claim = ledger.claims().get(this.id)
    said = ledger.verdict(claim, values, baseline) if claim else ""
    try:
        if claim:
            ledger.record(this.id, values, baseline, note)
        ledger.settle(this.id, in_chart(values, this.scale), ghost, this.tolerance)
    except OSError as error:
        return said, str(error)
    return said, ""


def chart_bars(
    this: Spec,
    values: dict[int, float],
    baseline: dict[int, float] | None,
    ghost: float | None,
    mine: ledger.Prediction | None,
) -> list[Bar]:
    """What was known, what the learner and the document said, and what was measured, as one chart's bars."""
    bars = this.known_bars(baseline)
    if mine:
        bars.append(Bar("your prediction", "you", mine.value))
    if ghost is not None:
        bars.append(Bar("the document", "document", ghost, delay=0.4))
    dots = tuple(round(values[s] * this.scale, 3) for s in sorted(values))
    shown = dots if len(dots) > 1 else ()
    return [*bars, Bar(this.label, "measured", in_chart(values, this.scale), shown, delay=1.2)]


def _lines(this: Spec, values: dict[int, float], ghost: float | None, mine: ledger.Prediction | None) -> list[str]:
    say = this.axis.say
    points_ = [values[s] * this.scale for s in sorted(values)]
    measured = in_chart(values, this.scale)
    spread = f", from {say(min(points_))} to {say(max(points_))} over {len(points_)} seeds" if len(points_) > 1 else ""
    lines = [f"Measured: {say(measured)}{spread}."] + ([this.caution] if this.caution else [])
    if ghost is not None:
        lines.append(f"The document, taken at its word: {say(ghost)} ({this.document_says}).")
    if mine is None:
        return [*lines, "You made no prediction here, so nobody scores."]
    away = f"{round(abs(mine.value - measured), 1):g}"
    worth = points(mine.value, measured, this.tolerance, mine.confidence)
    lines.append(f"You said {say(mine.value)}, {mine.confidence}: {away} away, and up to {this.tolerance:g} is right.")
    if mine.late:
        return [*lines, "You locked it after the result, so it is not scored."]
    total = score()
    count = f"{total.played} prediction{'s' * (total.played != 1)}"
    return [
        *lines,
        f"That is {worth:+d}. Score after {count}: you {total.you}, the document {total.document}.",
    ]


def _headline(claim_id: str, said: str) -> str:
    return f"{claim_id}: {said}" if said else "What came out"


def _html(this: Spec, bars: list[Bar], said: str, lines: list[str]) -> str:
    measured = bars[-1]
    late = measured.delay + STEP * len(measured.dots) + 0.5
    shown = "; ".join(f"{b.label} {this.axis.say(b.value)}" for b in bars if b.value is not None)
    alt = f"{this.title}. {shown}. " + (f"Verdict: {said}." if said else "")
    claim = ledger.claims().get(this.id)
    quote = f'<p class="muted">{text(this.id)}. {text(claim.text)}</p>' if claim else ""
    body = "".join(f"<p>{text(line)}</p>" for line in lines)
    chart = svg_image(draw(this.axis, bars), alt, WIDTH, moving=draw(this.axis, bars, moving=True))
    return (
        f'{look("card")}<div class="companion paper companion-card">'
        f'<div class="chart">{chart}</div>'
        f'<div class="words">{quote}'
        f'<div class="late" style="animation-delay:{late:.2f}s">{stamp(said)}{body}</div></div></div>'
    )


def stamp(said: str) -> str:
    """A verdict as a rubber stamp."""
    return f'<div class="stamp {text(said.replace(" ", "-"))}">{text(said)}</div>' if said else ""
