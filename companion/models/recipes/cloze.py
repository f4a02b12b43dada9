"""Questions made from statements, to learn on before the real ones: 7,000 questions are few to learn from.

A span of a sentence is the answer; what stands around it, less some words and in a looser order, is the
question, with a question word in front or in its place. After Lewis et al., 1906.04980, but no parser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

SENTENCE = re.compile(r"[^.!?]+(?:[.!?](?!\s)[^.!?]*)*[.!?]?")
MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
DATE = re.compile(rf"\b(?:(?:\d{{1,2}} )?(?:{MONTH})(?: \d{{1,2}},?)?(?: \d{{4}})?|1\d{{3}}s?|20\d\ds?)\b")
UNIT = "percent|million|billion|thousand|%|km|miles|metres|years|people"
NUMBER = re.compile(rf"\b\d(?:[\d,.]*\d)?(?: (?:{UNIT}))?")
NAME = re.compile(r"\b[A-Z][\w'-]+(?: (?:(?:of|the|de|and) )?[A-Z][\w'-]+)*")
PHRASE = re.compile(
    r"\b(?:the|a|an|of|by|for|with|to|as|is|are|was|were) ((?:[a-z'-]{3,} ){0,2}[a-z'-]{4,})\b"
)
ASKED_BY = {
    DATE: ("when", "in what year", "what year"),
    NUMBER: ("how many", "how much", "what"),
    NAME: ("who", "what", "which", "where"),
    PHRASE: ("what", "what kind of", "how", "why"),
}
SMALL = {"in", "on", "at", "by", "of", "from", "to", "for", "with", "as", "the", "a", "an"}
FEWEST, FROM, TO, LOST = 7, 5, 14, 0.15  # words of a sentence, least and most of a question, share left out


@dataclass(frozen=True)
class Cloze:
    """An answer's characters in a text, its sentence's, and the words that may ask for it."""

    answer: tuple[int, int]
    sentence: tuple[int, int]
    words: tuple[str, ...]


def clozes(text: str) -> Iterator[Cloze]:
    """All spans of the text that can be asked for: dates, numbers, names, and phrases after a small word."""
    for sentence in SENTENCE.finditer(text):
        if len(sentence.group().split()) < FEWEST:
            continue
        for kind, words in ASKED_BY.items():
            for match in kind.finditer(sentence.group()):
                start, end = (sentence.start() + at for at in match.span(match.re.groups))
                if (
                    kind is not NAME or text[sentence.start() : start].strip()
                ):  # a first word has a capital anyway
                    yield Cloze((start, end), sentence.span(), words)


def ask(text: str, cloze: Cloze, random: Random) -> str:
    """A question that the cloze's answer answers."""
    (first, last), (start, end) = cloze.sentence, cloze.answer
    before, after = text[first:start].split(), text[end:last].rstrip(" .!?").split()
    size = random.randint(FROM, TO)
    left = min(len(before), random.randint(0, size))
    before, after = before[len(before) - left :], after[: size - left]
    if before and before[-1].lower() in SMALL:
        before.pop()  # "in 1857" -> "when"
    before, after = ([word for word in part if random.random() > LOST] for part in (before, after))
    word = random.choice(cloze.words)
    orders = ([word, *before, *after], [word, *after, *before], [*before, word, *after])
    return re.sub(r"[,;:()\"]", "", " ".join(random.choice(orders))) + "?"
