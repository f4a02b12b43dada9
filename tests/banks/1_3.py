"""Exercise 1_3: answers that learners plausibly give; WRONG ones with words of the reason."""

import copy
from statistics import fmean

import torch
import torch.nn.functional as F
from torch import nn


def kl(student, teacher, T=1.0, reduction="batchmean"):
    return F.kl_div(F.log_softmax(student / T, -1), F.softmax(teacher / T, -1), reduction=reduction)


# --- 1_3.heat ----------------------------------------------------------------------------------------------
def forgets_the_square(student, teacher, labels, T, alpha):
    return alpha * kl(student, teacher, T) + (1 - alpha) * F.cross_entropy(student, labels)


def times_t_once(student, teacher, labels, T, alpha):
    return alpha * T * kl(student, teacher, T) + (1 - alpha) * F.cross_entropy(student, labels)


def scales_both_parts(student, teacher, labels, T, alpha):
    return T**2 * (alpha * kl(student, teacher, T) + (1 - alpha) * F.cross_entropy(student, labels))


def divides_by_the_square(student, teacher, labels, T, alpha):
    return alpha * kl(student, teacher, T) / T**2 + (1 - alpha) * F.cross_entropy(student, labels)


def heats_the_labels(student, teacher, labels, T, alpha):
    return alpha * T**2 * kl(student, teacher, T) + (1 - alpha) * F.cross_entropy(student / T, labels)


def alpha_turned_round(student, teacher, labels, T, alpha):
    return (1 - alpha) * T**2 * kl(student, teacher, T) + alpha * F.cross_entropy(student, labels)


def teacher_learns_from_student(student, teacher, labels, T, alpha):
    return alpha * T**2 * kl(teacher, student, T) + (1 - alpha) * F.cross_entropy(student, labels)


def mean_over_classes_too(student, teacher, labels, T, alpha):
    return alpha * T**2 * kl(student, teacher, T) / student.shape[-1] + (1 - alpha) * F.cross_entropy(student, labels)


def soft_cross_entropy(student, teacher, labels, T, alpha):
    soft = F.cross_entropy(student / T, F.softmax(teacher / T, -1))
    return alpha * T**2 * soft + (1 - alpha) * F.cross_entropy(student, labels)


def sums_over_mails(student, teacher, labels, T, alpha):
    return alpha * T**2 * kl(student, teacher, T, "sum") + (1 - alpha) * F.cross_entropy(student, labels)


def cuts_the_labels_off(student, teacher, labels, T, alpha):
    return alpha * T**2 * kl(student, teacher, T) + (1 - alpha) * F.cross_entropy(student, labels).item()


def gives_a_float(student, teacher, labels, T, alpha):
    return right_by_hand(student, teacher, labels, T, alpha).item()


def prints_the_loss(student, teacher, labels, T, alpha):
    print(right_by_hand(student, teacher, labels, T, alpha))


def cools_in_place(student, teacher, labels, T, alpha):
    teacher /= T
    soft = F.kl_div(F.log_softmax(student / T, -1), F.softmax(teacher, -1), reduction="batchmean")
    return alpha * T**2 * soft + (1 - alpha) * F.cross_entropy(student, labels)


def right_by_hand(student, teacher, labels, T, alpha):
    q, p = (student / T).softmax(-1), (teacher / T).softmax(-1)
    soft = (p * (p.log() - q.log())).sum(-1).mean()
    hard = -student.log_softmax(-1)[torch.arange(len(labels)), labels].mean()
    return alpha * T * T * soft + (1 - alpha) * hard


def cross_entropy_minus_entropy(student, teacher, labels, T, alpha):
    soft_teacher = F.softmax(teacher.detach() / T, -1)
    soft = F.cross_entropy(student / T, soft_teacher) + (soft_teacher * soft_teacher.log()).sum(-1).mean()
    return torch.lerp(F.cross_entropy(student, labels), soft * T**2, alpha)


# --- 1_3.tokens --------------------------------------------------------------------------------------------
def tokens(student, teacher):
    return kl(student, teacher, reduction="none").sum(-1)


def over_parts(parts, part_sum, part_count):
    """Sum of all parts' losses over the sum of their counts."""
    return sum(part_sum(*part) for part in parts) / sum(part_count(mask) for _, _, mask in parts)


def batchmean_of_three_axes(parts):
    return sum(kl(student, teacher) for student, teacher, _ in parts) / len(parts)


def flattens_but_ignores_the_mask(parts):
    return torch.cat([tokens(student, teacher).flatten() for student, teacher, _ in parts]).mean()


def masks_and_divides_by_texts(parts):
    return over_parts(parts, lambda s, t, mask: (tokens(s, t) * mask).sum(), len)


def masks_and_takes_the_mean(parts):
    return over_parts(parts, lambda s, t, mask: (tokens(s, t) * mask).sum(), torch.numel)


def integers_as_index(parts):
    return over_parts(parts, lambda s, t, mask: kl(s[mask], t[mask], reduction="sum"), torch.sum)


def mean_of_means(parts):
    rows = [
        (row * m).sum() / m.sum().clamp(min=1)
        for s, t, mask in parts
        for row, m in zip(tokens(s, t), mask, strict=True)
    ]
    return torch.stack(rows).mean()


def mean_of_the_parts_means(parts):
    return torch.stack([kl(s[mask == 1], t[mask == 1]) for s, t, mask in parts]).mean()


def sum_of_the_parts_means(parts):
    return sum(kl(s[mask.bool()], t[mask.bool()]) for s, t, mask in parts)


def weighted_means_with_an_empty_part(parts):
    sizes = [int(mask.sum()) for _, _, mask in parts]
    means = [kl(s[mask.bool()], t[mask.bool()]) for s, t, mask in parts]
    return sum(size * mean for size, mean in zip(sizes, means, strict=True)) / sum(sizes)


def the_last_part_only(parts):
    for student, teacher, mask in parts:
        loss = kl(student[mask.bool()], teacher[mask.bool()])
    return loss


def joins_parts_of_unequal_length(parts):
    student, teacher, mask = (torch.cat(column) for column in zip(*parts, strict=True))
    return kl(student[mask.bool()], teacher[mask.bool()])


def mean_over_the_vocabulary(parts):
    chosen = [(s[mask.bool()], t[mask.bool()]) for s, t, mask in parts]
    return torch.cat([kl(s, t, reduction="none") for s, t in chosen]).mean()


def lengths_from_the_front(parts):
    rows = [row[: m.sum()] for s, t, mask in parts for row, m in zip(tokens(s, t), mask, strict=True)]
    return torch.cat(rows).mean()


def multiplies_nan_by_zero(parts):
    return over_parts(parts, lambda s, t, mask: (tokens(s, t) * mask).sum(), torch.sum)


def hides_nan_afterwards(parts):
    return over_parts(parts, lambda s, t, mask: torch.where(mask == 1, tokens(s, t), 0.0).sum(), torch.sum)


def one_number_a_token(parts):
    return torch.cat([tokens(s[mask == 1], t[mask == 1]) for s, t, mask in parts])


def adds_floats(parts):
    return over_parts(parts, lambda s, t, mask: tokens(s, t)[mask == 1].sum().item(), torch.sum)


def nan_filled_first(parts):
    def part_sum(student, teacher, mask):
        return (tokens(student, teacher.masked_fill(mask[..., None] == 0, 0.0)) * mask).sum()

    return over_parts(parts, part_sum, lambda mask: int(mask.sum()))


def flat_then_one_mean(parts):
    student = torch.cat([s[mask == 1] for s, _, mask in parts])
    teacher = torch.cat([t[mask == 1] for _, t, mask in parts])
    return kl(student, teacher)


def token_by_token(parts):
    total, count = torch.zeros(()), 0
    for student, teacher, mask in parts:
        for text, place in mask.nonzero().tolist():
            p, q = teacher[text, place].softmax(0), student[text, place].softmax(0)
            total, count = total + (p * (p / q).log()).sum(), count + 1
    return total / count


# --- 1_3.fair ----------------------------------------------------------------------------------------------
def by_cell(runs):
    cells = {}
    for run in runs:
        cells.setdefault((run["texts"], run["labels"]), {})[run["seed"]] = run["accuracy"]
    counts = sorted({texts for texts, _ in cells})
    return cells, counts[0], counts[-1]


def rows_of(runs):
    """One (few hard, few soft, many hard, many soft) a complete seed."""
    cells, few, many = by_cell(runs)
    order = [(few, "hard"), (few, "soft"), (many, "hard"), (many, "soft")]
    if few == many or not all(cell in cells for cell in order):
        raise ValueError("A cell of the table is empty.")
    common = set.intersection(*(set(cells[cell]) for cell in order))
    if not common:
        raise ValueError("No seed has all four cells.")
    return [[cells[cell][seed] for cell in order] for seed in sorted(common)]


def as_in_the_report(runs):
    rows = rows_of(runs)
    return {"texts": fmean(d - a for a, b, c, d in rows), "softness": fmean(d - a for a, b, c, d in rows)}


def only_hard_and_only_many(runs):
    rows = rows_of(runs)
    return {"texts": fmean(c - a for a, b, c, d in rows), "softness": fmean(d - c for a, b, c, d in rows)}


def only_soft_and_only_few(runs):
    rows = rows_of(runs)
    return {"texts": fmean(d - b for a, b, c, d in rows), "softness": fmean(b - a for a, b, c, d in rows)}


def adds_both_comparisons(runs):
    right = with_rows(runs)
    return {key: 2 * value for key, value in right.items()}


def turned_round(runs):
    return {key: -value for key, value in with_rows(runs).items()}


def keys_exchanged(runs):
    right = with_rows(runs)
    return {"texts": right["softness"], "softness": right["texts"]}


def share_of_the_old(runs):
    first = fmean(a for a, b, c, d in rows_of(runs))
    return {key: value / first for key, value in with_rows(runs).items()}


def means_of_whole_cells(runs):
    cells, few, many = by_cell(runs)
    mean = {cell: fmean(found.values()) for cell, found in cells.items()}
    rows_of(runs)
    texts = fmean(mean[many, kind] - mean[few, kind] for kind in ("hard", "soft"))
    return {"texts": texts, "softness": fmean(mean[n, "soft"] - mean[n, "hard"] for n in (few, many))}


def zero_when_nothing_pairs(runs):
    try:
        return with_rows(runs)
    except (ValueError, IndexError):
        return {"texts": 0.0, "softness": 0.0}


def trips_over_the_missing_cell(runs):
    cells, few, many = by_cell(runs)
    seeds = set.intersection(*(set(found) for found in cells.values()))
    rows = [[cells[n, kind][s] for n in (few, many) for kind in ("hard", "soft")] for s in seeds]
    return means(rows)


def a_full_table_is_enough(runs):
    cells, few, many = by_cell(runs)
    if len(cells) < 4:
        raise ValueError("A cell is empty.")
    return means([row for row in seed_rows(runs, few, many) if None not in row])


def least_and_most(runs):
    if not runs:
        raise ValueError("No runs.")
    counts = [run["texts"] for run in runs]
    rows = [row for row in seed_rows(runs, min(counts), max(counts)) if None not in row]
    if not rows:
        raise ValueError("No seed has all four cells.")
    return means(rows)


def knows_the_counts(runs):
    cells, _, _ = by_cell(runs)
    rows = seed_rows(runs, 640, 4040)
    rows = [row for row in rows if None not in row]
    if not rows:
        raise ValueError("No seed has all four cells.")
    return means(rows)


def a_tuple(runs):
    return tuple(with_rows(runs).values())


def sorts_the_callers_list(runs):
    runs.sort(key=lambda run: run["texts"])
    return with_rows(runs)


def seed_rows(runs, few, many):
    found = {(run["seed"], run["texts"], run["labels"]): run["accuracy"] for run in runs}
    cells = [(n, kind) for n in (few, many) for kind in ("hard", "soft")]
    return [[found.get((seed, *cell)) for cell in cells] for seed in {run["seed"] for run in runs}]


def means(rows):
    texts = sum((c - a + d - b) / 2 for a, b, c, d in rows) / len(rows)
    return {"texts": texts, "softness": sum((b - a + d - c) / 2 for a, b, c, d in rows) / len(rows)}


def with_rows(runs):
    if not runs:
        raise ValueError("No runs.")
    return means(rows_of(runs))


def with_arrays(runs):
    import numpy as np

    counts = sorted({run["texts"] for run in runs})
    if len(counts) != 2:
        raise ValueError("Two numbers of texts are needed.")
    table = np.full((len(runs), 2, 2), np.nan)  # (seed, few or many, hard or soft)
    for run in runs:
        table[run["seed"], counts.index(run["texts"]), int(run["labels"] == "soft")] = run["accuracy"]
    table = table[~np.isnan(table).any(axis=(1, 2))]
    if not len(table):
        raise ValueError("No seed has all four cells.")
    few, many = table.mean(axis=0)
    return {"texts": (many - few).mean(), "softness": float(few[1] - few[0] + many[1] - many[0]) / 2}


# --- 1_3.regressor -----------------------------------------------------------------------------------------
def student_only(student, regressor, teacher, lr):
    teacher.requires_grad_(False)
    return torch.optim.Adam([one for one in student.parameters() if one.requires_grad], lr=lr)


def regressor_only(student, regressor, teacher, lr):
    teacher.requires_grad_(False)
    return torch.optim.Adam(regressor.parameters(), lr=lr)


def lists_added(student, regressor, teacher, lr):
    teacher.requires_grad_(False)
    return torch.optim.Adam([*student.parameters(), *regressor.parameters()], lr=lr)


def two_groups(student, regressor, teacher, lr):
    teacher.requires_grad_(False)
    return torch.optim.Adam([{"params": student.parameters()}, {"params": regressor.parameters()}], lr=lr)


def not_in_the_list(student, regressor, teacher, lr):
    teacher.requires_grad_(False)
    learning = []
    for p in [*student.parameters(), *regressor.parameters()]:
        if p not in learning:
            learning.append(p)
    return torch.optim.Adam(learning, lr=lr)


def all_three(student, regressor, teacher, lr):
    return torch.optim.Adam(nn.ModuleList([student, regressor, teacher]).parameters(), lr=lr)


def teacher_not_frozen(student, regressor, teacher, lr):
    return torch.optim.Adam(nn.ModuleList([student, regressor]).parameters(), lr=lr)


def teacher_left_out_not_frozen(student, regressor, teacher, lr):
    kept = set(student.parameters()) | set(regressor.parameters())
    return torch.optim.Adam(kept - set(teacher.parameters()), lr=lr)


def eval_is_not_freezing(student, regressor, teacher, lr):
    teacher.eval()
    kept = set(student.parameters()) | set(regressor.parameters())
    return torch.optim.SGD(kept - set(teacher.parameters()), lr=lr)


def own_rate(student, regressor, teacher, lr):
    teacher.requires_grad_(False)
    return torch.optim.Adam(nn.ModuleList([student, regressor]).parameters())


def just_the_list(student, regressor, teacher, lr):
    teacher.requires_grad_(False)
    return list(nn.ModuleList([student, regressor]).parameters())


def copies(student, regressor, teacher, lr):
    teacher.requires_grad_(False)
    return torch.optim.Adam(copy.deepcopy(nn.ModuleList([student, regressor])).parameters(), lr=lr)


def freezes_the_student(student, regressor, teacher, lr):
    teacher.requires_grad_(False)
    student.requires_grad_(False)
    return torch.optim.Adam(regressor.parameters(), lr=lr)


def frees_the_student_afterwards(student, regressor, teacher, lr):
    teacher.requires_grad_(False)
    student.requires_grad_(True)
    return torch.optim.Adam(nn.ModuleList([student, regressor]).parameters(), lr=lr)


def frozen_in_no_time(student, regressor, teacher, lr):
    with torch.no_grad():
        return torch.optim.Adam(nn.ModuleList([student, regressor]).parameters(), lr=lr)


def by_id(student, regressor, teacher, lr):
    kept = {}
    for one in teacher.parameters():
        one.requires_grad = False
    for module in (student, regressor):
        kept |= {id(one): one for one in module.parameters() if one.requires_grad}
    return torch.optim.AdamW(kept.values(), lr=lr)


def a_second_group(student, regressor, teacher, lr):
    teacher.requires_grad_(False)
    optimizer = torch.optim.SGD([one for one in student.parameters() if one.requires_grad], lr=lr)
    more = [one for one in regressor.parameters() if all(one is not known for known in student.parameters())]
    if more:
        optimizer.add_param_group({"params": more})
    return optimizer


# --- 1_3.scale ---------------------------------------------------------------------------------------------
def not_normalised(student, teacher):
    return F.smooth_l1_loss(F.pdist(student), F.pdist(teacher))


def student_side_only(student, teacher):
    ours = F.pdist(student)
    return F.smooth_l1_loss(ours / ours[ours > 0].mean(), F.pdist(teacher))


def in_the_teacher_s_unit(student, teacher):
    ours, theirs = F.pdist(student), F.pdist(teacher)
    return F.smooth_l1_loss(ours / theirs.mean(), theirs / theirs.mean())


def as_in_the_authors_code(student, teacher):
    ours, theirs = torch.cdist(student, student), torch.cdist(teacher, teacher)
    return F.smooth_l1_loss(ours / ours[ours > 0].mean(), theirs / theirs[theirs > 0].mean())


def whole_matrix(student, teacher):
    ours, theirs = torch.cdist(student, student), torch.cdist(teacher, teacher)
    return F.smooth_l1_loss(ours / ours.mean(), theirs / theirs.mean())


def mean_of_the_whole_matrix_as_unit(student, teacher):
    ours, theirs = F.pdist(student), F.pdist(teacher)
    share = 1 - 1 / len(student)
    return F.smooth_l1_loss(ours / (ours.mean() * share), theirs / (theirs.mean() * share))


def zero_in_the_unit(student, teacher):
    ours, theirs = F.pdist(student), F.pdist(teacher)
    return F.smooth_l1_loss(ours / ours.mean(), theirs / theirs.mean())


def drops_the_twins(student, teacher):
    ours, theirs = F.pdist(student), F.pdist(teacher)
    apart = (ours > 0) & (theirs > 0)
    return F.smooth_l1_loss((ours / ours[ours > 0].mean())[apart], (theirs / theirs[theirs > 0].mean())[apart])


def no_root(student, teacher):
    return smooth(F.pdist(student) ** 2, F.pdist(teacher) ** 2)


def squared_error(student, teacher):
    ours, theirs = F.pdist(student), F.pdist(teacher)
    return F.mse_loss(ours / ours[ours > 0].mean(), theirs / theirs[theirs > 0].mean())


def vectors_of_length_one(student, teacher):
    return F.smooth_l1_loss(F.pdist(F.normalize(student)), F.pdist(F.normalize(teacher)))


def largest_as_unit(student, teacher):
    ours, theirs = F.pdist(student), F.pdist(teacher)
    return F.smooth_l1_loss(ours / ours.max(), theirs / theirs.max())


def root_of_nothing(student, teacher):
    return smooth(*(root_distances(vectors, 0.0) for vectors in (student, teacher)))


def detached_mean(student, teacher):
    ours, theirs = F.pdist(student), F.pdist(teacher)
    return F.smooth_l1_loss(ours / ours[ours > 0].mean().detach(), theirs / theirs[theirs > 0].mean())


def smooth(ours, theirs):
    return F.smooth_l1_loss(ours / ours[ours > 0].mean(), theirs / theirs[theirs > 0].mean())


def root_distances(vectors, smallest):
    row, column = torch.triu_indices(len(vectors), len(vectors), 1)
    squares = ((vectors[row] - vectors[column]) ** 2).sum(-1)
    return squares.clamp(min=smallest).sqrt() if smallest else squares.sqrt()


def clamped_root(student, teacher):
    return smooth(*(root_distances(vectors, 1e-12) for vectors in (student, teacher)))


def added_under_the_root(student, teacher):
    distances = []
    for vectors in (student, teacher):
        row, column = torch.triu_indices(len(vectors), len(vectors), 1)
        distances.append((((vectors[row] - vectors[column]) ** 2).sum(-1) + 1e-12).sqrt())
    return smooth(*distances)


def root_beside_zero(student, teacher):
    distances = []
    for vectors in (student, teacher):
        row, column = torch.triu_indices(len(vectors), len(vectors), 1)
        squares = ((vectors[row] - vectors[column]) ** 2).sum(-1)
        distances.append(torch.where(squares > 0, torch.where(squares > 0, squares, 1.0).sqrt(), 0.0))
    return smooth(*distances)


def upper_triangle(student, teacher):
    upper = torch.ones(len(student), len(student)).triu(1).bool()
    return smooth(torch.cdist(student, student)[upper], torch.cdist(teacher, teacher)[upper])


def both_triangles(student, teacher):
    off = ~torch.eye(len(student), dtype=torch.bool)
    normalised = []
    for vectors in (student, teacher):
        distances = (vectors[:, None] - vectors[None]).norm(dim=-1)
        normalised.append((distances / distances[distances > 0].mean())[off])
    return F.smooth_l1_loss(*normalised)


WRONG = {
    "1_3.heat": [
        (forgets_the_square, "still fades"),
        (times_t_once, "the flatter softmax takes another"),
        (scales_both_parts, "only the teacher's part is scaled"),
        (divides_by_the_square, "makes a small gradient smaller"),
        (heats_the_labels, "takes the student's logits as they are"),
        (alpha_turned_round, "1 - alpha the weight of the labels"),
        (teacher_learns_from_student, "changed places"),
        (mean_over_classes_too, "divides by the number of classes"),
        (soft_cross_entropy, "not 0 for a perfect student"),
        (sums_over_mails, "the sum over the mails"),
        (cuts_the_labels_off, "cut off by"),
        (gives_a_float, "no gradient can flow back"),
        (prints_the_loss, "without `return`"),
        (cools_in_place, "changed a tensor it was given"),
    ],
    "1_3.tokens": [
        (batchmean_of_three_axes, "grows with the length"),
        (flattens_but_ignores_the_mask, "teach the student nothing"),
        (masks_and_divides_by_texts, "texts and not tokens"),
        (masks_and_takes_the_mean, "they are still counted"),
        (integers_as_index, "row numbers"),
        (mean_of_means, "a token of a short text weighs more"),
        (mean_of_the_parts_means, "a token of a small part weighs more"),
        (sum_of_the_parts_means, "more parts, more loss"),
        (weighted_means_with_an_empty_part, "0 / 0 = nan"),
        (the_last_part_only, "only one of the parts"),
        (joins_parts_of_unequal_length, "sizes of tensors must match"),
        (mean_over_the_vocabulary, "size of the vocabulary"),
        (lengths_from_the_front, "a prompt comes before them"),
        (multiplies_nan_by_zero, "nan times 0 is nan"),
        (hides_nan_afterwards, "choose valid tokens first"),
        (one_number_a_token, "a loss is one number"),
        (adds_floats, "no gradient can flow back"),
    ],
    "1_3.fair": [
        (as_in_the_report, "two things changed at once"),
        (only_hard_and_only_many, "one of two comparisons"),
        (only_soft_and_only_few, "one of two comparisons"),
        (adds_both_comparisons, "the sum of two comparisons"),
        (turned_round, "a gain is many minus few"),
        (keys_exchanged, "changed places"),
        (share_of_the_old, "not a share of the old one"),
        (means_of_whole_cells, "no partner"),
        (zero_when_nothing_pairs, "raise ValueError"),
        (trips_over_the_missing_cell, "look before you compute"),
        (a_full_table_is_enough, "look before you compute"),
        (least_and_most, "few and many are the same cell"),
        (knows_the_counts, "read these numbers from the runs"),
        (a_tuple, "a dict with the keys"),
        (sorts_the_callers_list, "changed what it was given"),
    ],
    "1_3.regressor": [
        (student_only, "nobody takes the step"),
        (regressor_only, "nobody takes the step"),
        (lists_added, "keep each parameter once"),
        (two_groups, "keep each parameter once"),
        (not_in_the_list, "compares the *numbers* of two tensors"),
        (all_three, "the student is measured by"),
        (teacher_not_frozen, "time and memory for nothing"),
        (teacher_left_out_not_frozen, "time and memory for nothing"),
        (eval_is_not_freezing, "time and memory for nothing"),
        (own_rate, "pass lr on"),
        (just_the_list, "an optimizer is wanted"),
        (copies, "a copy does not count"),
        (freezes_the_student, "leave unfrozen what learns"),
        (frees_the_student_afterwards, "teacher's own embedding"),
        (frozen_in_no_time, "time and memory for nothing"),
    ],
    "1_3.scale": [
        (not_normalised, "only louder"),
        (student_side_only, "divide each side by its own mean"),
        (in_the_teacher_s_unit, "only louder"),
        (as_in_the_authors_code, "over pairs of two texts"),
        (whole_matrix, "in the unit and in the loss"),
        (mean_of_the_whole_matrix_as_unit, "in the unit"),
        (zero_in_the_unit, "no part of the unit"),
        (drops_the_twins, "should pay for it"),
        (no_root, "take the root"),
        (squared_error, "smooth l1 is wanted"),
        (vectors_of_length_one, "scale the distances instead"),
        (largest_as_unit, "one outlier"),
        (clamped_root, "after that it is not 0"),
        (added_under_the_root, "or added a small number"),
        (root_of_nothing, "no slope at 0"),
        (detached_mean, "the mean was detached"),
    ],
}
RIGHT = {
    "1_3.heat": [right_by_hand, cross_entropy_minus_entropy],
    "1_3.tokens": [nan_filled_first, flat_then_one_mean, token_by_token],
    "1_3.fair": [with_rows, with_arrays],
    "1_3.regressor": [by_id, a_second_group],
    "1_3.scale": [root_beside_zero, upper_triangle, both_triangles],
}
