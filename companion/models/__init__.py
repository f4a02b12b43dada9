"""Names become models: `load_encoder`, `load_generator`, `load_reader`, `load_sorter`.

Nothing heavy is imported until one of them is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from companion.models.encoder import Encoder
    from companion.models.generator import Generator
    from companion.models.reader import Reader
    from companion.models.sorter import Sorter

__all__ = ["load_encoder", "load_generator", "load_reader", "load_sorter"]


def load_encoder(name: str | None = None) -> Encoder:
    """Text to vectors. `name`: None for the installed all-MiniLM-L6-v2, a folder, or a hub model."""
    from companion.models import encoder

    return encoder.load_encoder(name)


def load_generator(name: str | None = None) -> Generator:
    """Question and passages to an answer. `name`: None, "closed-book", a folder, or a hub causal model."""
    from companion.models import generator

    return generator.load_generator(name)


def load_reader(name: str | None = None) -> Reader:
    """Question and passage to a span of the passage. `name`: None, a folder, or a hub QA model."""
    from companion.models import reader

    return reader.load_reader(name)


def load_sorter(folder: str | None = None) -> Sorter:
    """A customer's message to one of 16 intents. `folder`: None for the shipped one."""
    from companion.models import sorter

    return sorter.load_sorter(folder)
