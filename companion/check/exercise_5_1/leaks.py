"""A training letter that stands inside a test letter: shared runs over the runs of the *training* letter."""

from collections.abc import Callable, Iterator
from difflib import SequenceMatcher

from companion.check.exercise_5_1.closest import closest
from companion.check.running import call, fail, name_of, shown

TRAIN = [
    "Where is my parcel? The page says delivered, and I have looked behind every pot in the garden.",
    "Please cancel the order from this morning, I clicked on the wrong bulb.",
    "The heater is off. Again.",
    "Can I send back a doorbell that was opened but never used?",
    "Battery flat",
    "My Merlin 2 drops off the network every night at three and comes back at breakfast, as if it had somewhere to go.",
    "Wrong colour sent.",
    "This is a message from the returns form on your website. Order: 5210. Bought in: Lindau. "
    "I would like to send back: the doorbell. Please answer by post.",
]
TEST = [  # letter, leaked?
    (TRAIN[1], True),
    ("PLEASE CANCEL THE ORDER FROM THIS MORNING I CLICKED ON THE WRONG BULB", True),
    ("Dear all, I forward what reached me by post. The customer writes: " + TRAIN[3] + " He is polite, and has a "
     "receipt. He lives on the third floor, and I would not ask him to carry it down twice. Kind regards, Ilse", True),
    (TRAIN[0].replace("delivered", "arrived"), True),
    (TRAIN[5].replace("breakfast", "noon"), True),
    (TRAIN[5] + " Thanks!", True),
    ("The heater is off! Again!", True),
    ("WRONG COLOUR SENT", True),
    ("The page says delivered.", False),
    ("I clicked on a bulb this morning. Was the order wrong? Please tell me from when I may cancel.", False),
    ("Is the heater meant to click? My heater is new, and the light in the cellar is off. Off again, I mean.", False),
    ("Can I please send it back? It is a doorbell, one that was once opened, but it was never used.", False),
    (TRAIN[7].replace("5210", "4733").replace("doorbell", "heater"), False),
    ("My battery is flat, and the flat has no battery.", False),
    ("A battery flattens in the cold, they say.", False),
    ("The order was cancelled, and the parcel came. May I keep both, the bulb and the parcel?", False),
    ("Off", False),
    ("", False),
]  # fmt: skip
SHARE = 0.8
EXACT = "That finds exact copies only: lower case and no punctuation first, then runs of three words."
JACCARD = (
    "That divides by the runs of both letters, or by their lengths as `ratio()` does: a quoted letter then hides "
    "behind what was written around it. Divide by the runs of the training letter."
)
TURNED = (
    "That divides by the runs of the *test* letter: a short honest phrase that also stands in a training letter is "
    "then called a leak, and a quoted letter is not. Divide by the runs of the training letter."
)
BAG = "That compares words without their order: honest letters about the same thing use the same words. Take runs."
SHORT = "A training letter of fewer than three words has no run: it cannot be found this way, and is left out."
ALL_RUNS = "One changed word breaks up to three runs: ask for 0.8 of them, not for more, and not for all of them."
HIGH = "The limit is too high: one changed word leaves 13 of 16 runs, 0.81 of them, and that is a leak. Ask for 0.8."
LOW = "The limit is too low: two customers who fill in the same form share 0.77 of their runs. Ask for 0.8."
TWO = "Two words stand side by side by chance: `is off` and `off again` are in many an honest letter. Take three words."
LONG = "The runs are longer than three words: a letter of three words has none, and one changed word breaks too many."
CHARACTERS = "Those are runs of characters, and other sentences have them, too: take runs of three *words*."
GAPS = (
    "The same words in the same order were found, whatever stands between them, as `difflib` does: an honest letter "
    "has them, too. Take runs: three words side by side."
)
SIGNS = "Punctuation was left in: `morning,` and `morning` are the same word, and `Again.` is `Again!`."
CASE = "Capitals were kept: write both letters in lower case before you take the runs."
PLAIN = "Shared runs of three words, divided by the training letter's runs: 0.8 or more is a leak."


def check(leaks: Callable) -> None:
    """`leaks(test, train)` -> for each test letter whether 0.8 of some training letter's runs stand in it."""
    test, wanted = [letter for letter, _ in TEST], [leaked for _, leaked in TEST]
    said = f"{name_of(leaks)} of {len(test)} test letters and {len(TRAIN)} training letters"
    flags = _flags(call(leaks, test, TRAIN), said)
    for letter, leaked, flag in zip(test, wanted, flags, strict=True):
        if flag != leaked:
            verdict = "was called a leak" if flag else "was not found"
            fail(f"{said}: {shown(letter, 60)} {verdict}.", closest(flags, wanted, mistakes(), PLAIN))
    if (alone := [bool(flag) for flag in call(leaks, test, [])]) != [False] * len(test):
        fail(f"{said}, no training letters: {sum(alone)} leaks.", "Nothing can have leaked from an empty file.")


def plain(text: str) -> list[str]:
    """Words in lower case without punctuation."""
    return "".join(char for char in text.lower() if char.isalnum() or char.isspace()).split()


def runs(parts: list[str] | str, size: int = 3) -> set[tuple[str, ...]]:
    """All runs of so many words, or characters."""
    return {tuple(parts[at : at + size]) for at in range(len(parts) - size + 1)}


def of_source(a: set, b: set) -> float:
    """Shared runs over those of the training letter, b."""
    return len(a & b) / len(b)


def flagged(
    share: Callable[[set, set], float] = of_source, limit: float = SHARE, parts: Callable = plain, size: int = 3
) -> list[bool]:
    """The answers under some way of comparing the runs of a test letter and of a training letter."""
    sources = [runs(parts(source), size) for source in TRAIN]
    return [any(a and b and share(a, b) >= limit for b in sources) for a in (runs(parts(t), size) for t, _ in TEST)]


def blocks(parts: Callable, whole: bool = False, limit: float = SHARE) -> list[bool]:
    """The answers by `difflib`: what matches, over the training letter or (`whole`) over both letters."""

    def share(a: str, b: str) -> float:
        found = SequenceMatcher(None, parts(a), parts(b), autojunk=False)
        return found.ratio() if whole else sum(n for *_, n in found.get_matching_blocks()) / len(parts(b))

    return [any(share(letter, source) >= limit for source in TRAIN) for letter, _ in TEST]


def mistakes() -> Iterator[tuple[str, list[bool]]]:
    """What learners write in place of the rule: a message, and what it answers."""
    letters = [letter for letter, _ in TEST]
    for form in (str, str.lower, plain):
        yield EXACT, [form(letter) in map(form, TRAIN) for letter in letters]
    yield SHORT, [True] * len(letters)
    yield SHORT, [leaked or "battery" in plain(letter) for letter, leaked in TEST]
    yield SIGNS, flagged(parts=lambda text: text.lower().split())
    yield CASE, flagged(parts=lambda text: "".join(c for c in text if c.isalnum() or c.isspace()).split())
    yield from ((ALL_RUNS if limit > 0.85 else HIGH, flagged(limit=limit)) for limit in (0.85, 0.9, 0.95, 1))
    yield from ((LOW, flagged(limit=limit)) for limit in (0.75, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1))
    for limit in (0.8, 0.9, 0.7, 0.6, 0.5, 0.4, 0.3):
        yield TURNED, flagged(lambda a, b: len(a & b) / len(a), limit)
        yield JACCARD, flagged(lambda a, b: len(a & b) / len(a | b), limit)
        yield JACCARD, flagged(lambda a, b: len(a & b) / len(a | b), limit, characters)
    yield BAG, flagged(size=1)
    yield TWO, flagged(size=2)
    yield from ((LONG, flagged(size=size)) for size in (4, 5, 6))
    yield from ((CHARACTERS, flagged(parts=characters, size=size)) for size in range(2, 8))
    yield from ((GAPS, blocks(parts)) for parts in (plain, characters, str.lower, str))
    yield from ((JACCARD, blocks(parts, whole=True)) for parts in (plain, characters, str.lower, str))


def characters(text: str) -> str:
    """The plain words with a space between, as one text."""
    return " ".join(plain(text))


def _flags(got: object, said: str) -> list[bool]:
    if got is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    try:
        flags = [bool(flag) for flag in got]
    except (TypeError, ValueError):
        fail(f"{said} gave {shown(got)}.", "A list is wanted, True or False for each test letter.")
    if len(flags) != len(TEST):
        fail(f"{said} gave {len(flags)} answers.", "Give True or False for each *test* letter, in their order.")
    return flags
