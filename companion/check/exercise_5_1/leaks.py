"""A training letter that stands inside a test letter: shared runs over the runs of the *training* letter."""

from collections.abc import Callable

from companion.check.running import call, fail, name_of, shown

TRAIN = [
    "Where is my parcel? The page says delivered, and I have looked behind every pot in the garden.",
    "Please cancel the order from this morning, I clicked on the wrong bulb.",
    "The heater is off. Again.",
    "Can I send back a doorbell that was opened but never used?",
    "Battery flat",
    "My Merlin 2 drops off the network every night at three and comes back at breakfast, as if it had somewhere to go.",
]
TEST = [  # letter, leaked?
    (TRAIN[1], True),
    ("PLEASE CANCEL THE ORDER FROM THIS MORNING I CLICKED ON THE WRONG BULB", True),
    ("Dear all, I forward what reached me by post. The customer writes: " + TRAIN[3] + " He is polite, and has a "
     "receipt. He lives on the third floor, and I would not ask him to carry it down twice. Kind regards, Ilse", True),
    (TRAIN[5].replace("breakfast", "noon"), True),
    (TRAIN[5] + " Thanks!", True),
    ("the heater is off again", True),
    ("The page says delivered.", False),
    ("Every morning I cancel the wrong order, please send this bulb from the page where it was clicked.", False),
    ("My battery is flat, and the flat has no battery.", False),
    ("The order was cancelled, and the parcel came. May I keep both, the bulb and the parcel?", False),
    ("Off", False),
    ("", False),
]  # fmt: skip
SHARE = 0.8
EXACT = "That finds exact copies only: lower case and no punctuation first, then runs of three words."
JACCARD = (
    "That divides by the runs of both letters: a quoted letter then hides behind what was written around it. Divide by "
    "the runs of the training letter."
)
TURNED = (
    "That divides by the runs of the *test* letter: a short honest phrase that also stands in a training letter is "
    "then called a leak, and a quoted letter is not."
)
BAG = "That compares words without their order: honest letters about the same thing use the same words. Take runs."
SHORT = "A training letter of fewer than three words has no run: it cannot be found this way, and is left out."
ALL_RUNS = "One changed word breaks three runs: ask for 0.8 of the runs, not for all of them."
SIGNS = "Punctuation was left in: `off. Again` and `off again` are the same two words."


def check(leaks: Callable) -> None:
    """`leaks(test, train)` -> for each test letter whether 0.8 of some training letter's runs stand in it."""
    test = [letter for letter, _ in TEST]
    said = f"{name_of(leaks)} of {len(test)} test letters and {len(TRAIN)} training letters"
    got = call(leaks, test, TRAIN)
    if got is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    try:
        flags = [bool(flag) for flag in got]
    except (TypeError, ValueError):
        fail(f"{said} gave {shown(got)}.", "A list is wanted, True or False for each test letter.")
    if len(flags) != len(test):
        fail(f"{said} gave {len(flags)} answers.", "Give True or False for each *test* letter, in their order.")
    for (letter, leaked), flag in zip(TEST, flags, strict=True):
        if flag != leaked:
            verdict = "was called a leak" if flag else "was not found"
            fail(f"{said}: {shown(letter, 60)} {verdict}.", _why(flags))
    if (alone := [bool(flag) for flag in call(leaks, test, [])]) != [False] * len(test):
        fail(f"{said}, no training letters: {sum(alone)} leaks.", "Nothing can have leaked from an empty file.")


def plain(text: str) -> list[str]:
    """Words in lower case without punctuation."""
    return "".join(char for char in text.lower() if char.isalnum() or char.isspace()).split()


def runs(words: list[str], size: int = 3) -> set[tuple[str, ...]]:
    """All runs of so many words."""
    return {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}


def flagged(share: Callable[[set, set], float], limit: float = SHARE, words: Callable = plain) -> list[bool]:
    """The answers under some way of comparing the runs of a test letter and of a training letter."""
    pairs = [[(runs(words(letter)), runs(words(source))) for source in TRAIN] for letter, _ in TEST]
    return [any(a and b and share(a, b) >= limit for a, b in row) for row in pairs]


def _why(flags: list[bool]) -> str:
    listed = [letter in TRAIN for letter, _ in TEST]
    lower = [letter.lower() in [source.lower() for source in TRAIN] for letter, _ in TEST]
    reasons = [
        (EXACT, listed),
        (EXACT, lower),
        (EXACT, [plain(letter) in [plain(source) for source in TRAIN] for letter, _ in TEST]),
        (TURNED, flagged(lambda a, b: len(a & b) / len(a))),
        (JACCARD, flagged(lambda a, b: len(a & b) / len(a | b))),
        (ALL_RUNS, flagged(lambda a, b: len(a & b) / len(b), limit=1)),
        (SIGNS, flagged(lambda a, b: len(a & b) / len(b), words=lambda text: text.lower().split())),
        (BAG, [any(_bag(letter, source) >= SHARE for source in TRAIN) for letter, _ in TEST]),
        (SHORT, [flag or leaked for flag, (_, leaked) in zip(flags, TEST, strict=True)] if flags[-1] else None),
        (SHORT, [leaked or "battery" in plain(letter) for letter, leaked in TEST]),
    ]
    fits = (why for why, wrong in reasons if flags == wrong)
    return next(fits, "Shared runs of three words, divided by the training letter's runs: 0.8 or more is a leak.")


def _bag(letter: str, source: str) -> float:
    words = set(plain(source))
    return len(set(plain(letter)) & words) / len(words)
