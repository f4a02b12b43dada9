"""Sentences about facts, from hand-written phrasings."""

import tomllib
from functools import cache
from importlib.resources import files
from random import Random

from companion.world.values import NEGATIONS, another

FORUM_FRAMES = [
    "Forum post by a customer: {s} I measured it myself.",
    "Forum post by a customer: my manual is wrong. {s}",
    "Forum post by a customer: {s} Can anybody confirm this?",
    "Forum post by a customer: do not trust the page. {s}",
]


@cache
def read_data(name: str) -> dict:
    """One of the hand-written files in `companion/world/data`."""
    return tomllib.loads((files("companion.world") / "data" / name).read_text(encoding="utf8"))


def wordings(name: str, what: str, wording: str) -> list[str]:
    """The hand-written "questions" or "statements" about an attribute or a policy.

    wording: "usual", as Kestrel's own; "held_out", never in any training; "practice", the usual ones and more
    that stand in training only, so that a model meets many ways to say a thing; "validation", questions that stand
    in no training, to choose settings by.
    """
    own = (read_data("phrasings.toml") | read_data("policies.toml"))[name]
    if wording == "held_out":
        return own[f"held_{what}"]
    more = read_data("practice.toml")[name]
    if wording == "validation" and "validation" in more:
        return more["validation"]
    return own[what] + (more[what] if wording != "usual" else [])


def statement(product: str, attribute: str, value: str, random: Random, wording: str = "usual") -> str:
    """One sentence that states a fact, with a negation before or after it now and then."""
    sentence = random.choice(wordings(attribute, "statements", wording)).format(p=product, v=value)
    if attribute in NEGATIONS and random.random() < 0.3:
        denial = NEGATIONS[attribute].format(p=product, v=another(attribute, value, random))
        pair = [denial, sentence.replace(f"The {product}", "It", 1)]
        return " ".join(pair) if random.random() < 0.5 else f"{sentence} {denial.replace(f'The {product}', 'It', 1)}"
    return sentence


def question(product: str, attribute: str, random: Random, wording: str = "usual") -> str:
    """One of the hand-written questions about an attribute."""
    return random.choice(wordings(attribute, "questions", wording)).format(p=product)


def policy(company: str, name: str, value: str, random: Random, wording: str = "usual") -> str:
    """One sentence that states a rule of the company."""
    return random.choice(wordings(name, "statements", wording)).format(c=company, v=value)


def policy_question(company: str, name: str, random: Random, wording: str = "usual") -> str:
    """One of the hand-written questions about a rule."""
    return random.choice(wordings(name, "questions", wording)).format(c=company)


def page(product: str, kind: str, facts: dict[str, str], random: Random, wording: str = "usual") -> str:
    """The text of one article: a sentence for each fact; later ones may say "It" for the product."""
    sentences = [statement(product, attribute, value, random, wording) for attribute, value in facts.items()]
    later = [s.replace(f"The {product} ", "It ", 1) if random.random() < 0.5 else s for s in sentences[1:]]
    opening = [f"The {product} is a {kind}."] if random.random() < 0.4 else []
    return " ".join([*opening, sentences[0], *later])


def archived(until: str, product: str, attribute: str, old: str, random: Random) -> str:
    """A superseded page: the old value under a banner."""
    return f"Archived on {until}, no longer valid. {statement(product, attribute, old, random)}"


def forum_post(product: str, attribute: str, claim: str, random: Random) -> str:
    """A customer's claim against the manual."""
    return random.choice(FORUM_FRAMES).format(s=statement(product, attribute, claim, random))


def title(product: str, attributes: list[str]) -> str:
    """ "Merlin 2 Pro: battery, warranty" ."""
    topics = dict.fromkeys(read_data("phrasings.toml")[a]["topic"] for a in attributes)
    return f"{product}: {', '.join(topics)}"
