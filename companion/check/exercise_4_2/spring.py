"""A spring tied to the weights as they are now, and not to whatever they will become."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from companion.check.running import call, fail, name_of, number, shown
from companion.check.tensors import check_is_tensor

NO_COPY = (
    "The anchor moves with the model: state_dict() and named_parameters() hand out the tensors themselves. "
    "Copy them with .detach().clone() when the spring is made."
)
LATE = "The anchor was taken when the penalty was first asked for: take it when the spring is made."
NO_GRADIENT = "No gradient reaches the weights, so nothing is held: the penalty has to be computed from the parameters."
NO_HALF = "That is twice the penalty: it is strength / 2 times the sum."
NO_FISHER = "Every weight pulls alike: multiply each squared distance by its Fisher."
NOT_SQUARED = "The distances were not squared."
MEAN = "That is a mean: the penalty is a sum over all weights."
FISHER_SQUARED = "The Fisher was squared once more: it is a square already."
TO_ZERO = "That pulls the weights to zero, which is weight decay: the anchor has to be taken away first."


def check(spring: Callable) -> None:
    """`spring(model, fisher, strength)` -> a function of the model that gives the penalty, a scalar."""
    for seed, strength in enumerate((2.0, 0.5, 10.0)):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).eval()
        fisher = {name: torch.rand_like(p) for name, p in model.named_parameters() if not name.startswith("1.")}
        start = {name: p.detach().clone() for name, p in model.named_parameters()}
        penalty = call(spring, model, fisher, strength, untouched=False)
        said = f"{name_of(spring)}(model, fisher, {strength:g})"
        if not callable(penalty):
            fail(f"{said} gave {shown(penalty)}.", "A function is wanted, which takes the model and gives the penalty.")
        move(model)
        _check(penalty, model, fisher, start, strength, said)


def move(model: nn.Module) -> None:
    """Move every weight in place, as an optimizer does."""
    with torch.no_grad():
        for p in model.parameters():
            p += torch.randn(p.shape, generator=torch.Generator().manual_seed(p.numel())) + 0.5


def _check(penalty: Callable, model: nn.Module, fisher: dict, start: dict, strength: float, said: str) -> None:
    got, wanted = call(penalty, model, untouched=False), value(model, fisher, start, strength).detach()
    said = f"{said}, asked after the weights have moved,"
    check_is_tensor(got, said, "A scalar tensor is wanted, to be added to the loss.")
    seen = number(got.detach(), said)
    if abs(seen - float(wanted)) > 1e-4 * float(wanted):
        fail(
            f"{said} gave {seen:.4g} and not {float(wanted):.4g}.", _why(penalty, seen, model, fisher, start, strength)
        )
    if not got.requires_grad:
        fail(f"{said} depends on no weight.", NO_GRADIENT)
    model.zero_grad()
    got.backward()
    for name, p in model.named_parameters():
        right = strength * fisher[name] * (p.detach() - start[name]) if name in fisher else torch.zeros_like(p)
        found = torch.zeros_like(p) if p.grad is None else p.grad
        if not torch.allclose(found, right, atol=1e-4, rtol=1e-3):
            fail(f"{said} pulls {name} otherwise than strength * F * distance.", NO_GRADIENT)


def value(model: nn.Module, fisher: dict, start: dict, strength: float) -> Tensor:
    """The penalty as it should be."""
    weights = {name: p.detach() for name, p in model.named_parameters()}
    return strength / 2 * sum((F * (weights[name] - start[name]) ** 2).sum() for name, F in fisher.items())


def _why(penalty: Callable, seen: float, model: nn.Module, fisher: dict, start: dict, strength: float) -> str:
    ones, nothing = (
        {n: torch.ones_like(F) for n, F in fisher.items()},
        {n: torch.zeros_like(F) for n, F in start.items()},
    )
    right, count = float(value(model, fisher, start, strength).detach()), sum(F.numel() for F in fisher.values())
    if seen == 0:
        move(model)
        return LATE if number(call(penalty, model, untouched=False).detach(), "the penalty") else NO_COPY
    weights = dict(model.named_parameters())
    apart = {name: (weights[name] - start[name]).detach() for name in fisher}
    reasons = [
        (NO_HALF, 2 * right),
        (NO_FISHER, float(value(model, ones, start, strength))),
        (MEAN, right / count),
        (MEAN, strength / 2 * sum(float((F * apart[n] ** 2).mean()) for n, F in fisher.items())),
        (FISHER_SQUARED, float(value(model, {n: F**2 for n, F in fisher.items()}, start, strength))),
        (NOT_SQUARED, strength / 2 * sum(float((F * apart[n]).sum()) for n, F in fisher.items())),
        (NOT_SQUARED, strength / 2 * sum(float((F * apart[n].abs()).sum()) for n, F in fisher.items())),
        (TO_ZERO, float(value(model, fisher, nothing, strength))),
    ]
    fits = (why for why, wrong in reasons if abs(seen - wrong) < 1e-4 * abs(wrong) + 1e-6)
    return next(fits, "It is strength / 2 times the sum of fisher * (weight - anchor)^2, over the names in fisher.")
