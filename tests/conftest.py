"""What several test files need."""

import pytest


@pytest.fixture(scope="session")
def tokenizer():
    """The encoder's tokenizer."""
    from transformers import AutoTokenizer

    from companion.models.weights import installed_encoder

    return AutoTokenizer.from_pretrained(installed_encoder())
