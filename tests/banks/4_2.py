"""Exercise 4_2: answers that learners plausibly give; WRONG ones with words of the reason."""

import copy
import math

import torch
from torch import nn
from torch.nn import functional as F

from companion.finetune.quantize import round_trip


# --- 4_2.bytes ---------------------------------------------------------------------------------------------
def half_a_byte(matrices, kept, trained):
    return sum((n + 1) // 2 for n in matrices) + 4 * kept + 16 * trained


def scales_of_four_bytes(matrices, kept, trained):
    return sum((n + 1) // 2 + 4 * math.ceil(n / 64) for n in matrices) + 4 * kept + 16 * trained


def no_second_level(matrices, kept, trained):
    return sum((n + 1) // 2 + math.ceil(n / 64) for n in matrices) + 4 * kept + 16 * trained


def one_heap(matrices, kept, trained):
    n = sum(matrices)
    return math.ceil(n / 2) + math.ceil(n / 64) + 4 * math.ceil(math.ceil(n / 64) / 256) + 4 * kept + 16 * trained


def factors_alone(matrices, kept, trained):
    return count_by_ceil(matrices, kept, 0) + 4 * trained


def without_averages(matrices, kept, trained):
    return count_by_ceil(matrices, kept, 0) + 8 * trained


def in_bits(matrices, kept, trained):
    return 8 * count_by_ceil(matrices, kept, trained)


def forgets_what_stays(matrices, kept, trained):
    return count_by_ceil(matrices, 0, trained)


def rounded_down(matrices, kept, trained):
    return sum(n // 2 + n // 64 + 4 * (n // 64 // 256) for n in matrices) + 4 * kept + 16 * trained


def gives_nothing(matrices, kept, trained):
    count_by_ceil(matrices, kept, trained)


def count_by_ceil(matrices, kept, trained):
    total = 4 * (kept + 4 * trained)
    for n in matrices:
        blocks = math.ceil(n / 64)
        total += math.ceil(n / 2) + blocks + 4 * math.ceil(blocks / 256)
    return total


def count_by_ranges(matrices, kept, trained):
    codes = sum(len(range(0, n, 2)) for n in matrices)
    scales = [len(range(0, n, 64)) for n in matrices]
    second = sum(len(range(0, s, 256)) for s in scales)
    return codes + sum(scales) + 4 * second + 4 * kept + trained * (4 + 4 + 8)


# --- 4_2.outlier -------------------------------------------------------------------------------------------
def the_whole_block(block, k):
    return round_trip(block, len(block))


def puts_back_only(block, k):
    left = round_trip(block, len(block))
    places = block.abs().topk(k).indices
    left[places] = block[places]
    return left


def by_the_sign(block, k):
    places = block.topk(k).indices
    rest = block.clone()
    rest[places] = 0
    left = round_trip(rest, len(rest))
    left[places] = block[places]
    return left


def throws_them_away(block, k):
    rest = block.clone()
    rest[block.abs().topk(k).indices] = 0
    return round_trip(rest, len(rest))


def nothing_is_stored(block, k):
    return block.clone()


def writes_into_the_block(block, k):
    places = block.abs().topk(k).indices
    kept = block[places].clone()
    block[places] = 0
    left = round_trip(block, len(block))
    left[places] = kept
    return left


def only_the_rest(block, k):
    order = block.abs().argsort()
    return round_trip(block[order[: len(block) - k].sort().values], len(block))


def outliers_at_the_end(block, k):
    order = block.abs().argsort()
    rest = round_trip(block[order[: len(block) - k]], len(block))
    return torch.cat([rest, block[order[len(block) - k :]]])


def store_by_where(block, k):
    edge = block.abs().sort().values[len(block) - k] if k else torch.inf
    outlier = block.abs() >= edge
    return torch.where(outlier, block, round_trip(torch.where(outlier, 0.0, block), len(block)))


def store_by_parts(block, k):
    order = block.abs().argsort(descending=True)
    left = block.clone()
    left[order[k:]] = round_trip(block[order[k:]], len(block))
    return left


# --- 4_2.fisher --------------------------------------------------------------------------------------------
def trained_of(model):
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def slopes_of(model, inputs, labels):
    trained = trained_of(model)
    found = torch.autograd.grad(F.cross_entropy(model(inputs), labels), list(trained.values()))
    return dict(zip(trained, found, strict=True))


def each_of(model, inputs, labels):
    return [slopes_of(model, inputs[i : i + 1], labels[i : i + 1]) for i in range(len(inputs))]


def the_batch_squared(model, inputs, labels):
    return {name: slope**2 for name, slope in slopes_of(model, inputs, labels).items()}


def sum_of_squares(model, inputs, labels):
    single = each_of(model, inputs, labels)
    return {name: sum(s[name] ** 2 for s in single) for name in single[0]}


def never_squared(model, inputs, labels):
    return slopes_of(model, inputs, labels)


def absolute_values(model, inputs, labels):
    single = each_of(model, inputs, labels)
    return {name: sum(s[name].abs() for s in single) / len(single) for name in single[0]}


def frozen_ones_too(model, inputs, labels):
    found = right_by_grad(model, inputs, labels)
    return {name: found.get(name, torch.zeros_like(p)) for name, p in model.named_parameters()}


def piles_up(model, inputs, labels):
    found = {name: torch.zeros_like(p) for name, p in trained_of(model).items()}
    for i in range(len(inputs)):
        F.cross_entropy(model(inputs[i : i + 1]), labels[i : i + 1]).backward()
        for name, p in trained_of(model).items():
            found[name] += p.grad**2 / len(inputs)
    model.zero_grad()
    return found


def leaves_gradients(model, inputs, labels):
    found = {name: torch.zeros_like(p) for name, p in trained_of(model).items()}
    for i in range(len(inputs)):
        model.zero_grad()
        F.cross_entropy(model(inputs[i : i + 1]), labels[i : i + 1]).backward()
        for name, p in trained_of(model).items():
            found[name] += p.grad**2 / len(inputs)
    return found


def trains_as_it_goes(model, inputs, labels):
    found = right_by_grad(model, inputs, labels)
    torch.optim.SGD(model.parameters(), lr=0.1)
    with torch.no_grad():
        for name, p in trained_of(model).items():
            p -= 0.1 * found[name]
    return found


def a_list(model, inputs, labels):
    return list(right_by_grad(model, inputs, labels).values())


def right_by_grad(model, inputs, labels):
    single = each_of(model, inputs, labels)
    return {name: sum(s[name] ** 2 for s in single) / len(single) for name in single[0]}


def right_by_backward(model, inputs, labels):
    found = {name: torch.zeros_like(p) for name, p in trained_of(model).items()}
    for i in range(len(inputs)):
        model.zero_grad()
        F.cross_entropy(model(inputs[i : i + 1]), labels[i : i + 1]).backward()
        for name, p in trained_of(model).items():
            found[name] += p.grad.detach() ** 2
    model.zero_grad()
    return {name: squares / len(inputs) for name, squares in found.items()}


def right_by_copy(model, inputs, labels):
    return right_by_backward(copy.deepcopy(model), inputs, labels)


# --- 4_2.spring --------------------------------------------------------------------------------------------
def pulled(model, fisher, anchor):
    weights = dict(model.named_parameters())
    return sum((fisher[n] * (weights[n] - anchor[n]) ** 2).sum() for n in fisher)


def copies(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def ties_to_the_state(model, fisher, strength):
    anchor = model.state_dict()
    return lambda model: strength / 2 * pulled(model, fisher, anchor)


def ties_to_itself(model, fisher, strength):
    anchor = dict(model.named_parameters())
    return lambda model: strength / 2 * pulled(model, fisher, anchor)


def detached_only(model, fisher, strength):
    anchor = {name: p.detach() for name, p in model.named_parameters()}
    return lambda model: strength / 2 * pulled(model, fisher, anchor)


def copies_too_late(model, fisher, strength):
    anchor = {}

    def penalty(model):
        anchor.update({} if anchor else copies(model))
        return strength / 2 * pulled(model, fisher, anchor)

    return penalty


def no_half(model, fisher, strength):
    anchor = copies(model)
    return lambda model: strength * pulled(model, fisher, anchor)


def all_alike(model, fisher, strength):
    anchor = copies(model)
    return lambda model: strength / 2 * pulled(model, {n: torch.ones_like(f) for n, f in fisher.items()}, anchor)


def means_it(model, fisher, strength):
    anchor = copies(model)
    count = sum(f.numel() for f in fisher.values())
    return lambda model: strength / 2 * pulled(model, fisher, anchor) / count


def to_zero(model, fisher, strength):
    anchor = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    return lambda model: strength / 2 * pulled(model, fisher, anchor)


def without_gradient(model, fisher, strength):
    anchor = copies(model)
    return lambda model: strength / 2 * pulled(model, fisher, anchor).detach()


def at_once(model, fisher, strength):
    return strength / 2 * pulled(model, fisher, copies(model))


def right_by_copies(model, fisher, strength):
    anchor = copies(model)
    return lambda model: strength / 2 * pulled(model, fisher, anchor)


def right_by_deepcopy(model, fisher, strength):
    old = dict(copy.deepcopy(model).named_parameters())

    def penalty(now: nn.Module):
        total = torch.zeros(())
        for name, weight in now.named_parameters():
            if name in fisher:
                total = total + (fisher[name] * (weight - old[name].detach()).square()).sum()
        return 0.5 * strength * total

    return penalty


WRONG = {
    "4_2.bytes": [
        (half_a_byte, "scales were left out"),
        (scales_of_four_bytes, "each takes one byte"),
        (no_second_level, "second level was left out"),
        (one_heap, "each matrix begins its own blocks"),
        (factors_alone, "two running averages"),
        (without_averages, "two running averages"),
        (in_bits, "eight of them make a byte"),
        (forgets_what_stays, "stays in 32 bits"),
        (rounded_down, "rounded away"),
        (gives_nothing, "without `return`"),
    ],
    "4_2.outlier": [
        (the_whole_block, "outliers and all"),
        (puts_back_only, "under a scale that an outlier set"),
        (by_the_sign, "largest *absolute* values"),
        (throws_them_away, "never put back"),
        (nothing_is_stored, "nothing was stored in four bits"),
        (writes_into_the_block, "changed `block`"),
        (only_the_rest, "each in its place"),
        (outliers_at_the_end, "put them back in"),
    ],
    "4_2.fisher": [
        (the_batch_squared, "one backward a sample"),
        (sum_of_squares, "divide by their number"),
        (never_squared, "square each sample's"),
        (absolute_values, "the Fisher takes squares"),
        (frozen_ones_too, "does not require a gradient"),
        (piles_up, "pile up"),
        (leaves_gradients, "left in the model"),
        (trains_as_it_goes, "nothing is trained here"),
        (a_list, "a dict is wanted"),
    ],
    "4_2.spring": [
        (ties_to_the_state, "moves with the model"),
        (ties_to_itself, "moves with the model"),
        (detached_only, "moves with the model"),
        (copies_too_late, "when the spring is made"),
        (no_half, "twice the penalty"),
        (all_alike, "pulls alike"),
        (means_it, "that is a mean"),
        (to_zero, "weight decay"),
        (without_gradient, "depends on no weight"),
        (at_once, "a function is wanted"),
    ],
}
RIGHT = {
    "4_2.bytes": [count_by_ceil, count_by_ranges],
    "4_2.outlier": [store_by_where, store_by_parts],
    "4_2.fisher": [right_by_grad, right_by_backward, right_by_copy],
    "4_2.spring": [right_by_copies, right_by_deepcopy],
}
