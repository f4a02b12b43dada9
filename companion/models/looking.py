"""Attention weights that can be read: the faster kinds of attention never write them down."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def eager_attention(model: Any) -> Iterator[None]:
    """Within this, a transformers model can return its attentions; afterwards it attends as it did before."""
    usual = model.config._attn_implementation
    try:
        model.set_attn_implementation("eager")
        yield
    finally:
        model.set_attn_implementation(usual)
