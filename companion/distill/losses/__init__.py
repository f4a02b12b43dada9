"""What a student may imitate, one loss a file: answers, hidden activations, relations, attention.

Each is a pure function of tensors. The teacher's side is always detached: a loss moves only the student.
"""

from companion.distill.losses.attention import attention_transfer_loss
from companion.distill.losses.divergence import generalised_jsd_loss
from companion.distill.losses.hint import hint_loss
from companion.distill.losses.ranked import sorted_probability_loss
from companion.distill.losses.relations import rkd_angle_loss, rkd_distance_loss
from companion.distill.losses.soft import soft_target_loss

__all__ = [
    "attention_transfer_loss",
    "generalised_jsd_loss",
    "hint_loss",
    "rkd_angle_loss",
    "rkd_distance_loss",
    "soft_target_loss",
    "sorted_probability_loss",
]
