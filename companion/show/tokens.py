"""Type a text and see the word pieces, with their ids, that a model reads in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from companion.show.display import show_widget, text
from companion.show.drawing import utf8
from companion.show.living import Typed, still

DRAWN = 160  # pieces; the rest of a long text is counted, not drawn
EXAMPLES = (
    "hw heavy is osprey pro",
    "Kestrel's doorbells are tamperproof.",
    "Die Klingel läutet nicht.",
    "KB-4172 costs 387 euros 🦉",
)


@dataclass(frozen=True)
class Piece:
    """One token: how the vocabulary spells it, its row there, the letters it stands for, the word it is in."""

    token: str
    id: int
    letters: str
    word: int


def token_viewer(tokenizer: Any, example: str = "How heavy is the Owl Air?") -> None:
    """A box to type in, and below it each token of the text with its id.

    ``tokenizer`` is one of transformers' fast tokenizers, such as ``load_encoder().tokenizer``.
    """
    viewer = TokenViewer(tokenizer, example)
    found = pieces(tokenizer, example)
    plain = " ".join(f"{piece.token} {piece.id}" for piece in found[:DRAWN])
    heading = f'<div><span class="muted">Text</span> <b>{text(example)}</b></div>'
    show_widget(
        viewer.box, still(heading + viewer.page.value, kind="ideas"), f"{said(found, tokenizer)} {plain}".strip()
    )


class TokenViewer(Typed):
    """The living part: a text is typed, the page shows its pieces."""

    def __init__(self, tokenizer: Any, example: str) -> None:
        self.tokenizer = tokenizer
        super().__init__(example, EXAMPLES, "The text to cut into tokens", rows=2, height=58)

    def drawn(self, typed: str) -> str:
        """The text, cut."""
        return _page(pieces(self.tokenizer, typed), self.tokenizer)


def pieces(tokenizer: Any, typed: str) -> list[Piece]:
    """The tokens of a text, without the marks that the model adds at both ends."""
    typed = utf8(typed)
    # verbose: else transformers warns, on stderr, of texts longer than the model reads
    cut = tokenizer(typed, add_special_tokens=False, return_offsets_mapping=True, truncation=False, verbose=False)
    tokens = tokenizer.convert_ids_to_tokens(cut["input_ids"])
    spans = (typed[a:b] for a, b in cut["offset_mapping"])
    rows = zip(tokens, cut["input_ids"], spans, cut.word_ids(), strict=True)
    return [Piece(token, id, letters, word) for token, id, letters, word in rows]


def said(found: list[Piece], tokenizer: Any) -> str:
    """How many pieces, of how many words, and what the reader should know of them."""
    if not found:
        return "No token yet: type a text."
    unknown = sum(piece.id == tokenizer.unk_token_id for piece in found)
    parts = [f"{_count(len(found), 'token')}."]
    if unknown:
        are = "is" if unknown == 1 else "are"
        parts.append(f"{unknown} {are} [UNK]: the vocabulary lacks what stands there, so the model cannot see it.")
    if len(found) > DRAWN:
        parts.append(f"The first {DRAWN} are drawn.")
    return " ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _page(found: list[Piece], tokenizer: Any) -> str:
    boxes = "".join(_box(piece, piece.id == tokenizer.unk_token_id) for piece in found[:DRAWN])
    return (
        f'<div role="status" class="said">{text(said(found, tokenizer))}</div><div class="tokens">{boxes}</div>'
        '<div class="muted">Above, the token; below, its id. Pieces of one word touch; ## means: goes on.</div>'
    )


def _box(piece: Piece, unknown: bool) -> str:
    goes_on = " on" if piece.token.startswith("##") else ""
    seen = f" {piece.letters}" if unknown else ""
    return (
        f'<span class="token{goes_on}{" unknown" * unknown}"><b>{text(piece.token)}{text(seen)}</b>'
        f"<i>{piece.id}</i></span>"
    )
