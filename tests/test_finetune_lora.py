"""LoRA by hand, against peft's own in each mode, and by property over shapes, ranks and seeds."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from companion.finetune import LoRALinear, add_lora, add_peft, merge_all, unload, unmerge_all
from companion.finetune.lora import linear_names, lora_layers


def layer_of(seed: int, inside: int = 6, outside: int = 4, r: int = 2, alpha: float = 4) -> LoRALinear:
    """A layer whose B is no longer zero, as after some steps."""
    torch.manual_seed(seed)
    layer = LoRALinear(nn.Linear(inside, outside), r, alpha)
    nn.init.normal_(layer.B)
    return layer


def test_by_hand():
    base = nn.Linear(2, 2)
    base.weight.data, base.bias.data = torch.eye(2), torch.tensor([10.0, 20.0])
    layer = LoRALinear(base, r=1, alpha=3)
    layer.A.data, layer.B.data = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0], [-1.0]])
    # A x = 1*1 + 2*1 = 3; B A x = (3, -3); times alpha/r = 3: (9, -9); base(x) = (11, 21)
    assert layer(torch.ones(2)).tolist() == [20.0, 12.0]
    layer.merge()
    assert base.weight.tolist() == [[4.0, 6.0], [-3.0, -5.0]]


def test_factors_are_stored_and_started_as_the_paper_has_them():
    torch.manual_seed(0)
    layer = LoRALinear(nn.Linear(64, 8), r=4, alpha=8)
    assert layer.A.shape == (4, 64) and layer.B.shape == (8, 4)
    assert layer.B.abs().sum() == 0
    assert 0.9 / 8 < layer.A.abs().max() <= 1 / 8  # uniform within 1 / sqrt(64): the fan-in is the input's size
    assert {name for name, p in layer.named_parameters() if p.requires_grad} == {"A", "B"}


def test_merging_twice_adds_once_and_unmerging_gives_the_weight_back():
    layer = layer_of(0)
    before, expected = layer.base.weight.clone(), layer.base.weight + 2 * layer.B @ layer.A
    layer.merge()
    layer.merge()
    assert layer.merged
    torch.testing.assert_close(layer.base.weight, expected, atol=1e-6, rtol=0)
    layer.unmerge()
    layer.unmerge()
    assert not layer.merged
    torch.testing.assert_close(layer.base.weight, before, atol=1e-6, rtol=0)


def test_unmerging_takes_out_what_was_put_in_even_if_the_factors_changed():
    layer = layer_of(0)
    before = layer.base.weight.clone()
    layer.merge()
    with torch.no_grad():
        layer.A.fill_(7), layer.B.fill_(7)
    layer.unmerge()
    torch.testing.assert_close(layer.base.weight, before, atol=1e-6, rtol=0)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 6), st.floats(0.5, 64), st.integers(0, 999))
def test_properties(inside, outside, r, alpha, seed):
    layer = layer_of(seed, inside, outside, r, alpha).double()
    x = torch.randn(3, 5, inside, dtype=torch.float64)
    y = layer(x)
    assert y.shape == (3, 5, outside)
    torch.testing.assert_close(layer(2 * x) - layer.bias, 2 * (y - layer.bias))  # linear but for the bias
    layer.merge()
    torch.testing.assert_close(layer(x), y, atol=1e-9, rtol=0)
    assert torch.linalg.matrix_rank(layer._update()) <= r


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 64), st.integers(1, 16), st.integers(0, 999))
def test_merged_equals_unmerged_in_float32(inside, r, seed):
    layer = layer_of(seed, inside, 16, r, 2 * r)
    nn.init.normal_(layer.B, std=0.02)
    x = torch.randn(8, inside)
    y = layer(x)
    layer.merge()
    torch.testing.assert_close(layer(x), y, atol=1e-4, rtol=0)


def paired(tiny_encoder):
    """The same tiny model with LoRA of the course and of peft, with the same factors."""
    mine, theirs = tiny_encoder().model, tiny_encoder().model
    layers = add_lora(mine, r=4, alpha=8)
    wrapped = add_peft(theirs, r=4, alpha=8)
    assert wrapped.get_base_model() is theirs
    copy_factors(layers, theirs)
    return mine, theirs, layers


def copy_factors(layers, theirs) -> None:
    with torch.no_grad():
        for name, layer in layers.items():
            other = theirs.get_submodule(name)
            other.lora_A["default"].weight.copy_(layer.A)
            other.lora_B["default"].weight.copy_(layer.B)


def same(mine, theirs, seed: int = 5) -> bool:
    """Whether both give the same hidden states to 1e-6; one seed, so that both drop the same numbers."""
    states = []
    for model in (mine, theirs):
        torch.manual_seed(seed)
        states.append(model(torch.arange(1, 25).reshape(2, 12)).last_hidden_state)
    return torch.allclose(*states, atol=1e-6, rtol=0)


def train_a_little(model) -> None:
    """Five steps of AdamW towards a fixed target, dropout included."""
    torch.manual_seed(3)
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer, target = torch.optim.AdamW(trained, lr=1e-2), torch.randn(2, 12, 32)
    for _ in range(5):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(torch.arange(1, 25).reshape(2, 12)).last_hidden_state, target).backward()
        optimizer.step()
    model.eval()


def test_equals_peft_at_the_start_and_in_both_modes(tiny_encoder):
    mine, theirs, _ = paired(tiny_encoder)
    untouched = tiny_encoder().model
    assert same(mine, theirs) and same(mine, untouched)
    mine.train(), theirs.train(), untouched.train()
    assert same(mine, theirs) and same(mine, untouched)


def test_equals_peft_after_steps_merged_and_unmerged(tiny_encoder):
    mine, theirs, layers = paired(tiny_encoder)
    train_a_little(mine), train_a_little(theirs)
    assert all(layer.B.abs().max() > 0.01 for layer in layers.values())
    assert not same(mine, tiny_encoder().model)
    assert same(mine, theirs)
    mine.train(), theirs.train()
    assert same(mine, theirs)
    mine.eval(), theirs.eval()
    merge_all(mine)
    for name in layers:
        theirs.get_submodule(name).merge()
        torch.testing.assert_close(
            mine.get_submodule(name).weight, theirs.get_submodule(name).weight, atol=1e-6, rtol=0
        )
    assert same(mine, theirs)
    unmerge_all(mine)
    for name in layers:
        theirs.get_submodule(name).unmerge()
    assert same(mine, theirs)


def test_peft_starts_its_factors_from_the_same_distribution(tiny_encoder):
    """The draws differ, as peft draws some numbers that it throws away; bounds and spread do not."""
    mine, theirs = tiny_encoder().model, tiny_encoder().model
    layers, _ = add_lora(mine, r=16), add_peft(theirs, r=16)
    for name, layer in layers.items():
        a = theirs.get_submodule(name).lora_A["default"].weight
        assert a.shape == layer.A.shape
        assert max(a.abs().max(), layer.A.abs().max()) <= 1 / math.sqrt(layer.base.in_features)
        assert a.std().item() == pytest.approx(layer.A.std().item(), rel=0.15)


def test_peft_trains_as_many_numbers(tiny_encoder):
    mine, theirs = tiny_encoder().model, tiny_encoder().model
    add_lora(mine), add_peft(theirs)
    counts = [sum(p.numel() for p in model.parameters() if p.requires_grad) for model in (mine, theirs)]
    assert counts[0] == counts[1] == 3 * 8 * (4 * (32 + 32) + 2 * (32 + 64))


def test_targets_by_the_end_of_the_name(tiny_encoder):
    layers = add_lora(tiny_encoder().model, ("query", "value"))
    assert len(layers) == 6 and {name.rpartition(".")[2] for name in layers} == {"query", "value"}
    assert all(layer.alpha == 16 and layer.r == 8 for layer in layers.values())
    assert not any("pooler" in name for name in linear_names(tiny_encoder().model))
    # whole words only: "dense" is not "intermediate_dense", and "output.dense" leaves the intermediate one out
    assert len(linear_names(tiny_encoder().model, "output.dense")) == 6


def test_an_output_layer_over_the_vocabulary_is_left_out():
    from transformers import BertConfig, BertLMHeadModel

    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = BertLMHeadModel(BertConfig(vocab_size=50, is_decoder=True, **sizes))
    assert "cls.predictions.decoder" not in linear_names(model)
    assert "cls.predictions.transform.dense" in linear_names(model)


def test_unload_gives_plain_layers_that_answer_the_same(tiny_encoder):
    mine, _, layers = paired(tiny_encoder)
    train_a_little(mine)
    before = mine(torch.arange(1, 25).reshape(2, 12)).last_hidden_state
    unload(mine)
    assert not lora_layers(mine) and set(mine.state_dict()) == set(tiny_encoder().model.state_dict())
    torch.testing.assert_close(mine(torch.arange(1, 25).reshape(2, 12)).last_hidden_state, before, atol=1e-4, rtol=0)
    again = tiny_encoder().model
    add_lora(again)
    unload(again, merge=False)
    assert same(again, tiny_encoder().model)


def test_half_precision_base_keeps_float32_factors():
    layer = LoRALinear(nn.Linear(4, 4).to(torch.bfloat16), 2, 2)
    assert layer.A.dtype == torch.float32
    assert layer(torch.ones(1, 4, dtype=torch.bfloat16)).dtype == torch.bfloat16
    nn.init.normal_(layer.B)
    layer.merge()
    assert layer.weight.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: LoRALinear(nn.Linear(2, 2), 0, 8), "rank of at least 1"),
        (lambda model: LoRALinear(nn.Linear(2, 2), 2, 0), "number above 0"),
        (lambda model: LoRALinear(nn.Embedding(2, 2), 2, 2), "pass an nn.Linear"),
        (lambda model: add_lora(model, r=0), "rank of at least 1"),
        (lambda model: add_peft(model, r=0), "rank of at least 1"),
        (lambda model: add_lora(model, ("q_proj",)), "choose among those of this model \\(dense, key, query, value\\)"),
        (lambda model: (add_lora(model), add_lora(model)), "call unload"),
    ],
)
def test_what_cannot_be_names_the_fix(tiny_encoder, call, message):
    with pytest.raises(ValueError, match=message):
        call(tiny_encoder().model)
