"""The mail sorter: from a customer's message to one of 16 intents.

The shipped one is the encoder's own weights with a LoRA adapter and one linear layer (`make sorter`). It is the
teacher of the distillation chapter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from companion.models.encoder import Encoder, load_encoder
from companion.models.merging import merge

ADAPTER = Path(__file__).parent / "adapters" / "sorter"


class Sorter:
    """logits = head(encoder(texts)): (n, intents).

    Attributes: `encoder`, whose vectors are the head's input; `head`, a linear layer; `intents`, the columns.
    """

    def __init__(self, encoder: Encoder, head: nn.Linear, intents: Sequence[str]):
        self.encoder, self.head, self.intents = encoder, head.eval(), tuple(intents)

    @property
    def classes(self) -> tuple[str, ...]:
        """The intents, as every classifier of the course calls them."""
        return self.intents

    def logits(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Scores float32 (n, intents); a softmax makes them probabilities."""
        vectors = torch.from_numpy(self.encoder.encode(list(texts), batch_size))  # (n, dim)
        with torch.inference_mode():
            return self.head(vectors).numpy()

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The likeliest intent of each message."""
        return [self.intents[row] for row in self.logits(texts).argmax(1)]


def load_sorter(folder: str | Path | None = None) -> Sorter:
    """The shipped sorter, or one from a folder that `companion.finetune.sorter` wrote."""
    folder = Path(folder or ADAPTER)
    if not (folder / "adapter_model.safetensors").is_file():
        raise FileNotFoundError(f"{folder} holds no adapter: reinstall the package, or run `make sorter`.")
    intents = json.loads((folder / "card.json").read_text(encoding="utf-8"))["intents"]
    return read_sorter(folder, load_encoder(), intents)


def read_sorter(folder: Path, encoder: Encoder, intents: Sequence[str]) -> Sorter:
    """The head of a folder over this encoder, into whose weights the folder's adapter, if it has one, is merged."""
    if (folder / "adapter_model.safetensors").is_file():
        merge(encoder.model, folder)
    tensors = {name: tensor.float() for name, tensor in load_file(folder / "head.safetensors").items()}
    head = nn.Linear(encoder.dim, len(tensors["bias"]))
    head.load_state_dict(tensors)
    return Sorter(encoder, head, intents)
