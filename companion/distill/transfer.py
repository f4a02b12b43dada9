"""The transfer set: what the teacher answers to each text, computed once and kept on disk.

Distillation needs forward passes of the teacher only. They cost far more than the student's training, and they
never change: so they are computed once, however many students learn from them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from companion.checkpoint import read_checkpoint, write_checkpoint
from companion.ledger import path as ledger_path
from companion.progress import progress

Outputs = dict[str, Tensor]


def teacher_logits(
    teacher: Any,
    texts: Sequence[str],
    folder: str | Path | None = None,
    fingerprint: str | None = None,
    batch_size: int = 64,
) -> Tensor:
    """The teacher's logits (n, classes), float32, from the disk where they are there.

    teacher: has `.logits(texts)` -> (n, classes), or is a module or function from texts to logits.
    folder: where they are kept; default: `teacher` in COMPANION_HOME.
    fingerprint: what tells this teacher from others; default: `teacher.fingerprint`, or a module's weights.

    Raises ValueError for no text, a teacher without a fingerprint, and logits that are not one finite row a text.
    """
    call = getattr(teacher, "logits", teacher)
    was_training = isinstance(teacher, nn.Module) and teacher.training
    if was_training:
        teacher.eval()  # a teacher with dropout would answer differently each time
    name = f"logits of {fingerprint or fingerprint_of(teacher)}"
    outputs = teacher_outputs(lambda batch: {"logits": call(batch)}, texts, name, folder, batch_size)
    if was_training:
        teacher.train()
    if outputs["logits"].ndim != 2:
        raise ValueError(f"The teacher's logits have shape {tuple(outputs['logits'].shape)}: return (n, classes).")
    return outputs["logits"]


def teacher_outputs(
    compute: Callable[[list[str]], Mapping[str, Any]],
    texts: Sequence[str],
    fingerprint: str,
    folder: str | Path | None = None,
    batch_size: int = 64,
) -> Outputs:
    """Anything a teacher says of each text, under the names that `compute` gives it; from the disk if it is there.

    compute: a batch of texts -> {"logits": (batch, classes), "vectors": (batch, dim), ...}, arrays or tensors with
        one row a text. Evaluation mode and no gradients are set here for torch, dropout is `compute`'s affair.
    fingerprint: changes with the teacher *and* with what is computed: "abc logits", "abc logits vectors".

    A file that cannot be read, or that is of another teacher or other texts, is computed again.
    """
    texts = list(texts)
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError("The transfer set is empty or not text: pass a list of at least one str.")
    if not fingerprint:
        raise ValueError("The teacher has no fingerprint: pass fingerprint=, a str that changes with its weights.")
    about = {"fingerprint": fingerprint, "texts": _sha256(json.dumps(texts))}
    file = Path(folder or ledger_path().parent / "teacher") / f"{_sha256(json.dumps(about))[:32]}.safetensors"
    if (kept := _read(file, about, len(texts))) is not None:
        return kept
    outputs = _compute(compute, texts, batch_size)
    write_checkpoint(file, outputs, about)
    return outputs


def _read(file: Path, about: dict[str, str], rows: int) -> Outputs | None:
    """What was kept, or None."""
    try:
        outputs, found = read_checkpoint(file)
    except (OSError, ValueError):
        return None
    usable = found == about and outputs and all(len(t) == rows and torch.isfinite(t).all() for t in outputs.values())
    return outputs if usable else None


def _compute(compute: Callable, texts: list[str], batch_size: int) -> Outputs:
    """Each output for all texts in their order."""
    batches = [texts[at : at + batch_size] for at in range(0, len(texts), batch_size)]
    parts: dict[str, list[Tensor]] = {}
    with torch.no_grad():
        for batch in progress(batches, "The teacher answers"):
            for name, values in compute(batch).items():
                parts.setdefault(name, []).append(_rows(values, name, len(batch)))
    return {name: torch.cat(rows) for name, rows in parts.items()}


def _rows(values: Any, name: str, rows: int) -> Tensor:
    values = values if isinstance(values, Tensor) else torch.from_numpy(np.asarray(values))
    values = values.detach().float().cpu()
    if values.ndim < 2 or len(values) != rows or not torch.isfinite(values).all():
        raise ValueError(f"The teacher's {name} are not one finite row for each of {rows} texts: look at its output.")
    return values


def fingerprint_of(teacher: Any) -> str:
    """The teacher's own `fingerprint`, or a sha256 of a module's weights and of its encoder's.

    Raises ValueError for a teacher that has neither: without it, one teacher's answers pass for another's.
    """
    if isinstance(own := getattr(teacher, "fingerprint", None), str) and own:
        return own
    if not isinstance(teacher, nn.Module):
        raise ValueError("The teacher has no fingerprint: pass fingerprint=, a str that changes with its weights.")
    digest = hashlib.sha256(str(getattr(getattr(teacher, "encoder", None), "fingerprint", "")).encode())
    for name, tensor in sorted(teacher.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
