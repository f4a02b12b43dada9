"""Fine-tuning: what of a model is trained, with which loss, and what it costs.

Names are imported when they are first used, so `import companion.finetune` costs nothing.
"""

from __future__ import annotations

from companion.lazy import lazy

_HOME = {
    "BottleneckAdapter": "adapter",
    "LoRALinear": "lora",
    "METHODS": "methods",
    "TextClassifier": "classifier",
    "accuracy": "classifier",
    "add_adapters": "adapter",
    "add_lora": "lora",
    "add_peft": "peft_format",
    "batches": "classifier",
    "classification_loss": "classifier",
    "company_search": "forgetting",
    "ewc_penalty": "ewc",
    "fisher_diagonal": "ewc",
    "labels_to_rows": "classifier",
    "load_lora": "peft_format",
    "merge_all": "lora",
    "nf4_dequantize": "quantize",
    "nf4_quantize": "quantize",
    "prepare": "methods",
    "remove_adapters": "adapter",
    "save_lora": "peft_format",
    "search_recall": "forgetting",
    "total_count": "methods",
    "trainable_count": "methods",
    "tune": "tuning",
    "unload": "lora",
    "unmerge_all": "lora",
    "watch_forgetting": "forgetting",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazy(__name__, _HOME)
