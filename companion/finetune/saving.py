"""A trained classifier on the disk: its LoRA in peft's format and its head, as `companion.models.sorter` reads them."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save_file

from companion.finetune.classifier import TextClassifier
from companion.finetune.lora import lora_layers
from companion.finetune.peft_format import save_lora


def save_classifier(model: TextClassifier, folder: Path, half: bool = False) -> None:
    """Write the head and, where the model has one, the LoRA. half: in fp16; the model's own LoRA layers become fp16."""
    folder.mkdir(parents=True, exist_ok=True)
    if layers := lora_layers(model.model):
        if half:
            for layer in layers.values():
                layer.half()
        save_lora(layers, folder)
    head = {name: (tensor.half() if half else tensor) for name, tensor in model.head.state_dict().items()}
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in head.items()}, folder / "head.safetensors")
