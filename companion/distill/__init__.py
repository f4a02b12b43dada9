"""Knowledge distillation: a small student learns from what a larger teacher answers.

Names are imported when they are first used, so `import companion.distill` costs nothing.
"""

from __future__ import annotations

from companion.lazy import lazy

_HOME = {
    "AttentionTransfer": "terms",
    "BagStudent": "students",
    "BiLSTMStudent": "students",
    "CNNStudent": "students",
    "Hint": "terms",
    "Relations": "terms",
    "Student": "students",
    "TransformerStudent": "students",
    "accuracy": "study",
    "attention_transfer_loss": "losses",
    "distil": "study",
    "encoder_attentions": "terms",
    "generalised_jsd_loss": "losses",
    "hint_loss": "losses",
    "latency_ms": "study",
    "layer_map": "layers",
    "make_student": "students",
    "rkd_angle_loss": "losses",
    "rkd_distance_loss": "losses",
    "soft_target_loss": "losses",
    "sorted_probability_loss": "losses",
    "teacher_logits": "transfer",
    "teacher_outputs": "transfer",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazy(__name__, _HOME)
