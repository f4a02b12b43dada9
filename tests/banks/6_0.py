"""Exercise 6: answers that learners plausibly give; WRONG ones with words of the reason."""

import copy
import math
from statistics import fmean, pstdev, stdev

TURNED = ("reversed", "not seen here")


# --- 6_0.needed --------------------------------------------------------------------------------------------
def differences(first, second):
    return [a - b for a, b in zip(first, second, strict=True)]


def errors_added(first, second):
    p, q = fmean(first), fmean(second)
    if p == q:
        return None
    return math.ceil((2 * math.sqrt(p * (1 - p) + q * (1 - q)) / abs(p - q)) ** 2)


def two_spreads(first, second):
    d = fmean(differences(first, second))
    return math.floor((2 / d) ** 2 * (stdev(first) ** 2 + stdev(second) ** 2)) + 1 if d else None


def one_error(first, second):
    d = differences(first, second)
    return math.floor((stdev(d) / fmean(d)) ** 2) + 1 if fmean(d) else None


def not_squared(first, second):
    d = differences(first, second)
    return math.ceil(2 * stdev(d) / abs(fmean(d))) if fmean(d) else None


def of_the_population(first, second):
    d = differences(first, second)
    return math.floor((2 * pstdev(d) / fmean(d)) ** 2) + 1 if fmean(d) else None


def rounded_down(first, second):
    d = differences(first, second)
    return math.floor((2 * stdev(d) / fmean(d)) ** 2) if fmean(d) else None


def how_many_more(first, second):
    right = needed_by_formula(first, second)
    return None if right is None else max(0, right - len(first))


def only_if_the_first_wins(first, second):
    d = differences(first, second)
    return math.floor((2 * stdev(d) / fmean(d)) ** 2) + 1 if fmean(d) > 0 else None


def divides_by_nought(first, second):
    d = differences(first, second)
    return math.floor((2 * stdev(d) / fmean(d)) ** 2) + 1


def nought_for_none(first, second):
    return needed_by_formula(first, second) or 0


def as_a_float(first, second):
    right = needed_by_formula(first, second)
    return None if right is None else float(right)


def needed_by_formula(first, second):
    d = differences(first, second)
    mean, spread = fmean(d), stdev(d)
    return None if mean == 0 else int((2 * spread / abs(mean)) ** 2 + 1e-9) + 1


def needed_by_counting(first, second):
    d = differences(first, second)
    if sum(d) == 0:
        return None
    n = 1
    while abs(fmean(d)) <= 2 * stdev(d) / n**0.5 + 1e-12:
        n += 1
    return n


# --- 6_0.lent ----------------------------------------------------------------------------------------------
def nought_is_missing(course, mine, least):
    own = {key: row["share"] for key, row in mine.items() if row["share"] and row["n"] >= least}
    return {key: (own[key], "yours") if key in own else (value, "course") for key, value in course.items()}


def however_few(course, mine, least):
    own = {key: row["share"] for key, row in mine.items() if row["share"] is not None}
    return {key: (own[key], "yours") if key in own else (value, "course") for key, value in course.items()}


def more_than_least(course, mine, least):
    own = {key: row["share"] for key, row in mine.items() if row["share"] is not None and row["n"] > least}
    return {key: (own[key], "yours") if key in own else (value, "course") for key, value in course.items()}


def none_is_mine(course, mine, least):
    own = {key: row["share"] for key, row in mine.items() if row["n"] >= least}
    return {key: (own[key], "yours") if key in own else (value, "course") for key, value in course.items()}


def the_course_first(course, mine, least):
    return {key: (value, "course") for key, value in course.items()}


def with_unknown_keys(course, mine, least):
    known = joined_by_loop(course, mine, least)
    return {**known, **{key: (row["share"], "yours") for key, row in mine.items() if key not in course}}


def only_mine(course, mine, least):
    return {key: pair for key, pair in joined_by_loop(course, mine, least).items() if pair[1] == "yours"}


def values_alone(course, mine, least):
    return {key: pair[0] for key, pair in joined_by_loop(course, mine, least).items()}


def joined_by_loop(course, mine, least):
    joined = {}
    for key, value in course.items():
        row = mine.get(key)
        own = row is not None and row["share"] is not None and row["n"] >= least
        joined[key] = (row["share"], "yours") if own else (value, "course")
    return joined


def joined_by_merge(course, mine, least):
    lent = {key: [value, "course"] for key, value in course.items()}
    enough = {key: row for key, row in mine.items() if row["n"] >= least and row["share"] is not None}
    return lent | {key: [row["share"], "yours"] for key, row in enough.items() if key in course}


# --- 6_0.card ----------------------------------------------------------------------------------------------
def mended(card, rows, limits, best=max, kept=None, verdicts=None):
    new = copy.deepcopy(card)
    kept = kept or (lambda row: not row["broken"])
    some = [row for row in new["ranking"] if kept(row)]
    new["path"] = best(some, key=lambda row: row["right"])["path"] if some else None
    new["measured"], new["limits"] = rows, limits
    for row in new["compared"]:
        row["verdict"] = (verdicts or honest)(row)
    return new


def honest(row):
    own, kestrel = row["own"][0] - row["own"][1], row["kestrel"][0] - row["kestrel"][1]
    if row["verdict"] not in TURNED:
        return row["verdict"]
    if abs(own) > row["give_or_take"]:
        return "reversed" if own * kestrel < 0 else "too few to say"
    return "not seen here" if abs(own - kestrel) > row["give_or_take"] else "too few to say"


def the_largest_share(card, rows, limits):
    return mended(card, rows, limits, kept=lambda row: True)


def the_first_that_keeps(card, rows, limits):
    return mended(card, rows, limits, best=lambda some, key: some[0])


def in_place(card, rows, limits):
    new = dict(card)
    for row in new["compared"]:
        row["verdict"] = honest(row)
    return {**mended(card, rows, limits), "compared": new["compared"]}


def crashes_where_all_break(card, rows, limits):
    kept = [row for row in card["ranking"] if not row["broken"]]
    return {**mended(card, rows, limits), "path": max(kept, key=lambda row: row["right"])["path"]}


def the_least_bad(card, rows, limits):
    new = mended(card, rows, limits)
    return {**new, "path": new["path"] or "rag"}


def trained_rows_only(card, rows, limits):
    return {**mended(card, rows, limits), "measured": {name: row for name, row in rows.items() if row["trained"]}}


def signs_alone(card, rows, limits):
    def by_sign(row):
        within = abs(row["own"][0] - row["own"][1]) <= row["give_or_take"]
        return "too few to say" if within and row["verdict"] in TURNED else row["verdict"]

    return mended(card, rows, limits, verdicts=by_sign)


def either_keeps_its_word(card, rows, limits):
    def by_either(row):
        own, kestrel = row["own"][0] - row["own"][1], row["kestrel"][0] - row["kestrel"][1]
        beyond = max(abs(own), abs(own - kestrel)) > row["give_or_take"]
        return row["verdict"] if beyond or row["verdict"] not in TURNED else "too few to say"

    return mended(card, rows, limits, verdicts=by_either)


def taken_back(card, rows, limits):
    def by_word(row):
        right = honest(row)
        return row["verdict"] if right == row["verdict"] else "too few to say"

    return mended(card, rows, limits, verdicts=by_word)


def verdicts_as_they_are(card, rows, limits):
    return mended(card, rows, limits, verdicts=lambda row: row["verdict"])


def all_too_few(card, rows, limits):
    return mended(card, rows, limits, verdicts=lambda row: "too few to say")


def drops_what_is_open(card, rows, limits):
    new = mended(card, rows, limits)
    return {**new, "compared": [row for row in new["compared"] if row["verdict"] != "too few to say"]}


def without_the_sentence(card, rows, limits):
    return {**mended(card, rows, limits), "limits": card["limits"]}


def only_the_four(card, rows, limits):
    new = mended(card, rows, limits)
    return {key: new[key] for key in ("path", "measured", "compared", "limits")}


def by_deep_copy(card, rows, limits):
    return mended(card, rows, limits)


def by_new_dicts(card, rows, limits):
    kept = sorted((row for row in card["ranking"] if row["broken"] == []), key=lambda row: -row["right"])
    compared = [{**row, "verdict": honest(row)} for row in card["compared"]]
    path = kept[0]["path"] if kept else None
    return {**card, "path": path, "measured": dict(rows), "compared": compared, "limits": limits}


WRONG = {
    "6_0.needed": [
        (errors_added, "both met the same messages"),
        (two_spreads, "both met the same messages"),
        (one_error, "a sign needs two"),
        (not_squared, "and square"),
        (of_the_population, "has n - 1"),
        (rounded_down, "round up, not down"),
        (how_many_more, "how many more are needed"),
        (only_if_the_first_wins, "absolute value"),
        (divides_by_nought, "raised zerodivisionerror"),
        (nought_for_none, "give None"),
        (as_a_float, "a whole number"),
    ],
    "6_0.lent": [
        (nought_is_missing, "0.0 is a figure"),
        (however_few, "fewer than `least`"),
        (more_than_least, "exactly `least` items is enough"),
        (none_is_mine, "None is no figure"),
        (the_course_first, "yours goes before ours"),
        (with_unknown_keys, "read by nobody"),
        (only_mine, "each of the course's keys is wanted"),
        (values_alone, "a pair is wanted"),
    ],
    "6_0.card": [
        (the_largest_share, "breaks a limit"),
        (the_first_that_keeps, "not sorted"),
        (in_place, "changed what it was given"),
        (crashes_where_all_break, "raised valueerror"),
        (the_least_bad, "names none"),
        (trained_rows_only, "untrained ones too"),
        (signs_alone, "kestrel's lies further"),
        (either_keeps_its_word, "so nothing is reversed"),
        (taken_back, "so nothing is reversed"),
        (verdicts_as_they_are, "within its give or take"),
        (all_too_few, "kestrel's lies further"),
        (drops_what_is_open, "only verdicts change"),
        (without_the_sentence, "is missing"),
        (only_the_four, "everything else stays"),
    ],
}
RIGHT = {
    "6_0.needed": [needed_by_formula, needed_by_counting],
    "6_0.lent": [joined_by_loop, joined_by_merge],
    "6_0.card": [by_deep_copy, by_new_dicts],
}
