"""Exercise 5_2: answers that learners plausibly give; WRONG ones with words of the reason."""

import math
from collections import defaultdict
from statistics import fmean


# --- 5_2.refusal -------------------------------------------------------------------------------------------
def leaves_refusals_out(turns):
    answers = [support for support, _ in turns if support is not None]
    return fmean(answers) if answers else 0.0


def refusals_are_nothing(turns):
    return fmean(support or 0.0 for support, _ in turns)


def refusals_are_perfect(turns):
    return fmean(1.0 if support is None else support for support, _ in turns)


def rewards_the_wrong_way(turns):
    return fmean(best if support is None else support for support, best in turns)


def divides_by_answers(turns):
    total = sum(1 - best if support is None else support for support, best in turns)
    return total / max(1, sum(support is not None for support, _ in turns))


def takes_nought_for_none(turns):
    return fmean(support or 1 - best for support, best in turns)


def all_by_their_best(turns):
    return fmean(1 - best for _, best in turns)


def score_by_loop(turns):
    total = 0.0
    for support, best in turns:
        if support is None:
            total += 1 - best
        else:
            total += support
    return total / len(turns)


def score_by_parts(turns):
    refused = [1 - best for support, best in turns if support is None]
    return (sum(refused) + sum(support for support, _ in turns if support is not None)) / len(turns)


# --- 5_2.alarm ---------------------------------------------------------------------------------------------
def priced(values, faults, level, miss, false):
    missed = sum(values[week] >= level for week in faults)
    return missed * miss + false * sum(v < level for week, v in enumerate(values) if week not in faults)


def fewest_errors(values, faults, miss, false):
    return min([*sorted(values), math.inf], key=lambda level: priced(values, faults, level, 1, 1))


def prices_swapped(values, faults, miss, false):
    return min([*sorted(values), math.inf], key=lambda level: priced(values, faults, level, false, miss))


def never_rings(values, faults, miss, false):
    return min(values)


def always_rings(values, faults, miss, false):
    return math.inf


def just_too_low(values, faults, miss, false):
    return max(values[week] for week in faults) if faults else min(values)


def rings_above(values, faults, miss, false):
    def money(level):
        missed = sum(values[week] <= level for week in faults)
        return missed * miss + false * sum(v > level for week, v in enumerate(values) if week not in faults)

    return min(sorted(values), key=money)


def values_alone(values, faults, miss, false):
    return min(sorted(values), key=lambda level: priced(values, faults, level, miss, false))


def limit_by_midpoints(values, faults, miss, false):
    ordered = sorted(set(values))
    middles = [(a + b) / 2 for a, b in zip(ordered, ordered[1:], strict=False)]
    levels = [ordered[0] - 1, *middles, ordered[-1] + 1]
    return min(levels, key=lambda level: priced(values, faults, level, miss, false))


def limit_by_loop(values, faults, miss, false):
    best, cheapest = -math.inf, priced(values, faults, -math.inf, miss, false)
    for level in (*values, math.inf):
        money = priced(values, faults, level, miss, false)
        if money < cheapest:
            best, cheapest = level, money
    return best


# --- 5_2.probe ---------------------------------------------------------------------------------------------
def asks_the_index(search, indexed, published, k):
    return fmean(fmean(id in search(q, k) for q in published[id]) for id in indexed)


def one_heap(search, indexed, published, k):
    return fmean(id in search(q, k) for id, questions in published.items() for q in questions)


def leaves_empty_ones_out(search, indexed, published, k):
    pairs = [(id, search(q, k)) for id, questions in published.items() for q in questions]
    return fmean(id in ids for id, ids in pairs if ids)


def one_place_short(search, indexed, published, k):
    return fmean(fmean(id in search(q, k)[: k - 1] for q in qs) for id, qs in published.items())


def any_question_will_do(search, indexed, published, k):
    return fmean(any(id in search(q, k) for q in questions) for id, questions in published.items())


def the_product_will_do(search, indexed, published, k):
    def near(id, q):
        return any(found.split("/")[0] == id.split("/")[0] for found in search(q, k))

    return fmean(fmean(near(id, q) for q in questions) for id, questions in published.items())


def all_that_is_found(search, indexed, published, k):
    return fmean(fmean(id in search(q, 100) for q in questions) for id, questions in published.items())


def gives_no_recall(search, indexed, published, k):
    asks_the_index(search, indexed, published, k)


def recall_by_loop(search, indexed, published, k):
    total = 0.0
    for id, questions in published.items():
        total += sum(1 for q in questions if id in search(q, k)) / len(questions)
    return total / len(published)


def recall_by_lists(search, indexed, published, k):
    shares = []
    for id in sorted(published):
        hits = [id in list(search(q, k))[:k] for q in published[id]]
        shares.append(sum(hits) / len(hits))
    return sum(shares) / len(shares)


# --- 5_2.drift ---------------------------------------------------------------------------------------------
def share_of(turns, group):
    marks = [right for name, right in turns if name == group]
    return (fmean(marks) if marks else 0.0), len(marks)


def looks_at_the_whole(before, after, fall, least):
    fell = fmean(right for _, right in before) - fmean(right for _, right in after) >= fall
    return sorted({group for group, _ in after}) if fell else []


def compared(before, after, fall, least, enough=True, by=lambda old, new: old - new, order=True):
    found = {}
    for group in {group for group, _ in before}:
        (old, m), (new, n) = share_of(before, group), share_of(after, group)
        if n and (not enough or min(m, n) >= least):
            found[group] = by(old, new)
    names = [group for group, by_how_much in found.items() if by_how_much >= fall - 1e-9]
    return sorted(names, key=lambda group: -found[group]) if order else sorted(names)


def names_rare_ones(before, after, fall, least):
    return compared(before, after, fall, least, enough=False)


def names_any_change(before, after, fall, least):
    return compared(before, after, fall, least, by=lambda old, new: abs(old - new))


def relative_falls(before, after, fall, least):
    return compared(before, after, fall, least, by=lambda old, new: (old - new) / old)


def smallest_first(before, after, fall, least):
    return compared(before, after, fall, least)[::-1]


def counts_errors(before, after, fall, least):
    def wrong(turns, group):
        return sum(not right for name, right in turns if name == group)

    groups = {group for group, _ in before} & {group for group, _ in after}
    return sorted(group for group in groups if wrong(after, group) > wrong(before, group))


def vanished_ones_fell(before, after, fall, least):
    groups = {group for group, _ in before}
    falls = {group: share_of(before, group)[0] - share_of(after, group)[0] for group in groups}
    return sorted((g for g in groups if falls[g] >= fall - 1e-9), key=lambda g: -falls[g])


def one_string(before, after, fall, least):
    return ", ".join(compared(before, after, fall, least))


def fallen_by_tables(before, after, fall, least):
    tables = []
    for turns in (before, after):
        table = defaultdict(list)
        for group, right in turns:
            table[group].append(right)
        tables.append(table)
    old, new = tables
    falls = [
        (sum(old[g]) / len(old[g]) - sum(new[g]) / len(new[g]), g)
        for g in old
        if len(old[g]) >= least and len(new.get(g, [])) >= max(least, 1)
    ]
    return [g for by, g in sorted(falls, reverse=True) if by > fall - 1e-9]


def fallen_word_by_word(before, after, fall, least):
    falls = {}
    for group in dict(before):
        old = [right for name, right in before if name == group]
        new = [right for name, right in after if name == group]
        if len(old) >= least and len(new) >= least and fmean(old) - fmean(new) >= fall:
            falls[group] = fmean(old) - fmean(new)
    return sorted(falls, key=falls.get, reverse=True)


def fallen_by_compare(before, after, fall, least):
    return compared(before, after, fall, least)


WRONG = {
    "5_2.refusal": [
        (leaves_refusals_out, "refusals were left out"),
        (refusals_are_nothing, "counted 0"),
        (refusals_are_perfect, "counted 1"),
        (rewards_the_wrong_way, "rewards refusing"),
        (divides_by_answers, "all turns count"),
        (takes_nought_for_none, "only None is one"),
        (all_by_their_best, "for refusals only"),
    ],
    "5_2.alarm": [
        (fewest_errors, "counted, not paid for"),
        (prices_swapped, "were swapped"),
        (never_rings, "missed faults cost too"),
        (always_rings, "false alarms cost too"),
        (just_too_low, "silent there"),
        (rings_above, "below"),
        (values_alone, "beyond the values too"),
    ],
    "5_2.probe": [
        (asks_the_index, "Only pages in the index"),
        (one_heap, "in one heap"),
        (leaves_empty_ones_out, "found nothing were left out"),
        (one_place_short, "k-th place was left out"),
        (any_question_will_do, "*share* of its questions"),
        (the_product_will_do, "only the page itself"),
        (all_that_is_found, "only the first k may"),
        (gives_no_recall, "without `return`"),
    ],
    "5_2.drift": [
        (looks_at_the_whole, "group by group"),
        (names_rare_ones, "fewer than `least`"),
        (names_any_change, "got better"),
        (relative_falls, "points are wanted"),
        (smallest_first, "largest fall comes first"),
        (counts_errors, "makes twice as many"),
        (vanished_ones_fell, "missing on one side"),
        (one_string, "list of group names"),
    ],
}
RIGHT = {
    "5_2.refusal": [score_by_loop, score_by_parts],
    "5_2.alarm": [limit_by_midpoints, limit_by_loop],
    "5_2.probe": [recall_by_loop, recall_by_lists],
    "5_2.drift": [fallen_by_tables, fallen_by_compare, fallen_word_by_word],
}
