"""A tower for pictures: a small network that puts a picture where its description lies in the encoder's space.

The encoder stays as it is, so pictures go into an index that already holds texts. The shipped tower was trained by
`python -m companion.rag.pictures_training`; `load_tower()` reads it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from companion.models.weights import file_sha256
from companion.rag.contrastive import START
from companion.world.pictures_draw import SIZE

WEIGHTS = Path(__file__).parent / "weights" / "pictures"


class PictureTower(nn.Module):
    """Pictures uint8 (n, 48, 48, 3) to vectors (n, dim): four convolutions, pooling, one linear layer.

    `log_scale` is the logarithm of the temperature's inverse, trained together with the rest. A quarter of a million
    numbers in all. Raises ValueError for pictures of another shape.
    """

    def __init__(self, dim: int = 384, width: int = 24):
        super().__init__()
        self.net = nn.Sequential(
            *_layer(3, width, 5, 2),  # (n, 24, 24, 24): channels, height, width
            *_layer(width, 2 * width, 3, 2),  # (n, 48, 12, 12)
            *_layer(2 * width, 4 * width, 3, 2),  # (n, 96, 6, 6)
            *_layer(4 * width, 4 * width, 3, 1),  # (n, 96, 6, 6)
            nn.Conv2d(4 * width, 32, 1),
            nn.ReLU(),
            nn.AvgPool2d(2),  # (n, 32, 3, 3): roughly where in the picture still counts
            nn.Flatten(),
        )
        self.out = nn.Linear(32 * 9, dim)
        self.log_scale = nn.Parameter(torch.tensor(math.log(START)))
        self.dim = dim

    def forward(self, pictures: Tensor) -> Tensor:
        """Vectors (n, dim), of any length."""
        return self.out(self.net(pictures.permute(0, 3, 1, 2).float() / 255 - 0.5))

    def encode(self, pictures: np.ndarray | Sequence[np.ndarray], batch_size: int = 64) -> np.ndarray:
        """Unit vectors float32 (n, dim) of uint8 pictures (n, 48, 48, 3)."""
        pictures = np.asarray(pictures)
        if pictures.ndim != 4 or pictures.shape[1:] != (SIZE, SIZE, 3) or pictures.dtype != np.uint8:
            raise ValueError(
                f"pictures of shape {pictures.shape} and type {pictures.dtype} do not fit: pass uint8 (n, 48, 48, 3)."
            )
        self.eval()  # a batch in training mode would be normalised by itself
        with torch.inference_mode():
            parts = [self(torch.from_numpy(part)) for part in _parts(pictures, batch_size)]
            return nn.functional.normalize(torch.cat(parts), dim=-1).numpy() if parts else np.zeros((0, self.dim), "f4")


def add_pictures(index, ids: Sequence[str], pictures: np.ndarray, tower: PictureTower, **metadata) -> None:
    """Put pictures into a `KnowledgeIndex`: no text, the tower's vectors, {"kind": "picture"} and `metadata`.

    The trap: `index.reembed()` would compute their vectors from the text that they do not have.
    """
    nothing = [""] * len(ids)
    notes = [{"kind": "picture"} | metadata for _ in ids]
    index.add(list(ids), nothing, nothing, notes, vectors=tower.encode(pictures))


def save_tower(tower: PictureTower, folder: Path, notes: dict) -> None:
    """Write weights in half precision, with their sha256 and `notes` in card.json."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: _half(tensor) for name, tensor in tower.state_dict().items()}
    save_file(tensors, folder / "model.safetensors")
    card = {"sha256": file_sha256(folder / "model.safetensors")} | notes
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def load_tower(folder: str | Path | None = None) -> PictureTower:
    """The shipped tower, or one from a folder that `save_tower` wrote; its weights are checked.

    Raises FileNotFoundError where it is missing, ValueError where it was altered.
    """
    folder = Path(folder or WEIGHTS)
    file = folder / "model.safetensors"
    if not file.is_file():
        raise FileNotFoundError(f"{folder} holds no tower: run `python -m companion.rag.pictures_training`.")
    if json.loads((folder / "card.json").read_text(encoding="utf-8"))["sha256"] != file_sha256(file):
        raise ValueError(f"{file} is altered or incomplete: reinstall the package, or train the tower anew.")
    tower, state = PictureTower(), load_file(file)
    tower.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in state.items()})
    return tower.eval()


def _layer(inner: int, outer: int, size: int, stride: int) -> list[nn.Module]:
    """Filters, a common scale for the batch, and nothing below zero."""
    return [nn.Conv2d(inner, outer, size, stride, size // 2, bias=False), nn.BatchNorm2d(outer), nn.ReLU()]


def _parts(pictures: np.ndarray, size: int) -> list[np.ndarray]:
    return [pictures[at : at + size] for at in range(0, len(pictures), size)]


def _half(tensor: Tensor) -> Tensor:
    return tensor.detach().half().contiguous() if tensor.is_floating_point() else tensor.clone()
