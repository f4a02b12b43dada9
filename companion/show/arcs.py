"""Pick a word of a sentence: which words does it look at, in which layer, with which head?"""

from __future__ import annotations

from typing import Any

from companion.models.looking import eager_attention
from companion.show.display import show_widget, text
from companion.show.drawing import sheet, short, utf8, words
from companion.show.living import box, still
from companion.show.style import COLOURS

LONGEST = 24  # tokens of a sentence, the two end marks counted: more do not fit on the sheet
LETTER, GAP, LEAST, FLOOR, TALLEST = 8.2, 6, 30, 112, 150  # points
SEEN = 0.02  # smaller weights are not drawn


def attention(encoder: Any, sentence: str, longest: int | None = None) -> tuple[list[str], Any]:
    """(tokens, weights): weights (layers, heads, n, n), where row i says where token i looks; each row sums to 1.

    ``longest`` cuts the sentence to so many tokens. The model is put back to its faster attention afterwards,
    which gives the same result without ever writing these numbers down. Transformer, arXiv 1706.03762.
    """
    import torch

    model = encoder.model
    batch = encoder.tokenizer(
        utf8(sentence), truncation=True, max_length=longest or encoder.max_length, return_tensors="pt"
    ).to(model.device)
    with eager_attention(model), torch.inference_mode():
        layers = model(**batch, output_attentions=True).attentions  # one (1, heads, n, n) a layer
    tokens = encoder.tokenizer.convert_ids_to_tokens(batch["input_ids"][0])
    return tokens, torch.cat(layers).float().cpu().numpy()


def attention_viewer(encoder: Any, sentence: str, word: str, layer: int = 1, head: int = 1) -> None:
    """Arcs from one token to the tokens it attends to; word, layer and head are sliders, counted from 1.

    Raises ValueError where ``word`` is not a token of ``sentence``.
    """
    tokens, _ = attention(encoder, sentence, LONGEST)
    if word not in tokens:
        raise ValueError(f"{word!r} is not a token of the sentence; it has {', '.join(tokens)}.")
    viewer = AttentionViewer(encoder, sentence, tokens.index(word), layer, head)
    heading = f'<div><span class="muted">Sentence</span> <b>{text(sentence)}</b></div>'
    show_widget(viewer.box, still(heading + viewer.page.value, kind="ideas"), viewer.said())


class AttentionViewer:
    """The living part: ``area`` is the sentence; ``word``, ``layer`` and ``head`` are sliders."""

    def __init__(self, encoder: Any, sentence: str, at: int, layer: int, head: int) -> None:
        import ipywidgets as w

        self.encoder, self.reading = encoder, False
        self.tokens, self.weights = attention(encoder, sentence, LONGEST)
        self.wanted = self.tokens[at]
        layers, heads = self.weights.shape[:2]
        shape = {"style": {"description_width": "60px"}, "layout": w.Layout(width="430px", max_width="98%")}
        self.area = w.Textarea(sentence, rows=1, layout=w.Layout(width="100%", height="38px"))
        self.area.tooltip = "The sentence that the encoder reads"
        self.word = w.SelectionSlider(options=self._options(), index=at, description="word", **shape)
        self.layer = w.IntSlider(layer, 1, layers, description="layer", **shape)
        self.head = w.IntSlider(head, 1, heads, description="head", **shape)
        self.page = w.HTML()
        self.area.observe(self.read, names="value")
        self.word.observe(self._picked, names="value")
        self.layer.observe(self.draw, names="value")
        self.head.observe(self.draw, names="value")
        self.box = box(self.area, self.word, self.layer, self.head, self.page, kind="ideas")
        self.draw()

    def _options(self) -> list[tuple[str, int]]:
        # Numbered, for a word may occur twice.
        return [(f"{i + 1} {token}", i) for i, token in enumerate(self.tokens)]

    def _picked(self, _: Any) -> None:
        if not self.reading:
            self.wanted = self.tokens[self.word.index]
            self.draw()

    def read(self, _: Any = None) -> None:
        """Read a changed sentence; the word stays the picked one where the sentence still has it."""
        at, self.reading = self.word.index, True
        self.tokens, self.weights = attention(self.encoder, self.area.value, LONGEST)
        self.word.options = self._options()  # this moves the slider to the first
        here = self.wanted in self.tokens
        self.word.index = self.tokens.index(self.wanted) if here else min(at, len(self.tokens) - 1)
        self.reading = False
        self.draw()

    def row(self) -> list[float]:
        """The weights of the picked word, one for each token."""
        return self.weights[self.layer.value - 1, self.head.value - 1, self.word.index].tolist()

    def said(self) -> str:
        """Where the picked word looks most."""
        at, row = self.word.index, self.row()
        best = sorted(range(len(row)), key=lambda i: -row[i])[:3]
        where = ", ".join(f"{self.tokens[i]} {row[i]:.2f}" for i in best)
        return f"Layer {self.layer.value}, head {self.head.value}: '{self.tokens[at]}' looks at {where}."

    def cut(self) -> bool:
        """Whether the sentence has more tokens than are read."""
        if len(self.tokens) < LONGEST:
            return False
        return len(self.encoder.tokenizer(utf8(self.area.value), truncation=False, verbose=False).input_ids) > LONGEST

    def draw(self, _: Any = None) -> None:
        """Draw again."""
        at, said = self.word.index, self.said()
        full = " The sentence is longer: only its first words are read here." if self.cut() else ""
        self.page.value = (
            f'<div role="status" class="said">{text(said + full)}</div>{_arcs(self.tokens, self.row(), at, said)}'
            '<div class="muted">The thicker the arc and the darker the box, the larger the weight. '
            "All weights of a word sum to 1; [CLS] and [SEP] mark the ends.</div>"
        )


def _arcs(tokens: list[str], row: list[float], at: int, said: str) -> str:
    wide = [max(LEAST, LETTER * len(token) + 10) for token in tokens]
    left = [8 + sum(wide[:i]) + GAP * i for i in range(len(tokens))]
    middle = [x + w / 2 for x, w in zip(left, wide, strict=True)]
    body = [_arc(middle[at], middle[i], weight) for i, weight in enumerate(row) if weight >= SEEN and i != at]
    for i, (token, weight) in enumerate(zip(tokens, row, strict=True)):
        body.append(_box(left[i], wide[i], weight, i == at) + words(middle[i], FLOOR + 19, token, mono=True, size=13))
        if weight >= SEEN:
            body.append(words(middle[i], FLOOR + 46, f"{weight:.2f}", size=12, bold=weight >= 0.3))
    return sheet(round(left[-1] + wide[-1] + 8), FLOOR + 56, body, said)


def _arc(start: float, end: float, weight: float) -> str:
    height = min(TALLEST, 30 + abs(end - start) * 0.4)
    path = f"M{short(start)} {FLOOR}Q{short((start + end) / 2)} {short(FLOOR - 1.3 * height)} {short(end)} {FLOOR}"
    look_of = f'stroke-width="{1 + 8 * weight:.1f}" opacity="{0.25 + 0.7 * weight:.2f}"'
    return f'<path d="{path}" fill="none" stroke="{COLOURS["measured"]}" {look_of} stroke-linecap="round"/>'


def _box(x: float, wide: float, weight: float, picked: bool) -> str:
    border = f'stroke="{COLOURS["finetune"]}" stroke-width="2.5"' if picked else f'stroke="{COLOURS["edge"]}"'
    tint = f'fill="#56B4E9" fill-opacity="{min(1.0, weight):.2f}"'
    return f'<rect x="{short(x)}" y="{FLOOR}" width="{short(wide)}" height="28" rx="5" {tint} {border}/>'
