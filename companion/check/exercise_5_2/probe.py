"""Recall without labels: a page is its own label, and a page that is not in the index is a miss."""

from collections.abc import Callable

from companion.check.running import fail, name_of, number

PUBLISHED = {
    "owl/1": ["How loud is the Owl?", "Owl, decibels?"],
    "owl/2": ["What does the Owl cost?"],
    "jay/1": ["How far does the Jay reach?", "Range of the Jay?", "Jay: how many metres?"],
    "bittern/1": ["What does the Bittern cost?", "Price of a Bittern?"],
}
FOUND = {
    "How loud is the Owl?": ["owl/1", "jay/1", "owl/2"],
    "Owl, decibels?": ["jay/1", "owl/2", "owl/1"],
    "What does the Owl cost?": ["jay/1", "owl/2"],
    "How far does the Jay reach?": ["jay/1"],
    "Range of the Jay?": [],
    "Jay: how many metres?": ["owl/1", "owl/2", "jay/1"],
    "What does the Bittern cost?": ["owl/2", "jay/1"],
    "Price of a Bittern?": ["owl/2"],
}
INDEXED = ["owl/1", "owl/2", "jay/1"]
ONLY_INDEXED = "Only pages in the index were asked for: the one that is missing there is what this gauge is for."
NO_EMPTY = "Questions that found nothing were left out: they count 0."
POOLED = "All questions were put in one heap: first the share of each page's own questions, then the mean over pages."
SHALLOW = "The k-th place was left out: the first k are found[:k]."
DEEP = "Every place counted: only the first k may."
ANY = "A page counted as found if one of its questions finds it: it is the *share* of its questions."
NEAR = "A page of the same product was accepted: only the page itself is a hit."


def search(query: str, k: int) -> list[str]:
    """A small search; it gives at most k ids."""
    if not isinstance(query, str) or query not in FOUND:
        fail(f"search was asked {query!r}.", "Search with each page's own questions, one at a time.")
    return FOUND[query][:k]


def check(recall: Callable) -> None:
    """`recall(search, indexed, published, k)` -> mean over pages of the share of its questions that find it."""
    for k in (1, 2, 3):
        pages = {id: list(asked) for id, asked in PUBLISHED.items()}
        try:
            raw = recall(search, list(INDEXED), pages, k)
        except (NotImplementedError, AssertionError):
            raise
        except Exception as error:
            fail(
                f"{name_of(recall)} raised {type(error).__name__}: {error}",
                "Run it on `published` from the cell above.",
            )
        if pages != PUBLISHED:
            fail(f"{name_of(recall)} changed `published`.", "Work on a copy: the next week asks the same questions.")
        got = number(raw, f"{name_of(recall)} at k = {k}")
        if abs(got - right(k)) > 1e-6:
            fail(f"{name_of(recall)} at k = {k} gave {got:.3f} and not {right(k):.3f}.", _why(got, k))


def right(k: int, pages: list[str] | None = None) -> float:
    """The mean over these pages, or over all that are published."""
    shares = [sum(id in FOUND[q][:k] for q in PUBLISHED[id]) / len(PUBLISHED[id]) for id in pages or PUBLISHED]
    return sum(shares) / len(shares)


def _why(got: float, k: int) -> str:
    asked = [(id, q) for id, questions in PUBLISHED.items() for q in questions]
    inside = [(id, q) for id, q in asked if id in INDEXED]

    def pooled(pairs: list, depth: int = k) -> float:
        return sum(id in FOUND[q][:depth] for id, q in pairs) / len(pairs)

    def near(id: str, q: str) -> bool:
        return any(other.split("/")[0] == id.split("/")[0] for other in FOUND[q][:k])

    by_page = [[near(id, q) for q in questions] for id, questions in PUBLISHED.items()]
    reasons = [
        (ONLY_INDEXED, right(k, INDEXED)),
        (ONLY_INDEXED, pooled(inside)),
        (NO_EMPTY, pooled([(id, q) for id, q in asked if FOUND[q]])),
        (POOLED, pooled(asked)),
        (SHALLOW, right(k - 1) if k > 1 else 0.0),
        (NEAR, sum(sum(marks) / len(marks) for marks in by_page) / len(by_page)),
        (ANY, sum(any(id in FOUND[q][:k] for q in qs) for id, qs in PUBLISHED.items()) / len(PUBLISHED)),
        (DEEP, right(9)),
    ]
    fits = (why for why, wrong in reasons if abs(got - wrong) < 1e-6)
    return next(fits, "For each published page the share of its questions that find it in the first k; then the mean.")
