"""Exercise 2_1: answers that learners plausibly give; WRONG ones with words of the reason."""

from statistics import mean, median
from time import perf_counter


# --- 2_1.price ---------------------------------------------------------------------------------------------
def whole(answer):
    return sum(answer["stages"].values())


def pairs(log):
    keyed = {(a["question"], a["generator"], a["search"]): a for a in log}
    return [(a, keyed[q, g, False]) for (q, g, s), a in keyed.items() if s and (q, g, False) in keyed]


def two_means(log):
    sides = [[whole(a) for a in log if a["search"] is s] for s in (True, False)]
    return mean(sides[0]) - mean(sides[1])


def two_medians(log):
    sides = [[whole(a) for a in log if a["search"] is s] for s in (True, False)]
    return median(sides[0]) - median(sides[1])


def lengths_as_they_are(log):
    return median(whole(a) - whole(b) for a, b in pairs(log))


def mean_of_pairs(log):
    return mean(one_difference(a, b) for a, b in pairs(log))


def everything_scaled(log):
    return median(whole(a) / a["tokens"] * b["tokens"] - whole(b) for a, b in pairs(log))


def search_stages_only(log):
    return median(a["stages"]["embed"] + a["stages"]["search"] for a, _ in pairs(log))


def without_minus_with(log):
    return -median(one_difference(a, b) for a, b in pairs(log))


def any_generator(log):
    other = {a["question"]: a for a in log if not a["search"]}
    return median(one_difference(a, other[a["question"]]) for a in log if a["search"] and a["question"] in other)


def nothing_to_compare_is_zero(log):
    found = pairs(log)
    return median(one_difference(a, b) for a, b in found) if found else 0.0


def forgets_to_return(log):
    median(one_difference(a, b) for a, b in pairs(log))


def one_difference(a, b):
    return whole(a) + a["stages"]["write"] * (b["tokens"] / a["tokens"] - 1) - whole(b)


def price_by_loops(log):
    found = []
    for a in log:
        for b in log:
            if (a["question"], a["generator"]) == (b["question"], b["generator"]) and a["search"] and not b["search"]:
                rest = sum(ms for stage, ms in a["stages"].items() if stage != "write")
                found.append(rest + b["tokens"] * (a["stages"]["write"] / a["tokens"]) - whole(b))
    if len(found) == 0:
        raise ValueError("no pair")
    found.sort()
    middle = len(found) // 2
    return found[middle] if len(found) % 2 else (found[middle - 1] + found[middle]) / 2


def price_by_pairs(log):
    differences = [one_difference(a, b) for a, b in pairs(log)]
    if not differences:
        raise ValueError("Ask one question both ways.")
    return float(median(differences))


# --- 2_1.warm ----------------------------------------------------------------------------------------------
def times_of(call, texts, clock):
    times = []
    for text in texts:
        began = clock()
        call(text)
        times.append(1000 * (clock() - began))
    return times


def as_it_was(call, texts, clock):
    times = times_of(call, texts, clock)
    return {"first": times[0], "median": median(times), "slowest": max(times)}


def the_first_text_is_gone(call, texts, clock):
    times = times_of(call, texts, clock)
    return {"first": times[0], "median": median(times[1:] or times), "slowest": max(times[1:] or times)}


def warmed_but_not_reported(call, texts, clock):
    call(texts[0])
    times = times_of(call, texts, clock)
    return {"first": times[0], "median": median(times), "slowest": max(times)}


def all_calls_together(call, texts, clock):
    times = times_of(call, [texts[0], *texts], clock)
    return {"first": times[0], "median": median(times), "slowest": max(times[1:])}


def the_mean(call, texts, clock):
    times = times_of(call, [texts[0], *texts], clock)
    return {"first": times[0], "median": mean(times[1:]), "slowest": max(times[1:])}


def in_seconds(call, texts, clock):
    times = [t / 1000 for t in times_of(call, [texts[0], *texts], clock)]
    return {"first": times[0], "median": median(times[1:]), "slowest": max(times[1:])}


def a_clock_of_its_own(call, texts, clock):
    return timed_by_parts(call, texts, perf_counter)


def warms_twice(call, texts, clock):
    first = times_of(call, texts[:1], clock)[0]
    call(texts[0])
    times = times_of(call, texts, clock)
    return {"first": first, "median": median(times), "slowest": max(times)}


def a_triple(call, texts, clock):
    times = times_of(call, [texts[0], *texts], clock)
    return times[0], median(times[1:]), max(times[1:])


def timed_by_parts(call, texts, clock):
    (first,) = times_of(call, texts[:1], clock)
    warm = times_of(call, texts, clock)
    return {"first": first, "median": median(warm), "slowest": max(warm)}


def timed_sorted(call, texts, clock):
    first, *warm = times_of(call, texts[:1] + list(texts), clock)
    return dict(zip(("first", "median", "slowest"), (first, median(warm), sorted(warm)[-1]), strict=True))


# --- 2_1.update --------------------------------------------------------------------------------------------
def refuses(stages, changed):
    if changed not in stages:
        raise ValueError(changed)


def direct_only(stages, changed):
    refuses(stages, changed)
    return sum(seconds for seconds, sources in stages.values() if changed in sources)


def in_one_pass(stages, changed):
    refuses(stages, changed)
    stale = {changed}
    for name, (_, sources) in stages.items():
        if stale & set(sources):
            stale.add(name)
    return sum(stages[name][0] for name in stale - {changed})


def two_levels(stages, changed):
    refuses(stages, changed)
    one = {name for name, (_, sources) in stages.items() if changed in sources}
    two = {name for name, (_, sources) in stages.items() if one & set(sources)}
    return sum(stages[name][0] for name in one | two)


def counted_twice(stages, changed):
    refuses(stages, changed)
    return sum(s + counted_twice(stages, name) for name, (s, sources) in stages.items() if changed in sources)


def all_of_it(stages, changed):
    refuses(stages, changed)
    return sum(seconds for seconds, _ in stages.values())


def with_itself(stages, changed):
    return update_by_worklist(stages, changed) + stages[changed][0]


def the_wrong_direction(stages, changed):
    refuses(stages, changed)
    seen, todo = set(), list(stages[changed][1])
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += stages[name][1]
    return sum(stages[name][0] for name in seen)


def slips_cost_nothing(stages, changed):
    return update_by_worklist(stages, changed) if changed in stages else 0.0


def raises_key_error(stages, changed):
    stages[changed]
    return update_by_worklist(stages, changed)


def update_by_worklist(stages, changed):
    refuses(stages, changed)
    stale, todo = set(), [changed]
    while todo:
        source = todo.pop()
        for name, (_, sources) in stages.items():
            if source in sources and name not in stale:
                stale.add(name)
                todo.append(name)
    return sum(stages[name][0] for name in stale)


def update_by_recursion(stages, changed):
    refuses(stages, changed)

    def depends(name):
        return any(source == changed or depends(source) for source in stages[name][1])

    return sum(seconds for name, (seconds, _) in stages.items() if depends(name))


# --- 2_1.reason --------------------------------------------------------------------------------------------
def share(records, key):
    return sum(not r[key] for r in records) / len(records)


def kept(records):
    found = [r for r in records if r["cited"] is not None and r["before"]]
    if not any(r["control"] is not None for r in found):
        raise ValueError("nothing left")
    return found


def controlled(records):
    return [r for r in records if r["control"] is not None]


def no_control(records):
    return share(kept(records), "without")


def wrong_ones_too(records):
    kept(records)
    return share(records, "without") - share(controlled(records), "control")


def wrong_but_cited(records):
    kept(records)
    cited = [r for r in records if r["cited"] is not None]
    return share(cited, "without") - share(controlled(cited), "control")


def none_is_lost(records):
    return share(kept(records), "without") - share(kept(records), "control")


def paired_only(records):
    paired = controlled(kept(records))
    return share(paired, "without") - share(paired, "control")


def refusals_too(records):
    kept(records)
    right = [r for r in records if r["before"]]
    return share(right, "without") - share(controlled(right), "control")


def truth_of_zero(records):
    kept(records)
    right = [r for r in records if r["cited"] and r["before"]]
    return share(right, "without") - share(controlled(right), "control") if controlled(right) else 0.0


def control_minus_lost(records):
    return share(controlled(kept(records)), "control") - share(kept(records), "without")


def only_with_it(records):
    right = kept(records)
    return sum(not r["without"] and r["control"] is True for r in right) / len(right)


def zero_for_nothing(records):
    try:
        return reason_by_shares(records)
    except ValueError:
        return 0.0


def reason_by_shares(records):
    return share(kept(records), "without") - share(controlled(kept(records)), "control")


def reason_by_counting(records):
    right = lost = paired = fell = 0
    for r in records:
        if r["cited"] is None or not r["before"]:
            continue
        right, lost = right + 1, lost + (not r["without"])
        if r["control"] is not None:
            paired, fell = paired + 1, fell + (not r["control"])
    if not paired:
        raise ValueError("no control")
    return lost / right - fell / paired


WRONG = {
    "2_1.price": [
        (two_means, "two generators"),
        (two_medians, "two generators"),
        (lengths_as_they_are, "other lengths"),
        (mean_of_pairs, "the median"),
        (everything_scaled, "do not grow"),
        (search_stages_only, "more to read"),
        (without_minus_with, "sign"),
        (any_generator, "same generator"),
        (nothing_to_compare_is_zero, "raise ValueError"),
        (forgets_to_return, "without `return`"),
    ],
    "2_1.warm": [
        (as_it_was, "report it apart"),
        (the_first_text_is_gone, "the first one again"),
        (warmed_but_not_reported, "very first call"),
        (all_calls_together, "report it apart"),
        (the_mean, "mean"),
        (in_seconds, "milliseconds"),
        (a_clock_of_its_own, "no other clock"),
        (warms_twice, "once more"),
        (a_triple, "keys"),
    ],
    "2_1.update": [
        (direct_only, "through another stage"),
        (in_one_pass, "order means nothing"),
        (two_levels, "two levels"),
        (counted_twice, "counted twice"),
        (all_of_it, "still good"),
        (with_itself, "there already"),
        (the_wrong_direction, "made from"),
        (slips_cost_nothing, "typing slip"),
        (raises_key_error, "and not ValueError"),
    ],
    "2_1.reason": [
        (no_control, "control is missing"),
        (wrong_ones_too, "wrong from the start"),
        (wrong_but_cited, "wrong from the start"),
        (none_is_lost, "not None"),
        (paired_only, "first share"),
        (refusals_too, "refusals"),
        (truth_of_zero, "may be 0"),
        (control_minus_lost, "sign"),
        (only_with_it, "difference of two shares"),
        (zero_for_nothing, "raise ValueError"),
    ],
}
RIGHT = {
    "2_1.price": [price_by_loops, price_by_pairs],
    "2_1.warm": [timed_by_parts, timed_sorted],
    "2_1.update": [update_by_worklist, update_by_recursion],
    "2_1.reason": [reason_by_shares, reason_by_counting],
}
