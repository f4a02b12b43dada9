"""A citation proves a value only if a cited passage states it, as a whole."""

from collections.abc import Callable

from companion.check.running import call, fail, name_of, shown

PAGES = {
    "m2": "The Merlin 2 has a warranty of 24 months.",
    "m2pro": "The warranty of the Merlin 2 Pro: 36 Months.",
    "lamp": "It draws 4.5 W; at 145 W the fuse blows. The sensor reaches 12.4 m.",
    "price": "It costs $49. The cable is 5 mm thick (sold apart).",
}
NOT_CITED = "Another passage holds the value, the cited one does not: look only at what was cited."
LONGER = "The value stands inside a longer number: 4 months is not in 24 months."
REFUSAL = "Nothing was cited, so nothing is proved. (If you used all(): all() of an empty list is True.)"
INVENTED = "There is no passage of this id: an invented citation proves nothing."
ANY_CHARACTER = "The passage says 145 W: in a pattern a dot stands for any character, so use re.escape."
DOT_BEFORE = "The passage says 12.4 m: a digit and a dot before the value make another number."
DOT_BEHIND = "The passage says 12.4 m: a dot and a digit behind the value make another number."
SIGN = r"A value can begin with a sign such as $. (If you used \b: it finds no edge between a blank and $.)"
CASES = [  # value, cited, right, why it may be missed
    (
        "24 months",
        ["m2"],
        True,
        "The cited passage says exactly this; the full stop is not part of the value.",
    ),
    ("$49", ["m2"], False, NOT_CITED),
    ("4 months", ["m2"], False, LONGER),
    ("24 months", [], False, REFUSAL),
    ("24 months", ["m9"], False, INVENTED),
    ("36 months", ["m2pro"], True, "Capitals make no other value."),
    ("4.5 W", ["lamp"], True, "The passage holds the value."),
    ("1.5 W", ["lamp"], False, ANY_CHARACTER),
    ("4 m", ["lamp"], False, DOT_BEFORE),
    ("12", ["lamp"], False, DOT_BEHIND),
    ("5 m", ["price"], False, "The passage says 5 mm, which is not 5 m."),
    ("$49", ["price"], True, SIGN),
    ("sold", ["price"], True, "A bracket may stand beside the value."),
    ("36 months", ["m2", "m2pro"], True, "One of the cited passages holds the value: that is enough."),
]


def check(holds: Callable) -> None:
    """`holds(value, cited, passages)`: does a cited passage state the value, as a whole?"""
    for value, cited, right, why in CASES:
        got = call(holds, value, cited, PAGES)
        said = f"{name_of(holds)}({value!r}, {cited}, passages)"
        if got is None:
            fail(f"{said} gave None.", "The function ends without `return`: True or False is wanted.")
        if bool(got) != right:
            fail(f"{said} gave {shown(got)} and not {right}.", why)
