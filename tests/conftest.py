"""What several test files need."""

import pytest


@pytest.fixture(scope="session")
def tokenizer():
    """The encoder's tokenizer."""
    from transformers import AutoTokenizer

    from companion.models.weights import installed_encoder

    return AutoTokenizer.from_pretrained(installed_encoder())


@pytest.fixture
def tiny_encoder(tokenizer):
    """A function that makes a small BERT encoder with random weights: it trains in milliseconds."""
    import torch
    from transformers import BertConfig, BertModel

    from companion.models.encoder import Encoder

    def make(seed: int = 0) -> Encoder:
        torch.manual_seed(seed)
        sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 2}
        return Encoder(BertModel(BertConfig(vocab_size=len(tokenizer), **sizes)), tokenizer, f"tiny {seed}")

    return make


@pytest.fixture
def shown(monkeypatch):
    """Everything that was displayed, as (html, plain)."""
    from companion.show import display

    kept = []

    def keep(data, terminal=True):
        kept.append((data.get("text/html", ""), data["text/plain"]))

    monkeypatch.setattr(display, "_send", keep)
    return kept
