"""Fine-tune an encoder into a text classifier, by any method, with the course's one training loop."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from companion.device import fast_bf16
from companion.finetune import classifier
from companion.finetune.classifier import TextClassifier
from companion.finetune.methods import prepare
from companion.labels import Labels, labels_to_rows
from companion.training import History, train

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

# learning rates of the body for about 150 steps of 16: few trained numbers stand, and need, a larger step
RATES = {"full": 2e-4, "last": 5e-4, "lora": 2e-3, "peft": 2e-3, "adapter": 2e-3}
HEAD_RATE = 5e-2
HOW = ("r", "alpha", "targets", "bottleneck", "layers")  # what `prepare` takes beside the method


def tune(
    encoder: Encoder,
    texts: Sequence[str],
    labels: Labels,
    method: str = "full",
    steps: int = 150,
    lr: float | None = None,
    seed: int = 0,
    head_lr: float = HEAD_RATE,
    batch_size: int = 16,
    classes: Sequence[str] | None = None,
    validation: tuple[Sequence[str], Labels] | None = None,
    bf16: bool | None = None,
    **options: Any,
) -> tuple[TextClassifier, History]:
    """Train a copy of `encoder`, with a new head, to name the label of a text; the encoder itself stays as it is.

    texts, labels: as many of each; labels are names, or rows of `classes` (default: the distinct labels).
    method: what is trained, see `prepare`. A "probe" reads every text once and then trains on the vectors.
    lr: the body's learning rate, by default that of `RATES`. head_lr: the head's. Two rates, because the head
        starts from nothing and reads unit vectors, whose numbers are near 1 / sqrt(dim) = 0.05: weights of a
        few units are needed before a logit says anything, and AdamW moves a weight by at most about lr a step.
        At the body's 5e-5 a short run would end where it began; 5e-2 gets there in 150 steps.
    validation: (texts, labels), scored every `every` steps; with `patience` the run stops early, see `train`.
    bf16: compute in bfloat16; None: where that is faster.
    options: r, alpha, targets, bottleneck, layers go to `prepare`, window to `classifier.batches`,
        all else to `companion.training.train`.

    Gives (classifier, history). Raises ValueError for an empty set, one class only, an unknown label, settings
    that cannot be; FloatingPointError for a loss that is not finite.
    """
    rows, classes = checked(texts, labels, classes)
    model, groups = start(encoder, classes, method, lr, seed, head_lr, **taken(options, HOW))
    history = fit(model, groups, texts, rows, steps, seed, batch_size, validation, bf16, **options)
    return model, history


def start(
    encoder: Encoder,
    classes: Sequence[str],
    method: str = "full",
    lr: float | None = None,
    seed: int = 0,
    head_lr: float = HEAD_RATE,
    **how: Any,
) -> tuple[TextClassifier, list[dict[str, Any]]]:
    """A classifier on a copy of `encoder`, made ready for `method`, and the optimizer's groups, body and head.

    Its vectors are still the encoder's own: LoRA and adapters start by changing nothing. `how` goes to `prepare`.
    """
    device = next(encoder.model.parameters()).device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)  # the head's first weights, and those of LoRA or the adapters
        model = TextClassifier(copied(encoder), classes)
        trained = prepare(model, method, **how)
    head = list(model.head.parameters())
    body = trained[: len(trained) - len(head)]  # empty for a probe
    groups = [{"params": body, "lr": RATES[method] if lr is None else lr}] if body else []
    return model, [*groups, {"params": head, "lr": head_lr}]


def fit(
    model: TextClassifier,
    groups: list[dict[str, Any]],
    texts: Sequence[str],
    rows: Tensor,
    steps: int,
    seed: int = 0,
    batch_size: int = 16,
    validation: tuple[Sequence[str], Labels] | None = None,
    bf16: bool | None = None,
    window: int = 1,
    **options: Any,
) -> History:
    """Train what `start` returned; `rows` are the labels as rows, `options` go to `companion.training.train`.

    window: see `classifier.batches`; 1 mixes texts of all lengths.
    """
    if validation is not None:
        options["validate"] = lambda tuned: classifier.accuracy(tuned, *validation)
    if len(groups) == 1:  # only the head is trained: what it reads never changes, so it is computed once
        feed, loss = vector_batches(model, texts, rows, batch_size, seed), vector_loss
    else:
        feed, loss = classifier.batches(texts, rows, batch_size, seed, window), classifier.classification_loss
    options = {"warmup": min(10, steps // 10), "lr": groups[0]["lr"]} | options
    fast = fast_bf16(model.head.weight.device) if bf16 is None else bf16
    return train(model, feed, loss, steps, seed=seed, parameters=groups, bf16=fast, **options)


def copied(encoder: Encoder) -> Encoder:
    """An encoder with weights of its own, so that tuning one leaves the other as it is."""
    model, fingerprint = copy.deepcopy(encoder.model), encoder.fingerprint
    return type(encoder)(model, encoder.tokenizer, fingerprint, encoder.pooling, encoder.max_length)


def vector_batches(
    model: TextClassifier, texts: Sequence[str], rows: Tensor, size: int, seed: int
) -> Callable[[int], tuple[Tensor, Tensor]]:
    """As `classifier.batches`, with the texts' vectors (n, dim) in the place of the texts."""
    vectors = torch.from_numpy(model.encoder.encode(texts))
    draw = classifier.row_batches(len(texts), size, seed)

    def batch(step: int) -> tuple[Tensor, Tensor]:
        chosen = draw(step)
        return vectors[chosen], rows[chosen]

    return batch


def vector_loss(model: TextClassifier, batch: tuple[Tensor, Tensor]) -> Tensor:
    """`classification_loss` from vectors (n, dim)."""
    vectors, rows = batch
    return nn.functional.cross_entropy(model.head(vectors).float(), rows)


def checked(texts: Sequence[str], labels: Labels, classes: Sequence[str] | None) -> tuple[Tensor, Sequence[str]]:
    """Labels as rows, and the classes; a ValueError for a set that nothing can be learned from."""
    classifier.check_pairs(texts, labels)
    named = classifier.classes_of(labels)  # also where classes are given: one class alone teaches nothing
    classes = named if classes is None else classes
    return labels_to_rows(labels, classes), classes


def taken(options: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The named options, taken out of `options`."""
    return {name: options.pop(name) for name in names if name in options}
