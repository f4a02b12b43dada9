"""What is trained: everything, the head, the last layers, LoRA, adapters."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from companion.finetune.adapter import add_adapters
from companion.finetune.classifier import TextClassifier
from companion.finetune.lora import ALL_LINEAR, add_lora
from companion.finetune.peft_format import add_peft

METHODS = ("full", "last", "lora", "peft", "adapter", "probe")


def prepare(
    model: TextClassifier,
    method: str = "full",
    r: int = 8,
    alpha: float | None = None,
    targets: str | Sequence[str] = ALL_LINEAR,
    bottleneck: int = 32,
    layers: int = 2,
) -> list[nn.Parameter]:
    """Freeze all that `method` does not train, and return what it does train, the head last.

    "full": every weight that the vectors depend on. "probe": the head only. "last": the last `layers` layers.
    "lora": LoRA of rank `r` on `targets`; alpha 2 * r if None. "peft": the same by the peft library.
    "adapter": two bottleneck adapters a layer. Raises ValueError for another method.
    """
    if method not in METHODS:
        raise ValueError(f"There is no method {method!r}: choose one of {', '.join(METHODS)}.")
    body = model.model
    model.requires_grad_(False)
    if method == "full":
        unfreeze_all(body)
    elif method == "last":
        unfreeze_last(body, layers)
    elif method == "lora":
        add_lora(body, targets, r, alpha)
    elif method == "peft":
        add_peft(body, targets, r, alpha)
    elif method == "adapter":
        add_adapters(body, bottleneck)
    model.head.requires_grad_(True)
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def unfreeze_all(body: nn.Module) -> None:
    """Train everything but the pooler, which no vector of ours depends on."""
    for name, parameter in body.named_parameters():
        parameter.requires_grad_("pooler" not in name)


def unfreeze_last(body: nn.Module, layers: int) -> None:
    """Train the last `layers` of the stack; what lies below them then needs no backward pass."""
    stacks = [module for module in body.modules() if isinstance(module, nn.ModuleList)]
    stack = max(stacks, key=len, default=())
    if not 1 <= layers <= len(stack):
        raise ValueError(f"layers is {layers}: this model has {len(stack)} layers, choose 1 to {len(stack)}.")
    for layer in stack[-layers:]:
        layer.requires_grad_(True)


def trainable_count(model: nn.Module) -> int:
    """How many numbers are trained."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def total_count(model: nn.Module) -> int:
    """How many numbers the model has, trained or not; a tied weight counts once."""
    return sum(parameter.numel() for parameter in model.parameters())
