"""What customers write to Kestrel, by whom, and what it is about; with gold replies and the brand's voice.

Six invented writers each wrote 10 utterances for every one of 16 intents, some with two wishes at once, and
50 that are out of scope. The splits are by *writer*: a score on the test split is a score on a stranger's way
of writing. How the texts were made, and what they are not good for, is in `data/DATA_CARD.md`.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from companion.world import grammar

FAQ_INTENTS = ("product_facts", "compatibility", "warranty_terms", "return_policy")
INTENTS = (
    *FAQ_INTENTS,
    "order_status",
    "parcel_missing",
    "cancel_order",
    "change_address",
    "payment_problem",
    "damaged_on_arrival",
    "device_offline",
    "battery_drains",
    "account_access",
    "cancel_subscription",
    "book_installer",
    "speak_to_person",
)
OUT_OF_SCOPE = "out_of_scope"
SPLITS = {"train": ("amara", "bo", "dmitri", "eleni"), "validation": ("fumi",), "test": ("chidi",)}


@dataclass(frozen=True)
class Utterance:
    """Something a customer wrote.

    Attributes:
        text: the words, typing slips included.
        labels: one intent; two for two wishes at once; ("out_of_scope",) for none of these; () if unlabelled.
        writer: who wrote it ("grammar" where it was composed).
        composed: True where it was put together from parts by `companion.world.grammar`.
        made_for: for composed ones, the intent the grammar had in mind. It is here for looking back only (how
            good were a teacher's pseudo-labels?): **never train on it**. `repr` and comparisons leave it out.
    """

    text: str
    labels: tuple[str, ...]
    writer: str
    composed: bool = False
    made_for: str | None = field(default=None, repr=False, compare=False)


def labelled(split: str) -> tuple[Utterance, ...]:
    """The utterances with one intent: 640 in "train", 160 in "validation", 160 in "test".

    Raises:
        ValueError: if there is no such split.
    """
    return tuple(
        Utterance(text, (intent,), writer)
        for writer in writers(split)
        for intent in INTENTS
        for text in _read(f"utterances/{writer}.json")["intents"][intent]
    )


def mail(split: str) -> tuple[list[str], list[str]]:
    """The same as two lists, as a classifier wants them: texts and intents."""
    chosen = labelled(split)
    return [utterance.text for utterance in chosen], [utterance.labels[0] for utterance in chosen]


def two_wishes(split: str) -> tuple[Utterance, ...]:
    """Utterances that ask for two things at once: they carry both labels and are scored apart."""
    return tuple(
        Utterance(wish["text"], tuple(wish["labels"]), writer)
        for writer in writers(split)
        for wish in _read(f"utterances/{writer}.json")["two_wishes"]
    )


def out_of_scope(split: str) -> tuple[Utterance, ...]:
    """Utterances that are about none of the 16 intents: 200 in "train", 50 in "validation", 50 in "test"."""
    return tuple(
        Utterance(text, (OUT_OF_SCOPE,), writer)
        for writer in writers(split)
        for text in _read(f"utterances/{writer}.json")["out_of_scope"]
    )


@cache
def unlabelled() -> tuple[Utterance, ...]:
    """3,400 composed utterances without labels, for a teacher to label; none is in a labelled split."""
    return tuple(
        Utterance(text, (), "grammar", composed=True, made_for=made_for) for text, made_for in grammar.compose(seed=0)
    )


def replies() -> dict[str, tuple[tuple[str, str], ...]]:
    """For each of the 12 intents that are not FAQ: 12 pairs (request, gold reply)."""
    return {
        intent: tuple((pair["request"], pair["reply"]) for pair in pairs)
        for intent, pairs in _read("replies.json").items()
    }


def brand_voice(split: str) -> tuple[tuple[str, str], ...]:
    """Pairs (plain, voice) that state the same fact: 120 in "train", 40 in "held_out".

    Only the held-out pairs name birds, as Kestrel's products do: a score on them is one on names never seen.

    Raises:
        ValueError: if there is no such split.
    """
    if split not in ("train", "held_out"):
        raise ValueError(f'The brand-voice pairs are split into "train" and "held_out", not {split!r}: ask for one.')
    return tuple((pair["plain"], pair["voice"]) for pair in _read("brand_voice.json") if pair["split"] == split)


def writers(split: str) -> tuple[str, ...]:
    """Who wrote a split. Each writer is in one split only."""
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r} of the utterances: choose one of {', '.join(SPLITS)}.")
    return SPLITS[split]


def style(writer: str) -> str:
    """How this writer writes, in the writer's file's own words."""
    if not any(writer in names for names in SPLITS.values()):
        everyone = ", ".join(name for names in SPLITS.values() for name in names)
        raise ValueError(f"There is no writer {writer!r}: choose one of {everyone}.")
    return _read(f"utterances/{writer}.json")["style"]


@cache
def _read(name: str):
    """A JSON file in `companion/world/data`."""
    return json.loads(files("companion.world").joinpath("data", *name.split("/")).read_text(encoding="utf8"))
