"""LoRA in peft's own files: `PeftModel.from_pretrained` reads what is saved here, and the other way round."""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from companion.finetune.lora import ALL_LINEAR, LoRALinear, check_rank, linear_names, wrap
from companion.models.weights import ENCODER

if TYPE_CHECKING:
    from peft import PeftModel

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."  # peft's wrapper around the model
FACTOR = re.compile(rf"{re.escape(PREFIX)}(.+)\.lora_([AB])\.weight")
# settings of peft that compute something else from the same two factors
OTHER = ("use_dora", "use_qalora", "use_bdlora", "alora_invocation_tokens", "arrow_config", "velora_config")
OTHER += ("kasa_config", "monteclora_config", "layer_replication", "fan_in_fan_out", "modules_to_save")


def save_lora(
    layers: Mapping[str, LoRALinear], folder: str | Path, base: str = ENCODER, task: str = "FEATURE_EXTRACTION"
) -> None:
    """Write A and B of `layers` (name -> layer) as peft does, with r and alpha as the layers have them.

    base: the name of the model that they belong to. task: peft's name of it, such as "CAUSAL_LM".
    The base weights and a classifier's head are not in it.
    """
    if not layers:
        raise ValueError("There is no LoRA layer to save: pass what add_lora returned.")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    factors = ((name, letter, getattr(layer, letter)) for name, layer in layers.items() for letter in "AB")
    tensors = {f"{PREFIX}{n}.lora_{letter}.weight": t.detach().cpu().contiguous() for n, letter, t in factors}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / CONFIG).write_text(json.dumps(_config(layers, base, task), indent=2) + "\n", encoding="utf-8")


def _config(layers: Mapping[str, LoRALinear], base: str, task: str) -> dict[str, Any]:
    r, alpha = (
        Counter(getattr(layer, name) for layer in layers.values()).most_common(1)[0][0] for name in ("r", "alpha")
    )
    return {
        "peft_type": "LORA",
        "task_type": task,
        "base_model_name_or_path": base,
        "r": r,
        "lora_alpha": alpha,
        "rank_pattern": {name: layer.r for name, layer in layers.items() if layer.r != r},
        "alpha_pattern": {name: layer.alpha for name, layer in layers.items() if layer.alpha != alpha},
        "target_modules": sorted(layers),
        "lora_dropout": 0.0,
        "bias": "none",
        "inference_mode": True,
    }


def load_lora(model: nn.Module, folder: str | Path) -> dict[str, LoRALinear]:
    """Put the LoRA that peft or `save_lora` saved on `model`, which is frozen; returns the layers by name.

    Raises FileNotFoundError for missing files, and ValueError for an adapter that is more than two factors a
    layer (DoRA, trained biases) or that belongs to another model.
    """
    linear_names(model)  # refuses a model that has LoRA already
    config, tensors = _read(Path(folder))
    factors = _factors(tensors, model, folder)
    model.requires_grad_(False)
    layers = {}
    for name, pair in factors.items():
        r = len(pair["A"])
        layers[name] = wrap(model, name, r, _alpha(config, name, r))
        with torch.no_grad():
            layers[name].A.copy_(pair["A"])
            layers[name].B.copy_(pair["B"])
    return layers


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    for file in (CONFIG, WEIGHTS):
        if not (folder / file).is_file():
            raise FileNotFoundError(f"{folder} holds no {file}: give the folder that save_pretrained wrote.")
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    other = [name for name in OTHER if config.get(name)]
    if config.get("peft_type") != "LORA" or other:
        kind = ", ".join(other) or config.get("peft_type")
        raise ValueError(f"The adapter in {folder} is no plain LoRA ({kind}): load it with peft itself.")
    return config, load_file(folder / WEIGHTS)


def _factors(tensors: Mapping[str, Tensor], model: nn.Module, folder: str | Path) -> dict[str, dict[str, Tensor]]:
    """{layer: {"A": (r, in), "B": (out, r)}}, checked against the model."""
    modules, found = dict(model.named_modules()), {}
    for key, tensor in tensors.items():
        match = FACTOR.fullmatch(key)
        if match is None:
            raise ValueError(f"The adapter in {folder} holds {key!r}, no factor of a LoRA: load it with peft itself.")
        found.setdefault(match[1], {})[match[2]] = tensor
    for name, pair in found.items():
        layer = modules.get(name)
        shape = (pair["B"].shape[0], pair["A"].shape[1]) if len(pair) == 2 else None
        if not isinstance(layer, nn.Linear) or shape != layer.weight.shape:
            raise ValueError(f"The adapter in {folder} does not fit layer {name!r}: load the model it was made for.")
    return found


def _alpha(config: Mapping[str, Any], name: str, r: int) -> float:
    """The alpha of one layer; peft's `rslora` scales by alpha / sqrt(r), which is another alpha here."""
    patterns = config.get("alpha_pattern") or {}
    key = next((key for key in patterns if re.match(rf"(.*\.)?({key})$", name)), None)  # as peft compares them
    alpha = config["lora_alpha"] if key is None else patterns[key]
    return alpha * r**0.5 if config.get("use_rslora") else alpha


def add_peft(
    model: nn.Module,
    targets: str | Sequence[str] = ALL_LINEAR,
    r: int = 8,
    alpha: float | None = None,
    task: str = "FEATURE_EXTRACTION",
) -> PeftModel:
    """The same as `add_lora` by peft itself: the model is changed in place, and comes back in peft's wrapper."""
    from peft import LoraConfig, get_peft_model

    alpha = 2 * r if alpha is None else alpha
    check_rank(r, alpha)
    config = LoraConfig(r=r, lora_alpha=alpha, target_modules=linear_names(model, targets), task_type=task)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers for a name that is going away
        return get_peft_model(model, config)
