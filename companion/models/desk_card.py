"""How well the generator does the desk's other tasks: writes a message, replies to one, speaks in the brand's voice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np

from companion.progress import progress
from companion.world import utterances

ENDINGS = ("rest easy", "get on with your day", "feel at home", "enjoy the rest")  # of the brand's voice


def nearest(encoder: Any, texts: Sequence[str], known: Sequence[tuple[str, str]]) -> list[str]:
    """For each text the label of the nearest class mean; known: pairs (text, label). Cosine of unit vectors."""
    labels = sorted({label for _, label in known})
    vectors = encoder.encode([text for text, _ in known])  # (known, dim)
    rows = np.array([label for _, label in known])
    means = np.stack([vectors[rows == label].mean(0) for label in labels])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return [labels[best] for best in (encoder.encode(list(texts)) @ means.T).argmax(1)]


def writes(generator: Any, encoder: Any, each: int = 5) -> float:
    """Share of written messages that lie nearest to what customers wrote for the same intent; `each` an intent."""
    known = [(u.text, u.labels[0]) for split in utterances.SPLITS for u in utterances.labelled(split)]
    wanted = [intent for intent in utterances.INTENTS for _ in range(each)]
    texts = [generator.write(intent, seed=n % each) for n, intent in enumerate(progress(wanted, "messages"))]
    return fmean(got == intent for got, intent in zip(nearest(encoder, texts, known), wanted, strict=True))


def replies(generator: Any, encoder: Any) -> float:
    """Share of replies to a stranger's requests that lie nearest to the gold replies of the right intent."""
    known = [(reply, intent) for intent, pairs in utterances.replies().items() for _, reply in pairs]
    asked = [u for u in utterances.labelled("test") if u.labels[0] in utterances.replies()]
    texts = [generator.reply(u.text) for u in progress(asked, "replies")]
    return fmean(got == u.labels[0] for got, u in zip(nearest(encoder, texts, known), asked, strict=True))


def facts(text: str) -> set[str]:
    """What a rewriting must keep: numbers, and names with a capital inside a sentence."""
    return set(re.findall(r"\d+(?:[.,]\d+)*", text)) | set(re.findall(r"(?<=[a-z,] )[A-Z]\w+", text))


def voice(generator: Any) -> dict[str, float]:
    """On the held-out pairs: share that keeps every fact, and share that ends as the brand does."""
    plain = [plain for plain, _ in utterances.brand_voice("held_out")]
    said = [generator.rewrite(text) for text in progress(plain, "brand voice")]
    kept = [all(fact.lower() in new.lower() for fact in facts(old)) for old, new in zip(plain, said, strict=True)]
    return {
        "facts_kept": fmean(kept),
        "in_voice": fmean(new.rstrip(". ").endswith(ENDINGS) for new in said),
    }


def desk_card(generator: Any, encoder: Any) -> dict[str, float]:
    """All scores of the desk's tasks, by name."""
    scores = {"desk.writes": writes(generator, encoder), "desk.replies": replies(generator, encoder)}
    return scores | {f"desk.{name}": value for name, value in voice(generator).items()}
