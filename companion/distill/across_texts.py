"""More texts out of a few: words masked, words exchanged, pieces cut out (Tang et al., arXiv 1903.12136)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

MASK = "[MASK]"


def augmented(
    texts: Sequence[str], copies: int, seed: int = 0, mask: float = 0.1, exchange: float = 0.1, cut: float = 0.25
) -> list[str]:
    """Each text, then `copies` variants of each, for a teacher to label: they need no label of their own.

    A variant has each word masked with chance `mask`, or exchanged with chance `exchange` for a word of any of the
    texts; with chance `cut` only one to five neighbouring words of it are kept. (The paper exchanges words of one part
    of speech, which needs a tagger.) Texts alone are returned for copies = 0.

    Raises ValueError for chances that do not fit. The trap: a variant is no longer what its label says. "[MASK] order"
    of "cancel my order" must be asked of the teacher again; copying the label teaches nonsense.
    """
    if min(mask, exchange, cut) < 0 or max(mask + exchange, cut) > 1:
        raise ValueError(
            f"The chances {mask}, {exchange} and {cut} do not fit: keep them, and the first two's sum, in 0 to 1."
        )
    words, random = [word for text in texts for word in text.split()], Random(f"augmented-{seed}")
    return [*texts, *(_variant(text, words, random, mask, exchange, cut) for _ in range(copies) for text in texts)]


def _variant(text: str, words: Sequence[str], random: Random, mask: float, exchange: float, cut: float) -> str:
    new = []
    for word in text.split():
        dice = random.random()
        new.append(MASK if dice < mask else random.choice(words) if dice < mask + exchange else word)
    if random.random() < cut:
        size = random.randint(1, min(5, len(new)))
        start = random.randrange(len(new) - size + 1)
        new = new[start : start + size]
    return " ".join(new)


def unseen(texts: Sequence[str], known: Sequence[str], tokenize: Callable[[str], Sequence[str]] = str.split) -> float:
    """The share of the words of `texts`, each as often as it stands there, that no text of `known` holds.

    tokenize: how a text is cut, such as a tokenizer's `tokenize` for word pieces. Raises ValueError without a word.
    """
    seen = {word for text in known for word in tokenize(text)}
    words = [word for text in texts for word in tokenize(text)]
    if not words:
        raise ValueError("There is no word to look for: pass at least one text that is not empty.")
    return sum(word not in seen for word in words) / len(words)
