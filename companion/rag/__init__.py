"""Retrieval-augmented generation: split, embed, index, search, answer.

Names are imported when they are first used, so `import companion.rag` costs nothing.
"""

from __future__ import annotations

from companion.lazy import lazy

_HOME = {
    "Answer": "records",
    "Chunk": "split",
    "Document": "records",
    "Hit": "records",
    "KnowledgeIndex": "knowledge",
    "RAGPipeline": "answer",
    "SparseIndex": "sparse",
    "VectorIndex": "vectors",
    "add_pictures": "pictures",
    "add_rows": "tables",
    "build_prompt": "prompt",
    "contrastive_loss": "contrastive",
    "in_batch_negatives_loss": "retriever",
    "kestrel_index": "kestrel",
    "passage_posterior": "joint",
    "rag_sequence_nll": "joint",
    "rag_token_nll": "joint",
    "load_tower": "pictures",
    "read_folder": "documents",
    "reciprocal_rank_fusion": "fusion",
    "split_text": "split",
    "train_retriever": "retriever",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazy(__name__, _HOME)
