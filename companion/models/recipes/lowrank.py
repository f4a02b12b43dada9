"""LoRA for a long run: the low-rank product is added to the weight once a step, not to the output at every layer.

h = (W + alpha/r B A) x equals W x + alpha/r B (A x) (2106.09685), but leaves one matrix product a layer, which
is what a processor with bfloat16 units is fast at. Saved in peft's own format: `PeftModel.from_pretrained` reads it.
"""

import json
import math
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils import parametrize


class LowRank(nn.Module):
    """weight -> weight + scale * B @ A, in the dtype that the layer computes in. A: (r, in), B: (out, r)."""

    def __init__(self, out_features: int, in_features: int, r: int, scale: float, dtype: torch.dtype):
        super().__init__()
        self.A = nn.Parameter(torch.empty(r, in_features))
        self.B = nn.Parameter(torch.zeros(out_features, r))
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))
        self.scale, self.dtype = scale, dtype

    def forward(self, weight: Tensor) -> Tensor:
        return (weight + self.scale * self.B @ self.A).to(self.dtype)


def add_low_rank(model: nn.Module, inside: str, r: int, alpha: int, dtype: torch.dtype) -> dict[str, LowRank]:
    """Freeze the model and put a `LowRank` on every linear layer whose name holds `inside`; returns them by name."""
    model.requires_grad_(False)
    layers = {n: m for n, m in model.named_modules() if isinstance(m, nn.Linear) and inside in n}
    added = {}
    for name, layer in layers.items():
        low = LowRank(layer.out_features, layer.in_features, r, alpha / r, dtype)
        parametrize.register_parametrization(layer, "weight", low, unsafe=True)
        added[name] = low
    return added


def compute_in(model: nn.Module, dtype: torch.dtype) -> None:
    """Cast what is frozen and not parametrized; the low-rank factors and their base weights stay float32."""
    for name, parameter in model.named_parameters():
        if "parametrizations.weight" not in name:
            parameter.data = parameter.data.to(dtype)


def save_adapter(
    added: dict[str, LowRank], folder: Path, base: str, r: int, alpha: int, task: str = "CAUSAL_LM"
) -> None:
    """Write `adapter_model.safetensors` (fp16) and `adapter_config.json` as peft does; `task` is peft's name of it."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, low in added.items():
        for letter, tensor in (("A", low.A), ("B", low.B)):
            key = f"base_model.model.{name}.lora_{letter}.weight"
            tensors[key] = tensor.detach().to("cpu", torch.float16).contiguous()
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "base_model_name_or_path": base,
        "r": r,
        "lora_alpha": alpha,
        "bias": "none",
    }
    config |= {
        "target_modules": sorted(added),
        "lora_dropout": 0.0,
        "inference_mode": True,
        "task_type": task,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf8")


def average(first: Path, second: Path, out: Path) -> None:
    """Write the mean of two adapters of one run, with their heads (model soups, 2203.05482).

    The factors are averaged one by one, which is near enough to the mean of the products where the second
    adapter went on from the first.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in ("adapter_model.safetensors", "head.safetensors"):
        one, two = load_file(first / name), load_file(second / name)
        mean = {key: ((one[key].float() + two[key].float()) / 2).to(torch.float16) for key in one}
        save_file(mean, out / name)
    shutil.copy(first / "adapter_config.json", out)


def load_adapter(added: dict[str, LowRank], folder: Path) -> None:
    """Start from a saved adapter instead of from nothing."""
    tensors = load_file(folder / "adapter_model.safetensors")
    with torch.no_grad():
        for name, low in added.items():
            low.A.copy_(tensors[f"base_model.model.{name}.lora_A.weight"])
            low.B.copy_(tensors[f"base_model.model.{name}.lora_B.weight"])
