"""Exercise 3_1: answers that learners plausibly give; WRONG ones with words of the reason."""

import copy
from dataclasses import replace

from companion.choose.tree import TREE


# --- 3_1.disagree ------------------------------------------------------------------------------------------
def by_what_was_said(jobs, tree_says, figures_say):
    return [job for job in jobs if tree_says(job) != figures_say(job)]


def equal_but_not_silent(jobs, tree_says, figures_say):
    return [j for j in jobs if tree_says(j) and figures_say(j) and tree_says(j) != figures_say(j)]


def first_part_only(jobs, tree_says, figures_say):
    return [j for j in jobs if tree_says(j) and figures_say(j) and tree_says(j) != figures_say(j).split("+")[0]]


def a_silent_tree_disagrees(jobs, tree_says, figures_say):
    return [j for j in jobs if figures_say(j) is not None and tree_says(j) not in figures_say(j).split("+")]


def silent_figures_disagree(jobs, tree_says, figures_say):
    return [j for j in jobs if tree_says(j) is not None and tree_says(j) not in (figures_say(j) or "").split("+")]


def where_they_agree(jobs, tree_says, figures_say):
    return [j for j in jobs if tree_says(j) and figures_say(j) and tree_says(j) in figures_say(j).split("+")]


def row_numbers(jobs, tree_says, figures_say):
    return [at for at, j in enumerate(jobs) if j in find_by_loop(jobs, tree_says, figures_say)]


def each_once(jobs, tree_says, figures_say):
    return list(dict.fromkeys(find_by_loop(jobs, tree_says, figures_say)))


def splits_silence(jobs, tree_says, figures_say):
    return [j for j in jobs if tree_says(j) not in figures_say(j).split("+")]


def only_prints_them(jobs, tree_says, figures_say):
    print(find_by_loop(jobs, tree_says, figures_say))


def find_by_loop(jobs, tree_says, figures_say):
    found = []
    for job in jobs:
        tree, figures = tree_says(job), figures_say(job)
        if tree is None or figures is None:
            continue
        if tree not in figures.split("+"):
            found.append(job)
    return found


def find_by_sets(jobs, tree_says, figures_say):
    def apart(tree, figures):
        return None not in (tree, figures) and not {tree} & set(figures.split("+"))

    return [job for job in jobs if apart(tree_says(job), figures_say(job))]


def find_by_letters(jobs, tree_says, figures_say):
    """No path's name is part of another's, so `in` on the whole text is right too."""
    pairs = ((job, tree_says(job), figures_say(job)) for job in jobs)
    return tuple(job for job, tree, figures in pairs if tree and figures and tree not in figures)


# --- 3_1.branch --------------------------------------------------------------------------------------------
def writes_into_it(tree):
    if isinstance(tree, dict) and tree["ask"] == "live":
        tree["yes"] = {"ask": "style", "yes": "rag+finetune", "no": tree["yes"]}
    return tree


def shallow_copy(tree):
    if isinstance(tree, str):
        return tree
    new = dict(tree)
    for side in ("yes", "no"):
        if isinstance(new[side], dict) and new[side]["ask"] == "live":
            new[side]["yes"] = {"ask": "style", "yes": "rag+finetune", "no": new[side]["yes"]}
    if new["ask"] == "live":
        new["yes"] = {"ask": "style", "yes": "rag+finetune", "no": new["yes"]}
    return new


def at_the_root_only(tree):
    if isinstance(tree, dict) and tree["ask"] == "live":
        return {**tree, "yes": {"ask": "style", "yes": "rag+finetune", "no": tree["yes"]}}
    return tree


def the_document_s_only(tree):
    return {**TREE, "yes": {"ask": "style", "yes": "rag+finetune", "no": "rag"}}


def style_before_live(tree):
    return {"ask": "style", "yes": "rag+finetune", "no": tree}


def the_wrong_way_round(tree):
    if isinstance(tree, str):
        return tree
    yes, no = the_wrong_way_round(tree["yes"]), the_wrong_way_round(tree["no"])
    if tree["ask"] == "live":
        yes = {"ask": "style", "yes": yes, "no": "rag+finetune"}
    return {"ask": tree["ask"], "yes": yes, "no": no}


def always_rag_without_a_style(tree):
    if isinstance(tree, str):
        return tree
    yes, no = always_rag_without_a_style(tree["yes"]), always_rag_without_a_style(tree["no"])
    if tree["ask"] == "live":
        yes = {"ask": "style", "yes": "rag+finetune", "no": "rag"}
    return {"ask": tree["ask"], "yes": yes, "no": no}


def a_leaf_alone(tree):
    if isinstance(tree, str):
        return tree
    yes, no = a_leaf_alone(tree["yes"]), a_leaf_alone(tree["no"])
    return {"ask": tree["ask"], "yes": "rag+finetune" if tree["ask"] == "live" else yes, "no": no}


def stops_at_live(tree):
    if isinstance(tree, str):
        return tree
    if tree["ask"] == "live":
        return {"ask": "style", "yes": "rag+finetune", "no": tree["yes"]}
    return {"ask": tree["ask"], "yes": stops_at_live(tree["yes"]), "no": stops_at_live(tree["no"])}


def leaves_fall_off(tree):
    if isinstance(tree, dict):
        yes, no = leaves_fall_off(tree["yes"]), leaves_fall_off(tree["no"])
        if tree["ask"] == "live":
            yes = {"ask": "style", "yes": "rag+finetune", "no": yes}
        return {"ask": tree["ask"], "yes": yes, "no": no}


def only_down_the_no(tree):
    if isinstance(tree, str):
        return tree
    yes = tree["yes"]
    if tree["ask"] == "live":
        yes = {"ask": "style", "yes": "rag+finetune", "no": yes}
    return {"ask": tree["ask"], "yes": yes, "no": only_down_the_no(tree["no"])}


def branch_by_recursion(tree):
    if isinstance(tree, str):
        return tree
    new = {key: value if key == "ask" else branch_by_recursion(value) for key, value in tree.items()}
    if new["ask"] == "live":
        new["yes"] = {"ask": "style", "yes": "rag+finetune", "no": new["yes"]}
    return new


def branch_by_deep_copy(tree):
    new = copy.deepcopy(tree)
    heap = [new]
    while heap:
        node = heap.pop()
        if isinstance(node, str):
            continue
        heap += [node["yes"], node["no"]]
        if node["ask"] == "live":
            node["yes"] = {"ask": "style", "yes": "rag+finetune", "no": node["yes"]}
    return new


# --- 3_1.missing -------------------------------------------------------------------------------------------
def whatever_is_falsy(needs, advise, answers):
    return [name for name in answers if not getattr(needs, name)]


def all_that_is_none(needs, advise, answers):
    return [name for name in answers if getattr(needs, name) is None]


def falsy_that_matters(needs, advise, answers):
    return [
        name for name, values in answers.items() if not getattr(needs, name) and matters(needs, name, values, advise)
    ]


def known_ones_too(needs, advise, answers):
    return [name for name, values in answers.items() if matters(needs, name, values, advise)]


def against_now(needs, advise, answers):
    now = advise(needs)
    return [
        name
        for name, values in answers.items()
        if getattr(needs, name) is None and any(advise(replace(needs, **{name: v})) != now for v in values)
    ]


def silence_is_no_outcome(needs, advise, answers):
    names = []
    for name, values in answers.items():
        outcomes = {advise(replace(needs, **{name: v})) for v in values} - {None}
        if getattr(needs, name) is None and len(outcomes) > 1:
            names.append(name)
    return names


def the_two_ends(needs, advise, answers):
    return [
        name
        for name, values in answers.items()
        if getattr(needs, name) is None and matters(needs, name, [values[0], values[-1]], advise)
    ]


def the_most_telling_first(needs, advise, answers):
    return sorted(ask_by_sets(needs, advise, answers), reverse=True)


def the_first_alone(needs, advise, answers):
    return next(iter(ask_by_sets(needs, advise, answers)), "")


def matters(needs, name, values, advise):
    return len({advise(replace(needs, **{name: value})) for value in values}) > 1


def ask_by_sets(needs, advise, answers):
    missing = [name for name in answers if getattr(needs, name) is None]
    return [name for name in missing if matters(needs, name, answers[name], advise)]


def ask_by_neighbours(needs, advise, answers):
    asked = ()
    for name in needs.missing():
        said = [advise(replace(needs, **{name: value})) for value in answers.get(name, [None])]
        if any(one != said[0] for one in said[1:]):
            asked += (name,)
    return asked


WRONG = {
    "3_1.disagree": [
        (by_what_was_said, "it has not spoken"),
        (equal_but_not_silent, "agrees with a tree that names one of them"),
        (first_part_only, "both parts of a path count"),
        (a_silent_tree_disagrees, "it has not spoken"),
        (silent_figures_disagree, "nothing to disagree with"),
        (where_they_agree, "on which they agree"),
        (row_numbers, "the needs themselves"),
        (each_once, "in the order in which they came"),
        (splits_silence, "raised attributeerror"),
        (only_prints_them, "without `return`"),
    ],
    "3_1.branch": [
        (writes_into_it, "changed the tree that it was given"),
        (shallow_copy, "changed the tree that it was given"),
        (at_the_root_only, "not only at its root"),
        (the_document_s_only, "start from the tree that was given"),
        (style_before_live, "asked too early"),
        (the_wrong_way_round, "exchanged"),
        (always_rag_without_a_style, "whatever it was"),
        (a_leaf_alone, "whatever it was"),
        (stops_at_live, "the rest of the tree"),
        (leaves_fall_off, "a leaf came back as None"),
        (only_down_the_no, "not only at its root"),
    ],
    "3_1.missing": [
        (whatever_is_falsy, "0 and False are answers"),
        (falsy_that_matters, "0 and False are answers"),
        (all_that_is_none, "not every missing need matters"),
        (known_ones_too, "is not asked again"),
        (against_now, "compare the answers' paths with each other"),
        (silence_is_no_outcome, "is an outcome too"),
        (the_two_ends, "not only the first two or the two ends"),
        (the_most_telling_first, "the order is that of `answers`"),
        (the_first_alone, "a list of names of needs is wanted"),
    ],
}
RIGHT = {
    "3_1.disagree": [find_by_loop, find_by_sets, find_by_letters],
    "3_1.branch": [branch_by_recursion, branch_by_deep_copy],
    "3_1.missing": [ask_by_sets, ask_by_neighbours],
}
