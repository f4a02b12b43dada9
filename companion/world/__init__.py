"""Kestrel Home, a made-up company whose every fact, question and right answer is known."""

from companion.world.company import world
from companion.world.records import Article, Fact, Product, Question, Update, World

__all__ = ["Article", "Fact", "Product", "Question", "Update", "World", "world"]
