"""A transfer set that holds the test: letters in other clothes are found, others are left in."""

from collections.abc import Callable

from companion.check.running import call, fail, name_of, shown

TEST = ["Where is my parcel?", "The doorbell's battery is empty again!", "I want my money back"]
INSIDE = "The whole test letter stands inside a longer text: look for its words in a row."
PART = "A part of a test letter is not the letter: look for the test letter in the text, not the other way."
LEAKS = {
    "where is my parcel": "Capitals and marks differ, the words do not: compare words in lower case.",
    "Where  is my\nparcel ?": "Only blanks differ: split into words and compare those.",
    "The doorbell's battery is empty again": "A mark at the end is missing, nothing else: compare words.",
    "Hello, where is my parcel? Thanks": INSIDE,
    "so i want my money back, please": INSIDE,
}
FINE = {
    "Where is my doorbell?": "Three words of a test letter are not the letter: all its words, in a row, are.",
    "My parcel is where?": "The same words in another order are another letter here: keep it.",
    "Now I want my money backpack": "A word that begins like another is another one: compare whole words, not letters.",
    "Is my parcel here?": PART,
    "My money? Back to work, I want a lamp": "Its words are not in a row here: keep it.",
    "Parcel": PART,
}
ORDER = "Keep the texts that are fine as they are, in their order."
TWICE = "Two texts of the same words are one text to learn from: keep the first."
TYPE = "A list of texts is wanted: the ones to keep."


def check(clean: Callable) -> None:
    """`clean(pool, test)` keeps the texts that hold no test letter, the first of equal ones, in their order."""
    for pool in ([*FINE], [*LEAKS, *FINE], [text for pair in zip(FINE, LEAKS, strict=False) for text in pair]):
        _check_pool(clean, pool)
    _check_pool(clean, [*FINE][::-1])
    twins = ["Is my lamp here?", "My lamp broke", "is my lamp here"]
    got = _kept(clean, twins)
    if got != twins[:2]:
        fail(f"{name_of(clean)}({shown(twins)}, test) kept {shown(got)}.", TWICE)


def _kept(clean: Callable, pool: list[str]) -> list[str]:
    got = call(clean, pool, TEST)
    if got is None:
        fail(f"{name_of(clean)}(pool, test) gave None.", "The function ends without `return`.")
    if not isinstance(got, list) or not all(isinstance(text, str) for text in got):
        fail(f"{name_of(clean)}(pool, test) gave {shown(got)}.", TYPE)
    return got


def _check_pool(clean: Callable, pool: list[str]) -> None:
    got = _kept(clean, pool)
    for text in pool:
        if text in LEAKS and text in got:
            fail(f"{name_of(clean)} kept {text!r}; the test holds it.", LEAKS[text])
        if text in FINE and text not in got:
            fail(f"{name_of(clean)} lost {text!r}; the test does not hold it.", FINE[text])
    if got != [text for text in pool if text in FINE]:
        fail(f"{name_of(clean)}(pool of {len(pool)}, test) kept {shown(got)}.", ORDER)
