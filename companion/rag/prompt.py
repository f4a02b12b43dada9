"""The prompt of the document's listing P1.1, for a model that takes plain text.

The models of this course bring their own prompt (`respond`); this one is for any other `generate(prompt)`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def build_prompt(question: str, passages: Sequence[str]) -> str:
    """The passages, numbered from 1 so that they can be cited, then the question."""
    context = "\n".join(f"[{number}] {passage}" for number, passage in enumerate(passages, start=1))
    task = "Answer from the following information, citing it by number:"
    return f"{task}\n{context}\nQuestion: {question}\nAnswer:"


def cited_passages(reply: str, count: int) -> tuple[int, ...]:
    """The numbers [n] in a reply that name one of `count` passages, each once, in order of mention."""
    numbers = (int(digits) for digits in re.findall(r"\[(\d+)\]", reply))
    return tuple(dict.fromkeys(number for number in numbers if 1 <= number <= count))
