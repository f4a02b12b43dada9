"""Which words a classifier's answer rests on, as far as its gradient can say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

Word = tuple[int, int]  # where it begins and ends in the text
UNSAID = "."  # a text must hold something


def attributions(model: Any, text: str) -> dict[Word, float]:
    """{word: gradient times input}: how much each word adds to the largest logit, to first order.

    sum over the word's pieces of e . d logit / d e, with e a piece's embedding (arXiv 1312.6034; times input:
    1605.01713). A word is what the tokenizer reads as one. model: a `Sorter` or a distilled `Student`; it is left as
    it was. The trap: BERT normalises the embeddings first. A normalised layer does not change when its input is made
    longer, so the input times its gradient is 0 there (Euler), and little more than noise is left for the words.
    """
    logits, embedding, tokenizer = _parts(model)
    with _leaf(embedding) as seen, torch.enable_grad():
        scores = logits([text])[0]
        (gradient,) = torch.autograd.grad(scores[scores.argmax()], seen[0])
    by_piece = (gradient * seen[0]).sum(-1)[0].tolist()  # (pieces,)
    read = tokenizer([text], return_offsets_mapping=True)
    words: dict[Word, float] = {}
    for word, piece in _pieces(read):
        words[word] = words.get(word, 0.0) + by_piece[piece]
    return words


def one_by_one(model: Any, text: str) -> dict[Word, float]:
    """{word: how much the largest logit falls when this word alone is taken out}: occlusion (1311.2901), no gradient.

    It costs a pass a word. What it says of one word it says truly, and of three together it still only guesses.
    """
    words = _words(_parts(model)[2], text)
    whole, *rest = model.logits([text, *(without(text, [word]) or UNSAID for word in words)])
    largest = whole.argmax()
    return {word: float(whole[largest] - left[largest]) for word, left in zip(words, rest, strict=True)}


def without(text: str, words: Any) -> str:
    """The text without these words, single spaces between the rest."""
    gone = {place for begin, end in words for place in range(begin, end)}
    return " ".join("".join(c for n, c in enumerate(text) if n not in gone).split())


def _words(tokenizer: Any, text: str) -> list[Word]:
    """The places of the words, in their order."""
    return list(dict.fromkeys(word for word, _ in _pieces(tokenizer([text], return_offsets_mapping=True))))


def _pieces(read: Any) -> Iterator[tuple[Word, int]]:
    """(the word's place in the text, number of the piece), without the special tokens."""
    offsets, numbers = read["offset_mapping"][0], read.word_ids(0)
    ends: dict[int, Word] = {}
    for number, (begin, end) in zip(numbers, offsets, strict=True):
        if number is not None:
            ends[number] = (ends.get(number, (begin, end))[0], end)
    for piece, number in enumerate(numbers):
        if number is not None:
            yield ends[number], piece


def _parts(model: Any) -> tuple[Callable[[list[str]], Tensor], nn.Module, Any]:
    """The function from texts to logits that gradients flow through, the word embeddings, the tokenizer."""
    if hasattr(model, "encoder"):
        encoder = model.encoder
        return lambda t: model.head(encoder.forward(t)), encoder.model.get_input_embeddings(), encoder.tokenizer
    from companion.distill.texts import encoder_tokenizer

    return lambda t: model(*model.tokens(t)), model.embedding, model.tokenizer or encoder_tokenizer()


@contextmanager
def _leaf(embedding: nn.Module) -> Iterator[list[Tensor]]:
    """While inside, what the embedding puts out is kept, as the start of the graph."""
    seen: list[Tensor] = []

    def keep(module: nn.Module, given: Any, out: Tensor) -> Tensor:
        seen.append(out.detach().requires_grad_())
        return seen[0]

    handle = embedding.register_forward_hook(keep)
    try:
        yield seen
    finally:
        handle.remove()
