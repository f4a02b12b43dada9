"""LoRA: the weights stay as they are, and a product of two thin matrices is learned beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

ALL_LINEAR = "all-linear"


class LoRALinear(nn.Module):
    """y = base(x) + alpha / r * B A x, with A (r, in) and B (out, r) trained and the base frozen.

    x (..., in) -> y (..., out). A starts as peft and torch start a linear layer, uniform within 1 / sqrt(in);
    B starts at zero, so that at first y is base(x). Equal to peft's LoRA layer without dropout to 1e-6.
    Raises ValueError for r < 1, alpha <= 0 and a base that is no linear layer. LoRA, arXiv 2106.09685.
    The trap: an A stored as (in, r) starts from the wrong fan-in. And while merged, nothing here is trained.
    """

    def __init__(self, base: nn.Linear, r: int = 8, alpha: float = 16):
        super().__init__()
        if not isinstance(base, nn.Linear):
            raise ValueError(f"LoRALinear wraps a linear layer, not {type(base).__name__}: pass an nn.Linear.")
        check_rank(r, alpha)
        self.base = base.requires_grad_(False)
        self.r, self.alpha, self.scale = r, alpha, alpha / r
        like = {"device": base.weight.device, "dtype": torch.promote_types(base.weight.dtype, torch.float32)}
        self.A = nn.Parameter(torch.empty(r, base.in_features, **like))
        self.B = nn.Parameter(torch.zeros(base.out_features, r, **like))
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))
        self._folded: tuple[Tensor, Tensor] | None = None  # A and B as they were added to the base weight

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        y = self.base(x)
        if self.merged:
            return y
        low = nn.functional.linear(x.to(self.A.dtype), self.A)  # (..., r)
        return (y + nn.functional.linear(low, self.B) * self.scale).to(y.dtype)

    @property
    def merged(self) -> bool:
        """Whether B A is part of the base weight now."""
        return self._folded is not None

    @torch.no_grad()
    def merge(self) -> None:
        """W <- W + alpha / r * B A, in place: from now on one matrix product. A second call changes nothing."""
        if not self.merged:
            self._folded = (self.A.detach().clone(), self.B.detach().clone())
            self.base.weight += self._update()

    @torch.no_grad()
    def unmerge(self) -> None:
        """Take out what `merge` put in, even if A and B have changed since; W comes back to 1e-6."""
        if self.merged:
            self.base.weight -= self._update()
            self._folded = None

    def _update(self) -> Tensor:
        low, high = (factor.to(self.base.weight.device) for factor in self._folded)
        return (self.scale * (high @ low)).to(self.base.weight.dtype)  # (out, in)

    # some models look at their layers' weights, as at those of a plain nn.Linear
    @property
    def weight(self) -> Tensor:
        """The base weight (out, in), with B A in it while merged."""
        return self.base.weight

    @property
    def bias(self) -> Tensor | None:
        """The base bias (out,), or None."""
        return self.base.bias

    def extra_repr(self) -> str:
        return f"r={self.r}, alpha={self.alpha}, merged={self.merged}"


def check_rank(r: int, alpha: float) -> None:
    """ValueError for a rank or an alpha that cannot be."""
    if r < 1:
        raise ValueError(f"r is {r}: choose a rank of at least 1, such as 8.")
    if alpha <= 0:
        raise ValueError(f"alpha is {alpha}: choose a number above 0, such as 2 * r.")


def add_lora(
    model: nn.Module, targets: str | Sequence[str] = ALL_LINEAR, r: int = 8, alpha: float | None = None
) -> dict[str, LoRALinear]:
    """Freeze the model and put LoRA on the linear layers that `targets` names; returns them by name.

    targets: endings of names such as ("query", "value"), or "all-linear". alpha: 2 * r if None.
    Raises ValueError where no layer fits, and for a model that has LoRA already.
    """
    alpha = 2 * r if alpha is None else alpha
    check_rank(r, alpha)
    names = linear_names(model, targets)
    model.requires_grad_(False)
    return {name: wrap(model, name, r, alpha) for name in names}


def linear_names(model: nn.Module, targets: str | Sequence[str] = ALL_LINEAR) -> list[str]:
    """Names of the linear layers that `targets` means.

    "all-linear" leaves out an output layer over the vocabulary, as peft does, and the pooler, which takes no
    part in a mean-pooled vector: its factors would be counted and never trained.
    """
    if lora_layers(model):
        raise ValueError("The model has LoRA layers already: call unload(model) first, or load a fresh model.")
    linear = {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Linear)}
    if targets == ALL_LINEAR:
        output = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
        chosen = [name for name, layer in linear.items() if layer is not output and "pooler" not in name]
    else:
        endings = (targets,) if isinstance(targets, str) else tuple(targets)
        chosen = [name for name in linear if any(f".{name}".endswith(f".{ending}") for ending in endings)]
    if not chosen:
        kinds = ", ".join(sorted({name.rpartition(".")[2] for name in linear})) or "none"
        raise ValueError(f"No linear layer's name ends in {targets!r}: choose among those of this model ({kinds}).")
    return chosen


def wrap(model: nn.Module, name: str, r: int, alpha: float) -> LoRALinear:
    """Put a `LoRALinear` in the place of the linear layer `name`."""
    parent, _, last = name.rpartition(".")
    layer = LoRALinear(model.get_submodule(name), r, alpha)
    layer.train(model.training)
    setattr(model.get_submodule(parent), last, layer)
    return layer


def lora_layers(model: nn.Module) -> dict[str, LoRALinear]:
    """The model's LoRA layers by name."""
    return {name: layer for name, layer in model.named_modules() if isinstance(layer, LoRALinear)}


def merge_all(model: nn.Module) -> None:
    """Merge every LoRA layer of the model: the same answers to 1e-4, without the extra products."""
    for layer in lora_layers(model).values():
        layer.merge()


def unmerge_all(model: nn.Module) -> None:
    """Undo `merge_all`."""
    for layer in lora_layers(model).values():
        layer.unmerge()


def unload(model: nn.Module, merge: bool = True) -> None:
    """Put plain linear layers back, with what LoRA learned folded in, or (`merge=False`) as they were before."""
    for name, layer in lora_layers(model).items():
        layer.merge() if merge else layer.unmerge()
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, layer.base)
