"""Bottleneck adapters: small modules put between the layers of a frozen model."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


class BottleneckAdapter(nn.Module):
    """x + up(act(down(x))), x (..., dim): down to `bottleneck` numbers, through `activation`, and up again.

    `up` starts at zero, so that the adapter is the identity at the start. It has 2 * dim * bottleneck + dim +
    bottleneck parameters. Raises ValueError for sizes below 1. Houlsby et al., arXiv 1902.00751.
    The trap: `down` at zero as well, and no gradient ever reaches either of them.
    """

    def __init__(self, dim: int, bottleneck: int = 32, activation: Callable[[Tensor], Tensor] = torch.relu):
        super().__init__()
        check_sizes(dim, bottleneck)
        self.down, self.up, self.activation = nn.Linear(dim, bottleneck), nn.Linear(bottleneck, dim), activation
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(..., dim) -> (..., dim)."""
        return x + self.up(self.activation(self.down(x)))


def check_sizes(dim: int, bottleneck: int) -> None:
    """ValueError for a width that cannot be."""
    if dim < 1 or bottleneck < 1:
        raise ValueError(f"dim is {dim}, bottleneck {bottleneck}: choose at least 1 for both, such as 384 and 32.")


def add_adapters(
    model: nn.Module, bottleneck: int = 32, activation: Callable[[Tensor], Tensor] = torch.relu
) -> dict[str, BottleneckAdapter]:
    """Freeze the model and put two adapters into each layer, as Houlsby et al. place them; returns them by name.

    One comes after the attention's projection, one after the feed-forward's, each after the dropout and before
    the residual sum. The paper trains the layer norms as well; here they stay, and `remove_adapters` gives the
    model back as it was. Raises ValueError for a model that is not built as BERT is, or has adapters already.
    """
    if adapters(model):
        raise ValueError("The model has adapters already: call remove_adapters(model) first, or load a fresh model.")
    places = [name for name, module in model.named_modules() if name.endswith("output") and _is_output(module)]
    if not places:
        raise ValueError("Adapters need layers built as BERT's are, with an output of dense, dropout and LayerNorm.")
    check_sizes(model.get_submodule(places[0]).dense.out_features, bottleneck)
    model.requires_grad_(False)
    return {f"{name}.dropout.1": _put(model.get_submodule(name), bottleneck, activation) for name in places}


def _is_output(module: nn.Module) -> bool:
    return all(hasattr(module, part) for part in ("dense", "dropout", "LayerNorm"))


def _put(output: nn.Module, bottleneck: int, activation: Callable[[Tensor], Tensor]) -> BottleneckAdapter:
    weight = output.dense.weight
    adapter = BottleneckAdapter(weight.shape[0], bottleneck, activation).to(weight.device)
    output.dropout = nn.Sequential(output.dropout, adapter).train(output.training)
    return adapter


def adapters(model: nn.Module) -> dict[str, BottleneckAdapter]:
    """The model's adapters by name."""
    return {name: module for name, module in model.named_modules() if isinstance(module, BottleneckAdapter)}


def remove_adapters(model: nn.Module) -> None:
    """Take the adapters out: the model is what it was before them."""
    for name in adapters(model):
        output = model.get_submodule(name.removesuffix(".dropout.1"))
        output.dropout = output.dropout[0]
