"""Transfer sets without a customer's letter: where can texts come from that a teacher labels for its student?

Each source gives a list of different texts, drawn with a seed, so that sets of one size can be compared. The teacher
labels them all in the same way (`transfer.teacher_outputs`).
"""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from companion.world import utterances, world

SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+")
COMPANIES = range(4)  # Kestrel alone has 933 sentences of a usual length
SHORTEST, LONGEST = 4, 20  # words of a text that chance wrote, and of a sentence taken from elsewhere


def letters(count: int, seed: int = 0) -> list[str]:
    """Unlabelled mail: what the grammar composed, as many different texts as asked for."""
    return different((u.text for u in shuffled(utterances.unlabelled(), seed)), count)


def sentences(texts: Sequence[str], count: int, seed: int = 0) -> list[str]:
    """Different sentences of a usual length, cut out of longer texts: of Kestrel's articles, say."""
    cut = [part.strip() for text in texts for part in SENTENCE_ENDS.split(text)]
    usual = (part for part in shuffled(cut, seed) if SHORTEST <= len(part.split()) <= LONGEST)
    return different(usual, count)


def article_sentences(count: int, seed: int = 0) -> list[str]:
    """Sentences of what Kestrel and companies like it publish: products and rules, in the voice of a manual."""
    return sentences([article.text for company in COMPANIES for article in world(company).articles], count, seed)


def word_salad(words: Sequence[str], count: int, seed: int = 0, weights: Sequence[float] | None = None) -> list[str]:
    """Texts of 4 to 20 words, each drawn by itself: all alike, or by `weights`, such as how often a word is used."""
    random = Random(f"salad-{seed}")

    def salads() -> Iterator[str]:
        while True:
            yield " ".join(random.choices(words, weights, k=random.randint(SHORTEST, LONGEST)))

    return different(salads(), count)


def strayed(texts: Sequence[str], share: float, words: Sequence[str], seed: int = 0) -> list[str]:
    """The same texts with a share of their words replaced by words drawn at random, in each text alike.

    share: 0 leaves all as it is, 1 leaves nothing but the number of words; it is rounded to whole words in each text.
    A larger share replaces the words that a smaller one did, and more. Raises ValueError outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"The share of words to replace is {share}: choose a number from 0 to 1.")
    return [_replaced(text.split(), share, words, Random(f"stray-{seed}-{text}")) for text in texts]


def _replaced(kept: list[str], share: float, words: Sequence[str], random: Random) -> str:
    order, new = random.sample(range(len(kept)), len(kept)), random.choices(words, k=len(kept))
    for place in order[: round(share * len(kept))]:
        kept[place] = new[place]
    return " ".join(kept)


def vocabulary_words(tokenizer) -> list[str]:
    """The word pieces of a tokenizer that are whole words of two letters or more, in its own order."""
    known = tokenizer.get_vocab()
    return [piece for piece in sorted(known, key=known.get) if re.fullmatch(r"[a-z]{2,}", piece)]


def word_counts(texts: Sequence[str]) -> Counter[str]:
    """How often each word stands in the texts, in lower case."""
    return Counter(word for text in texts for word in re.findall(r"[a-z]+", text.lower()))


def bank_letters(folder: Path, count: int, seed: int = 0) -> list[str]:
    """What customers wrote to a bank: BANKING77's training texts (CC BY 4.0), in `folder`/banking77."""
    file = next((folder / "banking77").rglob("train.csv"))
    with file.open(encoding="utf-8", newline="") as lines:
        return different(shuffled([row["text"].strip() for row in csv.DictReader(lines)], seed), count)


def encyclopedia(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Sentences of Wikipedia, from SQuAD 1.1's passages (CC BY-SA 4.0), in `folder`/squad."""
    with zipfile.ZipFile(next((folder / "squad").rglob("*.zip"))) as packed:
        data = json.loads(packed.read(packed.namelist()[0]))["data"]
    return sentences([p["context"] for article in data for p in article["paragraphs"]], count, seed)


def different(texts: Iterator[str] | Sequence[str], count: int) -> list[str]:
    """The first `count` texts that differ from all before them in more than capitals; ValueError if they run out."""
    found: dict[str, str] = {}
    for text in texts:
        if text:
            found.setdefault(text.lower(), text)
        if len(found) == count:
            return list(found.values())
    raise ValueError(f"There are {len(found)} different texts, not {count}: ask for fewer, or add a source.")


def shuffled(items: Sequence, seed: int = 0) -> list:
    """The items in an order drawn from the seed."""
    return Random(f"order-{seed}").sample(list(items), len(items))


Source = Callable[[int], list[str]]


def sources(tokenizer, public: Path | None = None) -> dict[str, Source]:
    """{name: a function from the number of texts to texts}, without those of a generator; the bank's letters and
    the encyclopedia where the folder `public` holds them."""
    words, used = vocabulary_words(tokenizer), word_counts([article.text for article in world(0).articles])
    found: dict[str, Source] = {
        "letters": letters,
        **{f"strayed {share}": _straying(share / 100, words) for share in (25, 50, 75)},
        "articles": article_sentences,
        "frequent words": lambda count: word_salad(list(used), count, weights=list(used.values())),
        "any words": lambda count: word_salad(words, count),
    }
    if public is not None:
        found["bank letters"] = lambda count: bank_letters(public, count)
        found["encyclopedia"] = lambda count: encyclopedia(public, count)
    return found


def _straying(share: float, words: Sequence[str]) -> Source:
    return lambda count: strayed(letters(count), share, words)
