"""Descriptions of looks, composed from hand-written words: no two writers say it alike."""

from __future__ import annotations

from random import Random

from companion.world.pictures import Look
from companion.world.writing import read_data

PARTS = ("buttons", "screen", "antennas", "feet")
WORDINGS = ("usual", "held_out")


def describe(look: Look, random: Random, wording: str = "usual") -> str:
    """One description. What is there is always said; what is not there often goes unsaid, as people do.

    wording: "usual", or "held_out", the words and sentences of a writer whom no training has read.
    Raises ValueError for another wording.
    """
    if wording not in WORDINGS:
        raise ValueError(f"wording is {wording!r}: choose one of {', '.join(WORDINGS)}.")
    data = read_data("pictures.toml")
    said = {"kind": look.kind, "colour": look.colour, "details": details(look, random, wording)}
    said["shape"] = random.choice(data["shapes"][look.shape][wording])
    said["finish"] = random.choice(data["finishes"][look.finish][wording])
    said |= {name.capitalize(): _capital(text) for name, text in said.items()}
    return _articles(random.choice(data["frames"][wording]), said)


def details(look: Look, random: Random, wording: str = "usual") -> str:
    """The parts in an order of the writer's own: "one antenna, a small screen and two buttons"."""
    data = read_data("pictures.toml")
    phrases = [random.choice(data[part][str(getattr(look, part))][wording]) for part in PARTS]
    phrases = [phrase for phrase in random.sample(phrases, len(phrases)) if phrase]
    if not phrases:
        return random.choice(data["frames"]["bare"])
    return " and ".join(filter(None, [", ".join(phrases[:-1]), phrases[-1]]))


def _articles(frame: str, said: dict[str, str]) -> str:
    """The frame filled in; {a} becomes "an" before a vowel."""
    before, mark, after = frame.partition("{a}") if "{a}" in frame else frame.partition("{A}")
    if not mark:
        return frame.format(**said)
    rest = after.format(**said)
    article = "an" if rest.strip()[:1].lower() in "aeiou" else "a"
    return before.format(**said) + (article if mark == "{a}" else article.capitalize()) + rest


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
