"""A quarter of Kestrel's desk: 91 days, 100 turns a day, and five faults that nobody announces.

Each fault begins on a Monday and is gone the next, as if somebody had stumbled on it; the first three weeks are
sound, and five of the other ten stay quiet. Which week has which fault is drawn by the seed.

| event | what happens | what is wrong in that week |
|---|---|---|
| prices | a new price list, and the index keeps the old pages | answers to questions about prices |
| line | a new product line is asked about, its pages are not indexed yet | answers to those questions |
| slang | three letters in four are Gia's, of whom no model has read a line | the intents of her letters |
| injected | a false page about the best-seller gets into the index | answers that rest on it |
| swap | a cheaper student takes the mail student's place | the intents of letters |

How much a fault harms is our choice: the slang, for one, was written thick enough to cost the sorter accuracy.

The letters are drawn with replacement from 304 by people whom no sorter and no student has read: those of the test
writer and the requests of the gold replies. So a letter comes back some eighteen times in a quarter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from companion.hybrid.practice import INTENT_OF
from companion.world import Article, Product, Question, World, world, writing
from companion.world.company import slug
from companion.world.utterances import FAQ_INTENTS, OUT_OF_SCOPE, labelled, out_of_scope, replies
from companion.world.values import another, draw

WEEKS, FIRST, DAYS = 13, 3, 91
EVENTS = ("prices", "line", "slang", "injected", "swap")
QUESTIONS, LETTERS = 40, 60  # a day
OUTSIDE = 0.08  # of the letters are out of scope
LINE, SLANG = 0.35, 0.75  # of that week's questions, and letters
PRICE_WEIGHT = 4  # a price is asked for four times as often as any other attribute
RISE = 1.08  # of all prices
STEMS, KIND = ("Bittern", "Avocet", "Dunlin"), "garden sprinkler"
FALSE, DRAFTS = "false/", 8  # how the id of a false page begins
ATTRIBUTES = ("price", "warranty", "battery", "range", "radio", "water", "cold", "weight")


@dataclass(frozen=True)
class Arrival:
    """One turn of the stream, with what is known of it afterwards.

    day: 0 to 90, a Monday first. kind: "question" or "letter". label: its intent. answer: what is true on that day,
    None where Kestrel cannot say; article: the page that says it. event: the fault that brought it, for looking back
    only; "" for a usual turn.
    """

    day: int
    kind: str
    text: str
    label: str
    answer: str | None = None
    article: str | None = None
    event: str = ""


def plan(seed: int) -> dict[str, int]:
    """{event: week}, the weeks counted from 0: five of the ten after the first three, in an order of their own."""
    random = Random(f"plan-{seed}")
    weeks = random.sample(range(FIRST, WEEKS), len(EVENTS))
    return dict(zip(EVENTS, weeks, strict=True))


def quiet_weeks(planned: dict[str, int]) -> list[int]:
    """The weeks after the first three in which nothing is planted."""
    return [week for week in range(FIRST, WEEKS) if week not in planned.values()]


def arrivals(seed: int) -> list[Arrival]:
    """The 9,100 turns of the seed's quarter, day by day."""
    planned, asked = plan(seed), Asking(seed)
    found: list[Arrival] = []
    for day in range(DAYS):
        events = {event for event, week in planned.items() if week == day // 7}
        random = Random(f"day-{seed}-{day}")
        found += [asked.question(day, events, random) for _ in range(QUESTIONS)]
        found += [letter(day, "slang" in events, random) for _ in range(LETTERS)]
    return found


class Asking:
    """Who asks what: products by popularity (the n-th most popular is asked about 1 / n as often), prices most."""

    def __init__(self, seed: int):
        company, random = world(0), Random(f"popular-{seed}")
        subjects = [*(product.name for product in company.products), company.company]
        random.shuffle(subjects)
        self.best_seller = next(name for name in subjects if name != company.company)
        rank = {name: number for number, name in enumerate(subjects, start=1)}
        self.questions = company.questions
        self.weights = [weight(q.attribute) / rank[q.product] for q in self.questions]
        self.line = new_line(seed)
        self.line_weights = [weight(q.attribute) for q in self.line.questions]

    def question(self, day: int, events: set[str], random: Random) -> Arrival:
        """One question as it comes in on that day."""
        if "line" in events and random.random() < LINE:
            chosen = random.choices(self.line.questions, self.line_weights)[0]
            return _asked(day, chosen, chosen.answer, "line")
        chosen = random.choices(self.questions, self.weights)[0]
        if "prices" in events and chosen.attribute == "price":
            return _asked(day, chosen, raised(chosen.answer), "prices")
        return _asked(day, chosen, chosen.answer)


def weight(attribute: str) -> int:
    """How often an attribute is asked for."""
    return PRICE_WEIGHT if attribute == "price" else 1


def _asked(day: int, question: Question, answer: str | None, event: str = "") -> Arrival:
    label = INTENT_OF.get(question.attribute, FAQ_INTENTS[0])
    return Arrival(day, "question", question.text, label, answer, question.article_id, event)


def raised(price: str) -> str:
    """ "100 euros" on the new list is "108 euros"."""
    return f"{round(int(price.split()[0]) * RISE)} euros"


def letter(day: int, slang: bool, random: Random) -> Arrival:
    """One letter: out of scope, Gia's where her week is on, or one of the usual ones."""
    if random.random() < OUTSIDE:
        return Arrival(day, "letter", random.choice(outside()), OUT_OF_SCOPE)
    if slang and random.random() < SLANG:
        text, label = random.choice(slang_letters())
        return Arrival(day, "letter", text, label, event="slang")
    text, label = random.choice(usual_letters())
    return Arrival(day, "letter", text, label)


@cache
def usual_letters() -> list[tuple[str, str]]:
    """The test writer's 160 letters and the 144 requests that have gold replies, each with its intent."""
    letters = [(utterance.text, utterance.labels[0]) for utterance in labelled("test")]
    return letters + [(request, intent) for intent, pairs in replies().items() for request, _ in pairs]


@cache
def outside() -> list[str]:
    """The test writer's 50 letters that are about none of the 16 intents."""
    return [utterance.text for utterance in out_of_scope("test")]


@cache
def slang_letters() -> list[tuple[str, str]]:
    """Gia's 80 letters, each with its intent."""
    return [(text, intent) for intent, texts in writing.read_data("slang.toml")["intents"].items() for text in texts]


# --- what the world changes -----------------------------------------------------------------------------------
@cache
def new_line(seed: int) -> World:
    """Three garden sprinklers with pages and questions of their own; nothing of it is in Kestrel's index."""
    random = Random(f"line-{seed}")
    products = [Product(stem, KIND, stem, {a: draw(a, random) for a in ATTRIBUTES}) for stem in STEMS]
    pages = [page for product in products for page in _pages(product, random)]
    questions = [
        Question(slug(page.product, a), writing.question(page.product, a, random), value, page.id, page.product, a)
        for page in pages
        for _, a, value in page.facts
    ]
    return World(seed, "Kestrel", products, pages, questions, [])


def _pages(product: Product, random: Random) -> list[Article]:
    halves = (ATTRIBUTES[:4], ATTRIBUTES[4:])
    facts = [{a: product.facts[a] for a in half} for half in halves]
    return [page(f"{slug(product.name)}/{n}", product, stated, random) for n, stated in enumerate(facts, start=1)]


def page(id: str, product: Product, facts: dict[str, str], random: Random) -> Article:
    """A manual page that states these facts of the product."""
    text = writing.page(product.name, product.kind, facts, random)
    stated = tuple((product.name, a, value) for a, value in facts.items())
    title = writing.title(product.name, list(facts))
    return Article(id, title, text, "manual", product.name, "2026-01-05", None, stated)


def drafts(seed: int) -> list[Article]:
    """Eight false pages about the best-seller, in the wordings of its own: four wrong values each, the price first."""
    random, name = Random(f"injected-{seed}"), Asking(seed).best_seller
    product = next(product for product in world(0).products if product.name == name)
    others = [attribute for attribute in product.facts if attribute != "price"]
    found = []
    for number in range(DRAFTS):
        wrong = {a: another(a, product.facts[a], random) for a in ("price", *random.sample(others, 3))}
        found.append(page(f"{FALSE}{seed}/{number}", product, wrong, random))
    return found


def of_kind(found: Sequence[Arrival], kind: str) -> list[Arrival]:
    """The questions, or the letters."""
    return [arrival for arrival in found if arrival.kind == kind]
