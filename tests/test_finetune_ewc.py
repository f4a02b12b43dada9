"""The Fisher and the springs: by hand, against torch.func, by property; and three desks in sequence."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.func import functional_call, grad, vmap

from companion.finetune import ewc_penalty, fisher_diagonal
from companion.finetune.continual import DESKS, Letters, Tail, columns_of, feed, learn, open_columns, share_right
from companion.finetune.ewc import added, answers_moved, held_by, ones_like, ranked, remember
from companion.metrics import backward_transfer, forgetting
from companion.world.utterances import INTENTS


def line(weight: float) -> nn.Linear:
    """Two classes from one number: logits (0, w x)."""
    model = nn.Linear(1, 2, bias=False)
    model.weight.data = torch.tensor([[0.0], [weight]])
    return model


def test_exact_by_hand():
    # p = 1/2, x = 2 and 4: d log p(1) / d w1 = (1 - p) x, so F = p (1 - p) x^2 = 1 and 4, in the mean 2.5
    found = fisher_diagonal(line(0.0), [(torch.tensor([[2.0], [4.0]]), torch.tensor([0, 1]))])
    torch.testing.assert_close(found["weight"], torch.tensor([[2.5], [2.5]]))


def test_empirical_by_hand_and_the_trap_of_the_batch():
    # labels 0 and 1 of the same x = 2: gradients -1 and +1, squared 1 each; their mean is 0, and so is its square
    batch = (torch.tensor([[2.0], [2.0]]), torch.tensor([0, 1]))
    model = line(0.0)
    assert fisher_diagonal(model, [batch], kind="empirical")["weight"].tolist() == [[1.0], [1.0]]
    nn.functional.cross_entropy(model(batch[0]), batch[1]).backward()
    assert model.weight.grad.pow(2).sum() == 0


def test_empirical_fades_where_the_model_is_sure():
    batch = (torch.tensor([[1.0]]), torch.tensor([1]))
    assert fisher_diagonal(line(12.0), [batch], kind="empirical")["weight"].max() < 1e-9


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 6), st.integers(2, 4), st.sampled_from(["exact", "empirical"]))
def test_it_is_what_torch_func_gives_sample_by_sample(seed, count, classes, kind):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, classes))
    x, rows = torch.randn(count, 3), torch.randint(classes, (count,))
    weights = {name: p.detach() for name, p in model.named_parameters()}

    def said(weights, x, c):
        return functional_call(model, weights, (x[None],))[0].log_softmax(-1)[c]

    chances = model(x).softmax(-1).detach()
    wanted = {name: torch.zeros_like(p) for name, p in weights.items()}
    for c in range(classes):
        slopes = vmap(grad(said), in_dims=(None, 0, None))(weights, x, c)
        share = chances[:, c] if kind == "exact" else (rows == c).float()
        for name, slope in slopes.items():
            wanted[name] += torch.einsum("n,n...->...", share, slope**2) / count
    halves = [(x[: count // 2], rows[: count // 2]), (x[count // 2 :], rows[count // 2 :])]
    found = fisher_diagonal(model, halves, kind)
    for name, value in found.items():
        torch.testing.assert_close(value, wanted[name], atol=1e-6, rtol=1e-4)


def test_exact_is_the_curvature_of_the_answers():
    torch.manual_seed(0)
    model, x = nn.Linear(3, 4), torch.randn(50, 3)
    fisher = fisher_diagonal(model, [(x, torch.zeros(50, dtype=torch.long))])
    before = copy.deepcopy(model.state_dict())
    small, none = answers_moved(model, x, "weight", 5, [0.05, 0.0])
    assert small == pytest.approx(float(fisher["weight"][1, 2]) / 2 * 0.05**2, rel=0.05) and none == 0
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_the_stiffest_the_median_and_what_they_hold():
    fisher = {"a": torch.tensor([[1.0, 5.0], [2.0, 0.0]]), "b": torch.tensor([12.0])}
    assert ranked(fisher, 0.0) == ("b", 0, 12.0) and ranked(fisher, 0.5) == ("a", 2, 2.0)
    assert ranked(fisher, 1.0) == ("a", 3, 0.0)
    assert held_by(fisher, 0.2) == pytest.approx(0.6) and held_by(fisher, 1.0) == pytest.approx(1)


def test_dropout_is_off_for_the_fisher_only_and_frozen_weights_have_none():
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.9), nn.Linear(3, 2)).train()
    model[0].requires_grad_(False)
    batch = (torch.ones(4, 2), torch.zeros(4, dtype=torch.long))
    first, second = (fisher_diagonal(model, [batch]) for _ in range(2))
    assert set(first) == {"2.weight", "2.bias"} and model.training
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert all(p.grad is None for p in model.parameters())


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="exact, empirical"):
        fisher_diagonal(line(0.0), [], kind="diagonal")
    with pytest.raises(ValueError, match="at least one batch"):
        fisher_diagonal(line(0.0), [])
    with pytest.raises(ValueError, match="unfreeze"):
        fisher_diagonal(line(0.0).requires_grad_(False), [])
    model = line(0.0)
    with pytest.raises(ValueError, match="does not fit"):
        ewc_penalty(model, {}, ones_like(remember(model)), 1.0)
    with pytest.raises(ValueError, match="strength"):
        ewc_penalty(model, remember(model), ones_like(remember(model)), -1.0)


def test_the_penalty_by_hand_and_its_pull():
    model = line(3.0)
    anchor, fisher = {"weight": torch.tensor([[0.0], [1.0]])}, {"weight": torch.tensor([[5.0], [0.5]])}
    penalty = ewc_penalty(model, anchor, fisher, strength=10.0)
    assert penalty.item() == 10.0  # 10 / 2 * 0.5 * (3 - 1)^2
    penalty.backward()
    assert model.weight.grad.tolist() == [[0.0], [10.0]]  # strength * F * (theta - anchor)


def test_an_anchor_is_a_copy():
    model = line(1.0)
    anchor = remember(model)
    model.weight.data += 1
    assert ewc_penalty(model, anchor, ones_like(anchor), 2.0).item() == 2.0
    assert added([anchor, anchor])["weight"].tolist() == [[0.0], [2.0]]


def test_forgetting_and_transfer_by_hand():
    R = [[0.9, None, None], [0.95, 0.8, None], [0.7, 0.85, 0.9]]
    assert forgetting(R) == pytest.approx(((0.95 - 0.7) + (0.8 - 0.85)) / 2)
    assert backward_transfer(R) == pytest.approx(((0.7 - 0.9) + (0.85 - 0.8)) / 2)
    for wrong in ([[0.5]], [[0.5, 0.1], [0.2]]):
        with pytest.raises(ValueError, match="row and a column"):
            forgetting(wrong)


def test_the_desks_hold_every_intent_once_and_open_what_they_should():
    assert sorted(intent for desk in DESKS.values() for intent in desk) == sorted(INTENTS)
    names = list(DESKS)
    assert open_columns(names[:2], 1, True) == columns_of("orders")
    assert open_columns(names[:2], 1, False) == columns_of("questions") + columns_of("orders")


@pytest.fixture(scope="module")
def encoder():
    from companion.models import load_encoder

    return load_encoder()


def few(count: int = 10, length: int = 6) -> Letters:
    torch.manual_seed(0)
    columns = torch.tensor([columns_of("questions")[i % 5] for i in range(count)])
    mask = torch.ones(count, length, dtype=torch.long)
    mask[0, 3:] = 0
    return Letters(torch.randn(count, length, 384), mask, columns)


def test_the_tail_goes_on_where_the_frozen_layers_stopped(encoder):
    texts = ["Where is my parcel?", "It is broken, and nobody answers the telephone."]
    batch = encoder.tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = encoder.model(**batch, output_hidden_states=True).hidden_states[-2]
    tail = Tail(encoder).eval()
    tail.head = nn.Identity()
    tail.columns = slice(None)
    torch.testing.assert_close(tail((hidden, batch["attention_mask"])), torch.from_numpy(encoder.encode(texts)),
                               atol=1e-5, rtol=1e-4)  # fmt: skip


def test_one_desk_is_learned_and_another_s_head_stays(encoder):
    held, own = few(), columns_of("questions")
    model = Tail(encoder)
    before = copy.deepcopy(model.head.weight.data)
    learn(model, feed(held, own, seed=0), 15, 1e-3, 5e-2, 0, bf16=False)
    assert share_right(model, held, own) > 0.5
    others = [c for c in range(len(INTENTS)) if c not in own]
    assert torch.equal(model.head.weight.data[others], before[others])


def test_l2_leaves_the_rows_of_desks_to_come_as_free_as_the_fisher_does():
    from companion.finetune.ewc_measure import NAMES, free_to_come

    rows = {"head.weight": torch.ones(len(INTENTS), 3), "head.bias": torch.ones(len(INTENTS)), "body": torch.ones(2, 2)}
    held = free_to_come(rows, at=0)
    first = [INTENTS.index(intent) for intent in DESKS[NAMES[0]]]
    assert held["head.bias"].nonzero().flatten().tolist() == sorted(first)
    assert held["head.weight"].sum() == 3 * len(first) and held["body"].sum() == 4
