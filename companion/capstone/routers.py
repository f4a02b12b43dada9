"""Routers that are kept: an encoder with LoRA or without, and a head, in files that a later session loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.capstone.saved import write_text
from companion.models.sorter import Sorter, read_sorter

if TYPE_CHECKING:
    from companion.finetune.classifier import TextClassifier

CARD = "card.json"


def save_router(model: TextClassifier, folder: Path, about: dict[str, Any]) -> None:
    """Head and, where there is one, the adapter in peft's format; the card comes last and says that all is there."""
    from companion.finetune.saving import save_classifier

    (folder / CARD).unlink(missing_ok=True)
    save_classifier(model, folder)
    write_text(folder / CARD, json.dumps({"classes": model.classes, **about}, indent=1) + "\n")


def load_router(folder: str | Path, encoder: Any) -> Sorter:
    """A router as `save_router` wrote it, on a copy of the encoder that it was trained on.

    Raises FileNotFoundError where there is none, ValueError for another encoder.
    """
    from companion.finetune.tuning import copied

    folder = Path(folder)
    if not (folder / CARD).is_file():
        raise FileNotFoundError(f"{folder} holds no router: train one with measure_sorters(project).")
    about = json.loads((folder / CARD).read_text(encoding="utf-8"))
    if about["encoder"] != encoder.fingerprint[:16]:
        raise ValueError(f"The router in {folder} belongs to another encoder: load that one, or train a router anew.")
    return read_sorter(folder, copied(encoder), about["classes"])
