"""Two sums over passages for a padded batch; the prior counts for answers of one token too."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from companion.check.exercise_1_3.tensors import loss_of, near, wrong_value
from companion.check.running import fail, name_of

LOST = "For an answer of one token the prior was lost: it belongs to the answer, not to its second token."
TWICE = "The prior was added at every token: one passage is chosen once for the whole answer."
PADDED = "Padding was counted: where the mask is 0 there is no token of the answer."
EXCHANGED = "The two sums changed places: `one_passage=True` adds up the tokens first, then sums over passages."
SUMMED = "That is the sum over questions: take the mean."
NO_PRIOR = "The prior is missing: the passages were summed as if all were equally likely."
BEST = "That is the likeliest passage alone: the chance of the answer is a sum over all of them."
PER_TOKEN = "That was divided by the number of tokens: the chance of an answer is the product of its tokens' chances."
MEAN_OF_LOGS = "Logarithms were averaged over passages: the sum is one of chances, so torch.logsumexp."
ELSE = "Wanted, for each question: -logsumexp over passages of prior + tokens; the order of the two sums differs."
STILL = "The value is right, the gradient is not: some of it was cut off."


def check(nll: Callable) -> None:
    """`nll(doc_log_probs, token_log_probs, mask, one_passage)`: the mean loss over a padded batch of questions."""
    for one_passage in (True, False):
        for lengths in ((3, 3), (1, 1), (4, 2, 1)):
            prior, tokens, mask = case(lengths)
            said = f"{name_of(nll)}(answers of {', '.join(map(str, lengths))} tokens, one_passage={one_passage})"
            got = loss_of(nll, prior, tokens, mask, one_passage, said=said)
            right = loss(prior, tokens, mask, one_passage)
            wrong_value(said, got.value, float(right), traps(prior, tokens, mask, one_passage), ELSE)
            leaf = prior.clone().requires_grad_(True)
            loss(leaf, tokens, mask, one_passage).backward()
            if not torch.allclose(got.gradient, leaf.grad, atol=1e-4):
                fail(f"{said} has another gradient at doc_log_probs than it should.", STILL)


def loss(prior: Tensor, tokens: Tensor, mask: Tensor, one_passage: bool) -> Tensor:
    """prior (questions, docs), tokens (questions, docs, length), mask (questions, length)."""
    counted = tokens * mask[:, None]
    if one_passage:
        return -torch.logsumexp(prior + counted.sum(2), dim=1).mean()
    return -(torch.logsumexp(prior[:, :, None] + tokens, dim=1) * mask).sum(1).mean()


def traps(prior: Tensor, tokens: Tensor, mask: Tensor, one_passage: bool) -> list[tuple[str, float]]:
    full, even = torch.ones_like(mask), torch.full_like(prior, 1 / prior.shape[1]).log()
    right = loss(prior, tokens, mask, one_passage)
    found = [
        *(_of_one_passage(prior, tokens * mask[:, None], mask) if one_passage else []),
        (EXCHANGED, loss(prior, tokens, mask, not one_passage)),
        (PADDED, loss(prior, tokens, full, one_passage)),
        (SUMMED, right * len(prior)),
        (NO_PRIOR, loss(torch.zeros_like(prior), tokens, mask, one_passage)),
        (NO_PRIOR, loss(even, tokens, mask, one_passage)),
        (PER_TOKEN, right / mask.shape[1]),
        (PER_TOKEN, right * len(prior) / mask.sum()),
    ]
    return [(why, float(value)) for why, value in found if not near(float(value), float(right))]


def _of_one_passage(prior: Tensor, counted: Tensor, mask: Tensor) -> list[tuple[str, Tensor]]:
    sums, has_second = counted.sum(2), (mask.sum(1, keepdim=True) > 1).float()
    return [
        (LOST, -torch.logsumexp(sums + prior * has_second, 1).mean()),
        (TWICE, -torch.logsumexp(sums + prior * mask.sum(1, keepdim=True), 1).mean()),
        (BEST, -(prior + sums).amax(1).mean()),
        (MEAN_OF_LOGS, -(prior.exp() * sums).sum(1).mean()),
    ]


def case(lengths: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor]:
    """As many questions as lengths, three passages each; padding holds numbers too, as it does in a real batch."""
    drawn = torch.Generator().manual_seed(sum(lengths))
    prior = torch.randn(len(lengths), 3, generator=drawn).log_softmax(1)
    tokens = -2 * torch.rand(len(lengths), 3, max(lengths), generator=drawn)
    mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).float()
    return prior, tokens, mask
