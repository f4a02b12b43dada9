"""Routers that are kept: an encoder with LoRA or without, and a head, in files that a later session loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import load_file, save_file

from companion.capstone.saved import write_text
from companion.models.sorter import Sorter

if TYPE_CHECKING:
    from companion.finetune.classifier import TextClassifier

HEAD, ADAPTER, CARD = "head.safetensors", "adapter_model.safetensors", "card.json"


def save_router(model: TextClassifier, folder: Path, about: dict[str, Any]) -> None:
    """Head and, where there is one, the adapter in peft's format; the card comes last and says that all is there."""
    from companion.finetune.lora import lora_layers
    from companion.finetune.peft_format import save_lora

    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).unlink(missing_ok=True)
    if layers := lora_layers(model.model):
        save_lora(layers, folder)
    save_file({name: t.detach().cpu().contiguous() for name, t in model.head.state_dict().items()}, folder / HEAD)
    write_text(folder / CARD, json.dumps({"classes": model.classes, **about}, indent=1) + "\n")


def load_router(folder: str | Path, encoder: Any) -> Sorter:
    """A router as `save_router` wrote it, on a copy of the encoder that it was trained on.

    Raises FileNotFoundError where there is none, ValueError for another encoder.
    """
    from torch import nn

    from companion.finetune.tuning import copied
    from companion.models.merging import merge

    folder = Path(folder)
    if not (folder / CARD).is_file():
        raise FileNotFoundError(f"{folder} holds no router: train one with measure_sorters(project).")
    about = json.loads((folder / CARD).read_text(encoding="utf-8"))
    if about["encoder"] != encoder.fingerprint[:16]:
        raise ValueError(f"The router in {folder} belongs to another encoder: load that one, or train a router anew.")
    encoder = copied(encoder)
    if (folder / ADAPTER).is_file():
        merge(encoder.model, folder)
    tensors = load_file(folder / HEAD)
    head = nn.Linear(encoder.dim, len(tensors["bias"]))
    head.load_state_dict(tensors)
    return Sorter(encoder, head, about["classes"])
