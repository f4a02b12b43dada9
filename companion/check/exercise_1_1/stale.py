"""An article edited but not embedded again: text and vector must stay in step."""

from collections.abc import Callable
from functools import cache

import numpy as np

from companion.check.running import call, fail, shown

SHELF = {
    "returns": "Unopened products can be sent back within 14 days.",
    "battery": "The Merlin 2 runs for 6 months on one battery.",
    "hub": "The Heron hub connects up to 40 devices.",
}
EDITED = "Kestrel refunds opened products too, for 60 days after delivery."


class WatchedEncoder:
    """The real encoder, which also writes down what it is asked to read."""

    def __init__(self, encoder):
        self.encoder, self.dim, self.read = encoder, encoder.dim, []

    def encode(self, texts, *arguments, **options) -> np.ndarray:
        """As the encoder's own."""
        self.read += [texts] if isinstance(texts, str) else list(texts)
        return self.encoder.encode(texts, *arguments, **options)


def check(update: Callable) -> None:
    """`update(texts, index, encoder, article_id, new_text)` changes one text and its vector."""
    from companion.rag import VectorIndex

    encoder = WatchedEncoder(_encoder())
    texts, index = dict(SHELF), VectorIndex(encoder.dim)
    index.add(list(texts), encoder.encode(list(texts.values())))
    before = dict(zip(texts, index.vectors(list(texts)), strict=True))
    encoder.read.clear()
    call(update, texts, index, encoder, "returns", EDITED, untouched=False)
    _ids_in_step(texts, index)
    _vector_is_new(index, before, encoder.encoder.encode([EDITED])[0])
    if len(encoder.read) > 1:
        fail(
            f"The encoder read {len(encoder.read)} texts.",
            "Only one article was edited: the others have their vectors, and reading them again costs time.",
        )


@cache
def _encoder():
    from companion.models import load_encoder

    return load_encoder()


def _ids_in_step(texts: dict[str, str], index) -> None:
    if len(index) > len(SHELF) or len(texts) > len(SHELF):
        fail(
            f"There are {len(index)} vectors and {len(texts)} texts for {len(SHELF)} articles.",
            "An edit is no new article: the old vector has to go, and the id stays the same.",
        )
    if texts.get("returns") != EDITED:
        fail(
            f"The text of 'returns' is {shown(texts.get('returns'))}.",
            "It should be the new one: now search would find the article by words that it does not show.",
        )
    if "returns" not in index:
        fail(f"The index holds {index.ids}.", "'returns' was removed and not added again: no search finds it.")
    if missing := set(SHELF) - set(index.ids) | set(SHELF) - set(texts):
        fail(f"{sorted(missing)} are gone.", "Only 'returns' was edited: leave the others alone.")


def _vector_is_new(index, before: dict[str, np.ndarray], wanted: np.ndarray) -> None:
    found = index.vectors(["returns"])[0]
    if np.allclose(found, before["returns"], atol=1e-4):
        fail(
            "The text is new, the vector of 'returns' is still the old text's.",
            "A vector does not follow its text by itself: encode the new words.",
        )
    if not np.allclose(found, wanted, atol=1e-4):
        fail(
            f"The vector of 'returns' is {float(found @ wanted):.2f} similar to the new text's (cosine); "
            "the same text gives 1.",
            "It should be 1: embed the new text, all of it and nothing else.",
        )
    for other in ("battery", "hub"):
        if not np.allclose(index.vectors([other])[0], before[other], atol=1e-4):
            fail(f"The vector of '{other}' changed.", "Only 'returns' was edited: leave the others alone.")
