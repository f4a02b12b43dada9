"""The shipped mail sorter."""

import json

import numpy as np
import pytest
import torch

from companion.finetune import TextClassifier, add_lora, load_lora
from companion.finetune.saving import save_classifier
from companion.models import load_encoder, load_sorter
from companion.models.sorter import ADAPTER, read_sorter
from companion.world.utterances import INTENTS, mail


@pytest.fixture(scope="module")
def sorter():
    return load_sorter()


def test_it_sorts_a_strangers_mail_as_its_card_says(sorter):
    texts, intents = mail("test")
    right = np.mean([got == wanted for got, wanted in zip(sorter.predict(texts), intents, strict=True)])
    card = json.loads((ADAPTER / "card.json").read_text(encoding="utf-8"))
    assert sorter.intents == INTENTS
    assert right == pytest.approx(card["test"], abs=0.015)  # fp16 on disk, bfloat16 where it was scored


def test_merged_it_equals_the_unmerged_layers(sorter):
    encoder = load_encoder()
    load_lora(encoder.model, ADAPTER)
    texts = mail("validation")[0][:8]
    assert np.abs(encoder.encode(texts) - sorter.encoder.encode(texts)).max() < 1e-4


def test_the_backbone_itself_is_untouched(sorter):
    assert sorter.encoder.fingerprint != load_encoder().fingerprint


def test_a_folder_without_a_sorter_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="make sorter"):
        load_sorter(tmp_path)


@pytest.mark.parametrize(("lora", "half", "near"), [(True, True, 0.02), (True, False, 1e-4), (False, False, 1e-6)])
def test_a_classifier_that_is_saved_is_read_as_it_was(tmp_path, lora, half, near):
    torch.manual_seed(0)
    model, texts = TextClassifier(load_encoder(), ["a", "b", "c"]), ["Where is my parcel?", "It hums."]
    for layer in add_lora(model.model, "query").values() if lora else []:
        torch.nn.init.normal_(layer.B, std=0.2)  # else the adapter changes nothing
    before = model.logits(texts)
    save_classifier(model, tmp_path, half)
    assert (tmp_path / "adapter_model.safetensors").is_file() == lora
    assert np.abs(read_sorter(tmp_path, load_encoder(), model.classes).logits(texts) - before).max() < near


def test_the_files_are_small():
    assert sum(file.stat().st_size for file in ADAPTER.iterdir()) < 1e6
