"""Exercise 1_2: answers that learners plausibly give; WRONG ones with words of the reason."""

import itertools

import torch
from torch import nn
from torch.nn import functional as F


# --- 1_2.labels --------------------------------------------------------------------------------------------
def everything_is_a_target(input_ids, attention_mask):
    return input_ids.clone()


def by_the_token(input_ids, attention_mask):
    return input_ids.masked_fill(input_ids == 102, -100)  # tokenizer.pad_token_id in the notebook


def by_the_usual_token(input_ids, attention_mask):
    return input_ids.masked_fill(input_ids == 0, -100)


def the_wrong_way_round(input_ids, attention_mask):
    return torch.where(attention_mask == 1, -100, input_ids)


def shifted(input_ids, attention_mask):
    labels = input_ids.masked_fill(attention_mask == 0, -100)
    return torch.cat([labels[:, 1:], torch.full_like(labels[:, :1], -100)], 1)


def zero_for_padding(input_ids, attention_mask):
    return input_ids * attention_mask


def minus_one(input_ids, attention_mask):
    return input_ids.masked_fill(attention_mask == 0, -1)


def writes_into_the_ids(input_ids, attention_mask):
    input_ids[attention_mask == 0] = -100
    return input_ids


def padding_is_always_right(input_ids, attention_mask):
    places = torch.arange(input_ids.shape[1]).expand_as(input_ids)
    return input_ids.masked_fill(places >= attention_mask.sum(1, keepdim=True), -100)


def without_the_first(input_ids, attention_mask):
    labels = input_ids.masked_fill(attention_mask == 0, -100)
    labels[:, 0] = -100
    return labels


def drops_the_padding(input_ids, attention_mask):
    return input_ids[attention_mask == 1]


def as_floats(input_ids, attention_mask):
    return input_ids.float().masked_fill(attention_mask == 0, -100)


def lists_of_labels(input_ids, attention_mask):
    rows = zip(input_ids.tolist(), attention_mask.tolist(), strict=True)
    return [[token if m else -100 for token, m in zip(*row, strict=True)] for row in rows]


def labels_by_clone(input_ids, attention_mask):
    labels = input_ids.clone()
    labels[~attention_mask.bool()] = -100
    return labels


def labels_by_where(input_ids, attention_mask):
    return torch.where(attention_mask.bool(), input_ids, torch.tensor(-100))


def labels_by_arithmetic(input_ids, attention_mask):
    return input_ids * attention_mask - 100 * (1 - attention_mask)


def labels_by_loops(input_ids, attention_mask):
    return torch.tensor(lists_of_labels(input_ids, attention_mask))


# --- 1_2.merge ---------------------------------------------------------------------------------------------
def adds_in_place(weight, A, B, alpha):
    weight += alpha / len(A) * (B @ A)
    return weight


def adds_to_the_data(weight, A, B, alpha):
    weight.data.add_(alpha / len(A) * (B @ A).detach())
    return weight


def no_factor(weight, A, B, alpha):
    return weight + B @ A


def alpha_alone(weight, A, B, alpha):
    return weight + alpha * (B @ A)


def the_change_alone(weight, A, B, alpha):
    return alpha / len(A) * (B @ A)


def takes_it_away(weight, A, B, alpha):
    return weight - alpha / len(A) * (B @ A)


def turned_where_it_fits(weight, A, B, alpha):
    change = A.T @ B.T
    return weight + alpha / len(A) * (change if change.shape == weight.shape else change.T)


def r_from_the_wrong_side(weight, A, B, alpha):
    return weight + alpha / A.shape[1] * (B @ A)


def r_from_the_notebook(weight, A, B, alpha):
    return weight + alpha / 8 * (B @ A)


def rounded_down(weight, A, B, alpha):
    return weight + alpha // len(A) * (B @ A)


def factors_swapped(weight, A, B, alpha):
    return weight + alpha / len(A) * (A @ B)


def stored_turned_over(weight, A, B, alpha):
    return (weight + alpha / len(A) * (B @ A)).T


def as_half(weight, A, B, alpha):
    return (weight + alpha / len(A) * (B @ A)).bfloat16()


def merge_by_outer_products(weight, A, B, alpha):
    merged = weight.detach().clone()
    for row, column in zip(A, B.T, strict=True):
        merged += alpha / A.size(0) * torch.outer(column, row).detach()
    return merged


def merge_by_addmm(weight, A, B, alpha):
    return torch.addmm(weight, B, A, alpha=alpha / B.shape[1])


def merge_by_unit_vectors(weight, A, B, alpha):
    eye = torch.eye(weight.shape[1], dtype=weight.dtype)
    return (F.linear(eye, weight) + alpha / len(A) * F.linear(F.linear(eye, A), B)).T


# --- 1_2.lora ----------------------------------------------------------------------------------------------
class LoRA(nn.Module):
    """The notebook's sound class."""

    def __init__(self, base, A, B, scale):
        super().__init__()
        self.base, self.lora_A, self.lora_B, self.scale = base, A, B, scale

    def forward(self, x):
        return self.base(x) + self.scale * self.lora_B(self.lora_A(x))


class Factor(nn.Module):
    """A factor by hand: with `turned` it stores (in, out), as the notebook's broken one."""

    def __init__(self, inside, outside, turned=False, a=5**0.5):
        super().__init__()
        shape = (inside, outside) if turned else (outside, inside)
        self.weight, self.turned = nn.Parameter(torch.empty(shape)), turned
        nn.init.kaiming_uniform_(self.weight, a=a)

    def forward(self, x):
        return x @ (self.weight if self.turned else self.weight.T)


def assemble(base, A, B, scale):
    base.requires_grad_(False)
    nn.init.zeros_(B.weight)
    return LoRA(base, A, B, scale)


def still_turned(base, r, alpha):
    factors = Factor(base.in_features, r, True), Factor(r, base.out_features, True)
    return assemble(base, *factors, alpha / r)


def only_a_is_mended(base, r, alpha):
    return assemble(base, Factor(base.in_features, r), Factor(r, base.out_features, True), alpha / r)


def turned_after_the_start(base, r, alpha):
    layer = right_by_hand(base, r, alpha)
    started = nn.init.kaiming_uniform_(torch.empty(base.in_features, r), a=5**0.5)
    layer.lora_A.weight = nn.Parameter(started.T.contiguous())
    return layer


def plain_kaiming(base, r, alpha):
    return assemble(base, Factor(base.in_features, r, a=0), Factor(r, base.out_features), alpha / r)


def small_normal(base, r, alpha):
    layer = right_by_hand(base, r, alpha)
    nn.init.normal_(layer.lora_A.weight, std=0.02)
    return layer


def both_zero(base, r, alpha):
    layer = right_by_hand(base, r, alpha)
    nn.init.zeros_(layer.lora_A.weight)
    return layer


def zero_on_the_wrong_one(base, r, alpha):
    base.requires_grad_(False)
    layer = LoRA(base, Factor(base.in_features, r), Factor(r, base.out_features), alpha / r)
    nn.init.zeros_(layer.lora_A.weight)
    return layer


def no_zeros(base, r, alpha):
    base.requires_grad_(False)
    return LoRA(base, Factor(base.in_features, r), Factor(r, base.out_features), alpha / r)


def base_not_frozen(base, r, alpha):
    layer = right_by_hand(base, r, alpha)
    base.requires_grad_(True)
    return layer


def everything_frozen(base, r, alpha):
    return right_by_hand(base, r, alpha).requires_grad_(False)


def with_bias(base, r, alpha):
    return assemble(base, nn.Linear(base.in_features, r), nn.Linear(r, base.out_features), alpha / r)


def scaled_by_alpha(base, r, alpha):
    return assemble(base, Factor(base.in_features, r), Factor(r, base.out_features), alpha)


def other_names(base, r, alpha):
    layer = right_by_hand(base, r, alpha)
    layer.A, layer.B = layer.lora_A.weight, layer.lora_B.weight
    del layer.lora_A, layer.lora_B
    return layer


class Reshaped(Factor):
    """The right shape, and the wrong matrix."""

    def forward(self, x):
        return x @ self.weight.reshape(self.weight.shape[::-1])


def reshaped_instead_of_turned(base, r, alpha):
    return assemble(base, Reshaped(base.in_features, r), Reshaped(r, base.out_features), alpha / r)


def forgets_to_return(base, r, alpha):
    right_by_hand(base, r, alpha)


def right_by_hand(base, r, alpha):
    return assemble(base, Factor(base.in_features, r), Factor(r, base.out_features), alpha / r)


def right_by_linear(base, r, alpha):
    factors = nn.Linear(base.in_features, r, bias=False), nn.Linear(r, base.out_features, bias=False)
    return assemble(base, *factors, alpha / r)


def right_in_one_class(base, r, alpha):
    class Mended(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = [base]  # in a list: not registered, so neither trained nor saved
            base.requires_grad_(False)
            self.lora_A, self.lora_B = nn.Module(), nn.Module()
            bound = base.in_features**-0.5
            self.lora_A.weight = nn.Parameter(torch.empty(r, base.in_features).uniform_(-bound, bound))
            self.lora_B.weight = nn.Parameter(torch.zeros(base.out_features, r))

        def forward(self, x):
            change = self.lora_B.weight @ self.lora_A.weight
            return F.linear(x, self.inner[0].weight + alpha / r * change, self.inner[0].bias)

    return Mended()


# --- 1_2.stop ----------------------------------------------------------------------------------------------
def by_the_test(history, patience):
    step, _, test = max(history, key=lambda row: row[2])
    return step, test


def best_test_of_all(history, patience):
    return right_stop(history, patience)[0], max(test for _, _, test in history)


def no_patience(history, patience):
    step, _, test = max(history, key=lambda row: row[1])
    return step, test


def reports_validation(history, patience):
    step = right_stop(history, patience)[0]
    return step, next(validation for at, validation, _ in history if at == step)


def later_of_equals(history, patience):
    return walk(history, patience, lambda row, best: row[1] >= best[1])


def the_test_breaks_ties(history, patience):
    return walk(history, patience, lambda row, best: row[1:] > best[1:])


def one_too_soon(history, patience):
    return walk(history, max(patience - 1, 1))


def one_too_late(history, patience):
    return walk(history, patience + 1)


def ties_reset(history, patience):
    best, since = history[0], 0
    for row in history[1:]:
        since = 0 if row[1] >= best[1] else since + 1
        best = row if row[1] > best[1] else best
        if since == patience:
            break
    return best[0], best[2]


def counts_all_failures(history, patience):
    best, failures = history[0], 0
    for row in history[1:]:
        if row[1] > best[1]:
            best = row
        else:
            failures += 1
        if failures == patience:
            break
    return best[0], best[2]


def compares_with_the_row_before(history, patience):
    best, since = history[0], 0
    for before, row in itertools.pairwise(history):
        since = 0 if row[1] > before[1] else since + 1
        best = row if row[1] > best[1] else best
        if since == patience:
            break
    return best[0], best[2]


def where_it_stopped(history, patience):
    best, since, last = history[0], 0, history[0]
    for last in history[1:]:
        best, since = (last, 0) if last[1] > best[1] else (best, since + 1)
        if since == patience:
            break
    return last[0], last[2]


def counts_steps(history, patience):
    best = history[0]
    for row in history[1:]:
        if row[0] - best[0] >= patience:
            break
        best = row if row[1] > best[1] else best
    return best[0], best[2]


def the_step_alone(history, patience):
    return right_stop(history, patience)[0]


def better_than_nothing(history, patience):
    best, since = (None, 0, None), 0
    for row in history:
        best, since = (row, 0) if row[1] > best[1] else (best, since + 1)
        if since == patience:
            break
    return best[0], best[2]


def begins_with_zeros(history, patience):
    return walk([(0, 0, 0), *history], patience)


def has_nothing_to_return(history, patience):
    best, since = 0, 0
    for step, validation, test in history:
        since += 1
        if validation > best:
            best, since, kept = validation, 0, (step, test)
        if since == patience:
            break
    return kept


def walk(history, patience, better=lambda row, best: row[1] > best[1]):
    best, since = history[0], 0
    for row in history[1:]:
        best, since = (row, 0) if better(row, best) else (best, since + 1)
        if since == patience:
            break
    return best[0], best[2]


def right_stop(history, patience):
    return walk(history, patience)


def stop_by_places(history, patience):
    at = 0
    for n, (_, validation, _) in enumerate(history):
        if n - at > patience:
            break
        if validation > history[at][1]:
            at = n
    return history[at][0], history[at][2]


def stop_by_slices(history, patience):
    for n, row in enumerate(history):
        later = history[n + 1 : n + 1 + patience]
        earlier = [validation for _, validation, _ in history[:n]]
        if all(row[1] > score for score in earlier) and all(row[1] >= other[1] for other in later):
            return [row[0], row[2]]


# --- 1_2.count ---------------------------------------------------------------------------------------------
def numbers(tensors):
    return sum(tensor.numel() for tensor in tensors)


def total(model):
    return numbers(model.parameters())


def by_name(model):
    trained = numbers(tensor for name, tensor in model.named_parameters() if "lora_" in name)
    return trained, trained / total(model)


def by_gradient(model):
    trained = numbers(parameter for parameter in model.parameters() if parameter.grad is not None)
    return trained, trained / total(model)


def frozen_ones_too(model):
    return total(model), 1.0


def state_dict_that_requires(model):
    trained = numbers(tensor for tensor in model.state_dict().values() if tensor.requires_grad)
    return trained, trained / total(model)


def module_by_module(model):
    trained, everything = 0, 0
    for module in model.modules():
        for parameter in module.parameters(recurse=False):
            everything += parameter.numel()
            trained += parameter.numel() * parameter.requires_grad
    return trained, trained / everything


def with_duplicates(model):
    parameters = [parameter for _, parameter in model.named_parameters(remove_duplicate=False)]
    trained = numbers(parameter for parameter in parameters if parameter.requires_grad)
    return trained, trained / numbers(parameters)


def linear_layers_only(model):
    weights = [m.weight for m in model.modules() if isinstance(m, nn.Linear)]
    trained = numbers(weight for weight in weights if weight.requires_grad)
    return trained, trained / total(model)


def tensors_counted(model):
    trained = len([p for p in model.parameters() if p.requires_grad])
    return trained, trained / len(list(model.parameters()))


def total_of_the_file(model):
    trained = right_count(model)[0]
    return trained, trained / numbers(model.state_dict().values())


def share_of_the_frozen(model):
    trained = right_count(model)[0]
    return trained, trained / max(total(model) - trained, 1)


def in_percent(model):
    trained, share = right_count(model)
    return trained, 100 * share


def one_of_each_shape(model):
    kept = {p.shape: p for p in model.parameters() if p.requires_grad}
    trained = numbers(kept.values())
    return trained, trained / max(numbers({p.shape: p for p in model.parameters()}.values()), 1)


def freezes_as_it_goes(model):
    trained = right_count(model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = "lora" in name
    return trained


def the_number_alone(model):
    return right_count(model)[0]


def right_count(model):
    trained = numbers(p for p in model.parameters() if p.requires_grad)
    return trained, trained / total(model)


def count_by_identity(model):
    kept = {id(p): p for _, p in model.named_parameters(remove_duplicate=False)}
    trained = sum(p.numel() * p.requires_grad for p in kept.values())
    return [trained, trained / sum(p.numel() for p in kept.values())]


def count_by_frozen(model):
    everything, frozen = 0, 0
    for _, parameter in model.named_parameters():
        everything += parameter.nelement()
        if not parameter.requires_grad:
            frozen += parameter.nelement()
    return everything - frozen, torch.tensor(1 - frozen / everything, dtype=torch.double)


WRONG = {
    "1_2.labels": [
        (everything_is_a_target, "padding among the targets"),
        (by_the_token, "the token cannot tell them apart"),
        (by_the_usual_token, "padding among the targets"),
        (the_wrong_way_round, "0 means padding"),
        (shifted, "the model does that itself"),
        (zero_for_padding, "has to be -100"),
        (minus_one, "another number than -100"),
        (writes_into_the_ids, "changed `input_ids`"),
        (padding_is_always_right, "on the left too"),
        (without_the_first, "first token of a text"),
        (drops_the_padding, "a label for each token"),
        (as_floats, "of type torch.int64"),
        (lists_of_labels, "a torch tensor is wanted"),
    ],
    "1_2.merge": [
        (adds_in_place, "changed `weight`"),
        (adds_to_the_data, "kept for the next adapter"),
        (no_factor, "the factor alpha / r is missing"),
        (alpha_alone, "W + alpha B A"),
        (the_change_alone, "add it to the base weight"),
        (takes_it_away, "merges *back*"),
        (turned_where_it_fits, "turned over"),
        (r_from_the_wrong_side, "another number than r"),
        (r_from_the_notebook, "another number than r"),
        (rounded_down, "need not be whole"),
        (factors_swapped, "raised RuntimeError"),
        (stored_turned_over, "same shape (out, in)"),
        (as_half, "keep its type"),
    ],
    "1_2.lora": [
        (still_turned, "the wrong way round"),
        (only_a_is_mended, "the wrong way round"),
        (turned_after_the_start, "took r for the number of inputs"),
        (plain_kaiming, "without a=sqrt(5)"),
        (small_normal, "peft draws A evenly"),
        (both_zero, "no gradient reaches either"),
        (zero_on_the_wrong_one, "and not on A's"),
        (no_zeros, "a fresh LoRA changes nothing"),
        (base_not_frozen, "the base stays frozen"),
        (everything_frozen, "only the base is frozen"),
        (with_bias, "no bias"),
        (scaled_by_alpha, "alpha / r times"),
        (other_names, "under these names"),
        (reshaped_instead_of_turned, "turn no matrix round"),
        (forgets_to_return, "without `return`"),
    ],
    "1_2.stop": [
        (by_the_test, "no test any more"),
        (best_test_of_all, "of that very step"),
        (no_patience, "patience was not used"),
        (reports_validation, "that is the validation score"),
        (later_of_equals, "the earlier step stays"),
        (the_test_breaks_ties, "the test score decided"),
        (one_too_soon, "stopped too soon"),
        (one_too_late, "stopped too late"),
        (ties_reset, "a row without progress"),
        (counts_all_failures, "sets the count back to 0"),
        (compares_with_the_row_before, "not with the row before it"),
        (where_it_stopped, "where training stopped"),
        (counts_steps, "rows of the history, not training steps"),
        (better_than_nothing, "begin with `history[0]`"),
        (begins_with_zeros, "begin with `history[0]`"),
        (has_nothing_to_return, "begin with `history[0]`"),
        (the_step_alone, "two things are wanted"),
    ],
    "1_2.count": [
        (by_name, "its name says nothing"),
        (by_gradient, "None before the first backward pass"),
        (frozen_ones_too, "frozen parameters were counted"),
        (state_dict_that_requires, "a state_dict never require one"),
        (module_by_module, "in two places is one tensor"),
        (with_duplicates, "in two places is one tensor"),
        (linear_layers_only, "a parameter can stand in any module"),
        (tensors_counted, "count their numbers with numel()"),
        (total_of_the_file, "buffers"),
        (share_of_the_frozen, "trained / frozen"),
        (in_percent, "between 0 and 1"),
        (one_of_each_shape, "of equal shape"),
        (freezes_as_it_goes, "changed what is trained"),
        (the_number_alone, "two numbers are wanted"),
    ],
}
RIGHT = {
    "1_2.labels": [labels_by_clone, labels_by_where, labels_by_arithmetic, labels_by_loops],
    "1_2.merge": [merge_by_outer_products, merge_by_addmm, merge_by_unit_vectors],
    "1_2.lora": [right_by_hand, right_by_linear, right_in_one_class],
    "1_2.stop": [right_stop, stop_by_places, stop_by_slices],
    "1_2.count": [right_count, count_by_identity, count_by_frozen],
}
