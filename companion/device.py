"""Where to compute, and in which precision."""

from typing import Any

import torch


def best_device() -> torch.device:
    """The fastest device of this machine: a CUDA GPU, an Apple GPU, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def fast_bf16(device: str | torch.device = "cpu") -> bool:
    """Whether bfloat16 is faster than float32 here: GPUs that have it, and CPUs with AMX tiles."""
    kind = torch.device(device).type
    if kind == "cuda":
        return torch.cuda.is_bf16_supported()
    if kind == "mps":
        return torch.backends.mps.is_macos_or_newer(14, 0)
    has_amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    return kind == "cpu" and has_amx()


def on_device(batch: Any, device: torch.device) -> Any:
    """The batch with its tensors on the device; what is not a tensor, dict, list or tuple stays as it is."""
    if hasattr(batch, "to"):  # a tensor, or a tokenizer's BatchEncoding
        return batch.to(device)
    if isinstance(batch, dict):
        return {name: on_device(value, device) for name, value in batch.items()}
    if type(batch) in (list, tuple):
        return type(batch)(on_device(value, device) for value in batch)
    return batch
