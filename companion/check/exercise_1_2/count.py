"""Trained parameters: what requires a gradient, each number once, whatever its name."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from companion.check.running import call, fail, name_of, number, shown

FROZEN = "Frozen parameters were counted: only those with requires_grad are trained."
TWICE = "A tensor that stands in two places is one tensor: model.parameters() gives it once, state_dict() twice."
NOTHING = (
    "Nothing counted as trained. Ask each parameter for requires_grad: its name says nothing, its gradient is None "
    "before the first backward pass, and the tensors of a state_dict never require one."
)
BY_NAME = "The names were counted, not what is trained: a layer without lora in its name can be trained too."
EQUAL = "Two parameters of equal shape or numbers are still two: only one and the same tensor counts once."
TENSORS = "That is the number of tensors: count their numbers with numel()."
BUFFERS = "Buffers (such as a running mean) are no parameters: state_dict() holds them, model.parameters() does not."
LAYERS = "Only the weights of nn.Linear were counted: a parameter can stand in any module."
PERCENT = "A share lies between 0 and 1: leave out the times 100."
OF_FROZEN = "That is trained / frozen: the share is of all parameters, trained ones included."
TURNED = "That is the frozen parameters' share."


class Tied(nn.Module):
    """A language model's two ends, which share one matrix, and a scale that stands in no layer."""

    def __init__(self, frozen: bool):
        super().__init__()
        self.words, self.head = nn.Embedding(50, 8), nn.Linear(8, 50, bias=False)
        self.head.weight = self.words.weight
        self.scale = nn.Parameter(torch.ones(8))
        self.words.requires_grad_(not frozen)


def check(count: Callable) -> None:
    """`count(model)` -> (numbers that are trained, their share of all)."""
    for kind, model in _models().items():
        said = f"{name_of(count)} of {kind}"
        flags = [parameter.requires_grad for parameter in model.parameters()]
        trained, share = _pair(call(count, model, untouched=False), said)
        if flags != [parameter.requires_grad for parameter in model.parameters()]:
            fail(f"{said} changed what is trained.", "Counting freezes nothing: leave requires_grad as it was.")
        _check_trained(trained, model, said)
        _check_share(share, model, said)


def _models() -> dict[str, nn.Module]:
    half = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 3))
    half[0].requires_grad_(False)
    same = nn.Linear(6, 6)
    return {
        "one layer": nn.Linear(4, 3),
        "a frozen layer and a trained one": half,
        "a normalised layer": nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5)),
        "a layer that is used twice": nn.Sequential(same, nn.ReLU(), same),
        "two layers of equal numbers": nn.Sequential(*(_zeros(nn.Linear(3, 3)) for _ in range(2))),
        "tied words and head": Tied(frozen=False),
        "tied words and head, frozen": Tied(frozen=True),
        "a LoRA with a trained head": _with_lora(),
        "a model that is all frozen": nn.Linear(4, 3).requires_grad_(False),
    }


def _zeros(layer: nn.Linear) -> nn.Linear:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def _with_lora() -> nn.Module:
    """peft's own LoRA on one layer; the last layer is trained in full."""
    from peft import LoraConfig, inject_adapter_in_model

    model = nn.Sequential(nn.Embedding(30, 12), nn.Linear(12, 12), nn.Linear(12, 4))
    inject_adapter_in_model(LoraConfig(r=2, target_modules=["1"]), model)
    model[2].requires_grad_(True)
    return model


def _pair(got, said: str) -> tuple[float, float]:
    if got is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    if not isinstance(got, tuple | list) or len(got) != 2:
        fail(f"{said} gave {shown(got)}.", "Two numbers are wanted: how many are trained, and their share of all.")
    return number(got[0], said), number(got[1], said)


def _numbers(tensors) -> int:
    return sum(tensor.numel() for tensor in tensors)


def _trained(tensors) -> list[Tensor]:
    return [tensor for tensor in tensors if tensor.requires_grad]


def _check_trained(got: float, model: nn.Module, said: str) -> None:
    right = _numbers(_trained(model.parameters()))
    if got != right:
        fail(f"{said} gave {got:g} trained and not {right}.", _why_trained(got, model))


def _why_trained(got: float, model: nn.Module) -> str:
    named = dict(model.named_parameters(remove_duplicate=False))
    linear = [module.weight for module in model.modules() if isinstance(module, nn.Linear)]
    parameters, buffers = list(model.parameters()), _numbers(model.buffers())
    reasons = [
        (NOTHING, 0),
        (TWICE, _numbers(_trained(named.values()))),
        (FROZEN, _numbers(parameters)),
        (FROZEN, _numbers(named.values())),
        (BUFFERS, _numbers(_trained(parameters)) + buffers),
        (BUFFERS, _numbers(parameters) + buffers),
        (TENSORS, len(_trained(parameters))),
        (BY_NAME, _numbers(tensor for name, tensor in named.items() if "lora" in name)),
        (EQUAL, _numbers({tensor.shape: tensor for tensor in _trained(parameters)}.values())),
        (LAYERS, _numbers(_trained(linear))),
    ]
    fits = (why for why, wrong in reasons if got == wrong)
    return next(fits, "Add up numel() of each parameter of the model that has requires_grad, each of them once.")


def _check_share(got: float, model: nn.Module, said: str) -> None:
    trained, total = _numbers(_trained(model.parameters())), _numbers(model.parameters())
    if not abs(got - trained / total) < 1e-6:
        fail(f"{said} gave the share {got:.4g} and not {trained / total:.4g}.", _why_share(got, trained, total, model))


def _why_share(got: float, trained: int, total: int, model: nn.Module) -> str:
    twice = _numbers(tensor for _, tensor in model.named_parameters(remove_duplicate=False))
    buffers = _numbers(model.buffers())
    reasons = [
        (PERCENT, 100 * trained / total),
        (OF_FROZEN, trained / max(total - trained, 1)),
        (TURNED, 1 - trained / total),
        (TWICE, trained / twice),
        (BUFFERS, trained / (total + buffers)),
    ]
    fits = (why for why, wrong in reasons if abs(got - wrong) < 1e-6)
    return next(fits, "The share is trained / all parameters, frozen ones included, each of them once.")
