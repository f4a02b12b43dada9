"""Mail files with planted faults: copies, leaks into the test, labels that a tired clerk mixed up. Nothing is trained.

Every fault is drawn from a seed and written down, so that a gauge can be asked whether it found what was planted.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from companion.finetune.continual import DESKS
from companion.world.utterances import mail

WRONG, COPIED, TIMES = 0.2, 80, 2  # share of wrong labels; how many letters come again, and how often
LEAKED = 40
GREETINGS = ("Hello, ", "Hi there, ", "Good morning, ", "Dear team, ", "Hello Kestrel, ")
THANKS = (" Thanks", " Thank you.", " Many thanks", " Cheers", "")


@dataclass(frozen=True)
class MailFile:
    """Letters and labels as somebody handed them over; `origin` and `wrong` are what nobody would know at work."""

    texts: list[str]
    labels: list[str]
    origin: list[int]  # the row of `mail("train")` that a letter is or was copied from; -1 for none
    wrong: list[bool]  # is the label another than the writer meant?

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Sequence[int]) -> MailFile:
        """Some of the letters."""
        return MailFile(
            *([column[row] for row in rows] for column in (self.texts, self.labels, self.origin, self.wrong))
        )


def spoilt_training(seed: int) -> MailFile:
    """The 640 training letters, a fifth of them with a wrong label, and 160 copies that carry their labels along.

    A wrong label is another intent of the same desk: that is where a clerk errs. 80 letters come twice again, worn
    as `worn` does it. The order is shuffled.
    """
    rng = Random(f"training {seed}")
    texts, labels = (list(column) for column in mail("train"))
    changed = set(rng.sample(range(len(texts)), round(WRONG * len(texts))))
    labels = [rng.choice(_others(label)) if row in changed else label for row, label in enumerate(labels)]
    again = [row for row in rng.sample(range(len(texts)), COPIED) for _ in range(TIMES)]
    rows = [*range(len(texts)), *again]
    copies = [worn(texts[row], rng) for row in again]
    return _shuffled([*texts, *copies], [labels[row] for row in rows], rows, [row in changed for row in rows], rng)


def leaky_test(seed: int) -> MailFile:
    """The test writer's 160 letters and, among them, 40 worn copies of training letters with their right labels."""
    rng = Random(f"test {seed}")
    (texts, labels), (own, own_labels) = mail("train"), mail("test")
    rows = rng.sample(range(len(texts)), LEAKED)
    both = [*own, *(worn(texts[row], rng) for row in rows)]
    origin = [-1] * len(own) + rows
    return _shuffled(both, [*own_labels, *(labels[row] for row in rows)], origin, [False] * len(both), rng)


def worn(text: str, rng: Random) -> str:
    """A copy as files collect them: as it was, in lower case without signs, with a slip, or with a greeting."""
    return rng.choice((str, _plain, lambda t: _slip(t, rng), lambda t: _greeted(t, rng)))(text)


def _others(intent: str) -> list[str]:
    desk = next(intents for intents in DESKS.values() if intent in intents)
    return [other for other in desk if other != intent]


def _plain(text: str) -> str:
    return "".join(char for char in text.lower() if char not in string.punctuation)


def _slip(text: str, rng: Random) -> str:
    """Two neighbouring letters change places in one longer word."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long:
        return _plain(text)
    at = rng.choice(long)
    cut = rng.randrange(1, len(words[at]) - 2)
    word = words[at]
    words[at] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    return " ".join(words)


def _greeted(text: str, rng: Random) -> str:
    return rng.choice(GREETINGS) + text[0].lower() + text[1:] + rng.choice(THANKS)


def _shuffled(texts: list, labels: list, origin: list, wrong: list, rng: Random) -> MailFile:
    return MailFile(texts, labels, origin, wrong).take(rng.sample(range(len(texts)), len(texts)))
