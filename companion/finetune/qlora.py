"""QLoRA: the encoder's matrices stored in four bits and frozen, LoRA trained beside them in full precision.

    tune(load_4bit_encoder(), texts, intents, "peft")

is all of it: transformers stores, bitsandbytes multiplies, peft trains. QLoRA, arXiv 2305.14314.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from companion.device import fast_bf16

if TYPE_CHECKING:
    from companion.models.encoder import Encoder


def load_4bit_encoder(name: str | None = None, double: bool = True, compute: torch.dtype | None = None) -> Encoder:
    """`load_encoder` with every linear layer in NF4, blocks of 64; word vectors and norms stay as they are.

    double: the blocks' scales in 8 bits. compute: what the codes become before they are multiplied; None:
    bfloat16 where that is fast, else float32.
    """
    from bitsandbytes.nn import Linear4bit
    from transformers import BitsAndBytesConfig

    from companion.models.encoder import load_encoder

    if compute is None:
        compute = torch.bfloat16 if fast_bf16() else torch.float32
    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=double,
        bnb_4bit_compute_dtype=compute,
    )
    encoder = load_encoder(name, quantization_config=config, device_map="cpu")
    for layer in encoder.model.modules():
        if isinstance(layer, Linear4bit):
            keep_layout(layer)
            layer.weight.module = None  # or a copy of the model would keep the whole original in memory
    return encoder


def keep_layout(layer: nn.Module) -> None:
    """Keep bitsandbytes from rearranging a layer's codes at its first use in `eval()`.

    On processors with bfloat16 it does so for speed. The new layout computes in bfloat16 whatever was asked for,
    and knows no backward pass: a model that is scored between two training steps fails at the second.
    """
    layer.support_avx512bf16_for_cpu = False


def weight_bytes(model: nn.Module) -> dict[str, int]:
    """What the model's weights take: {"codes", "scales", "word vectors", "other"} in bytes; a tied weight counts once.

    codes: the four-bit matrices. scales: absmax and what double quantisation adds, its tables included, which
    transformers' `get_memory_footprint` leaves out. word vectors: all embeddings.
    """
    vectors = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    found: dict[str, dict[int, Tensor]] = {"codes": {}, "scales": {}, "word vectors": {}, "other": {}}
    for weight in model.parameters():
        state = getattr(weight, "quant_state", None)
        kind = "codes" if state is not None else "word vectors" if id(weight) in vectors else "other"
        found[kind][weight.data_ptr()] = weight
        if state is not None:
            found["scales"] |= {tensor.data_ptr(): tensor for tensor in scales_of(state)}
    return {kind: sum(t.numel() * t.element_size() for t in held.values()) for kind, held in found.items()}


def activation_bytes(model: nn.Module, loss: Callable[[], Tensor]) -> int:
    """What a forward pass keeps until the slopes come back, in bytes: all that autograd saves, the weights aside.

    loss: computes it, on one batch. A tensor that several operations keep counts once.
    """
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in weights:
            kept[memory.data_ptr()] = memory.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        held = loss()  # while it lives, so does what was kept, and no address is used twice
    del held
    return sum(kept.values())


def scales_of(state) -> list[Tensor]:
    """The tensors of a bitsandbytes quantisation state, both levels of it."""
    inner = [state.state2.absmax, state.state2.code, state.offset] if state.nested else []
    return [tensor for tensor in (state.absmax, state.code, *inner) if isinstance(tensor, Tensor)]


def quantised_count(model: nn.Module) -> int:
    """How many weights are stored in four bits."""
    states = [getattr(weight, "quant_state", None) for weight in model.parameters()]
    return sum(state.shape.numel() for state in states if state is not None)
