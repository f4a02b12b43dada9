"""Exercise 4_3: answers that learners plausibly give; WRONG ones with words of the reason."""

import re

import torch
import torch.nn.functional as F


# --- 4_3.narrow --------------------------------------------------------------------------------------------
def fills_up_with_zeros(student, teacher, weight, mask):
    wide, valid = F.pad(student, (0, teacher.shape[-1] - student.shape[-1])), mask.bool()
    return F.mse_loss(wide[valid], teacher[valid])


def cuts_the_teacher(student, teacher, weight, mask):
    return F.mse_loss(student[mask.bool()], teacher[..., : student.shape[-1]][mask.bool()])


def brings_the_teacher_down(student, teacher, weight, mask):
    return F.mse_loss(student[mask.bool()], (teacher @ weight)[mask.bool()])


def counts_padding(student, teacher, weight, mask):
    return F.mse_loss(student @ weight.T, teacher.detach())


def divides_by_all_places(student, teacher, weight, mask):
    return (((student @ weight.T - teacher.detach()) ** 2) * mask[..., None]).mean()


def sums_the_numbers(student, teacher, weight, mask):
    return ((student @ weight.T - teacher.detach()) ** 2).sum(-1)[mask.bool()].mean()


def mean_of_texts(student, teacher, weight, mask):
    errors = ((student @ weight.T - teacher.detach()) ** 2).mean(-1) * mask
    return (errors.sum(1) / mask.sum(1)).mean()


def forgets_to_turn(student, teacher, weight, mask):
    return F.mse_loss((student @ weight)[mask.bool()], teacher[mask.bool()])


def moves_the_teacher(student, teacher, weight, mask):
    return F.mse_loss((student @ weight.T)[mask.bool()], teacher[mask.bool()])


def freezes_the_matrix(student, teacher, weight, mask):
    return F.mse_loss((student @ weight.detach().T)[mask.bool()], teacher[mask.bool()].detach())


def with_linear(student, teacher, weight, mask):
    return F.mse_loss(F.linear(student, weight)[mask == 1], teacher.detach()[mask == 1])


def weighted_by_the_mask(student, teacher, weight, mask):
    errors = (torch.einsum("bln,wn->blw", student, weight) - teacher.detach()) ** 2
    return (errors * mask[..., None]).sum() / (mask.sum() * teacher.shape[-1])


# --- 4_3.vocabularies ----------------------------------------------------------------------------------------
def filled(x, like):
    return F.pad(x, (0, max(0, like.shape[-1] - x.shape[-1])))


def down(x):
    return x.softmax(-1).sort(-1, descending=True).values


def by_number(student, teacher):
    p, q = student.softmax(-1), teacher.softmax(-1)
    return (filled(p, q) - filled(q, p)).abs().sum(-1).mean()


def by_number_cut(student, teacher):
    size = min(student.shape[-1], teacher.shape[-1])
    return (student.softmax(-1)[:, :size] - teacher.softmax(-1)[:, :size]).abs().sum(-1).mean()


def cuts_the_longer(student, teacher):
    size = min(student.shape[-1], teacher.shape[-1])
    return (down(student)[:, :size] - down(teacher)[:, :size]).abs().sum(-1).mean()


def pads_the_logits(student, teacher):
    return (down(filled(student, teacher)) - down(filled(teacher, student))).abs().sum(-1).mean()


def sorts_upwards(student, teacher):
    p, q = (x.softmax(-1).sort(-1).values for x in (student, teacher))
    return (filled(p, q) - filled(q, p)).abs().sum(-1).mean()


def mean_over_pieces(student, teacher):
    return (filled(down(student), teacher) - filled(down(teacher), student)).abs().mean()


def sum_over_tokens(student, teacher):
    return (filled(down(student), teacher) - filled(down(teacher), student)).abs().sum()


def squares(student, teacher):
    return ((filled(down(student), teacher) - filled(down(teacher), student)) ** 2).sum(-1).mean()


def compares_logits(student, teacher):
    p, q = (x.sort(-1, descending=True).values for x in (student, teacher))
    return (filled(p, q) - filled(q, p)).abs().sum(-1).mean()


def cuts_the_gradient(student, teacher):
    return (filled(down(student.detach()), teacher) - filled(down(teacher), student)).abs().sum(-1).mean()


def sorts_logits_first(student, teacher):
    p, q = (x.sort(-1, descending=True).values.softmax(-1) for x in (student, teacher))
    return (filled(p, q) - filled(q, p)).abs().sum(-1).mean()


def with_topk_and_a_tail(student, teacher):
    p, q = (x.softmax(-1).topk(x.shape[-1]).values for x in (student, teacher))
    size = min(p.shape[-1], q.shape[-1])
    tails = p[:, size:].sum(-1) + q[:, size:].sum(-1)
    return ((p[:, :size] - q[:, :size]).abs().sum(-1) + tails).mean()


# --- 4_3.leak ------------------------------------------------------------------------------------------------
def words(text):
    return re.findall(r"[a-z0-9']+", text.lower())


def in_a_row(letter, text):
    letter, text = words(letter), words(text)
    return any(text[at : at + len(letter)] == letter for at in range(len(text) - len(letter) + 1))


def once(pool):
    found = {}
    for text in pool:
        found.setdefault(tuple(words(text)), text)
    return [*found.values()]


def exact_texts(pool, test):
    return [text for text in pool if text not in test]


def lower_case_only(pool, test):
    return [text for text in pool if text.lower() not in {letter.lower() for letter in test}]


def same_words_only(pool, test):
    known = {tuple(words(letter)) for letter in test}
    return [text for text in pool if tuple(words(text)) not in known]


def bag_of_words(pool, test):
    return [text for text in pool if not any(set(words(letter)) <= set(words(text)) for letter in test)]


def letters_in_letters(pool, test):
    return [text for text in pool if not any(" ".join(words(a)) in " ".join(words(text)) for a in test)]


def turned_round(pool, test):
    return [t for t in pool if not any(in_a_row(t, letter) or in_a_row(letter, t) for letter in test)]


def any_three_words(pool, test):
    known = {tuple(words(a)[at : at + 3]) for a in test for at in range(len(words(a)) - 2)}
    rows = {text: {tuple(words(text)[at : at + 3]) for at in range(len(words(text)) - 2)} for text in pool}
    return [text for text in pool if not rows[text] & known]


def keeps_twins(pool, test):
    return [text for text in pool if not any(in_a_row(letter, text) for letter in test)]


def a_set(pool, test):
    return set(keeps_twins(pool, test))


def sorted_texts(pool, test):
    return sorted(set(keeps_twins(pool, test)))


def gives_words_back(pool, test):
    return [" ".join(words(text)) for text in keeps_twins(pool, test)]


def with_lists(pool, test):
    kept, seen = [], set()
    for text in keeps_twins(pool, test):
        if tuple(words(text)) not in seen:
            seen.add(tuple(words(text)))
            kept.append(text)
    return kept


def with_a_pattern(pool, test):
    found = [
        re.compile(r"(?<![a-z0-9'])" + r"[^a-z0-9']+".join(map(re.escape, words(a))) + r"(?![a-z0-9'])") for a in test
    ]
    return once([text for text in pool if not any(pattern.search(text.lower()) for pattern in found)])


# --- 4_3.pairs -------------------------------------------------------------------------------------------------
def even(student_layers, teacher_layers):
    step, rest = divmod(teacher_layers, student_layers)
    if rest or not step:
        raise ValueError("not even")
    return step


def one_off(student_layers, teacher_layers):
    step = even(student_layers, teacher_layers)
    pairs = [(m, (m + 1) * step - 1) for m in range(student_layers)]
    return {"hidden": pairs, "scores": pairs}


def without_embeddings(student_layers, teacher_layers):
    step = even(student_layers, teacher_layers)
    pairs = [(m, m * step) for m in range(1, student_layers + 1)]
    return {"hidden": pairs, "scores": [(m - 1, g - 1) for m, g in pairs]}


def one_list_for_both(student_layers, teacher_layers):
    pairs = [(m, m * even(student_layers, teacher_layers)) for m in range(student_layers + 1)]
    return {"hidden": pairs, "scores": pairs}


def scores_from_one(student_layers, teacher_layers):
    pairs = [(m, m * even(student_layers, teacher_layers)) for m in range(student_layers + 1)]
    return {"hidden": pairs, "scores": pairs[1:]}


def teacher_one_off_in_hidden(student_layers, teacher_layers):
    step = even(student_layers, teacher_layers)
    layers = range(1, student_layers + 1)
    return {"hidden": [(0, 0), *((m, m * step - 1) for m in layers)], "scores": [(m - 1, m * step - 1) for m in layers]}


def first_with_first(student_layers, teacher_layers):
    even(student_layers, teacher_layers)
    pairs = [(m, m) for m in range(student_layers + 1)]
    return {"hidden": pairs, "scores": pairs[:-1]}


def rounds(student_layers, teacher_layers):
    hidden = [(m, round(m * teacher_layers / student_layers)) for m in range(student_layers + 1)]
    return {"hidden": hidden, "scores": [(m - 1, g - 1) for m, g in hidden[1:]]}


def a_list(student_layers, teacher_layers):
    return [(m, m * even(student_layers, teacher_layers)) for m in range(student_layers + 1)]


def with_ranges(student_layers, teacher_layers):
    step = even(student_layers, teacher_layers)
    hidden = list(zip(range(student_layers + 1), range(0, teacher_layers + 1, step), strict=True))
    scores = list(zip(range(student_layers), range(step - 1, teacher_layers, step), strict=True))
    return {"hidden": hidden, "scores": scores}


def with_a_loop(student_layers, teacher_layers):
    if teacher_layers < student_layers or teacher_layers % student_layers:
        raise ValueError("These cannot be spread evenly.")
    found = {"hidden": [(0, 0)], "scores": []}
    for m in range(1, student_layers + 1):
        g = m * teacher_layers // student_layers
        found["hidden"].append((m, g))
        found["scores"].append((m - 1, g - 1))
    return found


WRONG = {
    "4_3.narrow": [
        (fills_up_with_zeros, "no training can ever make them"),
        (cuts_the_teacher, "cut to the student's width"),
        (brings_the_teacher_down, "bring the student up"),
        (counts_padding, "padding counts too"),
        (divides_by_all_places, "padding included"),
        (sums_the_numbers, "the sum over a token's numbers"),
        (mean_of_texts, "a mean of the texts' means"),
        (forgets_to_turn, "raised RuntimeError"),
        (moves_the_teacher, "detach the teacher's side"),
        (freezes_the_matrix, "stays as it was drawn"),
    ],
    "4_3.vocabularies": [
        (by_number, "sort each side first"),
        (by_number_cut, "sort each side first"),
        (cuts_the_longer, "rare pieces is forgotten"),
        (pads_the_logits, "fill up after the softmax"),
        (sorts_upwards, "sort downwards"),
        (mean_over_pieces, "sum over pieces"),
        (sum_over_tokens, "the sum over the tokens"),
        (squares, "take absolute ones"),
        (compares_logits, "the softmax is missing"),
        (cuts_the_gradient, "without gradient"),
    ],
    "4_3.leak": [
        (exact_texts, "compare words in lower case"),
        (lower_case_only, "compare words in lower case"),
        (same_words_only, "inside a longer text"),
        (bag_of_words, "another order"),
        (letters_in_letters, "whole words, not letters"),
        (turned_round, "not the other way"),
        (any_three_words, "three words of a test letter"),
        (keeps_twins, "keep the first"),
        (a_set, "a list of texts"),
        (sorted_texts, "in their order"),
        (gives_words_back, "does not hold it"),
    ],
    "4_3.pairs": [
        (one_off, "one off"),
        (without_embeddings, "the embeddings are a pair too"),
        (one_list_for_both, "the embeddings have no attention"),
        (scores_from_one, "`scores` has no entry"),
        (teacher_one_off_in_hidden, "one off"),
        (first_with_first, "never looked at"),
        (rounds, "raise ValueError"),
        (a_list, "a dict with the keys"),
    ],
}
RIGHT = {
    "4_3.narrow": [with_linear, weighted_by_the_mask],
    "4_3.vocabularies": [sorts_logits_first, with_topk_and_a_tail],
    "4_3.leak": [with_lists, with_a_pattern],
    "4_3.pairs": [with_ranges, with_a_loop],
}
