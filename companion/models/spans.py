"""Spans of a passage: a score for each pair of first and last token, beside one score for "no answer".

All spans and "no answer" share one softmax, so their scores compare, and what is trained is what is read.
Extractive reading as in BERT (1810.04805, section 4.2), "no answer" as in SQuAD 2.0 (1806.03822).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LONGEST = 30  # tokens in an answer
NEVER = -1e4  # below any real score, and finite in every precision


class SpanModel(nn.Module):
    """An encoder that reads question and passage together, with a head of three numbers a token.

    `segment` is added to the word vectors and tells three kinds of token apart: the question's, the
    passage's, and the passage's that stand in the question too (the exact-match feature of DrQA, 1704.00051).
    `near` is added in the measure in which a token's sentence is close to the question, and `prior` times
    that closeness is added to the score of a first token: where to look, a sentence encoder knows already.
    """

    def __init__(self, encoder: nn.Module):
        super().__init__()
        dim = encoder.config.hidden_size
        self.encoder = encoder
        self.head = nn.Linear(dim, 3)
        self.segment = nn.Parameter(torch.zeros(3, dim))
        self.near = nn.Parameter(torch.zeros(dim))
        self.prior = nn.Parameter(torch.zeros(1))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor, closeness: Tensor):
        """Inputs (batch, length) to scores of a first and a last token (batch, length) and of none (batch,).

        closeness: cosine of question and the token's sentence, 0 outside the passage.
        """
        words = self.encoder.get_input_embeddings()(input_ids)
        kinds = token_type_ids + shared_with_question(input_ids, attention_mask, token_type_ids)
        added = self.segment[kinds] + closeness[:, :, None] * self.near  # (batch, length, dim)
        words = words + added.to(words.dtype)
        hidden = self.encoder(inputs_embeds=words, attention_mask=attention_mask).last_hidden_state
        first, last, none = self.head(hidden.to(self.head.weight.dtype)).unbind(-1)
        return first + self.prior * closeness, last, none[:, 0]

    def head_tensors(self) -> dict[str, Tensor]:
        """What is trained beside the adapter."""
        return {name: t for name, t in self.state_dict().items() if not name.startswith("encoder.")}


def shared_with_question(input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
    """1 at the passage's tokens that stand in the question too, else 0: (batch, length).

    The question is [CLS] ... [SEP]; its last [SEP] would also match the passage's, and is left out.
    """
    asked = (token_type_ids == 0) & attention_mask.bool()
    asked = asked & asked.roll(-1, dims=1)  # without the [SEP] that ends the question
    same = input_ids[:, :, None] == input_ids[:, None, :]  # (batch, length, length)
    return ((same & asked[:, None, :]).any(-1) & (token_type_ids == 1)).long()


def span_scores(first: Tensor, last: Tensor, may_start: Tensor, may_end: Tensor, longest: int = LONGEST) -> Tensor:
    """score(i, j) = first_i + last_j where i may start, j may end and i <= j < i + longest; else NEVER.

    All inputs (batch, length), the result (batch, length, length).
    """
    length = first.shape[1]
    place = torch.arange(length, device=first.device)
    ahead = place[None, :] - place[:, None]  # (length, length)
    allowed = may_start[:, :, None] & may_end[:, None, :] & (ahead >= 0) & (ahead < longest)
    return (first[:, :, None] + last[:, None, :]).masked_fill(~allowed, NEVER)


def span_loss(scores: Tensor, none: Tensor, gold: Tensor) -> Tensor:
    """Mean of -log P(gold) under one softmax over all spans and "no answer".

    scores (batch, length, length); none (batch,); gold, a bool of the scores' shape: where several spans are
    right their probabilities add up, and a row with none is a question that has no answer.
    """
    flat, right = scores.flatten(1), gold.flatten(1)  # (batch, length * length)
    total = torch.logsumexp(torch.cat([flat, none[:, None]], dim=1), dim=1)
    hit = torch.logsumexp(flat.masked_fill(~right, 2 * NEVER), dim=1)
    return (total - torch.where(right.any(1), hit, none)).mean()


def best_spans(scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The best span's first token, last token and score, each (batch,)."""
    score, flat = scores.flatten(1).max(dim=1)
    return flat // scores.shape[2], flat % scores.shape[2], score
