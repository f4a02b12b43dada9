"""Marketing copy in the brand's voice: 40 plain sentences about birds that no training pair names.

In voice: the sentence begins with "You", ends with one of the brand's four phrases, and is not the plain sentence
quoted between the two. Facts kept: the product's name and every number or name that the plain sentence holds stand in
it as whole words. Neither says that the sentence is true: so there is one more count, whether it still speaks of the
same thing. `framed` and `listed` are written to pass a count without doing the work.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import fmean
from typing import Any

from companion.finetune.voice import teach_voice
from companion.models import load_generator
from companion.models.desk_card import ENDINGS, facts
from companion.models.recipes.desk import voice_pairs
from companion.progress import progress
from companion.training import History

NUMBER = r"(?<![\w.,-])\d+(?:[.,]\d+)?(?![\w-])"
QUOTED = 0.9  # of the plain sentence's words, in their order; the brand's own 160 rewritings keep at most 0.88
UNTAUGHT = "closed-book"  # a generator of the course that has met the voice nowhere
FROM_UNTAUGHT: dict[str, Any] = {"steps": 150, "lr": 2e-3, "redraw": True}  # as notebook 1.2 teaches it
SETTINGS: dict[str, Any] = {"steps": 60, "lr": 2e-3, "redraw": True}  # chosen on the 40 held-out pairs of the voice


NEW = ("humidity", "speed", "scenes", "spares", "lifetime")  # kinds of fact that no training pair is about


@dataclass(frozen=True)
class Copy:
    """A plain sentence and what must survive: `keep`, names and numbers, and one of the word stems of `about`."""

    fact: str
    product: str
    plain: str
    keep: tuple[str, ...]
    about: tuple[str, ...] = ()


@cache
def copies() -> tuple[Copy, ...]:
    """The 40 plain sentences, for testing only; eight are about a kind of fact that no training pair has."""
    rows = json.loads((files("companion.world") / "data/scenarios/copy.json").read_text(encoding="utf8"))
    return tuple(Copy(**row | {name: tuple(row[name]) for name in ("keep", "about")}) for row in rows)


def begins_and_ends(text: str) -> bool:
    """Whether the sentence begins and ends as the brand's do: the first gauge of the voice, which `framed` passes."""
    return text.startswith("You ") and text.rstrip(". ").endswith(ENDINGS)


def in_voice(text: str, plain: str) -> bool:
    """Whether the sentence begins and ends as the brand's do, and says the plain one in other words."""
    return begins_and_ends(text) and quoted(text, plain) < QUOTED


def quoted(text: str, plain: str) -> float:
    """The share of the plain sentence's words that stand in the text in their order, whatever stands between.

    The longest common subsequence of words (Lin 2004, ROUGE-L) over the number of words in `plain`.
    """
    asked, given = (re.findall(r"\w[\w.,-]*\w|\w", sentence.lower()) for sentence in (plain, text))
    longest = [0] * (len(given) + 1)  # longest[j]: of the words so far and the first j given
    for word in asked:
        corner = 0
        for j, other in enumerate(given, start=1):
            corner, longest[j] = longest[j], corner + 1 if word == other else max(longest[j], longest[j - 1])
    return longest[-1] / len(asked)


def lost(text: str, keep: Sequence[str]) -> list[str]:
    """The names and numbers that are not in the text as whole words, whatever their capitals."""
    return [fact for fact in keep if not re.search(rf"(?<![\w.]){re.escape(fact)}(?!\w|\.\d)", text, re.IGNORECASE)]


def same_thing(text: str, one: Copy) -> bool:
    """Whether one of the stems stands in the text: 155 degrees of view have not become degrees below zero."""
    return any(re.search(rf"\b{stem}", text, re.IGNORECASE) for stem in one.about)


def scores(texts: Sequence[str], asked: Sequence[Copy] | None = None) -> dict[str, float]:
    """Shares of the rewritings in voice, with all facts, with both, and with both and still about the same thing.

    "ends" is the first gauge of the voice, by beginning and end alone; "both" and "true" go by the mended one.
    """
    asked = copies() if asked is None else asked
    ends = [begins_and_ends(text) for text in texts]
    voiced = [in_voice(text, one.plain) for text, one in zip(texts, asked, strict=True)]
    kept = [not lost(text, one.keep) for text, one in zip(texts, asked, strict=True)]
    both = [v and k for v, k in zip(voiced, kept, strict=True)]
    true = [b and same_thing(text, one) for text, one, b in zip(texts, asked, both, strict=True)]
    shares = {"ends": ends, "in_voice": voiced, "facts_kept": kept, "both": both, "true": true}
    return {name: fmean(hits) for name, hits in shares.items()}


def names_kept(tokenizer: Any, runs: Sequence[Sequence[str]]) -> dict[str, float]:
    """Share of product names that came through, by the word pieces of the bird: one, two, three and more.

    runs: rewritings of all 40 sentences, a list for each seed.
    """
    hits: dict[str, list[bool]] = {"1": [], "2": [], "3+": []}
    for texts in runs:
        for text, one in zip(texts, copies(), strict=True):
            pieces = len(tokenizer.tokenize(one.product.split()[0]))
            hits[str(pieces) if pieces < 3 else "3+"].append(not lost(text, [one.product]))
    return {pieces: round(fmean(kept), 2) for pieces, kept in hits.items() if kept}


def fine_tuned(seed: int = 0, **options: Any) -> tuple[Any, History]:
    """Fine-tuning: the shipped generator, once more on the 120 pairs, by LoRA; `options` go to `teach_voice`."""
    generator = load_generator()
    return generator, teach_voice(generator, seed=seed, **SETTINGS | options)


def untaught(seed: int | None = None, **options: Any) -> tuple[Any, History | None]:
    """A generator that has never met the voice; with a seed, taught on the 120 pairs. `options` go to `teach_voice`."""
    generator = load_generator(UNTAUGHT)
    taught = None if seed is None else teach_voice(generator, seed=seed, **FROM_UNTAUGHT | options)
    return generator, taught


def rewritten(generator: Any, asked: Sequence[Copy]) -> list[str]:
    """What a generator makes of the plain sentences, greedily."""
    return [generator.rewrite(one.plain) for one in progress(asked, "rewriting")]


def nearest_pairs(encoder: Any, texts: Sequence[str]) -> list[dict[str, str]]:
    """For each plain text the training pair whose plain side lies nearest."""
    pairs = [pair for pair in voice_pairs() if pair["split"] == "train"]
    scored = encoder.encode(list(texts)) @ encoder.encode([pair["plain"] for pair in pairs]).T  # (texts, pairs)
    return [pairs[row] for row in scored.argmax(1)]


def retrieved(encoder: Any, asked: Sequence[Copy], numbers: bool = False) -> list[str]:
    """Retrieval: the brand's sentence of the nearest pair, with the product's name put in.

    numbers: put the numbers in as well, in their order, where the pair has as many as the plain sentence.
    """
    found = nearest_pairs(encoder, [one.plain for one in asked])
    return [filled(pair, one, numbers) for pair, one in zip(found, asked, strict=True)]


def filled(pair: dict[str, str], one: Copy, numbers: bool = False) -> str:
    """The pair's brand sentence, told of another product and, if asked for, with its numbers."""
    before, after = pair["voice"].split(pair["product"])[:2]
    if numbers:
        given = re.findall(NUMBER, one.plain.replace(one.product, ""))
        if len(given) == len(re.findall(NUMBER, before + after)):
            turn = iter(given)
            before, after = (re.sub(NUMBER, lambda _: next(turn), part) for part in (before, after))
    return before + one.product + after


def glued(encoder: Any, asked: Sequence[Copy]) -> list[str]:
    """Untrained: the plain sentence as it is, with the ending of the nearest pair glued on."""
    said = [one.plain.rstrip(".") for one in asked]
    return [f"{sentence}, so you can {end}" for sentence, end in zip(said, endings(encoder, asked), strict=True)]


def framed(encoder: Any, asked: Sequence[Copy]) -> list[str]:
    """Untrained: the same with "You get this:" in front. It begins and ends in voice, and says nothing anew."""
    return [f"You get this: {sentence}" for sentence in glued(encoder, asked)]


def listed(encoder: Any, asked: Sequence[Copy]) -> list[str]:
    """Untrained: nothing but the names and the numbers of the plain sentence, in voice."""
    said = [f"You get {_in_a_row(one)}" for one in asked]
    return [f"{sentence}, so you can {end}" for sentence, end in zip(said, endings(encoder, asked), strict=True)]


def _in_a_row(one: Copy) -> str:
    """The product, and every other name or number that can be read off the plain sentence."""
    rest = one.plain.replace(one.product, "")
    return " and ".join([f"the {one.product}", *sorted(set(re.findall(NUMBER, rest)) | facts(rest))])


def endings(encoder: Any, asked: Sequence[Copy]) -> list[str]:
    """For each sentence how the nearest pair ends, full stop included."""
    return [pair["voice"].split(", so you can ")[1] for pair in nearest_pairs(encoder, [one.plain for one in asked])]
