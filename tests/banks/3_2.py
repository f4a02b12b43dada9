"""Exercise 3_2: answers that learners plausibly give; WRONG ones with words of the reason."""

import numpy as np


# --- 3_2.abstain -------------------------------------------------------------------------------------------
def still_shared_out(chances, threshold):
    machines = {route: chances[route] for route in ("FAQ", "other")}
    total = sum(machines.values()) or 1
    route = max(machines, key=machines.get)
    return route if machines[route] / total >= threshold else "person"


def the_likeliest_of_three(chances, threshold):
    route = max(chances, key=chances.get)
    return route if chances[route] >= threshold else "person"


def never_abstains(chances, threshold):
    return max(("FAQ", "other"), key=chances.get)


def strictly_above(chances, threshold):
    route = max(("FAQ", "other"), key=chances.get)
    return route if chances[route] > threshold else "person"


def both_together(chances, threshold):
    route = max(("FAQ", "other"), key=chances.get)
    return route if chances["FAQ"] + chances["other"] >= threshold else "person"


def last_of_equals(chances, threshold):
    route = max(("other", "FAQ"), key=chances.get)
    return route if chances[route] >= threshold else "person"


def only_the_search(chances, threshold):
    return "FAQ" if chances["FAQ"] >= threshold else "person"


def gives_a_pair(chances, threshold):
    route = max(("FAQ", "other"), key=chances.get)
    return route, chances[route]


def says_nothing(chances, threshold):
    never_abstains(chances, threshold)


def abstain_by_ifs(chances, threshold):
    if chances["FAQ"] >= chances["other"] and chances["FAQ"] >= threshold:
        return "FAQ"
    if chances["other"] > chances["FAQ"] and chances["other"] >= threshold:
        return "other"
    return "person"


def abstain_by_sorting(chances, threshold):
    chance, route = sorted((-chances[route], route) for route in ("FAQ", "other"))[0]
    return "person" if -chance < threshold else route


# --- 3_2.calibrate -----------------------------------------------------------------------------------------
OPTIONS = np.exp(np.linspace(np.log(0.1), np.log(10), 400))


def chances_at(scores, T):
    powers = np.exp((scores - scores.max(axis=1, keepdims=True)) / T)
    return powers / powers.sum(axis=1, keepdims=True)


def losses(scores, labels):
    rows = np.arange(len(labels))
    return [-np.log(chances_at(scores, T)[rows, labels] + 1e-300).mean() for T in OPTIONS]


def by_accuracy(scores, labels):
    return OPTIONS[int(np.argmax([(chances_at(scores, T).argmax(1) == labels).mean() for T in OPTIONS]))]


def turned(scores, labels):
    return 1 / OPTIONS[int(np.argmin(losses(scores, labels)))]


def the_worst(scores, labels):
    return OPTIONS[int(np.argmax(losses(scores, labels)))]


def without_logarithm(scores, labels):
    rows = np.arange(len(labels))
    return OPTIONS[int(np.argmax([chances_at(scores, T)[rows, labels].mean() for T in OPTIONS]))]


def of_the_largest(scores, labels):
    return OPTIONS[int(np.argmax([-np.log(chances_at(scores, T).max(1)).mean() for T in OPTIONS]))]


def always_three(scores, labels):
    return 3.0


def in_place(scores, labels):
    scores -= scores.max(axis=1, keepdims=True)
    return OPTIONS[int(np.argmin(losses(scores, labels)))]


def a_list(scores, labels):
    return OPTIONS


def calibrate_by_torch(scores, labels):
    import torch

    table, right = torch.tensor(scores), torch.tensor(labels)
    found = [torch.nn.functional.cross_entropy(table / T, right).item() for T in OPTIONS]
    return OPTIONS[int(np.argmin(found))]


def calibrate_by_scipy(scores, labels):
    from scipy.optimize import minimize_scalar

    def loss(log_t):
        chances = chances_at(scores, np.exp(log_t))
        return -np.log(chances[np.arange(len(labels)), labels]).mean()

    return float(np.exp(minimize_scalar(loss, bounds=(-2.3, 2.3), method="bounded").x))


# --- 3_2.tune ----------------------------------------------------------------------------------------------
def money(turns, threshold):
    """The notebook's `bill`."""
    wrong = sum(confidence >= threshold and not right for confidence, right in turns)
    return 12 * wrong + 4 * sum(confidence < threshold for confidence, right in turns)


def levels_of(turns):
    return sorted({confidence for confidence, _ in turns} | {1.01})


def tuned_on_test(validation, test):
    threshold = min(levels_of(test), key=lambda level: money(test, level))
    return threshold, money(test, threshold)


def tuned_on_both(validation, test):
    threshold = min(levels_of(validation + test), key=lambda level: money(validation + test, level))
    return threshold, money(test, threshold)


def reports_validation(validation, test):
    threshold = min(levels_of(validation), key=lambda level: money(validation, level))
    return threshold, money(validation, threshold)


def highest_of_equals(validation, test):
    threshold = min(levels_of(validation)[::-1], key=lambda level: money(validation, level))
    return threshold, money(test, threshold)


def never_everything(validation, test):
    threshold = min(levels_of(validation)[:-1], key=lambda level: money(validation, level))
    return threshold, money(test, threshold)


def only_misroutes(validation, test):
    def wrong(level):
        return sum(confidence >= level and not right for confidence, right in validation)

    threshold = min(levels_of(validation), key=wrong)
    return threshold, money(test, threshold)


def threshold_alone(validation, test):
    return min(levels_of(validation), key=lambda level: money(validation, level))


def sorts_in_place(validation, test):
    validation.sort(reverse=True)
    threshold = min(levels_of(validation), key=lambda level: money(validation, level))
    return threshold, money(test, threshold)


def tune_by_loop(validation, test):
    best = None
    for level in levels_of(validation):
        if best is None or money(validation, level) < money(validation, best):
            best = level
    return best, money(test, best)


def tune_by_pairs(validation, test):
    threshold = min((money(validation, level), level) for level in levels_of(validation))[1]
    return [threshold, money(test, threshold)]


# --- 3_2.prices --------------------------------------------------------------------------------------------
def the_likeliest(chances, prices):
    return max(chances, key=chances.get)


def read_the_wrong_way(chances, prices):
    return min(chances, key=lambda r: sum(c * prices[r][kind] for kind, c in chances.items()))


def the_dearest(chances, prices):
    return max(chances, key=lambda r: sum(c * prices[kind][r] for kind, c in chances.items()))


def the_cheapest_worst_case(chances, prices):
    return min(chances, key=lambda r: max(prices[kind][r] for kind in chances))


def without_chances(chances, prices):
    return min(chances, key=lambda r: sum(prices[kind][r] for kind in chances))


def the_sum_itself(chances, prices):
    return min(sum(c * prices[kind][r] for kind, c in chances.items()) for r in chances)


def three_names_only(chances, prices):
    routes = ("FAQ", "other", "person")
    return min(routes, key=lambda r: sum(chances[kind] * prices[kind][r] for kind in routes))


def prices_by_loops(chances, prices):
    best, least = None, float("inf")
    for route in chances:
        expected = 0.0
        for kind in chances:
            expected += chances[kind] * prices[kind][route]
        if expected < least - 1e-12:
            best, least = route, expected
    return best


def prices_by_matrix(chances, prices):
    names = list(chances)
    table = np.array([[prices[kind][route] for route in names] for kind in names])
    return names[int((np.array(list(chances.values())) @ table).round(9).argmin())]


WRONG = {
    "3_2.abstain": [
        (still_shared_out, "use them as given"),
        (the_likeliest_of_three, "the person's chance was compared too"),
        (never_abstains, "below the threshold a person takes over"),
        (strictly_above, "compare with >="),
        (both_together, "its own chance counts"),
        (last_of_equals, "where they are equal it is FAQ"),
        (only_the_search, "this machine is sure enough"),
        (gives_a_pair, 'One of "FAQ", "other" and "person"'),
        (says_nothing, "without `return`"),
    ],
    "3_2.calibrate": [
        (by_accuracy, "the same for every T"),
        (turned, "divided by the temperature"),
        (the_worst, "the *largest* loss"),
        (without_logarithm, "without its logarithm"),
        (of_the_largest, "the *right* class's chance"),
        (always_three, "smallest mean of -log"),
        (in_place, "changed what it was given"),
        (a_list, "a number is wanted"),
    ],
    "3_2.tune": [
        (tuned_on_test, "no test any more"),
        (tuned_on_both, "a threshold that has seen them"),
        (reports_validation, "that of the test turns"),
        (highest_of_equals, "take the lowest"),
        (never_everything, "1.01 is one of the thresholds"),
        (only_misroutes, "a hand-over costs as well"),
        (threshold_alone, "two things are wanted"),
        (sorts_in_place, "changed what it was given"),
    ],
    "3_2.prices": [
        (the_likeliest, "likeliest kind"),
        (read_the_wrong_way, "the wrong way round"),
        (the_dearest, "take the smallest"),
        (the_cheapest_worst_case, "weigh each price with its chance"),
        (without_chances, "added without the chances"),
        (the_sum_itself, "the name of a route"),
        (three_names_only, "other names than these three"),
    ],
}

RIGHT = {
    "3_2.abstain": [abstain_by_ifs, abstain_by_sorting],
    "3_2.calibrate": [calibrate_by_torch, calibrate_by_scipy],
    "3_2.tune": [tune_by_loop, tune_by_pairs],
    "3_2.prices": [prices_by_loops, prices_by_matrix],
}
