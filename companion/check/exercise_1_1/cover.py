"""A chunker loses no text: a property, tried on many texts and sizes."""

import random
import re
from collections.abc import Callable

from companion.check.running import call, called, fail, shown

SHORT = "Press the button. "
PAGE = SHORT + "Wait until the light is green! Is it red? Then hold the button for ten seconds. Done. "
LONG = "This one sentence goes on and on about cables and brackets and screws until nobody can follow it. "
SIZES = (30, 60, 200)

END_LOST = "The end of the text is lost: the last chunk is never closed, because no sentence follows it."
GAP = "What is in no chunk can never be found: begin each chunk where the last one ended, blanks included."
EMPTY = "A sentence longer than `size` closes a chunk that has nothing in it yet."
TOO_LONG = (
    "A chunk has at most `size` characters: close it before the sentence that no longer fits; "
    "only a sentence that is longer must be cut."
)
CUT = "This sentence fits into a chunk: cut between sentences, and inside one only when it is too long."


def sentence_ends(text: str) -> list[int]:
    """Where sentences end, the white space after them included; the last end is the text's."""
    return sorted({match.end() for match in re.finditer(r"[.!?]\s+", text)} | {len(text)})


def check(chunks: Callable) -> None:
    """`chunks(text, size)` gives (start, end) pairs without gap or overlap; none is too long."""
    rng = random.Random(0)
    texts = ["One sentence.", PAGE, PAGE + "No full stop at the end", LONG + PAGE, "word " * 50]
    texts += ["".join(rng.choice([SHORT, "Yes. ", LONG, "Why? "]) for _ in range(6)) for _ in range(5)]
    for text in texts:
        for size in SIZES:
            _check_spans(text, size, call(chunks, text, size), called(chunks, text, size))
    if list(call(chunks, "", 30) or []):
        fail(f"{called(chunks, '', 30)} gave a chunk.", "An empty text has none: return an empty list.")


def _check_spans(text: str, size: int, spans, said: str) -> None:
    spans = _pairs(spans, said)
    at = 0
    for start, end in spans:
        _check_next(at, start, end, said)
        _check_gap(text, at, start, said)
        if end - start > size:
            fail(f"{said}: chunk {start} to {end} has {end - start} characters.", TOO_LONG)
        at = end
    _check_gap(text, at, len(text), said)
    _check_whole(text, size, [end for _, end in spans], said)


def _pairs(spans, said: str) -> list[tuple[int, int]]:
    try:
        return [(int(start), int(end)) for start, end in spans]
    except (TypeError, ValueError):
        fail(
            f"{said} gave {shown(spans)}.",
            "A list of (start, end) pairs is wanted, in characters of the text.",
        )


def _check_next(at: int, start: int, end: int, said: str) -> None:
    if end <= start:
        fail(f"{said}: chunk {start} to {end} is empty.", EMPTY)
    if start < at:
        fail(f"{said}: chunk {start} to {end} begins before {at}.", "No text may stand in two chunks here.")


def _check_gap(text: str, start: int, end: int, said: str) -> None:
    if start < end:
        lost = f"{said}: characters {start} to {end}, {shown(text[start:end])}, are in no chunk."
        fail(lost, END_LOST if end == len(text) else GAP)


def _check_whole(text: str, size: int, ends: list[int], said: str) -> None:
    stops = [0, *sentence_ends(text)]
    for start, stop in zip(stops, stops[1:], strict=False):
        cut = [end for end in ends if start < end < stop]
        if stop - start <= size and cut:
            fail(f"{said} cuts {shown(text[start:stop])} at {cut[0]}.", CUT)
