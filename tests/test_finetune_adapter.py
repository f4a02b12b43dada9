"""Bottleneck adapters by hand, against a plain residual network, and by property."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from companion.finetune import BottleneckAdapter, add_adapters, remove_adapters
from companion.finetune.adapter import adapters

IDS = torch.arange(1, 25).reshape(2, 12)


def test_by_hand():
    adapter = BottleneckAdapter(2, 1)
    adapter.down.weight.data, adapter.down.bias.data = torch.tensor([[1.0, 1.0]]), torch.tensor([-1.0])
    adapter.up.weight.data, adapter.up.bias.data = torch.tensor([[2.0], [3.0]]), torch.tensor([0.5, 0.0])
    # down: 3 + 1 - 1 = 3; relu keeps it; up: (6.5, 9); and x is added
    assert adapter(torch.tensor([3.0, 1.0])).tolist() == [9.5, 10.0]
    # down: -3 + 1 - 1 = -3; relu makes it 0; up: (0.5, 0)
    assert adapter(torch.tensor([-3.0, 1.0])).tolist() == [-2.5, 1.0]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 999))
def test_identity_at_the_start_and_a_gradient_all_the_same(dim, bottleneck, seed):
    torch.manual_seed(seed)
    adapter, x = BottleneckAdapter(dim, bottleneck, torch.tanh), torch.randn(3, dim)
    assert torch.equal(adapter(x), x)
    assert sum(p.numel() for p in adapter.parameters()) == 2 * dim * bottleneck + dim + bottleneck
    adapter(x).sum().backward()
    assert adapter.up.weight.grad.abs().sum() > 0


def test_equals_the_plain_network_with_another_activation():
    torch.manual_seed(0)
    adapter = BottleneckAdapter(6, 3, nn.functional.gelu)
    nn.init.normal_(adapter.up.weight)
    plain, x = nn.Sequential(adapter.down, nn.GELU(), adapter.up), torch.randn(4, 5, 6)
    torch.testing.assert_close(adapter(x), x + plain(x))


def test_two_in_each_layer_before_the_residual_sum(tiny_encoder):
    model = tiny_encoder().model
    added = add_adapters(model, 4)
    assert len(added) == 6 and adapters(model) == added
    assert {p for p in model.parameters() if p.requires_grad} == {p for a in added.values() for p in a.parameters()}
    # Houlsby et al.: LayerNorm(x + adapter(dropout(dense(h)))), worked out here from the parts
    for adapter in added.values():
        nn.init.normal_(adapter.up.weight)
    output, h, x = model.eval().encoder.layer[0].output, torch.randn(1, 3, 64), torch.randn(1, 3, 32)
    expected = output.LayerNorm(x + added["encoder.layer.0.output.dropout.1"](output.dense(h)))
    torch.testing.assert_close(output(h, x), expected)


def test_the_model_is_the_same_at_the_start_and_after_removal(tiny_encoder):
    plain, model = tiny_encoder().model.eval(), tiny_encoder().model.eval()
    before = plain(IDS).last_hidden_state
    added = add_adapters(model, 4)
    assert torch.equal(model(IDS).last_hidden_state, before)
    for adapter in added.values():
        nn.init.normal_(adapter.up.weight)
    assert not torch.allclose(model(IDS).last_hidden_state, before)
    remove_adapters(model)
    assert not adapters(model) and torch.equal(model(IDS).last_hidden_state, before)
    assert set(model.state_dict()) == set(plain.state_dict())


def test_modes_reach_the_dropout_beside_the_adapter(tiny_encoder):
    model = tiny_encoder().model.eval()
    add_adapters(model, 4)
    assert torch.equal(model(IDS).last_hidden_state, model(IDS).last_hidden_state)
    model.train()
    assert not torch.equal(model(IDS).last_hidden_state, model(IDS).last_hidden_state)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: BottleneckAdapter(8, 0), "choose at least 1"),
        (lambda model: BottleneckAdapter(0, 8), "choose at least 1"),
        (lambda model: add_adapters(model, 0), "choose at least 1"),
        (lambda model: add_adapters(nn.Sequential(nn.Linear(2, 2)), 4), "built as BERT's"),
        (lambda model: (add_adapters(model), add_adapters(model)), "remove_adapters"),
    ],
)
def test_what_cannot_be_names_the_fix(tiny_encoder, call, message):
    with pytest.raises(ValueError, match=message):
        call(tiny_encoder().model)
