"""A student leaves Python: exported to ONNX, its numbers stored in eight bits, run by onnxruntime on one thread.

Eight bits: q = round(w / s), w' = q * s, with a scale s. For a matrix each output has a scale of its own
(*per channel*), s = max|w| / 127.5 over that output's weights, and the table of word vectors has a single one. The
quantiser is onnxruntime's own (`quantize_dynamic`, arXiv 1712.05877 for the arithmetic). Filters stay in
float32, because `IN_EIGHT_BITS` leaves them out: it could do them too.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from companion.distill.texts import MAX_LENGTH, TextStudent, encoder_tokenizer

IN_EIGHT_BITS = ("Gather", "MatMul", "Gemm")  # the word vectors and the dense layers
MODEL, PIECES = "model.onnx", "tokenizer.json"


def to_device(student: TextStudent, folder: str | Path, int8: bool = True) -> OnDevice:
    """Write a student as an ONNX file with its tokenizer into `folder`, and load it back as the device would.

    int8: store it in eight bits; without, in float32. What the folder holds is all that a device needs beside
    onnxruntime and a tokenizer library.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = (student.tokenizer or encoder_tokenizer()).backend_tokenizer
    parts = type(tokenizer).from_str(tokenizer.to_str())  # a copy: settings of the original stay as they are
    parts.no_padding()
    parts.enable_truncation(MAX_LENGTH)
    parts.save(str(folder / PIECES), pretty=False)
    export(student, folder / MODEL)
    if int8:
        in_eight_bits(folder / MODEL)
    return OnDevice(folder, student.classes)


def export(model: nn.Module, file: str | Path) -> None:
    """Write `model(ids, mask)` as an ONNX graph of one text: ids int64 (1, length) in, logits (1, classes) out.

    One text needs no padding, so the mask is all ones and is no input.
    """
    example = torch.tensor([[2, 5, 6, 7, 3]])
    length = torch.export.Dim("length", min=1, max=MAX_LENGTH)
    names = {"input_names": ["ids"], "output_names": ["logits"], "dynamic_shapes": {"ids": {1: length}}}
    with quietly():
        torch.onnx.export(_OneText(model).eval(), (example,), str(file), **names, external_data=False, verbose=False)


def in_eight_bits(file: str | Path) -> None:
    """Replace an ONNX file by one whose word vectors and dense layers are int8 with their scales."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with quietly():
        quantize_dynamic(
            str(file),
            str(file),
            op_types_to_quantize=list(IN_EIGHT_BITS),
            per_channel=True,
            weight_type=QuantType.QInt8,
        )


class OnDevice:
    """An exported student: `logits(texts)` (n, classes), one text at a time, on one thread."""

    def __init__(self, folder: str | Path, classes: Sequence[str]):
        from tokenizers import Tokenizer

        self.folder, self.classes = Path(folder), tuple(classes)
        self.tokenizer = Tokenizer.from_file(str(self.folder / PIECES))
        self.session = session(self.folder / MODEL)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Logits float32 (n, classes)."""
        if isinstance(texts, str):
            raise ValueError("texts is one str: pass a list of texts, such as [text].")
        rows = [self._one(text) for text in texts]
        return np.concatenate([np.zeros((0, len(self.classes)), np.float32), *rows])

    def predict(self, texts: Sequence[str]) -> list[str]:
        """The class with the largest logit for each text."""
        return [self.classes[row] for row in self.logits(texts).argmax(1)]

    @property
    def megabytes(self) -> float:
        """Size of what lies in the folder, model and word pieces, in MB of 1,000,000 bytes."""
        return sum(file.stat().st_size for file in self.folder.iterdir()) / 1e6

    def _one(self, text: str) -> np.ndarray:
        ids = np.array([self.tokenizer.encode(text).ids], np.int64)  # (1, length)
        return self.session.run(None, {"ids": ids})[0]


def session(file: str | Path) -> Any:
    """An onnxruntime session on the CPU with one thread; nothing is sent anywhere."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def stored_in_eight_bits(file: str | Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """{name: (whole numbers, scales)} of what an ONNX file keeps in eight bits, zero points taken off."""
    import onnx
    from onnx.numpy_helper import to_array

    held = {item.name: to_array(item) for item in onnx.load(str(file)).graph.initializer}
    ends = ("_quantized", "_scale", "_zero_point")
    names = [name.removesuffix(ends[0]) for name in held if name.endswith(ends[0])]
    triples = {name: [held[name + end] for end in ends] for name in names}
    return {name: (q.astype(np.int64) - zero.astype(np.int64), scale) for name, (q, scale, zero) in triples.items()}


def rounded_to_eight_bits(weights: Tensor, per_row: bool = True) -> tuple[Tensor, Tensor]:
    """(whole numbers int8, scales): s = max|w| / 127, q = round(w / s); one scale a row (out, in), or one for all.

    The formula of the text, to look at; `in_eight_bits` uses the library's. A row of zeros gets the scale 1.
    """
    widest = weights.abs().amax(1, keepdim=True) if per_row else weights.abs().max()
    scales = torch.where(widest > 0, widest / 127, 1.0)
    return (weights / scales).round().to(torch.int8), scales


class _OneText(nn.Module):
    """A student that reads one text without padding."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor) -> Tensor:
        return self.model(ids, torch.ones_like(ids))


@contextmanager
def quietly() -> Iterator[None]:
    """Export and quantiser talk to their own developers; errors still come through."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
