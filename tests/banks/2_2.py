"""Exercise 2_2: answers that learners plausibly give; WRONG ones with words of the reason."""

import math

import numpy as np


# --- 2_2.valid ---------------------------------------------------------------------------------------------
def the_old_one_on_the_day(versions, day):
    return [v["id"] for v in versions if v["start"] < day and (v["end"] is None or day <= v["end"])]


def both_ends_in(versions, day):
    return [v["id"] for v in versions if v["start"] <= day and (v["end"] is None or day <= v["end"])]


def both_ends_out(versions, day):
    return [v["id"] for v in versions if v["start"] < day and (v["end"] is None or day < v["end"])]


def ended_ones_only(versions, day):
    return [v["id"] for v in versions if v["end"] and v["start"] <= day < v["end"]]


def none_is_text(versions, day):
    return [v["id"] for v in versions if v["start"] <= day < v["end"]]


def whatever_has_begun(versions, day):
    return [v["id"] for v in versions if v["start"] <= day]


def what_is_in_force_today(versions, day):
    return [v["id"] for v in versions if v["end"] is None]


def newest_of_each_section(versions, day):
    newest = {v["id"][0] if v["id"][0] != "W" else v["id"]: v["id"] for v in versions if v["start"] <= day}
    return list(newest.values())


def whole_versions(versions, day):
    return [v for v in versions if v["start"] <= day and (v["end"] is None or day < v["end"])]


def sorted_by_start(versions, day):
    kept = sorted(versions, key=lambda v: v["start"], reverse=True)
    return valid_by_filter(kept, day)


def valid_by_filter(versions, day):
    return [v["id"] for v in filter(lambda v: v["start"] <= day < (v["end"] or "9999-12-31"), versions)]


def valid_by_loop(versions, day):
    kept = []
    for version in versions:
        if day < version["start"]:
            continue
        if version["end"] is not None and version["end"] <= day:
            continue
        kept.append(version["id"])
    return tuple(kept)


# --- 2_2.buckets -------------------------------------------------------------------------------------------
def hits_of(labels, said, seen, low, high):
    return [a == b for a, b in zip(labels, said, strict=True) if low <= seen.get(a, 0) <= high]


def mean_of(shares):
    some = [share for share in shares if share is not None]
    return sum(some) / len(some) if some else None


def empty_is_nought(labels, said, seen, buckets):
    shares = {}
    for name, (low, high) in buckets.items():
        hits = hits_of(labels, said, seen, low, high)
        shares[name] = sum(hits) / max(1, len(hits))
    return shares, mean_of(shares.values())


def empty_is_left_out(labels, said, seen, buckets):
    shares = {}
    for name, (low, high) in buckets.items():
        if hits := hits_of(labels, said, seen, low, high):
            shares[name] = sum(hits) / len(hits)
    return shares, mean_of(shares.values())


def empty_is_full(labels, said, seen, buckets):
    shares, _ = buckets_by_loop(labels, said, seen, buckets)
    shares = {name: 1.0 if share is None else share for name, share in shares.items()}
    return shares, mean_of(shares.values())


def mean_over_tickets(labels, said, seen, buckets):
    shares, _ = buckets_by_loop(labels, said, seen, buckets)
    return shares, sum(a == b for a, b in zip(labels, said, strict=True)) / max(1, len(labels))


def empty_counts_in_the_mean(labels, said, seen, buckets):
    shares, _ = buckets_by_loop(labels, said, seen, buckets)
    return shares, sum(share or 0.0 for share in shares.values()) / len(shares)


def upper_end_out(labels, said, seen, buckets):
    shares = {}
    for name, (low, high) in buckets.items():
        hits = [a == b for a, b in zip(labels, said, strict=True) if low <= seen.get(a, 0) < max(high, low + 1)]
        shares[name] = sum(hits) / len(hits) if hits else None
    return shares, mean_of(shares.values())


def bucket_of_what_was_said(labels, said, seen, buckets):
    shares = {}
    for name, (low, high) in buckets.items():
        hits = [a == b for a, b in zip(labels, said, strict=True) if low <= seen.get(b, 0) <= high]
        shares[name] = sum(hits) / len(hits) if hits else None
    return shares, mean_of(shares.values())


def seen_among_the_new(labels, said, seen, buckets):
    return buckets_by_loop(labels, said, {label: labels.count(label) for label in labels}, buckets)


def unknown_problems_crash(labels, said, seen, buckets):
    shares = {}
    for name, (low, high) in buckets.items():
        hits = [a == b for a, b in zip(labels, said, strict=True) if low <= seen[a] <= high]
        shares[name] = sum(hits) / len(hits) if hits else None
    return shares, mean_of(shares.values())


def no_ticket_crashes(labels, said, seen, buckets):
    shares, _ = buckets_by_loop(labels, said, seen, buckets)
    some = [share for share in shares.values() if share is not None]
    return shares, sum(some) / len(some)


def shares_alone(labels, said, seen, buckets):
    return buckets_by_loop(labels, said, seen, buckets)[0]


def buckets_by_loop(labels, said, seen, buckets):
    shares = {}
    for name, (low, high) in buckets.items():
        hits = hits_of(labels, said, seen, low, high)
        shares[name] = sum(hits) / len(hits) if hits else None
    return shares, mean_of(shares.values())


def buckets_by_counting(labels, said, seen, buckets):
    total, right = dict.fromkeys(buckets, 0), dict.fromkeys(buckets, 0)
    for label, answer in zip(labels, said, strict=True):
        name = next(n for n, (low, high) in buckets.items() if low <= seen.get(label, 0) <= high)
        total[name] += 1
        right[name] += label == answer
    shares = {name: right[name] / total[name] if total[name] else None for name in reversed(buckets)}
    filled = np.array([share for share in shares.values() if share is not None])
    return [shares, float(filled.mean()) if filled.size else None]


# --- 2_2.breakeven -----------------------------------------------------------------------------------------
def times_the_misses(student, teacher, hits):
    saved = teacher["a_call"] - student["a_call"]
    return math.inf if saved <= 0 or hits == 1 else (student["a_day"] - teacher["a_day"]) / saved * (1 - hits)


def without_the_cache(student, teacher, hits):
    saved = teacher["a_call"] - student["a_call"]
    return math.inf if saved <= 0 or hits == 1 else (student["a_day"] - teacher["a_day"]) / saved


def over_the_hits(student, teacher, hits):
    saved = (teacher["a_call"] - student["a_call"]) * (hits or 1)
    return math.inf if saved <= 0 or hits == 1 else (student["a_day"] - teacher["a_day"]) / saved


def never_crashes_at_no_saving(student, teacher, hits):
    return (student["a_day"] - teacher["a_day"]) / ((teacher["a_call"] - student["a_call"]) * (1 - hits))


def a_negative_number(student, teacher, hits):
    saved = (teacher["a_call"] - student["a_call"]) * (1 - hits)
    return (student["a_day"] - teacher["a_day"]) / saved if saved else math.inf


def all_hits_cost_nothing(student, teacher, hits):
    return 0.0 if hits == 1 else break_even_by_algebra(student, teacher, hits)


def student_free(student, teacher, hits):
    saved = teacher["a_call"] * (1 - hits)
    if teacher["a_call"] <= student["a_call"] or hits == 1:
        return math.inf
    return (student["a_day"] - teacher["a_day"]) / saved


def the_student_s_own_cost(student, teacher, hits):
    saved = (teacher["a_call"] - student["a_call"]) * (1 - hits)
    if saved <= 0:
        return math.inf
    return student["a_day"] / saved if student["a_day"] > teacher["a_day"] else 0.0


def upside_down(student, teacher, hits):
    saved, more = (teacher["a_call"] - student["a_call"]) * (1 - hits), student["a_day"] - teacher["a_day"]
    return math.inf if saved <= 0 else saved / more if more else 0.0


def break_even_by_algebra(student, teacher, hits):
    misses = 1 - hits
    saved = teacher["a_call"] * misses - student["a_call"] * misses
    return (student["a_day"] - teacher["a_day"]) / saved if saved > 0 else math.inf


def break_even_by_cases(student, teacher, hits):
    if student["a_call"] >= teacher["a_call"] or hits >= 1:
        return float("inf")
    reaching = (student["a_day"] - teacher["a_day"]) / (teacher["a_call"] - student["a_call"])
    return np.float64(reaching / (1 - hits))


# --- 2_2.int8 ----------------------------------------------------------------------------------------------
def one_scale(weights):
    scale = max(np.abs(weights).max() / 127, 1e-12)
    return np.round(weights / scale).astype(np.int8), np.full((len(weights), 1), scale)


def one_number_for_scale(weights):
    scale = max(np.abs(weights).max() / 127, 1e-12)
    return np.round(weights / scale).astype(np.int8), scale


def no_abs(weights):
    scales = np.maximum(weights.max(1, keepdims=True) / 127, 1e-9)
    return np.round(weights / scales).astype(np.int32).astype(np.int8), scales


def zero_rows_are_nan(weights):
    scales = np.abs(weights).max(1, keepdims=True) / 127
    return np.round(weights / scales).astype(np.int8), scales


def cut_off(weights):
    scales = np.abs(weights).max(1, keepdims=True) / 127
    scales[scales == 0] = 1
    return (weights / scales).astype(np.int8), scales


def not_bytes(weights):
    numbers, scales = int8_by_where(weights)
    return numbers.astype(np.float32), scales


def flat_scales(weights):
    numbers, scales = int8_by_where(weights)
    return numbers, scales[:, 0]


def over_half(weights):
    scales = np.abs(weights).max(1, keepdims=True) / 127.5
    scales[scales == 0] = 1
    return np.round(weights / scales).astype(np.int32).astype(np.int8), scales


def from_end_to_end(weights):
    scales = (weights.max(1, keepdims=True) - weights.min(1, keepdims=True)) / 255
    scales[scales == 0] = 1
    return np.round(weights / scales).astype(np.int32).astype(np.int8), scales


def wraps_around(weights):
    _, scales = int8_by_where(weights)
    return np.round(2 * weights / scales).astype(np.int32).astype(np.int8), scales


def numbers_alone(weights):
    return int8_by_where(weights)[0]


def scales_in_place(weights):
    scales = np.abs(weights).max(1, keepdims=True) / 127
    scales[scales == 0] = 1
    weights /= scales
    return np.round(weights).astype(np.int8), scales


def int8_by_where(weights):
    largest = np.abs(weights).max(axis=1, keepdims=True)
    scales = np.where(largest > 0, largest / 127, 1.0)
    return np.rint(weights / scales).astype(np.int8), scales


def int8_by_loop(weights):
    numbers, scales = np.zeros(weights.shape, np.int8), np.ones((len(weights), 1))
    for row, own in enumerate(weights):
        if own.any():
            scales[row] = max(map(abs, own.tolist())) / 127
            numbers[row] = [math.floor(value / scales[row, 0] + 0.5) for value in own.tolist()]
    return numbers, scales


WRONG = {
    "2_2.valid": [
        (the_old_one_on_the_day, "the first day is left out"),
        (both_ends_in, "two wordings hold on the day of a change"),
        (both_ends_out, "the first day is left out"),
        (ended_ones_only, "what has no end"),
        (none_is_text, "typeerror"),
        (whatever_has_begun, "has ended came back"),
        (what_is_in_force_today, "not today"),
        (newest_of_each_section, "the newest one begun is not always in force"),
        (whole_versions, "a list of ids"),
        (sorted_by_start, "in the order in which"),
    ],
    "2_2.buckets": [
        (empty_is_nought, "an empty bucket is not a bucket in which everything is wrong"),
        (empty_is_left_out, "every bucket is named"),
        (empty_is_full, "say none, not 1"),
        (mean_over_tickets, "over all tickets"),
        (empty_counts_in_the_mean, "as if they were 0"),
        (upper_end_out, "both ends belong"),
        (bucket_of_what_was_said, "the ticket's own problem"),
        (seen_among_the_new, "how often a problem was *seen*"),
        (unknown_problems_crash, "was seen 0 times"),
        (no_ticket_crashes, "the mean is None too"),
        (shares_alone, "two things are wanted"),
    ],
    "2_2.breakeven": [
        (times_the_misses, "divide by 1 - hits, not times"),
        (without_the_cache, "calls answered by the cache are calls too"),
        (over_the_hits, "not by the share that the cache answers"),
        (never_crashes_at_no_saving, "more of them never pay"),
        (a_negative_number, "a negative number of calls"),
        (all_hits_cost_nothing, "no call saves anything"),
        (student_free, "the student's calls are not free"),
        (the_student_s_own_cost, "only the *difference* counts"),
        (upside_down, "upside down"),
    ],
    "2_2.int8": [
        (one_scale, "all rows share one scale"),
        (one_number_for_scale, "all rows share one scale"),
        (no_abs, "np.abs first"),
        (zero_rows_are_nan, "give such a row the scale 1"),
        (cut_off, "rounding, not cutting"),
        (not_bytes, "one byte each"),
        (flat_scales, "keepdims=True"),
        (over_half, "divide by 127"),
        (from_end_to_end, "symmetric"),
        (wraps_around, "wraps around"),
        (numbers_alone, "two arrays are wanted"),
        (scales_in_place, "changed what it was given"),
    ],
}
RIGHT = {
    "2_2.valid": [valid_by_filter, valid_by_loop],
    "2_2.buckets": [buckets_by_loop, buckets_by_counting],
    "2_2.breakeven": [break_even_by_algebra, break_even_by_cases],
    "2_2.int8": [int8_by_where, int8_by_loop],
}
