"""One question answered closed book and with articles, and one that no article answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from companion.metrics import exact_match
from companion.show.display import look, show, text


@dataclass(frozen=True)
class Panel:
    """One way of answering, and how it went: good is None where the right answer is not known."""

    way: str
    question: str
    answer: str
    source: str
    good: bool | None
    remark: str


def ask_three_ways(pipeline: Any, closed_book: Any, question: Any, unanswerable: Any) -> None:
    """Ask ``question`` of a model without articles, then with them; then ask what no article answers.

    ``question`` and ``unanswerable`` are Questions of a world, or plain text. Prints the same as text.
    """
    panels = [
        _closed(closed_book, question),
        _open(pipeline, question),
        _refused(pipeline, unanswerable),
    ]
    show(_html(panels), "\n".join(f"{p.way}: {p.question} -> {p.answer} ({_under(p)})" for p in panels))


def _words(question: Any) -> str:
    return getattr(question, "text", question)


def _right(question: Any, answer: str) -> bool | None:
    truth = getattr(question, "answer", None)
    return None if truth is None else bool(exact_match(answer, truth))


def _closed(model: Any, question: Any) -> Panel:
    answer = model.respond(_words(question), []).text
    good = _right(question, answer)
    remark = {
        True: "right, by luck",
        False: f"invented: the right answer is {getattr(question, 'answer', '')}",
    }.get(good, "")
    return Panel("Closed book", _words(question), answer, "no article was read", good, remark)


def _open(pipeline: Any, question: Any) -> Panel:
    reply = pipeline.answer(_words(question))
    good = _right(question, reply.text)
    remark = {True: "right", False: f"wrong: the right answer is {getattr(question, 'answer', '')}"}.get(good, "")
    return Panel("With articles", _words(question), reply.text, _source(pipeline, reply), good, remark)


def _refused(pipeline: Any, question: Any) -> Panel:
    reply = pipeline.answer(_words(question))
    good = not reply.citations
    remark = "refused: no article holds it" if good else "it should have refused"
    return Panel(
        "With articles, but none holds it",
        _words(question),
        reply.text,
        _source(pipeline, reply),
        good,
        remark,
    )


def _source(pipeline: Any, reply: Any) -> str:
    titles = [pipeline.index[i].title or i for i in reply.citations]
    return f"cites: {', '.join(titles)}" if titles else "cites nothing"


def _under(panel: Panel) -> str:
    return f"{panel.source}; {panel.remark}" if panel.remark else panel.source


def _html(panels: list[Panel]) -> str:
    return f'{look("three_ways")}<div class="companion companion-ways">{"".join(map(_cell, panels))}</div>'


def _cell(panel: Panel) -> str:
    tone, sign = {True: ("good", "✔ "), False: ("bad", "✘ ")}.get(panel.good, ("muted", ""))
    return (
        f'<section class="paper is-{tone}"><div class="way muted">{text(panel.way)}</div>'
        f'<div class="asked">{text(panel.question)}</div><div class="answer">{text(panel.answer)}</div>'
        f'<div class="muted">{text(panel.source)}</div>'
        f'<div class="{tone}">{sign}{text(panel.remark)}</div></section>'
    )
