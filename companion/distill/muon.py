"""Muon for the matrices, AdamW for the rest, as one optimizer for the one training loop.

Muon replaces a matrix's momentum by the nearest orthogonal matrix, so that no direction of the update is starved
(K. Jordan, 2024; scaled to AdamW's step size as in 2502.16982).
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

FASTER = 2  # Muon's rate over AdamW's


class MuonAndAdamW:
    """Two torch optimizers behind the face of one.

    groups: as `matrices_and_rest` makes them; those with "muon": True go to Muon, at `FASTER * lr` and with weight
    decay, the others to AdamW.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], lr: float, weight_decay: float = 0.0):
        groups = list(groups)
        matrices = [{"params": g["params"]} for g in groups if g["muon"]]
        rest = [{"params": g["params"]} for g in groups if not g["muon"]]
        self.parts = [
            torch.optim.Muon(matrices, lr=FASTER * lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.98), weight_decay=0.0),
        ]

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of both, Muon's first."""
        return [group for part in self.parts for group in part.param_groups]

    def step(self) -> None:
        for part in self.parts:
            part.step()

    def zero_grad(self, set_to_none: bool = True) -> None:
        for part in self.parts:
            part.zero_grad(set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """Both states, AdamW's parameters numbered after Muon's."""
        muon, adam = (part.state_dict() for part in self.parts)
        first = self._first()
        state = muon["state"] | {first + number: kept for number, kept in adam["state"].items()}
        return {"state": state, "param_groups": [*muon["param_groups"], *adam["param_groups"]]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take back what `state_dict` gave."""
        first, split = self._first(), len(self.parts[0].param_groups)
        kept, groups = state["state"], state["param_groups"]
        muon = {number: s for number, s in kept.items() if number < first}
        adam = {number - first: s for number, s in kept.items() if number >= first}
        self.parts[0].load_state_dict({"state": muon, "param_groups": groups[:split]})
        self.parts[1].load_state_dict({"state": adam, "param_groups": groups[split:]})

    def _first(self) -> int:
        """How many parameters Muon has."""
        return sum(len(group["params"]) for group in self.parts[0].param_groups)


def matrices_and_rest(model: nn.Module) -> list[dict[str, Any]]:
    """The matrices between the layers for Muon; embeddings, head and vectors for AdamW."""
    tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}  # a tied head is the same tensor
    matrices = [p for p in model.parameters() if p.requires_grad and p.ndim == 2 and id(p) not in tables]
    chosen = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if p.requires_grad and id(p) not in chosen]
    return [{"params": matrices, "muon": True}, {"params": rest, "muon": False}]
