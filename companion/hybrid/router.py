"""The router: which path a turn takes, how sure that is, and when a person should take over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from companion.hybrid.calibration import softmax
from companion.models.sorter import load_sorter
from companion.world.utterances import FAQ_INTENTS, OUT_OF_SCOPE

WEIGHTS = Path(__file__).parent / "weights"
FAQ, OTHER, PERSON = "FAQ", "other", "person"
MACHINES = (FAQ, OTHER)
ROUTES = (*MACHINES, PERSON)


@dataclass(frozen=True)
class Decision:
    """What the router makes of a turn.

    intent: the likeliest class. route: "FAQ", "other" or "person". confidence: the chance of the better one of the
    two machine routes, which the threshold is compared with; None where nobody said. chances: of all three routes;
    they sum to 1.
    """

    intent: str
    route: str
    confidence: float | None
    chances: dict[str, float]


class Router:
    """`router(query)` gives a `Decision`.

    A route's chance is the sum over its intents of softmax(logits / temperature). The better one of FAQ and other is
    taken where its chance reaches `threshold`, else a person. With threshold 0 the router never abstains, and sends
    even talk about the weather somewhere.

    sorter: anything with `classes` and `logits(texts)` -> (n, classes), one of the classes being "out_of_scope".
    """

    def __init__(self, sorter: Any, temperature: float = 1.0, threshold: float = 0.0):
        if not 0 <= threshold <= 1:
            raise ValueError(f"The threshold is {threshold}, and confidences lie between 0 and 1: choose one there.")
        self.sorter, self.temperature, self.threshold = sorter, temperature, threshold

    def __call__(self, query: str) -> Decision:
        return self.decide([query])[0]

    def decide(self, queries: Sequence[str]) -> list[Decision]:
        """As many decisions as queries, computed together."""
        return [self.decision(row) for row in self.sorter.logits(list(queries))]

    def decision(self, logits: np.ndarray) -> Decision:
        """The decision for logits (classes,)."""
        chances = dict(zip(ROUTES, self.chances(logits[None])[0].tolist(), strict=True))
        route = max(MACHINES, key=chances.get)
        handed = chances[route] < self.threshold
        intent = self.sorter.classes[int(logits.argmax())]
        return Decision(intent, PERSON if handed else route, chances[route], chances)

    def chances(self, logits: np.ndarray) -> np.ndarray:
        """(n, classes) to the chances of the three routes, (n, 3)."""
        groups, spread = route_groups(self.sorter.classes), softmax(logits, self.temperature)
        return np.stack([spread[:, groups == route].sum(1) for route in range(len(ROUTES))], axis=1)


def route_groups(classes: Sequence[str]) -> np.ndarray:
    """For each class the number of its route in `ROUTES`, (classes,)."""
    return np.array([0 if name in FAQ_INTENTS else 2 if name == OUT_OF_SCOPE else 1 for name in classes])


def load_router(folder: str | Path | None = None) -> Router:
    """The shipped router, or one that `python -m companion.hybrid.router_training` wrote."""
    folder = Path(folder or WEIGHTS)
    if not (folder / "card.json").is_file():
        raise FileNotFoundError(f"{folder} holds no router: reinstall the package, or train one.")
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return Router(load_sorter(folder), card["temperature"], card["threshold"])
