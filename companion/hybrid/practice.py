"""Questions about products for a router to practise on: of other companies, in wordings that no tested turn has.

The test asks about Kestrel and validation about world(201), both in the phrasings called "usual". Here four other
companies are asked about, in the phrasings that stand in training only. Names and wordings are new to the test; what
customers ask about is the same sixteen attributes and eight rules, since the world has no others.
"""

from __future__ import annotations

from random import Random

from companion.world import world, writing
from companion.world.utterances import FAQ_INTENTS

COMPANIES = (1, 2, 3, 4)
QUESTIONS = 320  # half as many as there are letters; not tuned
INTENT_OF = {"warranty": "warranty_terms", "pairs": "compatibility", "radio": "compatibility"}
INTENT_OF |= {"returns": "return_policy", "refund": "return_policy"}
Pairs = tuple[list[str], list[str]]


def product_questions(count: int = QUESTIONS, companies: tuple[int, ...] = COMPANIES) -> Pairs:
    """`count` questions and their intents, all of them common questions; the same at every call.

    Raises ValueError for Kestrel or the company of the validation turns, on which nothing is trained.
    """
    from companion.hybrid.turns import COMPANIES as KEPT

    if set(companies) & set(KEPT.values()):
        raise ValueError(f"Companies {sorted(KEPT.values())} are tested and tuned on: practise on others.")
    random = Random("product-questions")
    asked = [question for seed in companies for question in world(seed).questions if question.answer is not None]
    drawn = random.sample(asked, count)
    texts = [worded(question.attribute, question.product, random) for question in drawn]
    return texts, [INTENT_OF.get(question.attribute, FAQ_INTENTS[0]) for question in drawn]


def worded(attribute: str, name: str, random: Random) -> str:
    """A question about an attribute or a rule in a wording that stands in training only."""
    wording = random.choice(fresh_wordings(attribute))
    return wording.format(p=name, c=name)


def fresh_wordings(attribute: str) -> list[str]:
    """The practice wordings less those that a usual one equals, small words aside."""
    usual = {_bare(wording) for wording in writing.wordings(attribute, "questions", "usual")}
    practice = writing.read_data("practice.toml")[attribute]["questions"]
    return [wording for wording in practice if _bare(wording) not in usual]


def _bare(wording: str) -> str:
    return " ".join(word for word in wording.lower().rstrip("?.!").split() if word not in ("the", "a", "an"))
