"""Which passage an answer speaks for: prior times likelihood, in logarithms."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from companion.check.running import call, fail, name_of, shown
from companion.check.tensors import check_is_tensor, check_untouched

UNDERFLOW = "The product of many probabilities is smaller than float32 can hold: stay with logarithms, take exp last."
ALPHABET = "These are no logarithms any more: exp turns them into probabilities; the passages' sum should be 1."
TRAPS = {
    "prior": "That is the prior, what search believed: the answer has not been weighed in.",
    "likelihood": "That is the likelihood alone: what search believed counts as well.",
    "no scale": "The cosines were not multiplied by `scale`: without it the prior is nearly even.",
    "mean": "The tokens' log-probabilities were averaged: a chance of several words in a row is a product, so a sum.",
    "first": "Only the first token was weighed: all tokens of the answer count.",
    "last": "Only the last token was weighed: all tokens of the answer count.",
    "added": "Prior and likelihood were added as probabilities: chances of two things together are multiplied.",
    "prior less": "That is prior less posterior, the gradient: the posterior itself is wanted.",
}
ELSE = "Wanted: softmax over passages of log prior plus the sum of the tokens' log-probabilities."


def check(posterior: Callable) -> None:
    """`posterior(cosines, token_log_probs, scale)`: p(passage | question, answer), (passages,)."""
    for cosines, tokens, scale in cases():
        said = f"{name_of(posterior)}(cosines, token_log_probs of shape {tuple(tokens.shape)}, {scale:g})"
        given = (cosines.clone(), tokens.clone(), scale)
        got = call(posterior, *given, untouched=False)
        check_untouched(posterior, (cosines, tokens), given[:2], ("cosines", "token_log_probs"))
        check_is_tensor(got, said, "A tensor with one number a passage is wanted.")
        if got.shape != cosines.shape:
            fail(f"{said} gave shape {tuple(got.shape)}.", "One number a passage is wanted: sum over tokens.")
        check_values(got, cosines, tokens, scale, said)


def check_values(got: Tensor, cosines: Tensor, tokens: Tensor, scale: float, said: str) -> None:
    right = weigh(cosines, tokens, scale)
    if torch.allclose(got, right, atol=1e-4):
        return
    for name, wrong in traps(cosines, tokens, scale).items():
        if torch.allclose(got, wrong, atol=1e-4):
            fail(f"{said} gave {shown(got.tolist())} and not {shown(right.tolist())}.", TRAPS[name])
    if not got.isfinite().all() or not got.any():
        fail(f"{said} gave {shown(got.tolist())}.", UNDERFLOW)
    why = ELSE if abs(float(got.sum()) - 1) < 1e-3 else ALPHABET
    fail(f"{said} gave {shown(got.tolist())} and not {shown(right.tolist())}.", why)


def weigh(cosines: Tensor, tokens: Tensor, scale: float) -> Tensor:
    return torch.softmax(scale * cosines + tokens.sum(1), dim=0)


def traps(cosines: Tensor, tokens: Tensor, scale: float) -> dict[str, Tensor]:
    prior, right = torch.softmax(scale * cosines, 0), weigh(cosines, tokens, scale)
    added = prior + tokens.sum(1).exp()
    return {
        "prior": prior,
        "likelihood": torch.softmax(tokens.sum(1), 0),
        "no scale": weigh(cosines, tokens, 1.0),
        "mean": torch.softmax(scale * cosines + tokens.mean(1), 0),
        "first": weigh(cosines, tokens[:, :1], scale),
        "last": weigh(cosines, tokens[:, -1:], scale),
        "added": added / added.sum(),
        "prior less": prior - right,
    }


def cases() -> list[tuple[Tensor, Tensor, float]]:
    """Three passages, by hand; then an answer of ninety tokens, whose probability no float32 can hold."""
    short = torch.tensor([[0.2, 0.5], [0.6, 0.7], [0.1, 0.9]]).log()
    torch.manual_seed(0)
    long = -2.0 - torch.rand(3, 90) * torch.tensor([[0.1], [0.12], [0.11]])
    cosines = torch.tensor([0.62, 0.55, 0.50])
    return [(cosines, short, 20.0), (torch.tensor([0.3, 0.3, 0.35]), short, 5.0), (cosines, long, 20.0)]
