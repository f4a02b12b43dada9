"""Retrieval as a hidden variable: the answer's marginal likelihood over passages (REALM 2002.08909, RAG 2005.11401).

Nobody says which passage is right. The answer is likely if it is likely under passages that the search holds for
likely, so the answer alone tells the search where it should have looked.
"""

from __future__ import annotations

import torch
from torch import Tensor


def rag_sequence_nll(doc_log_probs: Tensor, token_log_probs: Tensor) -> Tensor:
    """-log sum_z p(z) prod_t p(y_t | z): one passage is taken to have given the whole answer (RAG-Sequence).

    doc_log_probs (docs,): the search's log-probabilities, which sum to 1 over the passages found. token_log_probs
    (docs, tokens): of each token of the answer, under each passage. Gives a scalar, in nats.
    The trap: the prior belongs to the whole answer, however short. An implementation that adds it to the second
    token is right as long as an end token closes every answer; without one, an answer of one token never trains
    the search.
    """
    check(doc_log_probs, token_log_probs)
    return -torch.logsumexp(doc_log_probs + token_log_probs.sum(dim=1), dim=0)


def rag_token_nll(doc_log_probs: Tensor, token_log_probs: Tensor) -> Tensor:
    """-sum_t log sum_z p(z) p(y_t | z): each token may rest on a passage of its own (RAG-Token).

    Shapes and units as in `rag_sequence_nll`, to which it is equal for answers of one token.
    """
    check(doc_log_probs, token_log_probs)
    return -torch.logsumexp(doc_log_probs[:, None] + token_log_probs, dim=0).sum()


def passage_posterior(doc_log_probs: Tensor, token_log_probs: Tensor) -> Tensor:
    """p(z | q, y), (docs,): how far each passage explains the answer, by Bayes' rule.

    The gradient of `rag_sequence_nll` with respect to a passage's score before the softmax is prior minus posterior:
    a passage that explains the answer better than the search believed is pulled up, the others are pushed down.
    """
    check(doc_log_probs, token_log_probs)
    return torch.softmax(doc_log_probs + token_log_probs.sum(dim=1), dim=0)


def check(doc_log_probs: Tensor, token_log_probs: Tensor) -> None:
    """ValueError for shapes that do not fit, and for scores that are no log-probabilities."""
    if doc_log_probs.ndim != 1 or token_log_probs.ndim != 2 or len(doc_log_probs) != len(token_log_probs):
        shapes = f"{tuple(doc_log_probs.shape)} and {tuple(token_log_probs.shape)}"
        raise ValueError(f"Shapes {shapes} do not fit: give (docs,) and (docs, tokens), one row a passage.")
    if not len(doc_log_probs) or not token_log_probs.shape[1]:
        raise ValueError("There is nothing to sum over: give at least one passage and one token.")
    if (doc_log_probs > 1e-4).any() or (token_log_probs > 1e-4).any():
        raise ValueError("A log-probability is never above 0: take log_softmax of the scores first.")
