"""The loss that brings two towers into one space: symmetric contrast with a learned temperature (CLIP)."""

from __future__ import annotations

import torch
from torch import Tensor

LARGEST_SCALE = 100.0  # CLIP's cap: a larger factor makes a batch's loss jump from step to step
START = 14.2857  # CLIP's first scale, 1 / 0.07


def contrastive_loss(image_vectors: Tensor, text_vectors: Tensor, log_scale: Tensor | float) -> Tensor:
    """Mean of -log softmax over rows and over columns of scale * I T^T, at the diagonal; scale = exp(log_scale).

    image_vectors and text_vectors (n, dim): row i of one belongs to row i of the other; both are brought to
    length 1 here. log_scale: a scalar, a parameter where the temperature 1 / scale is learned; it is stored as
    a logarithm so that no step makes it negative, and the scale is cut at 100. Gives a scalar tensor; an
    untrained pair of towers gives about ln(n). Raises ValueError for shapes that differ or fewer than two pairs.
    The trap: a batch must hold each thing once. A second picture of the same product is a negative of its own
    text, and the loss then asks for what cannot be. CLIP, arXiv 2103.00020.
    """
    if image_vectors.ndim != 2 or image_vectors.shape != text_vectors.shape or len(image_vectors) < 2:
        shapes = f"{tuple(image_vectors.shape)} and {tuple(text_vectors.shape)}"
        raise ValueError(f"vectors of shapes {shapes} make no batch of pairs: both must be (n, dim) with n >= 2.")
    scale = torch.as_tensor(log_scale, device=image_vectors.device).exp().clamp(max=LARGEST_SCALE)
    images = torch.nn.functional.normalize(image_vectors, dim=-1)
    texts = torch.nn.functional.normalize(text_vectors, dim=-1)
    scores = scale * images @ texts.T  # (n pictures, n texts)
    own = torch.arange(len(scores), device=scores.device)
    of_pictures = torch.nn.functional.cross_entropy(scores, own)
    of_texts = torch.nn.functional.cross_entropy(scores.T, own)
    return (of_pictures + of_texts) / 2
