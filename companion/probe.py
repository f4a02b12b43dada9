"""A probe over vectors that are computed once: hundreds of settings can be tried while the encoder is read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from companion.labels import pass_rows
from companion.training import train


@dataclass(frozen=True)
class Setting:
    """What is to be chosen before training. The defaults are those of `companion.finetune.tune`."""

    rate: float = 5e-2
    steps: int = 150
    decay: float = 0.0  # AdamW shrinks every weight by rate * decay a step
    smoothing: float = 0.0  # this share of each label is spread over all classes

    def named(self) -> dict[str, float]:
        """The settings by name."""
        return asdict(self)


DEFAULT = Setting()


class Probe(nn.Module):
    """logits = W v + b for vectors v (n, dim); `classes` are the names of the columns."""

    def __init__(self, dim: int, classes: Sequence[str], seed: int = 0):
        super().__init__()
        self.classes = tuple(classes)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.head = nn.Linear(dim, len(self.classes))

    def forward(self, vectors: Tensor) -> Tensor:
        """Logits (n, classes)."""
        return self.head(vectors)

    @torch.inference_mode()
    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """Logits (n, classes) of vectors (n, dim)."""
        return self(torch.from_numpy(np.ascontiguousarray(vectors))).numpy()

    def chances(self, vectors: np.ndarray) -> np.ndarray:
        """Probabilities (n, classes)."""
        return torch.from_numpy(self.logits(vectors)).softmax(-1).numpy()

    def right(self, vectors: np.ndarray, rows: Sequence[int]) -> float:
        """Share of the vectors whose largest logit is in the label's row."""
        return float((self.logits(vectors).argmax(1) == np.asarray(rows)).mean())


def probe(
    vectors: np.ndarray,
    rows: Sequence[int],
    classes: Sequence[str],
    setting: Setting = DEFAULT,
    seed: int = 0,
    size: int = 16,
    **options: Any,
) -> Probe:
    """Train a probe on vectors (n, dim) and labels as rows (n,), in batches of `size`; options go to `train`.

    Raises ValueError where vectors and labels are not as many.
    """
    if len(vectors) != len(rows) or not len(rows):
        raise ValueError(f"{len(vectors)} vectors came with {len(rows)} labels: give each vector its own.")
    x, y = torch.from_numpy(np.ascontiguousarray(vectors)), torch.as_tensor(list(rows), dtype=torch.int64)
    model, draw = Probe(x.shape[1], classes, seed), pass_rows(len(rows), size, seed)

    def batch(step: int) -> tuple[Tensor, Tensor]:
        chosen = draw(step)
        return x[chosen], y[chosen]

    def loss(model: Probe, batch: tuple[Tensor, Tensor]) -> Tensor:
        return nn.functional.cross_entropy(model(batch[0]), batch[1], label_smoothing=setting.smoothing)

    options = {"warmup": min(10, setting.steps // 10), "weight_decay": setting.decay, "progress": False} | options
    train(model, batch, loss, setting.steps, setting.rate, seed, **options)
    return model
