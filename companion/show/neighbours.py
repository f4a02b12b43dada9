"""Type a report sentence: what the fine-tuned model says of it, beside the labelled sentences that lie nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from companion.scenarios import reports
from companion.show.display import show_widget, text
from companion.show.drawing import utf8
from companion.show.living import Typed, percent, still

EXAMPLES = (
    "The loss in the northern region narrowed to £2 million.",
    "We no longer expect the plant to lose money.",
    "Operating profit did not rise.",
    "Despite record sales, profit fell.",
    "Profit may fall.",
)


def label_reader(model: Any, encoder: Any, example: str = EXAMPLES[0], k: int = 3) -> None:
    """A box for a sentence; below it the model's four chances, and the k nearest training sentences with labels.

    ``model`` is a classifier from `companion.scenarios.reports.fine_tuned`, ``encoder`` the one that retrieves.
    """
    reader = LabelReader(model, encoder, example, k)
    plain = f"{example} -> fine-tuned: {model.predict([example])[0]}; {_nearest_said(encoder, example, k)}"
    heading = f'<div><span class="muted">Sentence</span> <b>{text(example)}</b></div>'
    show_widget(reader.box, still(heading + reader.page.value, kind="ideas"), plain)


class LabelReader(Typed):
    """The living part: a sentence is typed, the page shows what each path makes of it."""

    def __init__(self, model: Any, encoder: Any, example: str, k: int) -> None:
        self.model, self.encoder, self.k = model, encoder, k
        others = [one for one in EXAMPLES if one != example]
        super().__init__(example, others, "The report sentence to label", rows=2, height=58)

    def drawn(self, typed: str) -> str:
        """Both answers."""
        typed = utf8(typed).strip()
        if not typed:
            return '<div role="status" class="said">No sentence yet: type one.</div>'
        return page(chances(self.model, typed), reports.nearest(self.encoder, [typed], self.k)[0])


def chances(model: Any, sentence: str) -> dict[str, float]:
    """{label: probability}, the softmax of the model's scores, the likeliest first."""
    import torch

    shares = torch.from_numpy(model.logits([sentence]))[0].softmax(-1).tolist()
    return dict(sorted(zip(model.classes, shares, strict=True), key=lambda pair: -pair[1]))


def page(said: dict[str, float], found: Sequence[tuple[float, str, str]]) -> str:
    """The two answers as a sentence, the chances and the nearest sentences as tables."""
    best, voted = next(iter(said)), reports.vote(found)
    agree = "Both say" if best == voted else "They disagree:"
    words = f"{agree} {best}." if best == voted else f"{agree} fine-tuned, {best}; the nearest vote {voted}."
    left = "".join(f"<tr><td><b>{text(label)}</b></td><td>{percent(share)}</td></tr>" for label, share in said.items())
    right = "".join(
        f"<tr><td><b>{text(label)}</b></td><td>{score:.2f}</td><td>{text(sentence)}</td></tr>"
        for score, sentence, label in found
    )
    return (
        f'<div role="status" class="said">{text(words)}</div>'
        f'<table class="near"><tr><th>fine-tuned</th><th>chance</th></tr>{left}</table>'
        f'<table class="near"><tr><th>label</th><th>cosine</th><th>nearest labelled sentence</th></tr>{right}</table>'
    )


def _nearest_said(encoder: Any, sentence: str, k: int) -> str:
    found = reports.nearest(encoder, [sentence], k)[0]
    return f"nearest {k}: " + "; ".join(f"{label} ({score:.2f}) {near}" for score, near, label in found)
