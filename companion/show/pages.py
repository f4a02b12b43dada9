"""The ledger as a page of the document: a claim is grey until it is measured, then it is stamped."""

from __future__ import annotations

from companion import ledger
from companion.show.cards import chart_bars, stamp
from companion.show.charts import WIDTH, Axis, Bar, draw
from companion.show.display import look, show, svg_image, text
from companion.show.places import place
from companion.show.specs import Spec, spec

TITLES = {
    "1": "Principles",
    "1.1": "Retrieval-augmented generation",
    "1.2": "Fine-tuning",
    "1.3": "Knowledge distillation",
    "2": "Scenarios compared",
    "2.1": "The feature matrix",
    "2.2": "Typical business scenarios",
    "3": "The decision tree",
    "3.1": "Key factors",
    "3.2": "A hybrid in practice: customer service",
    "4": "The frontier",
    "4.1": "Retrieval",
    "4.2": "Fine-tuning",
    "4.3": "Distillation",
    "5": "Practice and risk",
    "5.1": "Checklist",
    "5.2": "Metrics to monitor",
    "6": "Conclusion",
}


def ledger_page(chapter: int | str | None = None) -> None:
    """Show the document's claims with what the learner measured; ``chapter`` is 1, "1.1" or None for all."""
    claims = [c for c in ledger.claims().values() if _belongs(c.id, chapter)]
    newest = {record.claim_id: record for record in ledger.read()}
    done = sum(claim.id in newest for claim in claims)
    count = f"{done} of {len(claims)} claims measured"
    plain = [f"{c.id}: {newest[c.id].verdict if c.id in newest else 'not measured yet'}" for c in claims]
    show(_html(claims, newest, count), "\n".join([count, *plain]))


def _section(claim_id: str) -> str:
    """``C1.1-b`` is in section 1.1, ``C6`` in 6."""
    return claim_id.lstrip("CP").partition("-")[0]


def _belongs(claim_id: str, chapter: int | str | None) -> bool:
    section, wanted = _section(claim_id), str(chapter)
    return chapter is None or section == wanted or section.startswith(f"{wanted}.")


def _html(claims: list[ledger.Claim], newest: dict[str, ledger.Record], count: str) -> str:
    body, seen = "", set()
    for claim in claims:
        section = _section(claim.id)
        for part in (section.split(".")[0], section):
            if part not in seen:
                seen.add(part)
                body += _title(part)
        body += _measured(claim, newest[claim.id]) if claim.id in newest else _grey(claim)
    return (
        f'{look("page")}<article class="companion paper companion-page">'
        f'<div class="count muted">{text(count)}</div>{body}</article>'
    )


def _title(part: str) -> str:
    name = text(TITLES.get(part, ""))
    if "." in part:
        return f'<div class="section">{text(part)} {name}</div>'
    return f'<div class="part">Chapter {text(part)}. {name}</div>'


def _words(claim: ledger.Claim) -> str:
    return f'<span class="id">{text(claim.id)}</span>{text(claim.text)}'


def _where(claim: ledger.Claim) -> str:
    found = place(claim.id)
    return f' <small class="where">{found.link()}</small>' if found else ""


def _grey(claim: ledger.Claim) -> str:
    return f'<div class="grey">{_words(claim)}{_where(claim)}</div>'


def _measured(claim: ledger.Claim, record: ledger.Record) -> str:
    facts = {"Metric": claim.metric, "Baseline": claim.baseline, "Reach": claim.reach, "Note": record.note}
    facts["Read it so"] = _caution(claim.id)
    lines = "".join(f"<p>{name}: {text(value)}</p>" for name, value in facts.items() if value)
    when = f"<p>{text(record.date[:10])}{_where(claim)}</p>"
    return (
        f'<details><summary title="open the figure"><span>{_words(claim)}</span>'
        f"{stamp(record.verdict)}</summary>"
        f'<div class="more muted">{_figure(claim, record)}{lines}{when}</div></details>'
    )


def _caution(claim_id: str) -> str:
    try:
        return spec(claim_id).caution
    except KeyError:
        return ""


def _figure(claim: ledger.Claim, record: ledger.Record) -> str:
    """The chart of the verdict's card, the learner's prediction in it; without one, plain bars."""
    if not record.values:
        return ""
    try:
        axis, bars = _card_chart(spec(claim.id), record)
    except KeyError:
        axis, bars = _plain_chart(claim, record)
    said = "; ".join(f"{bar.label} {axis.say(bar.value)}" for bar in bars if bar.value is not None)
    return svg_image(draw(axis, bars), f"{claim.metric}: {said}. Verdict: {record.verdict}.", WIDTH)


def _card_chart(this: Spec, record: ledger.Record) -> tuple[Axis, list[Bar]]:
    mine = ledger.predictions().get(this.id)
    return this.axis, chart_bars(this, record.values, record.baseline, this.document, mine)


def _plain_chart(claim: ledger.Claim, record: ledger.Record) -> tuple[Axis, list[Bar]]:
    values, baseline = list(record.values.values()), list(record.baseline.values())
    axis = Axis(claim.id, "dots are single seeds, bars their mean", *_limits([*values, *baseline]), "")
    bars = [
        Bar(label, label, _mean(runs), tuple(runs) if len(runs) > 1 else ())
        for label, runs in (("baseline", baseline), ("measured", values))
        if runs
    ]
    return axis, bars


def _mean(runs: list[float]) -> float:
    return sum(runs) / len(runs)


def _limits(values: list[float]) -> tuple[float, float]:
    """0 to 1 where all values lie there, else round numbers around them, zero included."""
    if all(0 <= v <= 1 for v in values):
        return 0.0, 1.0
    top = max(max(values), 0.0)
    power = 10 ** len(str(int(max(abs(v) for v in values)))) / 10
    high = (int(top / power) + 1) * power
    return (0.0 if min(values) >= 0 else -(int(-min(values) / power) + 1) * power), high
