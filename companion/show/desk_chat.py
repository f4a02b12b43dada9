"""A chat with the hybrid: under each reply stands who gave it, how sure, from what, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from companion.show.display import look, show_widget, text

WHO = {"FAQ": "search and generator", "other": "distilled writer", "person": "a person"}


def chat(model: Any, examples: Sequence[str]) -> None:
    """Type a turn, or take the next example, and read the reply with its trace.

    ``model`` is a ``HybridModel`` or anything with ``respond(query)`` that gives a ``Turn``. The examples are asked
    once for the still picture, where milliseconds are left out: they are another machine's. Raises ValueError
    without an example.
    """
    if not examples:
        raise ValueError("A chat needs an example to begin with: pass at least one turn.")
    turns = [(asked, model.respond(asked)) for asked in examples]
    living = Chat(model, examples)
    plain = "\n".join(f"{asked}\n  {turn.text}\n  [{trace(turn, timed=False)}]" for asked, turn in turns)
    page = "".join(bubble(asked, turn, timed=False) for asked, turn in turns)
    show_widget(living.box, f'{look("chat")}<div class="companion paper companion-chat">{page}</div>', plain)


class Chat:
    """The living part: ``area`` is typed in, ``send`` and ``another`` are buttons, ``page`` holds the turns."""

    KEPT = 6  # turns on the page; older ones make room

    def __init__(self, model: Any, examples: Sequence[str]) -> None:
        import ipywidgets as w

        self.model, self.examples, self.turns = model, list(examples), []
        self.area = w.Textarea(self.examples[0], rows=2, layout=w.Layout(width="100%", height="58px"))
        self.area.tooltip = "What the customer writes"
        self.send = w.Button(description="Send", button_style="primary", layout=w.Layout(width="auto"))
        self.another = w.Button(description="Another example", layout=w.Layout(width="auto"))
        self.page = w.HTML()
        self.send.on_click(lambda _: self.ask())
        self.another.on_click(lambda _: self.next())
        self.box = w.VBox([w.HTML(look("chat")), self.page, self.area, w.HBox([self.send, self.another])])
        for name in ("companion", "paper", "companion-chat"):
            self.box.add_class(name)

    def next(self) -> None:
        """Put the next example in the box."""
        self.examples.append(self.examples.pop(0))
        self.area.value = self.examples[0]

    def ask(self) -> None:
        """Send what stands in the box."""
        asked = self.area.value.strip()
        try:
            self.turns = [*self.turns, bubble(asked, self.model.respond(asked))][-self.KEPT :]
            problem = ""
        except Exception as error:  # a widget has no traceback to show: one sentence instead
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            problem = f'<p role="alert" class="bad">{text(first)}</p>'
        self.page.value = f'<div role="log">{"".join(self.turns)}</div>{problem}'


def bubble(asked: str, turn: Any, timed: bool = True) -> str:
    """One turn as HTML; everything typed or generated is escaped."""
    return (
        f'<div class="turn"><div class="asked">{text(asked)}</div>'
        f'<div class="replied is-{text(turn.route)}">{text(turn.text)}</div>'
        f'<div class="muted trace">{text(trace(turn, timed))}</div></div>'
    )


def trace(turn: Any, timed: bool = True) -> str:
    """Who answered, what was made of the turn, sources and milliseconds, in one line."""
    parts = [WHO.get(turn.route, turn.route)]
    if turn.tried:
        parts.append(f"after {WHO.get(turn.tried, turn.tried)} found nothing")
    if turn.intent:
        parts.append(turn.intent.replace("_", " "))
    if turn.confidence is not None:
        parts.append(f"confidence {turn.confidence:.2f}")
    parts += [f"source {source}" for source in turn.sources]
    if timed:
        parts += [f"{stage} {spent:.0f} ms" for stage, spent in turn.milliseconds.items()]
    return " · ".join(parts)
