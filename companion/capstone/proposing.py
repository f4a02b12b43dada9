"""Question candidates from sentences, by rules: find something that could be an answer, ask for it.

A rule knows no grammar beyond a few verbs, so the candidates are weak: they use the page's own words, ask only for what
a pattern can see (times, money, counts, names of things), and some are no English. They save typing, not thinking.
What the reader does not find again in the page is thrown away (round trip, arXiv 1906.05416).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NUMBER = r"(?:\d[\d.,]*\d|\d|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|twenty|thirty)"
UNIT = r"(?:minute|hour|day|week|month|year)s?"
DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?"
MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
TIME = (
    rf"(?:\d{{1,2}}[:.]\d{{2}}|\d{{1,2}}\s?(?:am|pm|o'clock)|noon|midnight|(?:\d{{1,2}} )?{MONTH}(?: \d{{1,4}})?|{DAY})"
)
ASKED = (  # wh-word, pattern of the answer
    (
        "How much",
        re.compile(rf"[£$€]\s?{NUMBER}|{NUMBER} (?:euros?|pounds?|dollars?|cents?|per cent|percent)|{NUMBER}\s?%"),
    ),
    ("When", re.compile(rf"{TIME}(?: (?:to|and|until|or) {TIME})?|(?<=\b[Ii]n )(?:1[5-9]|20)\d\d\b")),
    ("How long", re.compile(rf"\b{NUMBER}(?: (?:to|or) {NUMBER})? (?:full |working )?{UNIT}\b", re.I)),
    ("How many", re.compile(rf"\b{NUMBER}(?= (?!is\b|was\b|has\b|us\b)[a-z]+s\b)", re.I)),
)
BE = re.compile(
    r"^(?P<subject>[A-Z][\w' -]{2,50}?) (?P<be>is|are|was|were) (?P<answer>(?:a|an|the) [^.,;:]{4,80})[.,;:]"
)
HELPERS = "is|are|was|were|can|may|must|will|should"
VERBS = "costs?|pays?|takes?|lasts?|opens?|closes?|begins?|starts?|ends?|arrives?"
HELPER = re.compile(rf"^(?P<subject>[^,;:\0]{{2,50}}?) (?P<helper>{HELPERS}) (?P<rest>.*)$")
PLAIN = re.compile(rf"^(?P<subject>[^,;:\0]{{2,50}}?) (?P<verb>{VERBS}) (?P<rest>.*)$")
LEADS = re.compile(r"\b(?:when|up to|at most|at least|about|only|within|after|for|until|from|at|on|by|in|of|to)\s*$")
WEAK = re.compile(r"^(?:It|This|That|These|Those|They|He|She|Then|There|If|But|And|So|Or|When|While)\b")
CLAUSE = re.compile(r"[;:](?=\s)|,? (?:because|since|unless|but|so that)\b|, (?:and|or) ")
HOLE = "\0"


@dataclass(frozen=True)
class Proposal:
    """A candidate: the question, the words of the page that answer it, the document's name, the sentence."""

    question: str
    answer: str
    document: str
    sentence: str


def sentences(text: str) -> Iterator[str]:
    """The prose sentences of a page, 6 to 35 words; headings, tables and lists without full stops are left out."""
    from companion.models.sentences import sentence_starts

    for block in re.split(r"\n\s*\n|\n(?=\s*[-*#|])", text):
        block = " ".join(block.lstrip(" #-*>").split())
        starts = sentence_starts(block)
        for start, end in zip(starts, [*starts[1:], len(block)], strict=False):  # an empty block has no start
            sentence = block[start:end].strip()
            if 6 <= len(sentence.split()) <= 35 and sentence.endswith("."):
                yield sentence


def candidates(text: str, document: str) -> Iterator[Proposal]:
    """At most one candidate a sentence: for the first pattern that finds an answer in it."""
    common = set(re.findall(r"\b[a-z]+\b", text)) | {"the", "a", "an", "you", "we", "every", "each"}
    for sentence in sentences(text):
        if WEAK.match(sentence):
            continue
        if found := _asked(sentence, common):
            yield Proposal(*found, document, sentence)


def _asked(sentence: str, common: set[str]) -> tuple[str, str] | None:
    """(question, answer); `common` holds the words that stand in small letters somewhere, and so are no names."""
    for word, pattern in ASKED:
        if match := pattern.search(sentence):
            start, end = _clause(sentence, match.start(), match.end())
            part = _small(sentence[start:end], common)
            return _question(part, word, match.start() - start, match.end() - start), match.group()
    if match := BE.match(sentence):
        return f"What {match['be']} {_small(match['subject'], common)}?", match["answer"]
    return None


def _clause(sentence: str, start: int, end: int) -> tuple[int, int]:
    """Where the clause around an answer begins and ends: rules for a whole sentence would need its grammar."""
    cuts = [match.span() for match in CLAUSE.finditer(sentence)]
    begin = max((right for _, right in cuts if right <= start), default=0)
    stop = min((left for left, _ in cuts if left >= end), default=len(sentence) - 1)
    comma = sentence.find(",", end)
    begin += len(sentence[begin:]) - len(sentence[begin:].lstrip())
    return begin, min(stop, comma) if comma > 0 else stop


def _question(part: str, word: str, start: int, end: int) -> str:
    """The question with its wh-word in front where a verb is known, else in the answer's place."""
    before, after = LEADS.sub("", part[:start]), part[end:]
    if word == "How many":
        noun = re.match(r"\s*(\w+)", after)
        word, after = f"How many {noun[1]}", after[noun.end() :]
    holed = f"{before.rstrip()} {HOLE}{after}"
    found = [
        (match, ask) for pattern, ask in ((HELPER, _with_helper), (PLAIN, _with_do)) if (match := pattern.match(holed))
    ]
    if found:
        match, ask = min(found, key=lambda pair: len(pair[0]["subject"]))  # the first verb of the clause
        return _tidy(ask(word, match))
    return _tidy(f"{before} {word.lower()} {after}?")


def _with_do(word: str, match: re.Match) -> str:
    verb = match["verb"]
    do, stem = ("does", verb[:-1]) if verb.endswith("s") else ("do", verb)
    return f"{word} {do} {match['subject']} {stem} {match['rest']}?"


def _with_helper(word: str, match: re.Match) -> str:
    return f"{word} {match['helper']} {match['subject']} {match['rest']}?"


def _small(part: str, common: set[str]) -> str:
    """Its first letter small, unless the word may be a name."""
    first = re.match(r"\w+", part)
    return part[0].lower() + part[1:] if first and first[0].lower() in common else part


def _tidy(question: str) -> str:
    question = " ".join(question.replace(HOLE, " ").split())
    question = re.sub(r"\s+([?,;:])", r"\1", question).replace(",?", "?")
    return question[:1].upper() + question[1:]
