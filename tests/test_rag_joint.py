"""The marginal likelihood by hand, against transformers, by property; and a searcher that answers alone teach."""

import math
from types import MethodType, SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.rag import passage_posterior, rag_sequence_nll, rag_token_nll
from companion.rag.joint_training import Asked, Likelihoods, Shelf, joint_loss, ranks, train_by_answers, train_by_labels

log = lambda *values: torch.tensor(values).log()  # noqa: E731


def test_by_hand():
    prior, tokens = log(0.75, 0.25), torch.stack([log(0.5, 0.2), log(1.0, 0.8)])
    # sequence: 0.75 * 0.1 + 0.25 * 0.8 = 0.275; token: (0.375 + 0.25) * (0.15 + 0.2) = 0.21875
    assert rag_sequence_nll(prior, tokens).item() == pytest.approx(-math.log(0.275), abs=1e-6)
    assert rag_token_nll(prior, tokens).item() == pytest.approx(-math.log(0.21875), abs=1e-6)
    assert passage_posterior(prior, tokens).tolist() == pytest.approx([0.075 / 0.275, 0.2 / 0.275], abs=1e-6)


def theirs(kind, doc_scores, logits, target, pad=0):
    """transformers' loss for one question: logits (docs, tokens, words), target (tokens,) without a start token."""
    from transformers.models.rag import modeling_rag

    rag = getattr(modeling_rag, kind)
    config = SimpleNamespace(n_docs=len(logits), bos_token_id=None)
    config.generator = SimpleNamespace(pad_token_id=pad, bos_token_id=None)
    model = SimpleNamespace(config=config)
    if hasattr(rag, "marginalize"):
        model.marginalize = MethodType(rag.marginalize, model)
    started = torch.cat([torch.tensor([pad]), target])[None]
    padded = torch.cat([logits, logits.new_zeros(len(logits), 1, logits.shape[2])], dim=1)  # the place after the end
    return rag.get_nll(model, padded, doc_scores[None], started).item()


def drawn(docs, tokens, seed, words=11):
    torch.manual_seed(seed)
    scores, logits, target = torch.randn(docs), torch.randn(docs, tokens, words), torch.randint(1, words, (tokens,))
    said = logits.log_softmax(-1)[:, torch.arange(tokens), target]
    return scores, logits, target, scores.log_softmax(0), said


@pytest.mark.parametrize("docs, tokens", [(1, 2), (3, 2), (5, 7)])
def test_equals_transformers(docs, tokens):
    scores, logits, target, prior, said = drawn(docs, tokens, seed=docs)
    ours = rag_sequence_nll(prior, said).item(), rag_token_nll(prior, said).item()
    assert ours[0] == pytest.approx(theirs("RagSequenceForGeneration", scores, logits, target), abs=1e-4)
    assert ours[1] == pytest.approx(theirs("RagTokenForGeneration", scores, logits, target), abs=1e-4)


def test_one_token_keeps_its_prior():
    """transformers adds the prior to the second target, its end token as a rule; without one, the prior is lost."""
    scores, logits, target, prior, said = drawn(4, 1, seed=0)
    right = -(prior.exp() * said[:, 0].exp()).sum().log().item()
    assert rag_sequence_nll(prior, said).item() == pytest.approx(right, abs=1e-6)
    assert rag_token_nll(prior, said).item() == pytest.approx(right, abs=1e-6)
    assert theirs("RagTokenForGeneration", scores, logits, target) == pytest.approx(right, abs=1e-4)
    lost = -said[:, 0].exp().sum().log().item()
    assert theirs("RagSequenceForGeneration", scores, logits, target) == pytest.approx(lost, abs=1e-4)
    assert abs(lost - right) > 0.1


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 999))
def test_gradient_is_prior_minus_posterior(docs, tokens, seed):
    scores, _, _, _, said = drawn(docs, tokens, seed)
    scores.requires_grad_(True)
    rag_sequence_nll(scores.log_softmax(0), said).backward()
    prior = scores.detach().log_softmax(0)
    assert torch.allclose(scores.grad, prior.exp() - passage_posterior(prior, said), atol=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 999))
def test_bounds(docs, tokens, seed):
    """No worse than the worst passage, no better than the best; a certain search leaves that passage's own loss."""
    _, _, _, prior, said = drawn(docs, tokens, seed)
    own = -said.sum(1)
    assert own.min() - 1e-4 <= rag_sequence_nll(prior, said) <= own.max() + 1e-4
    sure = torch.full((docs,), -1e4)
    sure[0] = 0.0
    for loss in (rag_sequence_nll, rag_token_nll):
        assert loss(sure, said).item() == pytest.approx(own[0].item(), abs=1e-3)


@pytest.mark.parametrize(
    "prior, tokens, words",
    [
        (torch.zeros(2, 1), torch.zeros(2, 3), "do not fit"),
        (torch.zeros(3), torch.zeros(2, 3), "do not fit"),
        (torch.zeros(0), torch.zeros(0, 3), "nothing to sum"),
        (torch.zeros(2), torch.zeros(2, 0), "nothing to sum"),
        (torch.tensor([0.7, 0.3]), torch.zeros(2, 1), "log_softmax"),
    ],
)
def test_errors(prior, tokens, words):
    for loss in (rag_sequence_nll, rag_token_nll, passage_posterior):
        with pytest.raises(ValueError, match=words):
            loss(prior, tokens)


def test_ranks():
    queries, vectors = np.eye(2, dtype=np.float32), np.array([[0.1, 0.9], [0.5, 0.2], [0.9, 0.1]], np.float32)
    assert ranks(queries, vectors, [2, 1]).tolist() == [1, 2]


class Letters:
    """An encoder of two directions, with a model to train; and a generator's likelihoods that need no generator."""

    def __init__(self):
        torch.manual_seed(0)
        self.model = torch.nn.Linear(2, 2, bias=False)
        torch.nn.init.eye_(self.model.weight)

    def forward(self, texts):
        raw = torch.tensor([[1.0, 0.3] if text == "a" else [0.3, 1.0] for text in texts])
        return torch.nn.functional.normalize(self.model(raw), dim=-1)


class Known(Likelihoods):
    def __init__(self):
        self.kept, self.batch_size = {}, 8

    def read(self, triples):
        return [torch.tensor([-0.1 if answer in passage else -6.0, -0.1]) for _, answer, passage in triples]


def swapped():
    """The passage that answers "a" lies where "b" is asked, and the other way round."""
    shelf = Shelf(["it is y", "it is x"], torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    return shelf, [Asked("a", "x", 1), Asked("b", "y", 0)]


@pytest.mark.parametrize("how", ["answers", "labels"])
def test_it_learns(how):
    encoder, (shelf, asked) = Letters(), swapped()
    options = {"steps": 150, "lr": 0.05, "batch_size": 2, "progress": False}
    if how == "answers":
        history = train_by_answers(encoder, shelf, asked, Known(), k=2, **options)
    else:
        history = train_by_labels(encoder, shelf, asked, **options)
    assert history.losses[-1] < history.losses[0] / 3
    with torch.no_grad():
        assert shelf.find(encoder.forward(["a", "b"]), 1).flatten().tolist() == [1, 0]


def test_answers_need_no_labels():
    """The row of the right passage is never looked at."""
    encoder, (shelf, asked) = Letters(), swapped()
    hidden = [Asked(q.text, q.answer, 99) for q in asked]
    queries = encoder.forward(["a", "b"])
    assert joint_loss(queries, shelf, asked, Known(), 2) == joint_loss(queries, shelf, hidden, Known(), 2)


def test_likelihoods_of_the_shipped_generator():
    """The passage that holds the answer explains it; each pair is read once; batched as alone."""
    from companion.models import load_generator

    passages = ["The Merlin 2 comes with a warranty of 24 months.", "Our shop opens at nine. It is closed on Sundays."]
    likelihoods = Likelihoods(load_generator())
    both = likelihoods.of("How long is the warranty of the Merlin 2?", "24 months", passages)
    assert both.shape == (2, 6) and both[0].sum() > both[1].sum() + 3
    assert likelihoods.asked == 2
    alone = Likelihoods(likelihoods.generator).of(
        "How long is the warranty of the Merlin 2?", "24 months", passages[1:]
    )
    assert torch.allclose(alone[0], both[1], atol=0.3)  # bfloat16 where the machine has it
