"""Questions with the passages that a search might return, drawn from companies of other seeds than Kestrel's.

The passages are chosen to be unkind: sibling products that state the same fact, other pages of the same product,
superseded pages and forum posts. The right page stands at a random place, or is left out: then the answer is a refusal.
"""

from collections import defaultdict
from functools import cache, cached_property
from random import Random

import numpy as np

from companion.models import load_encoder
from companion.models.encoder import Encoder
from companion.models.prompts import REFUSAL
from companion.world import Article, Product, Question, World, world, writing
from companion.world.values import another

TRAINING_SEEDS, VALIDATION_SEEDS = range(1, 201), range(201, 221)
OPENINGS = [
    "Hello, ",
    "Hi! ",
    "Quick question: ",
    "Please tell me: ",
    "Good morning. ",
    "Sorry to bother you. ",
]
WEIGHTS = {
    "sibling": 38,
    "same product": 27,
    "same variant": 12,
    "same kind": 12,
    "same attribute": 6,
    "any": 5,
}


# What search returns crowds round the product that was asked about: its other pages, then those of its siblings.
CROWDED = WEIGHTS | {"same product": 90, "sibling": 30}
RULES = 0.06  # share of questions about a company's rules: among all of its questions they are one in a hundred


class Shelf:
    """The articles of one company, found by what they state."""

    def __init__(self, company: World):
        self.world = company
        self.product = {p.name: p for p in company.products}
        self.manual = [a for a in company.articles if a.kind == "manual"]
        self.rules = [q for q in company.questions if q.product not in self.product]
        self.by = defaultdict(list)  # (attribute, stem | kind | variant | None) and product -> articles
        for article in self.manual:
            product = self.product[article.product]
            self.by[product.name].append(article)
            for _, attribute, _ in article.facts:
                for key in (product.stem, product.kind, variant(product), None):
                    self.by[attribute, key].append(article)

    @cached_property
    def vectors(self) -> np.ndarray:
        """A unit vector for each article, (articles, dim), as a search index has them."""
        return encoder().encode([f"{a.title}. {a.text}" for a in self.world.articles])

    def nearest(self, text: str, count: int) -> list[Article]:
        """What dense search returns for a question, the nearest first."""
        scores = self.vectors @ encoder().encode([text])[0]  # (articles,)
        return [self.world.articles[row] for row in np.argsort(-scores, kind="stable")[:count]]

    def pool(self, name: str, question: Question) -> list[Article]:
        """Distractors of one degree of nearness to the question."""
        product = self.product.get(question.product)
        if product is None or name == "any":
            return self.manual
        keys = {
            "sibling": (question.attribute, product.stem),
            "same product": product.name,
            "same variant": (question.attribute, variant(product)),
            "same kind": (question.attribute, product.kind),
            "same attribute": (question.attribute, None),
        }
        return self.by[keys[name]] or self.manual


@cache
def encoder() -> Encoder:
    """The installed encoder, loaded once."""
    return load_encoder()


def variant(product: Product) -> str:
    """What follows the stem: "2 Pro" of "Merlin 2 Pro"."""
    return product.name.removeprefix(product.stem)


@cache
def shelf(seed: int) -> Shelf:
    """The shelf of one training company. Seed 0, Kestrel, is refused: what is tested on is never trained on."""
    if seed == 0:
        raise ValueError("World 0 is Kestrel, on which the models are tested: train on seeds from 1 up.")
    return Shelf(world.__wrapped__(seed, practice=True))


def noisy(text: str, random: Random) -> str:
    """A question as people type it: with a greeting, without a question mark."""
    if random.random() < 0.15:
        text = random.choice(OPENINGS) + text
    return text.rstrip("?.") if random.random() < 0.15 else text


def blurred(text: str, product: str, random: Random, share: float = 0.15) -> str:
    """Without some of its words, never those of the product's name.

    A model that has to guess from what is left leans less on the few words by which it knows a wording, and reads
    wordings that it never met better (word dropout, 1511.01432).
    """
    kept = [word for word in text.split() if random.random() >= share or word.strip("?.,!;:'s") in product]
    return " ".join(kept)


def distractors(shelf: Shelf, question: Question, count: int, rivals: float, random: Random) -> list[str]:
    """`count` passages that do not hold the answer. `rivals` is how often an unkind one is chosen over any other."""
    weights = CROWDED if random.random() < 0.5 else WEIGHTS
    texts, seen = [], {question.article_id}
    if question.answer and question.product in shelf.product:
        frames = [frame for frame in (superseded, contradicted) if random.random() < 0.15]
        texts = [frame(question, random) for frame in frames[:count]]
    while len(texts) < count:
        name = random.choices(list(weights), weights.values())[0] if random.random() < rivals else "any"
        article = random.choice(shelf.pool(name, question))
        if article.id in seen:
            article = random.choice(shelf.manual)
        if article.id not in seen:
            seen.add(article.id)
            texts.append(article.text)
    return texts


def searched(shelf: Shelf, question: Question, text: str, count: int, random: Random) -> list[str]:
    """The `count` passages that search finds beside the right one, shuffled: the product's own other pages, mostly.

    Shuffled, because a model that learns "the first is right" has learnt nothing about reading.
    """
    hits = [article.text for article in shelf.nearest(text, count + 1) if article.id != question.article_id][:count]
    return random.sample(hits, len(hits))


def superseded(question: Question, random: Random) -> str:
    date = f"20{random.randint(19, 26)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
    old = another(question.attribute, question.answer, random)
    return writing.archived(date, question.product, question.attribute, old, random)


def contradicted(question: Question, random: Random) -> str:
    claim = another(question.attribute, question.answer, random)
    return writing.forum_post(question.product, question.attribute, claim, random)


def draw(
    random: Random,
    count: int = 5,
    rivals: float = 0.9,
    hidden: float = 0.16,
    seeds: range = TRAINING_SEEDS,
    wording: str = "practice",
    search: bool = False,
    blur: float = 0.0,
) -> tuple[str, list[str], str]:
    """One training example: a question, `count` passages, and the target as in "[2] 24 months".

    rivals: how often a distractor is an unkind one. hidden: how often the right page is left out; with the
    questions that no page of the company answers, about 30 % of the targets are refusals. wording: see `wordings`.
    search: take the distractors that search finds. blur: how often words are left out of the question.
    """
    books = shelf(random.choice(seeds))
    question = random.choice(books.rules if random.random() < RULES else books.world.questions)
    ask = writing.question if question.product in books.product else writing.policy_question
    text = ask(question.product, question.attribute, random, wording)
    if random.random() < blur:
        text = blurred(text, question.product, random)
    missing = question.answer is None or random.random() < hidden
    others, target = count - (not missing), REFUSAL
    passages = (
        searched(books, question, text, others, random)
        if search
        else distractors(books, question, others, rivals, random)
    )
    if not missing:
        place = random.randint(0, len(passages))
        passages.insert(place, books.world.article(question.article_id).text)
        target = f"[{place + 1}] {question.answer}"
    return noisy(text, random), passages, target
