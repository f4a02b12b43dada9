"""TinyBERT's layer map: a smaller Transformer imitates a larger one layer by layer (Jiao et al., arXiv 1909.10351).

Student layer m learns from teacher layer g(m): its attention scores before the softmax, and its hidden states through
one projection that all layers share. Layer 0 is the embeddings. Both models must read the same word pieces and have
equally many heads. A CNN has neither attention nor layers that answer to the teacher's: this is for Transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from random import Random
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from companion.distill.students import TransformerStudent
from companion.distill.texts import MAX_LENGTH
from companion.models.encoder import Encoder
from companion.training import History, train


class Looked(NamedTuple):
    """What a Transformer made of one batch, layer by layer."""

    hidden: Sequence[Tensor]  # layers + 1 times (batch, length, width); first the embeddings
    scores: Sequence[Tensor]  # layers times (batch, heads, length, length), before the softmax


def layer_map(student_layers: int, teacher_layers: int) -> tuple[int, ...]:
    """g(0), ..., g(student_layers) with g(m) = m * teacher_layers / student_layers, TinyBERT's uniform map.

    g(0) = 0 are the embeddings, and the last layer learns from the last. Raises ValueError where it is not whole.
    """
    if student_layers < 1 or teacher_layers % student_layers:
        raise ValueError(f"{teacher_layers} layers cannot be mapped evenly on {student_layers}: choose a divisor.")
    return tuple(m * teacher_layers // student_layers for m in range(student_layers + 1))


def layer_loss(
    student: Looked, teacher: Looked, which: Sequence[int], project: Callable[[Tensor], Tensor], mask: Tensor
) -> Tensor:
    """Sum over m of mean (W h_m - h'_g(m))^2, and over m >= 1 of mean (a_m - a'_g(m))^2; the teacher gets no gradient.

    which: g(0), ..., g(M), as `layer_map` gives it, in the numbering in which 0 are the embeddings. project: W, from
    the student's width to the teacher's. mask (batch, length): padding counts on neither side of a score.

    Raises ValueError for a map of another length, a layer the teacher lacks, or other heads. The trap: `hidden` begins
    with the embeddings and `scores` does not, so the scores of layer m are `scores[m - 1]`.
    """
    _check(student, teacher, which)
    words = mask.bool()  # (batch, length)
    pairs = words[:, None, :, None] & words[:, None, None, :]  # (batch, 1, length, length)
    total = torch.zeros((), device=mask.device)
    for m, g in enumerate(which):
        total = total + F.mse_loss(project(student.hidden[m][words]), teacher.hidden[g][words].detach())
        if m:
            own, shown = student.scores[m - 1], teacher.scores[g - 1].detach()
            total = total + F.mse_loss(own[pairs.expand_as(own)], shown[pairs.expand_as(shown)])
    return total


def _check(student: Looked, teacher: Looked, which: Sequence[int]) -> None:
    if len(which) != len(student.hidden) or not all(0 <= g < len(teacher.hidden) for g in which):
        raise ValueError(
            f"The map {tuple(which)} does not fit {len(student.hidden) - 1} layers on {len(teacher.hidden) - 1}: "
            "give each student layer, and the embeddings, a layer of the teacher."
        )
    if student.scores[0].shape != teacher.scores[0].shape:
        shapes = f"{tuple(student.scores[0].shape)} and {tuple(teacher.scores[0].shape)}"
        raise ValueError(f"Attention scores of shapes {shapes} do not fit: use equally many heads and the same texts.")


@contextmanager
def scores_of(bert: nn.Module):
    """Inside, each pass of a BERT puts its attention scores q k^T / sqrt(head size) into the list, layer by layer."""
    found: list[Tensor] = []
    seen: dict[int, Tensor] = {}

    def keep_query(module: nn.Module, _: object, out: Tensor, layer: int) -> None:
        seen[layer] = out

    def keep_key(module: nn.Module, _: object, out: Tensor, layer: int) -> None:
        query, key = (_heads(x, bert.config.num_attention_heads) for x in (seen.pop(layer), out))
        found.append(query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5)

    hooks = []
    for number, layer in enumerate(bert.encoder.layer):
        for linear, keep in ((layer.attention.self.query, keep_query), (layer.attention.self.key, keep_key)):
            hooks.append(linear.register_forward_hook(lambda m, i, out, k=keep, n=number: k(m, i, out, n)))
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (batch, heads, length, head size)


def look_of_student(student: TransformerStudent, ids: Tensor, mask: Tensor) -> Looked:
    """The student's own layers, with gradients."""
    with scores_of(student.bert) as scores:
        hidden, _ = student.states(ids, mask)
    return Looked(hidden, scores)


@torch.no_grad()
def look_of_teacher(encoder: Encoder, ids: Tensor, mask: Tensor) -> Looked:
    """The teacher's layers for the same word pieces."""
    with scores_of(encoder.model) as scores:
        out = encoder.model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
    return Looked(out.hidden_states, scores)


def lessons(encoder: Encoder, texts: Sequence[str], size: int = 32) -> list[dict]:
    """Batches of texts of like length with the teacher's layers, computed once: {"ids", "mask", "teacher"}."""
    found = []
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    for at in range(0, len(order), size):
        batch = encoder.tokenizer(
            [texts[row] for row in order[at : at + size]],
            padding=True,
            truncation=True,
            max_length=MAX_LENGTH,
            return_tensors="pt",
        )
        ids, mask = batch["input_ids"], batch["attention_mask"]
        found.append({"ids": ids, "mask": mask, "teacher": look_of_teacher(encoder, ids, mask)})
    return found


def teach_layers(
    student: TransformerStudent, prepared: Sequence[dict], steps: int, lr: float = 2e-3, seed: int = 0, **options
) -> History:
    """TinyBERT's first stage: `student` imitates the layers, with a projection that is trained along and thrown away.

    prepared: from `lessons`. The second stage is `distil`, for the answers. options: for `companion.training.train`.
    """
    teacher: Looked = prepared[0]["teacher"]
    layers = student.bert.config.num_hidden_layers
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        project = nn.Linear(student.bert.config.hidden_size, teacher.hidden[0].shape[-1])
    which = layer_map(layers, len(teacher.scores))

    def loss(model: TransformerStudent, batch: dict) -> Tensor:
        looked = look_of_student(model, batch["ids"], batch["mask"])
        return layer_loss(looked, batch["teacher"], which, project, batch["mask"])

    def batches(step: int) -> dict:
        turn, at = divmod(step, len(prepared))
        return prepared[Random(f"layers-{seed}-{turn}").sample(range(len(prepared)), len(prepared))[at]]

    trained = [*student.bert.parameters(), student.embedding.weight, *project.parameters()]
    return train(student, batches, loss, steps, lr, seed, parameters=trained, **{"warmup": steps // 10} | options)
