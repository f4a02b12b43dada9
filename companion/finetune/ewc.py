"""Elastic Weight Consolidation: springs that hold the weights where an old task left them, stiff where it matters.

How stiff is read off the Fisher information: how much the model's answers change when one weight moves.
Kirkpatrick et al. 2017, arXiv 1612.00796.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

KINDS = ("exact", "empirical")
Diagonal = dict[str, Tensor]  # one number for each weight, by the parameter's name


def fisher_diagonal(model: nn.Module, batches: Iterable[tuple[Any, Tensor]], kind: str = "exact") -> Diagonal:
    """{name: F}, F shaped as the parameter: the mean over samples of squared gradients, of each sample by itself.

    exact:     F = mean over x of sum over c of p(c | x) (d log p(c | x) / d theta)^2, the model's own doubts; the
               labels are not used. As many backward passes a sample as classes.
    empirical: F = mean over x of (d log p(label | x) / d theta)^2, one pass; near 0 where the model is sure.

    batches: pairs (inputs, labels (n,)); model(inputs) gives logits (n, classes). inputs: a tensor, a list, or a
    tuple or mapping of these, one row a sample. Dropout is off. For parameters that are trained; one that the
    logits do not depend on gets 0. Raises ValueError for another kind, no sample, no trained parameter.
    The trap: squaring a *batch's* mean gradient, in which the samples' gradients cancel before they are squared.
    Exact or empirical, arXiv 1905.12558; what the choice does to EWC, 2502.11756.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no Fisher of kind {kind!r}: choose one of {', '.join(KINDS)}.")
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if not trained:
        raise ValueError("The model has no trained parameter: unfreeze those that a spring should hold.")
    fisher, count, was_training = {n: torch.zeros_like(p) for n, p in trained.items()}, 0, model.training
    model.eval()
    for inputs, labels in batches:
        for row in range(len(labels)):
            add_squares(fisher, trained, model(sample(inputs, row))[0], None if kind == "exact" else int(labels[row]))
        count += len(labels)
    model.train(was_training)
    if not count:
        raise ValueError("There is no sample to estimate the Fisher from: give at least one batch.")
    return {name: squares / count for name, squares in fisher.items()}


def add_squares(fisher: Diagonal, trained: Mapping[str, nn.Parameter], logits: Tensor, label: int | None) -> None:
    """Add one sample's squared gradients: of its label's log probability, or of all, weighted by their chance."""
    chances = logits.float().log_softmax(-1)  # (classes,)
    wanted = range(len(chances)) if label is None else [label]
    for c in wanted:
        slopes = torch.autograd.grad(chances[c], list(trained.values()), retain_graph=True, allow_unused=True)
        weight = float(chances[c].detach().exp()) if label is None else 1.0
        for name, slope in zip(trained, slopes, strict=True):
            if slope is not None:
                fisher[name].addcmul_(slope, slope, value=weight)


def sample(inputs: Any, row: int) -> Any:
    """One row of a batch as a batch of one."""
    if isinstance(inputs, Mapping):
        return {name: part[row : row + 1] for name, part in inputs.items()}
    return tuple(part[row : row + 1] for part in inputs) if isinstance(inputs, tuple) else inputs[row : row + 1]


def ewc_penalty(
    model: nn.Module, anchor: Mapping[str, Tensor], fisher: Mapping[str, Tensor], strength: float
) -> Tensor:
    """strength / 2 * sum of F (theta - anchor)^2 over all weights named in `fisher`: a scalar to add to the loss.

    anchor: {name: tensor}, the weights at the end of the old task, copies (`remember`). With F of ones it is a
    pull to the start, equally stiff everywhere. Raises ValueError where names or shapes do not fit, and for a
    strength below 0. The trap: an anchor that is not a copy moves with the model, and the penalty stays 0.
    """
    if strength < 0:
        raise ValueError(f"The strength is {strength}: choose 0 for no spring, or more.")
    weights = dict(model.named_parameters())
    for name, stiffness in fisher.items():
        shapes = {tensor.shape for tensor in (weights.get(name), anchor.get(name), stiffness) if tensor is not None}
        if name not in weights or name not in anchor or len(shapes) > 1:
            raise ValueError(f"The spring on {name!r} does not fit the model: take anchor and Fisher from this model.")
    pulls = [(stiffness * (weights[name] - anchor[name]) ** 2).sum() for name, stiffness in fisher.items()]
    return strength / 2 * sum(pulls, torch.zeros(()))


def remember(model: nn.Module) -> Diagonal:
    """Copies of the trained weights, to anchor springs to."""
    return {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}


def ones_like(weights: Mapping[str, Tensor]) -> Diagonal:
    """Springs that are equally stiff: with them `ewc_penalty` is L2 to the start."""
    return {name: torch.ones_like(weight) for name, weight in weights.items()}


def added(fishers: Sequence[Mapping[str, Tensor]]) -> Diagonal:
    """The sum of several tasks' Fishers, weight by weight."""
    return {name: sum(fisher[name] for fisher in fishers) for name in fishers[0]}


@torch.no_grad()
def answers_moved(model: nn.Module, inputs: Any, name: str, place: int, nudges: Sequence[float]) -> list[float]:
    """How far the answers move when one weight is nudged: mean over samples of KL(before || after), in nats.

    name, place: the parameter, and the weight's place in it, flattened. The weight is put back. Near 0 it is
    F / 2 * nudge^2, with F the exact Fisher over the same inputs.
    """
    model.eval()
    weight = dict(model.named_parameters())[name].view(-1)
    was, before, moved = weight[place].clone(), model(inputs).log_softmax(-1), []
    for nudge in nudges:
        weight[place] = was + nudge
        after = model(inputs).log_softmax(-1)
        moved.append(float((before.exp() * (before - after)).sum(-1).mean()))
    weight[place] = was
    return moved


def ranked(fisher: Mapping[str, Tensor], share: float) -> tuple[str, int, float]:
    """(name, place, F) of the weight that a share of all weights surpasses: 0 gives the stiffest, 0.5 the median."""
    values = torch.cat([stiffness.flatten() for stiffness in fisher.values()])
    at = int(values.argsort(descending=True)[min(int(share * len(values)), len(values) - 1)])
    for name, stiffness in fisher.items():
        if at < stiffness.numel():
            return name, at, float(stiffness.view(-1)[at])
        at -= stiffness.numel()
    raise ValueError("There is no weight: give the Fisher of a model.")


def held_by(fisher: Mapping[str, Tensor], share: float) -> float:
    """How much of all stiffness the stiffest `share` of the weights has: 1 is all of it."""
    values = torch.cat([stiffness.flatten() for stiffness in fisher.values()]).sort(descending=True).values
    return float(values[: max(1, int(share * len(values)))].sum() / values.sum())
