"""The seeded generator of companies. Seed 0 is Kestrel Home; every other seed is a company without a single bird."""

from functools import lru_cache
from random import Random

from companion.world import writing
from companion.world.records import Article, Product, Question, Update, World
from companion.world.values import another, draw

PRODUCTS_PER_KIND = 7
ARCHIVED, FORUM, UPDATES = 40, 40, 200


@lru_cache(maxsize=8)
def world(seed: int = 0, held_out: bool = False, practice: bool = False) -> World:
    """Make a company.

    Args:
        seed: 0 is Kestrel Home, which ships with the course. Models are trained on other seeds only.
        held_out: word manual, rules and questions with the phrasings that no training has seen.
        practice: word them with more phrasings than Kestrel's own; for training companies.

    Returns:
        A `World` of 70 products in 10 kinds with 10 attributes each; the same seed always makes the same one.

    Raises:
        ValueError: if `seed` is not a whole number of at least 0.
    """
    if not isinstance(seed, int) or seed < 0:
        raise ValueError(f"A world's seed is a whole number from 0 up, not {seed!r}: try world(seed=1).")
    company = "Kestrel" if seed == 0 else Random(f"{seed}-name").choice(writing.read_data("names.toml")["companies"])
    products, wording = make_products(seed), "held_out" if held_out else "practice" if practice else "usual"
    articles = [*manual(products, seed, wording), *policies(company, seed, wording)]
    extra = [*archive(articles, seed), *forum(articles, seed)]
    questions = ask_products(products, articles, seed, wording) + ask_policies(company, articles, seed, wording)
    changes = updates([a for a in articles if a.kind == "manual"], seed)
    return World(seed, company, products, articles + extra, questions, changes)


def make_products(seed: int) -> list[Product]:
    """Seven products a kind, in families of near-identical names: Merlin, Merlin 2, Merlin 2 Pro."""
    random, names = Random(f"{seed}-products"), writing.read_data("names.toml")
    stems = random.sample(names["birds" if seed == 0 else "others"], 26)
    products = []
    for kind, attributes in names["kinds"].items():
        family = [(stems.pop(), n) for n in ((4, 3) if random.random() < 0.4 else (3, 4))]
        for stem, size in family:
            for variant in random.sample(names["variants"], size):
                facts = {a: draw(a, random) for a in attributes}
                products.append(Product(f"{stem} {variant}".strip(), kind, stem, facts))
    return products


def slug(*words: str) -> str:
    """ "merlin-2-pro/battery"-like ids: lower case, no spaces."""
    return "/".join(w.lower().replace(" ", "-") for w in words)


def manual(products: list[Product], seed: int, wording: str) -> list[Article]:
    """Four pages a product; which attributes share a page differs from product to product."""
    random, pages = Random(f"{seed}-manual"), []
    for product in products:
        attributes = random.sample(list(product.facts), len(product.facts))
        for number, part in enumerate((attributes[:3], attributes[3:6], attributes[6:8], attributes[8:]), 1):
            facts = {a: product.facts[a] for a in part}
            text = writing.page(product.name, product.kind, facts, random, wording)
            stated = tuple((product.name, a, v) for a, v in facts.items())
            heading, date = (
                writing.title(product.name, part),
                f"2025-{random.randint(1, 12):02}-{random.randint(1, 28):02}",
            )
            pages.append(
                Article(slug(product.name, str(number)), heading, text, "manual", product.name, date, None, stated)
            )
    return pages


def policies(company: str, seed: int, wording: str) -> list[Article]:
    """The company's own rules, one page each."""
    random, pages = Random(f"{seed}-policies"), []
    for name, rule in writing.read_data("policies.toml").items():
        number = random.randrange(rule["low"], rule["high"] + 1, rule.get("step", 1))
        value = f"{number} {rule['unit']}"
        text, title = writing.policy(company, name, value, random, wording), f"{company}: {rule['title']}"
        facts = ((company, name, value),)
        pages.append(Article(slug("policy", name), title, text, "policy", company, "2025-01-15", None, facts))
    return pages


def archive(articles: list[Article], seed: int) -> list[Article]:
    """Superseded pages: the old value of a fact, under a banner with the date on which it ended."""
    random, pages = Random(f"{seed}-archive"), []
    for article in random.sample([a for a in articles if a.kind == "manual"], ARCHIVED):
        product, attribute, value = random.choice(article.facts)
        old = another(attribute, value, random)
        text = writing.archived(article.date, product, attribute, old, random)
        stated = ((product, attribute, old),)
        title = f"{writing.title(product, [attribute])} (archived)"
        pages.append(
            Article(f"{article.id}/archived", title, text, "archived", product, "2023-06-01", article.date, stated)
        )
    return pages


def forum(articles: list[Article], seed: int) -> list[Article]:
    """Posts in which a customer contradicts the manual."""
    random, posts = Random(f"{seed}-forum"), []
    for article in random.sample([a for a in articles if a.kind == "manual"], FORUM):
        product, attribute, value = random.choice(article.facts)
        claim = another(attribute, value, random)
        text = writing.forum_post(product, attribute, claim, random)
        title = f"{product}: a customer writes"
        stated = ((product, attribute, claim),)
        posts.append(Article(f"{article.id}/forum", title, text, "forum", product, "2025-12-20", None, stated))
    return posts


def ask_products(products: list[Product], articles: list[Article], seed: int, wording: str) -> list[Question]:
    """Each attribute of each product once, and two attributes that the product does not have (no answer)."""
    random = Random(f"{seed}-questions")
    where = {fact[:2]: a.id for a in articles for fact in a.facts}
    every, asked = list(writing.read_data("phrasings.toml")), []
    for product in products:
        missing = random.sample([a for a in every if a not in product.facts], 2)
        for attribute in [*product.facts, *missing]:
            text = writing.question(product.name, attribute, random, wording)
            answer, source = product.facts.get(attribute), where.get((product.name, attribute))
            asked.append(
                Question(
                    slug(product.name, attribute), text, answer, source, product.name, attribute, wording == "held_out"
                )
            )
    return asked


def ask_policies(company: str, articles: list[Article], seed: int, wording: str) -> list[Question]:
    """One question for each of the company's rules."""
    random, asked = Random(f"{seed}-policy-questions"), []
    for article in (a for a in articles if a.kind == "policy"):
        _, name, value = article.facts[0]
        text = writing.policy_question(company, name, random, wording)
        asked.append(Question(f"ask/{article.id}", text, value, article.id, company, name, wording == "held_out"))
    return asked


def updates(articles: list[Article], seed: int) -> list[Update]:
    """Facts that change in 2026, each with the new text of its page."""
    random, changes = Random(f"{seed}-updates"), []
    for number, article in enumerate(random.sample(articles, UPDATES)):
        product, attribute, old = random.choice(article.facts)
        new = another(attribute, old, random)
        while new in article.text:  # a page that denies a value must not come to state it as well
            new = another(attribute, old, random)
        text = article.text.replace(old, new)
        date = f"2026-{number * 12 // UPDATES + 1:02}-{number % 28 + 1:02}"
        changes.append(Update(date, article.id, product, attribute, old, new, text))
    return changes
