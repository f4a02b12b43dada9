"""Edit a sentence in the manual and ask again: the answer changes, the weights do not."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from companion.show.display import look, show_widget, text


@dataclass(frozen=True)
class Asked:
    """One answer, the article as it stood then, and the weights that gave it."""

    article: str
    answer: str
    cites: str
    milliseconds: float
    weights: str  # sha256 over the generator's weights, "" where it has no such method
    update: float | None = None  # milliseconds that saving took


def edit_and_ask(pipeline: Any, article_id: str, question: Any, example: str | None = None) -> None:
    """An article to edit, a button that saves it and asks again, and a hash over the model's weights.

    Saving calls ``pipeline.index.update(article_id, text)``; nothing is trained. ``example`` is a new text
    for the article: with it, the still picture shows a real edit, which is taken back before the learner
    starts.
    """
    asked = getattr(question, "text", question)
    before = _ask(pipeline, article_id, asked)
    after = _example(pipeline, article_id, asked, example)
    title = pipeline.index[article_id].title or article_id
    panel = Editor(pipeline, article_id, asked, before, title)
    plain = f"[{asked}] before: {before.answer}" + (f"; after the edit: {after.answer}" if after else "")
    still = _frame(_heading(title) + _quote(after or before) + _result(asked, before, after, timed=False))
    show_widget(panel.box, still, plain)


class Editor:
    """The living part. ``box`` is what is displayed; ``save`` does what the button does."""

    def __init__(self, pipeline: Any, article_id: str, question: str, before: Asked, title: str) -> None:
        import ipywidgets as w

        self.pipeline, self.article_id, self.question, self.before = pipeline, article_id, question, before
        self.area = w.Textarea(before.article, rows=4, layout=w.Layout(width="100%", height="92px"))
        self.area.tooltip = "The article's text"
        self.save_button = w.Button(description="Save and ask again", button_style="primary")
        self.undo_button = w.Button(description="Put the old text back")
        for button in (self.save_button, self.undo_button):
            button.layout.width = "auto"
        self.result = w.HTML(_result(question, before, None))
        self.save_button.on_click(lambda _: self.save())
        self.undo_button.on_click(lambda _: self.undo())
        head = w.HTML(look("editor") + _heading(title))
        self.box = w.VBox([head, self.area, w.HBox([self.save_button, self.undo_button]), self.result])
        for name in ("companion", "paper", "companion-editor"):
            self.box.add_class(name)

    def undo(self) -> None:
        """Put the article back as it was."""
        self.area.value = self.before.article
        self.save()

    def save(self) -> None:
        """Update the one article in the index, ask again, show both answers."""
        # Not disabled meanwhile: that would take the keyboard's focus away.
        self.save_button.description = "Asking…"
        try:
            if not self.area.value.strip():
                raise ValueError("The article is empty: write a sentence, or put the old text back.")
            took = _update(self.pipeline.index, self.article_id, self.area.value.strip())
            after = _ask(self.pipeline, self.article_id, self.question, took)
            self.result.value = _result(self.question, self.before, after)
        except Exception as error:  # a widget has no traceback to show: one sentence instead
            self.result.value = _result(self.question, self.before, None, problem=_sentence(error))
        finally:
            self.save_button.description = "Save and ask again"


def _update(index: Any, article_id: str, article: str) -> float:
    start = time.perf_counter()
    index.update(article_id, article)
    return 1000 * (time.perf_counter() - start)


def _ask(pipeline: Any, article_id: str, question: str, update: float | None = None) -> Asked:
    reply = pipeline.answer(question)
    hashed = getattr(pipeline.generator, "weights_sha256", lambda: "")()
    titles = [pipeline.index[i].title or i for i in reply.citations]
    took = sum(reply.milliseconds.values())
    return Asked(pipeline.index[article_id].text, reply.text, ", ".join(titles), took, hashed, update)


def _example(pipeline: Any, article_id: str, question: str, article: str | None) -> Asked | None:
    if article is None:
        return None
    old = pipeline.index[article_id].text
    try:
        return _ask(pipeline, article_id, question, _update(pipeline.index, article_id, article))
    finally:
        pipeline.index.update(article_id, old)


def _sentence(error: Exception) -> str:
    said = str(error).strip().splitlines()
    return said[0] if said else f"{type(error).__name__}: run the cell again."


def _frame(inner: str) -> str:
    return f'{look("editor")}<div class="companion paper companion-editor">{inner}</div>'


def _heading(title: str) -> str:
    return f'<div><b>{text(title)}</b> <span class="muted">as it stands in the index</span></div>'


def _quote(asked: Asked) -> str:
    return f"<blockquote>{text(asked.article)}</blockquote>"


def _result(question: str, before: Asked, after: Asked | None, problem: str = "", timed: bool = True) -> str:
    alarm = f'<p role="alert" class="bad">{text(problem)}</p>' if problem else ""
    panels = _panel("Before", before, timed) + _panel("After your edit", after, timed)
    return (
        f'{alarm}<div><span class="muted">Question</span> <b>{text(question)}</b></div>'
        f'<div class="replies">{panels}</div>{_hashes(before, after)}'
    )


def _panel(name: str, asked: Asked | None, timed: bool) -> str:
    head = f'<div class="muted">{name}</div>'
    if asked is None:
        return f'<div class="reply">{head}<p class="muted">Change the text, then save.</p></div>'
    cites = f"from {asked.cites}" if asked.cites else "no article cited"
    saved = f"saved in {asked.update:.0f} ms, " if asked.update is not None else ""
    clock = f'<div class="muted">{saved}answered in {asked.milliseconds:.0f} ms</div>' if timed else ""
    new = "" if name == "Before" else " new"
    return (
        f'<div class="reply{new}">{head}<div class="answer">{text(asked.answer)}</div>'
        f'<div class="muted">{text(cites)}</div>{clock}</div>'
    )


def _hashes(before: Asked, after: Asked | None) -> str:
    if not before.weights:
        return ""
    rows = [("before", before.weights)] + ([("after", after.weights)] if after else [])
    lines = "".join(
        f'<div class="hash"><span class="muted">{name}</span><code>{text(value)}</code></div>' for name, value in rows
    )
    head = "sha256 over the model's weights"
    return f'<div><span class="muted">{head}</span> {_compared(before, after)}{lines}</div>'


def _compared(before: Asked, after: Asked | None) -> str:
    if after is None:
        return ""
    if before.weights == after.weights:
        return '<span class="good">= the same: no weight changed</span>'
    return '<span class="bad">≠ different: a weight changed</span>'
