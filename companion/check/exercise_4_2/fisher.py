"""The empirical Fisher: a gradient for every sample, squared, and then the mean."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.check.running import call, fail, name_of, shown
from companion.check.tensors import check_is_tensor
from companion.finetune.ewc import fisher_diagonal

SQUARED_LATE = "That is the squared gradient of the whole batch: samples cancel first. Take one backward a sample."
SUMMED = "That is the sum over the samples: divide by their number."
NOT_SQUARED = "Those are mean gradients: square each sample's before you add it."
ABSOLUTE = "Those are absolute values: the Fisher takes squares."
ALSO_FROZEN = "A frozen parameter has no spring: leave out what does not require a gradient."
PILED_UP = "The gradients pile up: .grad must be cleared before each sample, or each one carries all before it."
LEFT_GRADS = "Gradients were left in the model: the next training step would use them. Set .grad to None at the end."
MOVED = "The model's weights changed: nothing is trained here."
EXACT = "That is the exact Fisher, over all the model's own answers; here only the label's is wanted."


def model_of(seed: int) -> nn.Module:
    """A small network whose first layer is frozen."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 3))
    model[0].requires_grad_(False)
    return model


def check(fisher: Callable) -> None:
    """`fisher(model, inputs, labels)` -> {name: tensor as the parameter}, for trained parameters."""
    for seed, count in enumerate((1, 4, 9)):
        model = model_of(seed)
        x, rows = torch.randn(count, 5), torch.randint(3, (count,))
        before = [p.detach().clone() for p in model.parameters()]
        said = f"{name_of(fisher)} of a small network and {count} sample{'s' * (count > 1)}"
        got = call(fisher, model, x, rows, untouched=False)
        if not isinstance(got, dict):
            fail(f"{said} gave {shown(got)}.", "A dict is wanted: the parameter's name to a tensor of its shape.")
        if any(not torch.equal(p, old) for p, old in zip(model.parameters(), before, strict=True)):
            fail(f"{said}: the weights are not as they were.", MOVED)
        if any(p.grad is not None and p.grad.any() for p in model.parameters()):
            fail(f"{said}: .grad is not empty.", LEFT_GRADS)
        _compare(got, model, x, rows, said)


def _compare(got: dict, model: nn.Module, x: Tensor, rows: Tensor, said: str) -> None:
    right = fisher_diagonal(model, [(x, rows)], kind="empirical")
    if set(got) != set(right):
        more = set(got) - set(right)
        why = (
            ALSO_FROZEN if more else "Give every trained parameter under its name, as model.named_parameters() has it."
        )
        fail(f"{said} gave the names {shown(sorted(got))}.", why)
    for name, value in right.items():
        check_is_tensor(got[name], f"{said}, {name}", "A torch tensor is wanted for each parameter.")
        if got[name].shape != value.shape:
            fail(f"{said}: {name} has shape {tuple(got[name].shape)}.", "The Fisher is shaped as the parameter.")
    if not all(torch.allclose(got[n], v, atol=1e-7, rtol=1e-3) for n, v in right.items()):
        fail(f"{said}: the numbers are others.", _why(got, model, x, rows, right))


def slopes(model: nn.Module, x: Tensor, rows: Tensor) -> dict[str, Tensor]:
    """The gradient of the mean loss of some samples."""
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    found = torch.autograd.grad(F.cross_entropy(model(x), rows), list(trained.values()))
    return dict(zip(trained, found, strict=True))


def _why(got: dict, model: nn.Module, x: Tensor, rows: Tensor, right: dict) -> str:
    single = [slopes(model, x[i : i + 1], rows[i : i + 1]) for i in range(len(x))]
    names = list(right)
    piled = [{n: sum(s[n] for s in single[: i + 1]) for n in names} for i in range(len(single))]
    others = {
        SQUARED_LATE: {n: slopes(model, x, rows)[n] ** 2 for n in names},
        SUMMED: {n: len(x) * right[n] for n in names},
        NOT_SQUARED: {n: sum(s[n] for s in single) / len(x) for n in names},
        ABSOLUTE: {n: sum(s[n].abs() for s in single) / len(x) for n in names},
        PILED_UP: {n: sum(s[n] ** 2 for s in piled) / len(x) for n in names},
        EXACT: fisher_diagonal(model, [(x, rows)]),
    }
    summed_late = {n: sum(s[n] for s in single) ** 2 for n in names}
    if _same(got, summed_late) and len(x) > 1:
        return SQUARED_LATE
    fits = (why for why, wrong in others.items() if _same(got, wrong))
    return next(
        fits, "For each sample alone: backward on its cross-entropy, square the gradients, add; divide at the end."
    )


def _same(got: dict, wrong: dict) -> bool:
    return all(torch.allclose(got[n], v, atol=1e-7, rtol=1e-3) for n, v in wrong.items())
