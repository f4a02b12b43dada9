"""LoRA files: ours read by peft's own class, peft's read by ours, and what cannot be read."""

import json

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

from companion.finetune import add_lora, load_lora, save_lora
from companion.finetune.lora import wrap

IDS = torch.arange(1, 25).reshape(2, 12)


def stir(model) -> None:
    """Random numbers in every factor, so that no B is zero."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.normal_(std=0.2)


def states(model):
    with torch.no_grad():
        return model.eval()(IDS).last_hidden_state


def test_peft_reads_what_we_save(tiny_encoder, tmp_path):
    mine = tiny_encoder().model
    layers = add_lora(mine, ("query", "output.dense"), r=3, alpha=5)
    stir(mine)
    save_lora(layers, tmp_path, base="a/name", task="FEATURE_EXTRACTION")
    theirs = PeftModel.from_pretrained(tiny_encoder().model, tmp_path)
    torch.testing.assert_close(states(theirs), states(mine), atol=1e-6, rtol=0)
    config = theirs.peft_config["default"]
    assert (config.r, config.lora_alpha, config.base_model_name_or_path) == (3, 5, "a/name")
    assert (states(mine) - states(tiny_encoder().model)).abs().max() > 0.01


def test_peft_reads_layers_of_different_ranks(tiny_encoder, tmp_path):
    mine = tiny_encoder().model
    layers = add_lora(mine, "query", r=2)
    layers["encoder.layer.1.attention.self.key"] = wrap(mine, "encoder.layer.1.attention.self.key", 5, 7)
    stir(mine)
    save_lora(layers, tmp_path)
    theirs = PeftModel.from_pretrained(tiny_encoder().model, tmp_path)
    torch.testing.assert_close(states(theirs), states(mine), atol=1e-6, rtol=0)
    again = tiny_encoder().model
    load_lora(again, tmp_path)
    assert torch.equal(states(again), states(mine))


@pytest.mark.parametrize(
    "settings",
    [
        {"target_modules": "all-linear"},  # the pooler as well
        {"target_modules": ["query", "value"], "lora_alpha": 3},
        {"target_modules": ["query", "key"], "use_rslora": True},
        {"target_modules": ["query", "dense"], "rank_pattern": {"query": 2}, "alpha_pattern": {"query": 9}},
    ],
)
def test_we_read_what_peft_saves(tiny_encoder, tmp_path, settings):
    theirs = get_peft_model(tiny_encoder().model, LoraConfig(task_type="FEATURE_EXTRACTION", r=4, **settings))
    stir(theirs)
    theirs.save_pretrained(tmp_path)
    mine = tiny_encoder().model
    layers = load_lora(mine, tmp_path)
    torch.testing.assert_close(states(mine), states(theirs), atol=1e-6, rtol=0)
    assert {p for p in mine.parameters() if p.requires_grad} == {f for x in layers.values() for f in (x.A, x.B)}


def test_file_by_hand(tiny_encoder, tmp_path):
    layers = add_lora(tiny_encoder().model, "layer.0.attention.self.query", r=2, alpha=4)
    save_lora(layers, tmp_path)
    tensors = load_file(tmp_path / "adapter_model.safetensors")
    key = "base_model.model.encoder.layer.0.attention.self.query.lora_"
    assert {name: tuple(t.shape) for name, t in tensors.items()} == {
        f"{key}A.weight": (2, 32),
        f"{key}B.weight": (32, 2),
    }
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["r"] == 2 and config["lora_alpha"] == 4 and config["peft_type"] == "LORA"


@pytest.mark.parametrize("seed", range(3))
def test_there_and_back(tiny_encoder, tmp_path, seed):
    mine, again = tiny_encoder(seed).model, tiny_encoder(seed).model
    layers = add_lora(mine, r=1 + seed, alpha=3)
    stir(mine)
    save_lora(layers, tmp_path)
    assert set(load_lora(again, tmp_path)) == set(layers)
    assert torch.equal(states(again), states(mine))


def edited(folder, **settings) -> None:
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))


def test_what_cannot_be_read_names_the_fix(tiny_encoder, tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no adapter_config.json"):
        load_lora(tiny_encoder().model, tmp_path)
    with pytest.raises(ValueError, match="what add_lora returned"):
        save_lora({}, tmp_path)
    model = tiny_encoder().model
    save_lora(add_lora(model, "query"), tmp_path)
    with pytest.raises(ValueError, match="call unload"):
        load_lora(model, tmp_path)
    with pytest.raises(ValueError, match="load the model it was made for"):
        load_lora(tiny_encoder().model.encoder, tmp_path)
    edited(tmp_path, peft_type="IA3")
    with pytest.raises(ValueError, match="no plain LoRA \\(IA3\\)"):
        load_lora(tiny_encoder().model, tmp_path)
    edited(tmp_path, peft_type="LORA")
    file = tmp_path / "adapter_model.safetensors"
    save_file(load_file(file) | {"base_model.model.x.lora_magnitude_vector": torch.ones(1)}, file)
    untouched = tiny_encoder().model
    with pytest.raises(ValueError, match="load it with peft itself"):
        load_lora(untouched, tmp_path)
    assert all(p.requires_grad for p in untouched.parameters())  # a failed load changes nothing


def test_dora_is_refused(tiny_encoder, tmp_path):
    config = LoraConfig(task_type="FEATURE_EXTRACTION", target_modules=["query"], use_dora=True)
    get_peft_model(tiny_encoder().model, config).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="no plain LoRA \\(use_dora\\)"):
        load_lora(tiny_encoder().model, tmp_path)
