"""DPR's loss by hand, against torch and sentence-transformers, by property; and a short training."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.rag import in_batch_negatives_loss, train_retriever
from companion.rag.retriever import retriever_batches


def test_by_hand():
    queries = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    passages = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    # query 0 scores (2, 0), query 1 scores (0, 1): the mean of ln(1 + e^-2) and ln(1 + e^-1)
    expected = (math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1))) / 2
    assert in_batch_negatives_loss(queries, passages, [0, 1]).item() == pytest.approx(expected, abs=1e-6)
    swapped = in_batch_negatives_loss(queries, passages, [1, 0]).item()
    assert swapped == pytest.approx(expected + 1.5, abs=1e-6)


def test_scale_and_hard_negatives():
    queries, passages = torch.eye(2), torch.eye(3, 2)  # the third passage is nobody's
    loss = in_batch_negatives_loss(queries, passages, torch.tensor([0, 1]), scale=3.0)
    assert loss.item() == pytest.approx(math.log(math.exp(3) + 2) - 3, abs=1e-6)


def test_equals_sentence_transformers():
    """Their loss takes an encoder; a stand-in that hands the vectors through lets it run on plain tensors."""
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    class HandThrough(torch.nn.Module):
        def forward(self, features):
            return features

    torch.manual_seed(0)
    vectors = [torch.nn.functional.normalize(torch.randn(6, 8), dim=-1) for _ in range(2)]
    reference = MultipleNegativesRankingLoss(HandThrough(), scale=20.0)
    expected = reference([{"sentence_embedding": v} for v in vectors], None)
    mine = in_batch_negatives_loss(*vectors, torch.arange(6), scale=20.0)
    assert mine.item() == pytest.approx(expected.item(), abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(0, 4), st.integers(0, 999))
def test_properties(queries, extra, seed):
    generator = torch.Generator().manual_seed(seed)
    q = torch.randn(queries, 5, generator=generator)
    p = torch.randn(queries + extra, 5, generator=generator)
    loss = in_batch_negatives_loss(q, p, torch.arange(queries))
    assert loss.item() >= 0
    assert in_batch_negatives_loss(q, p, torch.arange(queries), scale=0).item() == pytest.approx(
        math.log(queries + extra), abs=1e-5
    )
    order = torch.randperm(queries + extra, generator=generator)  # passages may stand in any order
    moved = in_batch_negatives_loss(q, p[order], torch.argsort(order)[:queries])
    assert moved.item() == pytest.approx(loss.item(), abs=1e-5)


@pytest.mark.parametrize(
    ("queries", "passages", "positives", "message"),
    [
        (torch.ones(2, 3), torch.ones(2, 4), [0, 1], "same dim"),
        (torch.ones(3), torch.ones(2, 3), [0], "same dim"),
        (torch.ones(2, 3), torch.ones(2, 3), [0], "each query one passage"),
        (torch.ones(2, 3), torch.ones(2, 3), [0, 2], "rows go from 0 to 1"),
        (torch.ones(2, 3), torch.ones(2, 3), [-1, 0], "rows go from 0 to 1"),
    ],
)
def test_wrong_shapes_name_the_fix(queries, passages, positives, message):
    with pytest.raises(ValueError, match=message):
        in_batch_negatives_loss(queries, passages, positives)


PAIRS = [("q1", "p1"), ("q2", "p1"), ("q3", "p2"), ("q4", "p3"), ("q5", "p4")]


def test_a_passage_stands_once_in_a_batch_so_that_it_is_never_its_own_negative():
    batch = retriever_batches(PAIRS, batch_size=5)
    questions, passages, positives = batch(0)
    assert sorted(passages) == ["p1", "p2", "p3", "p4"]
    assert all((q, passages[row]) in PAIRS for q, row in zip(questions, positives.tolist(), strict=True))


def test_a_pass_sees_every_pair_once_and_the_next_in_another_order():
    batch = retriever_batches(PAIRS, batch_size=2, seed=1)
    passes = [[q for step in range(at, at + 3) for q in batch(step)[0]] for at in (0, 3)]
    assert sorted(passes[0]) == sorted(passes[1]) == ["q1", "q2", "q3", "q4", "q5"]
    assert passes[0] != passes[1]
    with pytest.raises(ValueError, match="batch_size >= 2"):
        retriever_batches(PAIRS, batch_size=1)


class TinyEncoder:
    """A bag of characters through one linear layer: trains in milliseconds, has the encoder's `forward`."""

    def __init__(self):
        torch.manual_seed(0)
        self.model = torch.nn.Linear(26, 8)

    def forward(self, texts):
        counts = [[text.count(chr(97 + n)) for n in range(26)] for text in texts]
        return torch.nn.functional.normalize(self.model(torch.tensor(counts, dtype=torch.float32)), dim=-1)


def test_training_brings_questions_to_their_passages():
    pairs = [("abc", "xyz"), ("def", "uvw"), ("ghi", "rst"), ("jkl", "opq")]
    encoder = TinyEncoder()

    def right():
        with torch.no_grad():
            scores = encoder.forward([q for q, _ in pairs]) @ encoder.forward([p for _, p in pairs]).T
        return (scores.argmax(1) == torch.arange(4)).float().mean().item()

    before = right()
    history = train_retriever(encoder, pairs, steps=60, lr=0.05, batch_size=4, progress=False)
    assert np.mean(history.losses[-5:]) < np.mean(history.losses[:5])
    assert right() == 1 > before
