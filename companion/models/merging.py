"""A saved LoRA adapter added to the weights it was made for."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file


def merge(model, folder: Path) -> None:
    """W <- W + alpha/r B A for every layer of a peft adapter (2106.09685); equals peft's `merge_and_unload`."""
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf8"))
    tensors = load_file(folder / "adapter_model.safetensors")
    scale = config["lora_alpha"] / config["r"]
    with torch.no_grad():
        for key in (k for k in tensors if k.endswith(".lora_A.weight")):
            layer = model.get_submodule(key.removeprefix("base_model.model.").removesuffix(".lora_A.weight"))
            low = tensors[key.replace("lora_A", "lora_B")].float() @ tensors[key].float()  # (out, in)
            layer.weight += scale * low
