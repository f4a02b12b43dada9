"""An encoder with a memory, for runs that ask for the same texts again and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class Embedded:
    """An encoder that reads each text once."""

    def __init__(self, encoder: Any):
        self.encoder, self.known = encoder, {}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32 (n, dim), from memory where the text was read before."""
        if fresh := [text for text in dict.fromkeys(texts) if text not in self.known]:
            self.known |= dict(zip(fresh, self.encoder.encode(fresh), strict=True))
        return np.array([self.known[text] for text in texts], np.float32).reshape(-1, self.encoder.dim)
