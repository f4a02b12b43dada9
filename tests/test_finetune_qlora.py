"""QLoRA: what is stored in four bits, that it can be scored and trained on, and what is read off the stored run."""

import logging

import pytest
import torch
from bitsandbytes import functional
from torch import nn

from companion.finetune import nf4_dequantize, qlora_measure, tune
from companion.finetune.qlora import activation_bytes, load_4bit_encoder, quantised_count, weight_bytes
from companion.finetune.tuning import copied, fit, start
from companion.labels import labels_to_rows
from companion.models import load_encoder

TEXTS, LABELS = (
    ["Where is my parcel?", "The lamp is broken.", "Where is it now?", "It fell apart."] * 4,
    list("abab") * 4,
)


@pytest.fixture(scope="module")
def stored():
    return load_4bit_encoder(compute=torch.float32)


def test_bitsandbytes_is_quiet():
    assert logging.getLogger("bitsandbytes.backends.cpu.ops").level == logging.ERROR


def test_a_stored_layer_computes_with_the_weights_that_we_dequantise_by_hand(stored):
    weight = stored.model.encoder.layer[0].attention.self.query.weight
    state = weight.quant_state
    scales = functional.dequantize_blockwise(state.absmax, state.state2) + state.offset
    by_hand = nf4_dequantize(weight.data.flatten(), scales, state.shape)
    layer, x = stored.model.encoder.layer[0].attention.self.query, torch.randn(3, 384)
    torch.testing.assert_close(layer(x), x @ by_hand.T + layer.bias, atol=1e-5, rtol=1e-4)


def test_every_byte_is_counted(stored):
    found, full = weight_bytes(stored.model), weight_bytes(load_encoder().model)
    assert found["word vectors"] == full["word vectors"] == (30522 + 512 + 2) * 384 * 4
    assert quantised_count(stored.model) == (6 * (4 * 384**2 + 2 * 384 * 1536) + 384**2)
    assert 2 * found["codes"] == quantised_count(stored.model) and full["codes"] == full["scales"] == 0
    bits = 8 * (found["codes"] + found["scales"]) / quantised_count(stored.model)
    assert 4.127 < bits < 4.2  # the tables of levels weigh something in small matrices


def test_a_copy_has_its_own_fingerprint_and_lets_the_original_go(stored):
    assert stored.fingerprint != load_encoder().fingerprint
    copy = copied(stored)
    assert torch.equal(torch.from_numpy(copy.encode(TEXTS[:2])), torch.from_numpy(stored.encode(TEXTS[:2])))
    assert all(getattr(w, "module", None) is None for w in copy.model.parameters())


def test_it_can_be_scored_between_two_steps_and_only_the_factors_learn(stored):
    model, groups = start(stored, ["a", "b"], "peft")
    before = {name: p.detach().clone() for name, p in model.named_parameters() if p.dtype == torch.uint8}
    rows = labels_to_rows(LABELS, ["a", "b"])
    held_out = (TEXTS[:4], LABELS[:4])
    history = fit(model, groups, TEXTS, rows, 8, every=2, validation=held_out, bf16=False, progress=False)
    assert len(history.validation) == 4 and history.losses[-1] < history.losses[0]
    after = dict(model.named_parameters())
    assert before and all(torch.equal(codes, after[name]) for name, codes in before.items())


def test_lora_starts_alike_over_both_ways_of_storing(stored):
    factors = []
    for encoder in (stored, load_encoder()):
        model, _ = start(encoder, ["a", "b"], "peft", seed=3)
        factors.append({name: p for name, p in model.named_parameters() if p.requires_grad})
    assert factors[0].keys() == factors[1].keys()
    assert all(torch.equal(p, factors[1][name]) for name, p in factors[0].items())


def test_what_is_kept_for_the_slopes_by_hand():
    linear, x = nn.Linear(4, 3), torch.randn(5, 4)
    assert activation_bytes(linear, lambda: linear(x).exp().sum()) == 4 * (5 * 4 + 5 * 3)  # x and exp's result
    assert activation_bytes(linear, lambda: linear(x).sum()) == 4 * 5 * 4


def test_four_bits_keep_as_many_activations(stored):
    kept = []
    for encoder in (stored, load_encoder()):
        model, _ = start(encoder, ["a", "b"], "peft")
        kept.append(activation_bytes(model, lambda m=model: m.train()(TEXTS).sum()))
    assert kept[0] == kept[1] > 1e6


def test_the_crude_way_has_one_scale_a_matrix():
    weights = qlora_measure.crude(load_encoder()).model.encoder.layer[0].output.dense.weight
    assert len(weights.unique()) <= 15
    assert not isinstance(weights, nn.Linear)


def test_tune_takes_it_as_any_encoder(stored):
    model, _ = tune(stored, TEXTS, LABELS, "peft", steps=2, bf16=False, progress=False)
    assert len(model.predict(TEXTS[:3])) == 3


TABLE = [
    {"way": "NF4", "seed": 1, "test": 0.8, "validation": 0.7, "search": 0.9},
    {"way": "NF4", "seed": 0, "test": 0.6, "validation": 0.9, "search": 0.9},
    {"cost": "LoRA", "seed": 0, "weights": 9, "gradients": 1, "averages": 2, "loaded": 10, "peak": 30, "step": 0.3},
    {"cost": "LoRA", "seed": 1, "weights": 9, "gradients": 1, "averages": 2, "loaded": 10, "peak": 50, "step": 0.5},
]


def test_rows_are_read_by_way_and_seed(monkeypatch):
    monkeypatch.setattr(qlora_measure, "WAYS", ("NF4",))
    monkeypatch.setattr(qlora_measure, "COSTS", {"LoRA": ()})
    assert qlora_measure.by_seed(TABLE, "NF4") == {0: 0.6, 1: 0.8}
    assert qlora_measure.means(TABLE)["NF4"] == pytest.approx({"search": 0.9, "validation": 0.8, "test": 0.7})
    told = qlora_measure.summary(TABLE)["NF4"]
    assert told["seeds"] == 2 and told["spread"] == pytest.approx(0.1414, abs=1e-4)
    assert qlora_measure.cost_table(TABLE)["LoRA"]["peak"] == 40
