"""The desk's other tasks: write a customer's message, reply to one, rewrite a sentence in the brand's voice."""

import json
import re
from functools import cache
from importlib.resources import files
from random import Random

from companion.models import prompts
from companion.world import utterances, writing

Example = tuple[str, str]  # prompt, target


def desk_batch(random: Random, size: int) -> list[Example]:
    """`size` examples, most of them messages and replies; all from training writers and training pairs."""
    tasks = (write_example, write_example, reply_example, reply_example, voice_example)
    return [random.choice(tasks)(random) for _ in range(size)]


def write_example(random: Random) -> Example:
    """An intent, and what one of the training writers wrote for it."""
    utterance = random.choice(short_utterances())
    return prompts.write_prompt(utterance.labels[0]), utterance.text


def reply_example(random: Random) -> Example:
    """A request and a gold reply; half of the requests are other messages with the same intent."""
    intent, pairs = random.choice(list(utterances.replies().items()))
    request, reply = random.choice(pairs)
    if random.random() < 0.5:
        request = random.choice([u.text for u in utterances.labelled("train") if u.labels == (intent,)])
    return prompts.reply_prompt(request), reply


def voice_example(random: Random) -> Example:
    """A plain sentence and the same in the brand's voice, told of a product and a number drawn anew."""
    pair = random.choice([p for p in voice_pairs() if p["split"] == "train"])
    plain, voice = pair["plain"], pair["voice"]
    if random.random() < 0.7:
        names = writing.read_data("names.toml")
        name = f"{random.choice(names['others'])} {random.choice(names['variants'])}".strip()
        plain, voice = plain.replace(pair["product"], name), voice.replace(pair["product"], name)
    shared = set(re.findall(r"(?<![\w.])\d+(?![\w.])", pair["plain"])) & set(re.findall(r"\d+", pair["voice"]))
    for number in sorted(shared):  # a set of texts has another order in every process
        if number not in pair["product"]:
            other = str(random.randint(2, 399))
            plain, voice = (re.sub(rf"(?<![\w.]){number}(?![\w.])", other, t) for t in (plain, voice))
    return prompts.voice_prompt(plain), voice


@cache
def short_utterances() -> tuple[utterances.Utterance, ...]:
    """Training messages of at most 30 words: longer ones ramble, and a small model would learn to."""
    return tuple(u for u in utterances.labelled("train") if len(u.text.split()) <= 30)


@cache
def voice_pairs() -> list[dict]:
    """The brand-voice pairs with their products."""
    return json.loads((files("companion.world") / "data" / "brand_voice.json").read_text(encoding="utf8"))
