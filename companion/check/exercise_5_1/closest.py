"""Which known mistake answers as the learner did?"""

from collections.abc import Iterable, Sequence


def closest(answers: Sequence, wanted: Sequence, mistakes: Iterable[tuple[str, Sequence]], otherwise: str) -> str:
    """The message of the mistake whose answers agree with the learner's on most cases; of equals the first.

    Only a mistake that also makes the learner's first error counts; `otherwise` is said where none does.
    """
    first = next(place for place, got in enumerate(answers) if got != wanted[place])
    best, message = 0, otherwise
    for why, theirs in mistakes:
        same = sum(got == other for got, other in zip(answers, theirs, strict=True))
        if theirs[first] == answers[first] and same > best:
            best, message = same, why
    return message
