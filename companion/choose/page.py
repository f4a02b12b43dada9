"""The decision card: one HTML page that needs nothing else, for a screen, a printer, a colleague."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from companion.choose.advice import Advice
from companion.choose.deciding import Turning
from companion.choose.needs import QUESTIONS
from companion.choose.options import NAMES, Option
from companion.choose.reasons import verdict
from companion.choose.tree import ASKED

STYLE = """
:root { color-scheme: light }
* { box-sizing: border-box }
body { margin: 0; background: #E9E6DD; color: #22262B; font: 16px/1.5 system-ui, 'Segoe UI', Roboto, sans-serif }
main { max-width: 780px; margin: 28px auto; padding: 30px 40px 34px; background: #FCFBF7; border: 1px solid #CFCBC0;
  border-radius: 10px }
h1 { margin: 0; font: 600 30px/1.2 Georgia, serif }
h2 { margin: 26px 0 6px; font: 600 18px/1.3 Georgia, serif }
.muted { color: #5A626B; font-size: 14px; margin: 4px 0 }
.path { margin: 18px 0 8px; padding: 12px 18px; border-left: 6px solid #0072B2; background: #E4EFF6; font-size: 20px }
.path b { font-size: 25px }
.measure { padding: 12px 18px; border: 2px solid #C64F00; border-radius: 8px }
table { width: 100%; border-collapse: collapse; font-size: 14.5px }
th, td { padding: 5px 8px; text-align: left; vertical-align: top; border-bottom: 1px solid #E4E1D8 }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
ul { margin: 4px 0; padding-left: 22px }
li { margin: 3px 0; break-inside: avoid }
.lent { columns: 2; column-gap: 26px; font-size: 12.5px; color: #5A626B }
@media print { body { background: #fff; font-size: 12px } main { margin: 0; padding: 0; border: 0; max-width: none }
  h2 { break-after: avoid } tr, .measure, .path { break-inside: avoid } }
"""
# Nothing may be loaded and nothing may run, whatever a title holds.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
COURSE = "From the measurements of a course with small models; measure your own before you build."


def card_html(
    advice: Advice,
    turning: Turning | None,
    title: str = "Which path?",
    day: str = "",
    about: str = COURSE,
    more: Mapping[str, Sequence[str]] | None = None,
    now_is: str = "The course measured",
) -> str:
    """The page. `turning` is what `decisive` found; `title` and `day` are the user's words, escaped like all text.

    about: whose measurements they are, in a sentence. more: further lists of sentences, by heading, after the reasons.
    now_is: see `measure`.
    """
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="muted">Provisional decision card{f", {escape(day)}" if day else ""}. {escape(about)}</p>',
        _headline(advice),
        _section(
            "The one measurement that would change it", f'<p class="measure">{escape(measure(turning, now_is))}</p>'
        ),
        _section("Why", _list(advice.reasons)),
        *(_section(heading, _list(sentences)) for heading, sentences in (more or {}).items()),
        _section("Questions still open", _list(advice.questions)) if advice.questions else "",
        _section("What you said", _needs(advice)),
        _section("All paths, the best first", _ranking(advice.ranking)),
        _section("The document's tree", f"<p>{escape(walked(advice))}</p>"),
        _section("Figures that are not your own", f'<div class="lent">{_list(advice.fallbacks)}</div>')
        if advice.fallbacks
        else "",
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def measure(turning: Turning | None, now_is: str = "The course measured") -> str:
    """The one measurement, as a task with the value at which the advice turns; `now_is` goes before today's value."""
    if turning is None:
        return "None of our figures, however far off it is for you, would alone change this. Check your limits instead."
    side = "below" if turning.below else "above"
    if turning.path:
        then = f"{NAMES[turning.path]} comes first"
    else:
        then = "no path keeps every limit and is right often enough"
    now, there = turning.measurement.said(turning.now), turning.measurement.said(turning.turns_at)
    task = turning.measurement.do
    return f"{task[:1].upper()}{task[1:]}. {now_is} {now}; at {there} and {side}, {then}."


def walked(advice: Advice) -> str:
    """The way through the tree in one sentence."""
    steps = " ".join(f"{ASKED[name]} {'Yes.' if yes else 'No.'}" for name, yes in advice.tree.steps)
    if advice.tree.path is None:
        return f"{steps} It cannot go on: {advice.tree.question}".strip()
    return f"{steps} So {NAMES[advice.tree.path]}: {verdict(advice.tree, advice.ranking[0])}."


def _headline(advice: Advice) -> str:
    if advice.path is None:
        return '<p class="path"><b>Open.</b> No path can be named yet: see the questions.</p>'
    top = advice.ranking[0]
    name = NAMES[top.path][:1].upper() + NAMES[top.path][1:]
    return f'<p class="path"><b>{escape(name)}</b><br>right in {top.right:.0%} of the calls, as far as measured</p>'


def _section(heading: str, inside: str) -> str:
    return f"<h2>{escape(heading, quote=False)}</h2>{inside}"


def _list(sentences: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in sentences)}</ul>"


def _needs(advice: Advice) -> str:
    rows = (
        f"<tr><td>{escape(question.short)}</td><td>{escape(question.said(getattr(advice.needs, name)))}</td></tr>"
        for name, question in QUESTIONS.items()
    )
    return f"<table>{''.join(rows)}</table>"


def _ranking(ranking: Iterable[Option]) -> str:
    head = "<tr><th>path</th><th>right</th><th>ms</th><th>MB</th><th>limits it breaks</th></tr>"
    return f"<table>{head}{''.join(map(_row, ranking))}</table>"


def _row(option: Option) -> str:
    numbers = (f"{option.right:.2f}", f"{option.milliseconds:.3g}", f"{option.megabytes:.3g}")
    cells = "".join(f'<td class="n">{number}</td>' for number in numbers)
    return f"<tr><td>{escape(NAMES[option.path])}</td>{cells}<td>{escape('; '.join(option.broken.values()))}</td></tr>"
