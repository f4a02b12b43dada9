"""A LoRA with its factors the right way round: as peft stores them, starts them and computes with them."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from companion.check.running import call, fail, name_of, shown

CASES = [(6, 4, 2, 8), (12, 5, 3, 6), (400, 30, 4, 4)]  # in, out, r, alpha
FACTORS = ("lora_A.weight", "lora_B.weight")
TURNED = (
    "The factors stand the wrong way round: a weight is stored as (out, in), so A, from in to r, is (r, in) and B "
    "is (out, r). nn.Linear stores its weight so."
)
FROZEN = "The base stays frozen, only the two factors are trained: base.requires_grad_(False)."
BIAS = "LoRA's factors have no bias, and peft's file has none: nn.Linear(..., bias=False)."
NAMES = "peft's file calls them lora_A.weight and lora_B.weight: the layer must find its factors under these names."
NO_START = "A fresh LoRA changes nothing, because B starts at 0: nn.init.zeros_ on B's weight (and not on A's)."
DEAD = "A is 0 and B is 0: then no gradient reaches either, and nothing is ever learned. Only B starts at 0."
FAN_IN = "That is 1 / sqrt(r): A was started while it was (in, r), so the start took r for the number of inputs."
DEFAULT_A = "That is kaiming_uniform_ without a=sqrt(5): pass a=5**0.5, as nn.Linear does by itself."
SPREAD = "peft draws A evenly between -1/sqrt(in) and 1/sqrt(in), which kaiming_uniform_ with a=sqrt(5) does."
SCALE = "The sum takes alpha / r times the factors' output, as peft does."
OTHER_ORDER = (
    "It is not the factor alpha / r: x goes through A first and then through B, each a matrix as it is stored. "
    "(view and reshape turn no matrix round: .T does.)"
)


def check(lora: Callable) -> None:
    """`lora(base, r, alpha)` -> a module that starts, loads and computes as peft's own layer does."""
    for inside, outside, r, alpha in CASES:
        torch.manual_seed(0)
        base = nn.Linear(inside, outside)
        said = f"{name_of(lora)}(nn.Linear({inside}, {outside}), {r}, {alpha})"
        layer = call(lora, copy.deepcopy(base), r, alpha, untouched=False)
        _check_module(layer, said)
        _check_trained(layer, said)
        _check_shapes(layer, (r, inside), (outside, r), said)
        _check_start(layer, base, said)
        _check_with_peft(layer, base, r, alpha, said)


def _check_module(layer, said: str) -> None:
    if layer is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    if not isinstance(layer, nn.Module):
        fail(f"{said} gave {shown(layer)}.", "A module is wanted: the base and the two factors in one layer.")


def _check_trained(layer: nn.Module, said: str) -> None:
    trained = {name for name, parameter in layer.named_parameters() if parameter.requires_grad}
    if missing := [name for name in FACTORS if name not in trained]:
        there = any(name in layer.state_dict() for name in missing)
        why = "Only the base is frozen: the two factors are what is trained." if there else NAMES
        fail(f"{said}: {missing[0]} is not among the trained parameters {sorted(trained)}.", why)
    if more := sorted(trained - set(FACTORS)):
        said = f"{said}: {more} would be trained too."
        fail(said, BIAS if all(name.startswith("lora_") for name in more) else FROZEN)


def _check_shapes(layer: nn.Module, a: tuple[int, int], b: tuple[int, int], said: str) -> None:
    for name, wanted in zip(FACTORS, (a, b), strict=True):
        shape = tuple(layer.get_parameter(name).shape)
        if shape != wanted:
            why = TURNED if shape == wanted[::-1] else f"It is {wanted} in peft's file."
            fail(f"{said}: {name} has shape {shape} and not {wanted}.", why)


def _check_start(layer: nn.Module, base: nn.Linear, said: str) -> None:
    A, B = (layer.get_parameter(name).detach() for name in FACTORS)
    x = torch.randn(8, base.in_features)
    gap = (_output(layer, x, said) - base(x)).abs().max().item()
    if B.abs().max() > 0 and A.abs().max() == 0:
        fail(f"{said}: all of lora_A.weight is 0, and lora_B.weight is not.", NO_START)
    if B.abs().max() > 0 or not gap < 1e-5:
        fail(f"{said}: before any training its output differs from the base's by up to {gap:.2g}.", NO_START)
    if A.abs().max() == 0:
        fail(f"{said}: all of lora_A.weight is 0.", DEAD)
    if A.numel() > 1000:  # enough numbers to see how they were drawn
        _check_spread(A, said)


def _check_spread(A: Tensor, said: str) -> None:
    r, inside = A.shape
    largest, bound = A.abs().max().item(), inside**-0.5
    even = abs(A.std().item() / bound - 3**-0.5) < 0.05
    if even and 0.95 * bound < largest < 1.001 * bound:
        return
    reasons = {FAN_IN: r**-0.5, DEFAULT_A: (6 / inside) ** 0.5}
    fits = (why for why, other in reasons.items() if 0.95 * other < largest < 1.001 * other)
    said = f"{said}: the largest number in lora_A.weight is {largest:.3f}, and 1 / sqrt(in) is {bound:.3f}."
    fail(said, next(fits, SPREAD))


def _check_with_peft(layer: nn.Module, base: nn.Linear, r: int, alpha: int, said: str) -> None:
    tuned, file = _peft(base, r, alpha)
    layer.load_state_dict(file, strict=False)
    x = torch.randn(8, base.in_features)
    with torch.no_grad():
        got, right = _output(layer, x, said) - base(x), tuned(x) - base(x)  # (8, out), what the factors add
    gap = (got - right).abs().max().item()
    if not gap < 1e-3:
        ratio = (got * right).sum() / (right * right).sum()
        said = f"{said}: with the factors of peft's file its output differs from peft's by up to {gap:.2g}."
        fail(said, SCALE if torch.allclose(got, ratio * right, atol=1e-3) else OTHER_ORDER)


def _output(layer: nn.Module, x: Tensor, said: str) -> Tensor:
    try:
        return layer(x).detach()
    except Exception as error:
        fail(f"{said}: the layer raised {type(error).__name__}: {error}", "It has to take x of shape (n, in).")


def _peft(base: nn.Linear, r: int, alpha: int) -> tuple[nn.Module, dict[str, Tensor]]:
    """peft's own layer after some training (B is no longer 0), and the factors in its file."""
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

    config = LoraConfig(r=r, lora_alpha=alpha, target_modules=["0"])
    tuned = get_peft_model(nn.Sequential(copy.deepcopy(base)), config).eval()
    for name, parameter in tuned.named_parameters():
        if "lora_" in name:
            nn.init.normal_(parameter)
    file = get_peft_model_state_dict(tuned)
    return tuned, {name.removeprefix("base_model.model.0."): factor for name, factor in file.items()}
