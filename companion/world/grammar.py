"""Composes unlabelled utterances from hand-written parts: a company's inbox before anybody has sorted it.

An utterance is [opening] [situation] wish [closing], with what is in brackets left out at random and names,
days and sums filled in; some are then typed in a hurry. The parts are in `data/grammar.json`; none of them is
a labelled utterance.
"""

import json
import re
from functools import cache
from importlib.resources import files
from random import Random

EACH = 200  # utterances composed for each of the 16 intents and for out-of-scope: 3,400 in all
KEEP_CAPITAL = {"I", "Kestrel"}
LETTER_BESIDE = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuioplsdfghjklkxcvbnmn", strict=True))


@cache
def parts() -> dict:
    """The hand-written parts: openings, closings, situations by group, wishes by intent, values of slots."""
    return json.loads((files("companion.world") / "data" / "grammar.json").read_text(encoding="utf8"))


def compose(seed: int = 0, each: int = EACH) -> list[tuple[str, str]]:
    """Compose `each` different utterances for every intent and for "out_of_scope".

    Returns:
        Pairs (text, made_for), shuffled; the same seed always gives the same list.

    Raises:
        ValueError: if `each` is not between 1 and 1,000.
    """
    if not 1 <= each <= 1000:
        raise ValueError(f"The grammar composes 1 to 1000 utterances an intent, not {each}: choose a smaller number.")
    random, composed = Random(f"{seed}-utterances"), {}
    for group, intents in parts()["groups"].items():
        for intent in intents:
            target = len(composed) + each
            while len(composed) < target:
                composed.setdefault(utterance(group, intent, random), intent)
    pairs = list(composed.items())
    random.shuffle(pairs)
    return pairs


def utterance(group: str, intent: str, random: Random) -> str:
    """One utterance: two in five have an opening, a situation or a closing, and one in three has slips."""
    pieces = [random.choice(parts()["wishes"][intent])]
    if random.random() < 0.4:
        situation = random.choice(parts()["situations"][group])
        pieces = [situation, *pieces] if random.random() < 0.7 else [*pieces, situation]
    opening = random.choice(parts()["openings"]) if random.random() < 0.4 else ""
    if opening and opening[-1] not in ".!?":
        pieces[0] = lower_first(pieces[0])
    closing = random.choice(parts()["closings"]) if random.random() < 0.4 else ""
    device = random.choice(parts()["slots"]["device"])
    body = " ".join(fill(piece, device, random) for piece in (opening, *pieces) if piece)
    hurry = random.random() < 1 / 3
    text = f"{hurried(body, random) if hurry else body} {closing}".strip()
    return text.lower().rstrip(".") if hurry and random.random() < 0.5 else text


def lower_first(text: str) -> str:
    """The text as it goes on after a comma; names and "I" keep their capital."""
    word = re.split(r"\W", text, maxsplit=1)[0]
    return text if word in KEEP_CAPITAL else text[:1].lower() + text[1:]


def fill(piece: str, device: str, random: Random) -> str:
    """Fill {device}, {day} and the like. A piece names `device` first, a second {device} is another."""
    slots = {name: random.sample(values, len(values)) for name, values in parts()["slots"].items()}
    slots["device"] = [*(d for d in slots["device"] if d != device), device]
    filled = re.sub(r"\{(\w+)\}", lambda match: slots[match[1]].pop(), piece)
    return filled[:1].upper() + filled[1:] if piece.startswith("{") else filled


def hurried(text: str, random: Random) -> str:
    """The text as somebody types it in a hurry: with one or two slips."""
    for _ in range(random.randint(1, 2)):
        text = slip(text, random)
    return text


def slip(text: str, random: Random) -> str:
    """One slip inside a lower-case word: two letters swapped, one lost, one doubled, or the next key hit.

    Numbers and names (which have a capital) are never touched.
    """
    words = [m.start() for m in re.finditer(r"\b[a-z]{4,}\b", text)]
    if not words:
        return text
    start = random.choice(words)
    length = re.match(r"[a-z]+", text[start:]).end()
    at = start + random.randrange(1, length - 1)
    here, after = text[at], text[at + 1]
    slips = (after + here, after, here + here + after, LETTER_BESIDE[here] + after)
    return text[:at] + random.choice(slips) + text[at + 2 :]
