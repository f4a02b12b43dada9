"""The encoder: text to unit vectors, so that a dot product is a cosine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModel, AutoTokenizer

from companion.models import weights

MAX_LENGTH = 256


class Encoder:
    """A transformer, pooled and L2-normalised; equal to sentence-transformers' `encode` to 1e-5.

    `model` and `tokenizer` are plain transformers objects. `dim` is the width of a vector. Batches are sorted
    by length, so that short texts are not padded to the longest. Sentence-BERT, arXiv 1908.10084.
    """

    def __init__(self, model, tokenizer, fingerprint: str, pooling: str = "mean", max_length: int = MAX_LENGTH):
        self.model, self.tokenizer = model.eval(), tokenizer
        self.pooling, self.max_length = pooling, max_length
        self.dim: int = model.config.hidden_size
        self._loaded = self._hashed = (self._versions(), fingerprint)

    @property
    def fingerprint(self) -> str:
        """sha256 of the weights: the file's own as loaded, and another after any training step.

        An index keeps the fingerprint of the encoder that built it: vectors of two encoders do not compare.
        """
        versions = self._versions()
        for known, fingerprint in (self._loaded, self._hashed):
            if known == versions:
                return fingerprint
        self._hashed = (versions, _state_sha256(self.model))
        return self._hashed[1]

    def encode(self, texts: str | Sequence[str], batch_size: int = 32, show_progress: bool = False) -> np.ndarray:
        """Unit vectors, float32 (n, dim), (dim,) for one str; texts are cut at `max_length` word pieces."""
        if isinstance(texts, str):
            return self.encode([texts], batch_size)[0]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("encode takes a str or a list of str: turn other values into text first.")
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}: encode at least one text at a time.")
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for rows in _progress(self._by_length(texts, batch_size), show_progress):
            with torch.inference_mode():
                vectors[rows] = self.forward([texts[row] for row in rows]).float().cpu().numpy()
        return vectors

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors of one batch as a tensor (n, dim) that gradients flow through; for training."""
        batch = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=self.max_length, return_tensors="pt"
        ).to(self.model.device)
        hidden = self.model(**batch).last_hidden_state  # (n, length, dim)
        pooled = hidden[:, 0] if self.pooling == "cls" else mean_pool(hidden, batch["attention_mask"])
        return torch.nn.functional.normalize(pooled, dim=-1)  # (n, dim)

    def _by_length(self, texts: Sequence[str], batch_size: int) -> list[list[int]]:
        """Row numbers in batches, longest texts first: a batch that does not fit in memory fails at once."""
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]), reverse=True)
        return [order[at : at + batch_size] for at in range(0, len(order), batch_size)]

    def _versions(self) -> dict:
        # torch counts the in-place writes to each tensor, which is far cheaper than hashing 90 MB each time;
        # parameters are compared by identity, and kept, so that no id is used twice
        return {parameter: parameter._version for parameter in self.model.parameters()}


def mean_pool(hidden: Tensor, mask: Tensor) -> Tensor:
    """Mean over real tokens only: hidden (n, length, dim), mask (n, length) of 0 and 1, result (n, dim)."""
    mask = mask.unsqueeze(-1).to(hidden.dtype)  # (n, length, 1)
    return (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)


def load_encoder(name: str | None = None, **options: Any) -> Encoder:
    """The installed all-MiniLM-L6-v2 (None), or any encoder from a folder or the hub; see `weights.resolve`.

    options: go to transformers' `from_pretrained`, such as a `quantization_config`.

    Pooling (mean, or the first token) and length are read from the sentence-transformers files where the
    folder has them, and are mean and 256 where it has none.
    """
    folder = weights.resolve(name)
    pooling, max_length = _pooling(folder), _json(folder / "sentence_bert_config.json").get("max_seq_length")
    try:
        with weights.quiet():
            model = AutoModel.from_pretrained(folder, use_safetensors=True, trust_remote_code=False, **options)
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # transformers raises many kinds; the first line says which
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{folder} is not an encoder that transformers can load ({reason}); name another.") from error
    limit = getattr(model.config, "max_position_embeddings", None) or MAX_LENGTH
    fingerprint = _state_sha256(model) if options else weights.weights_sha256(folder)
    return Encoder(model, tokenizer, fingerprint, pooling, min(max_length or MAX_LENGTH, limit))


def _pooling(folder: Path) -> str:
    config = _json(folder / "1_Pooling" / "config.json")
    mode = config.get("pooling_mode") or [key for key, on in config.items() if "pooling_mode_" in key and on is True]
    modes = {m.removeprefix("pooling_mode_").removesuffix("_token").removesuffix("_tokens") for m in _listed(mode)}
    if not modes <= {"mean", "cls"} or len(modes) > 1:
        raise ValueError(f"{folder} pools by {', '.join(sorted(modes))}: choose an encoder that pools by mean or cls.")
    return modes.pop() if modes else "mean"


def _listed(value: str | list) -> list:
    return [value] if isinstance(value, str) else value


def _json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _state_sha256(model) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _progress(batches: list, show: bool):
    from tqdm.auto import tqdm

    return tqdm(batches, desc="Reading", unit="batch", disable=not show)
