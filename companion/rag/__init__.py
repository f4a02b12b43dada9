"""Retrieval-augmented generation: split, embed, index, search, answer.

Names are imported when they are first used, so `import companion.rag` costs nothing.
"""

from __future__ import annotations

from importlib import import_module

_HOME = {
    "Answer": "records",
    "Chunk": "split",
    "Document": "records",
    "Hit": "records",
    "KnowledgeIndex": "knowledge",
    "RAGPipeline": "answer",
    "SparseIndex": "sparse",
    "VectorIndex": "vectors",
    "build_prompt": "prompt",
    "in_batch_negatives_loss": "retriever",
    "kestrel_index": "kestrel",
    "read_folder": "documents",
    "reciprocal_rank_fusion": "fusion",
    "split_text": "split",
    "train_retriever": "retriever",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'companion.rag' has no attribute {name!r}")
    value = getattr(import_module(f"companion.rag.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
