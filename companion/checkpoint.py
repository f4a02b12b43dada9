"""Checkpoints: tensors and JSON in one safetensors file, written whole or not at all. No pickles."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save_file
from torch import Tensor

Tensors = dict[str, Tensor]


def write_checkpoint(path: Path, tensors: Tensors, about: dict[str, Any]) -> None:
    """Save tensors, and `about` as JSON in the file's header; a killed run leaves the last good file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    copies = {name: t.detach().to("cpu", copy=True).contiguous() for name, t in tensors.items()}
    partial = path.with_name(path.name + ".partial")
    save_file(copies, partial, metadata={"about": json.dumps(about)})
    os.replace(partial, path)


def read_checkpoint(path: Path) -> tuple[Tensors, dict[str, Any]]:
    """The tensors and `about` of a file made by `write_checkpoint`, else a ValueError."""
    raw = path.read_bytes()  # not memory-mapped: Windows cannot replace a mapped file
    try:
        header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])  # as the safetensors format has it
        return load(raw), json.loads(header["__metadata__"]["about"])
    except Exception as error:
        raise ValueError(f"{path} is not a checkpoint that can be read: delete it and run again.") from error


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> Tensors:
    """The optimizer's state, such as the moments of AdamW, under names `optimizer.<parameter>.<key>`."""
    state = optimizer.state_dict()["state"]
    return {f"optimizer.{i}.{key}": t for i, s in state.items() for key, t in s.items() if t is not None}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Put `optimizer_tensors` back."""
    state: dict[int, Tensors] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, i, key = name.split(".", 2)
            state.setdefault(int(i), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def random_tensors(device: torch.device) -> Tensors:
    """The state of torch's random numbers: dropout after a resume must draw what it would have drawn."""
    tensors = {"random.cpu": torch.get_rng_state()}
    if device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(device)
    return tensors


def restore_random(tensors: Tensors, device: torch.device) -> None:
    """Put `random_tensors` back; what another device left is passed over."""
    torch.set_rng_state(tensors["random.cpu"])
    if device.type == "cuda" and "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"], device)
