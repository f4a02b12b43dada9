"""What a made-up company consists of: products, articles, questions with known answers, and updates over time."""

from dataclasses import dataclass, field

Fact = tuple[str, str, str]  # (product, attribute, value)


def searchable(title: str, text: str) -> str:
    """What is embedded and counted of a document: title and text, as BEIR joins them (arXiv 2104.08663)."""
    return f"{title} {text}".strip()


@dataclass(frozen=True)
class Product:
    """A device. `facts` maps an attribute ("warranty") to today's true value ("24 months")."""

    name: str
    kind: str
    stem: str
    facts: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class Article:
    """A short page of at most 70 word pieces.

    `kind` is "manual", "policy", "archived" (superseded: true until the date `until`) or "forum" (a customer's
    claim, which the manual contradicts). `facts` lists what the text states, true or not.
    """

    id: str
    title: str
    text: str
    kind: str
    product: str
    date: str
    until: str | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Question:
    """A question with its known answer. `answer` and `article_id` are None where no article holds it."""

    id: str
    text: str
    answer: str | None
    article_id: str | None
    product: str
    attribute: str
    held_out: bool = False


@dataclass(frozen=True)
class Update:
    """A fact that changed on `date`: the article `article_id` reads `text` from then on."""

    date: str
    article_id: str
    product: str
    attribute: str
    old: str
    new: str
    text: str


@dataclass
class World:
    """A company and all that is known about it."""

    seed: int
    company: str
    products: list[Product]
    articles: list[Article]
    questions: list[Question]
    updates: list[Update]

    def article(self, id: str) -> Article:
        """The article with this id; KeyError names the id if there is none."""
        if not hasattr(self, "_by_id"):
            self._by_id = {a.id: a for a in self.articles}
        return self._by_id[id]

    def question(self, product: str, attribute: str) -> Question:
        """The question about one attribute of one product."""
        for question in self.questions:
            if (question.product, question.attribute) == (product, attribute):
                return question
        raise KeyError(f"No question asks for the {attribute} of {product}; see world.products for what there is.")
