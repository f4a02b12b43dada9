"""Train the shipped router: `python -m companion.hybrid.router_training`, about a minute of one core.

The sorter's recipe (LoRA of rank 8 on all linear layers) with one class more, out of scope, on 640 letters and 200
out-of-scope texts by the four training writers. Then one number, the temperature, and one threshold are chosen on
the validation turns. The shipped router never sees a question about a product in training; `--questions` lets it
practise on such questions of other companies (`companion.hybrid.practice`), which is measured beside it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from companion.finetune.saving import save_classifier
from companion.finetune.tuning import tune
from companion.hybrid.calibration import fit_temperature
from companion.hybrid.practice import QUESTIONS, product_questions
from companion.hybrid.prices import best_threshold
from companion.hybrid.router import ROUTES, WEIGHTS, Router, load_router, route_groups
from companion.hybrid.turns import Asked, turns
from companion.ledger import path as ledger_path
from companion.models import load_encoder
from companion.models.weights import ENCODER, file_sha256
from companion.world.utterances import INTENTS, OUT_OF_SCOPE, mail, out_of_scope

CLASSES = (*INTENTS, OUT_OF_SCOPE)
STEPS, RATE = 150, 2e-3
STEPS_WITH_QUESTIONS = 200  # as many passes over more texts
CARD = """# The router

A LoRA adapter (rank 8, fp16) and a linear head for `{base}`: from a customer's turn to one of 16 intents or to *out
of scope*. `companion.hybrid.load_router()` loads it with its temperature ({temperature:.3f}) and its threshold
({threshold:.3f}); `python -m companion.hybrid.router_training` trains it again.

Trained on 640 letters and 200 out-of-scope texts by four invented writers, and on {questions}.
Temperature and threshold were chosen on another writer and another company than those that are tested.
Data: `companion.world`, CC0. sha256 of `adapter_model.safetensors`: `{sha256}`.
"""


def train_router(seed: int = 0, steps: int = STEPS, questions: bool = False, **settings):
    """A `TextClassifier` of the 16 intents and out of scope; settings go to `companion.finetune.tuning.tune`."""
    texts, labels = lessons(questions)
    optimizer = partial(torch.optim.AdamW, fused=True)
    options = {"seed": seed, "classes": CLASSES, "optimizer": optimizer} | settings
    model, _ = tune(load_encoder(), texts, labels, "lora", steps, RATE, **options)
    return model


def lessons(questions: bool = False) -> tuple[list[str], list[str]]:
    """What a router learns from: 640 letters, 200 texts out of scope and, if wished, 320 product questions."""
    texts, labels = mail("train")
    outside = [utterance.text for utterance in out_of_scope("train")]
    more, intents = product_questions() if questions else ([], [])
    return [*texts, *outside, *more], [*labels, *[OUT_OF_SCOPE] * len(outside), *intents]


def fitted_temperature(router: Router, asked: Sequence[Asked]) -> float:
    """The temperature with the smallest log-loss of the *route* on these turns."""
    logits = router.sorter.logits([turn.text for turn in asked])
    labels = [ROUTES.index(turn.route) for turn in asked]
    return fit_temperature(logits, labels, route_groups(router.sorter.classes))


def write(model, folder: Path, seed: int, questions: int = 0) -> None:
    """Adapter and head in fp16, and a card without temperature and threshold, 1 and 0 for now."""
    save_classifier(model, folder, half=True)
    about = {"base": ENCODER, "intents": list(CLASSES), "seed": seed, "temperature": 1.0, "threshold": 0.0}
    save_card(folder, about | ({"questions": questions} if questions else {}))


def save_card(folder: Path, about: dict) -> None:
    """`card.json` for the machine, README.md for people."""
    (folder / "card.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    count = about.get("questions", 0)
    said = {
        "questions": f"{count} questions about other companies' products" if count else "no question about a product"
    }
    text = CARD.format(sha256=file_sha256(folder / "adapter_model.safetensors"), **(about | said))
    (folder / "README.md").write_text(text, encoding="utf-8")


def tuned(folder: Path) -> Router:
    """The folder's router, its temperature fitted and its threshold chosen; both are written into its card.

    The threshold is the one with the smallest bill for misroutes and hand-overs on the validation turns.
    """
    router, asked = load_router(folder), turns("validation")
    router.temperature = round(fitted_temperature(router, asked), 4)
    confidence, right = judged(router, asked)
    router.threshold = round(min(1.0, best_threshold(confidence, right)) - 5e-5, 4)  # rounded downwards
    about = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    save_card(folder, about | {"temperature": router.temperature, "threshold": router.threshold})
    return router


def judged(router: Router, asked: Sequence[Asked]) -> tuple[list[float], list[bool]]:
    """For each turn the confidence, and whether the machine route is the right one (never, where a person is)."""
    free = Router(router.sorter, router.temperature)  # never abstains, so that its choice is seen
    decisions = free.decide([turn.text for turn in asked])
    right = [d.route == turn.route for d, turn in zip(decisions, asked, strict=True)]
    return [d.confidence for d in decisions], right


def main(argv: list[str] | None = None) -> None:
    """Train, tune on validation, save."""
    parser = argparse.ArgumentParser(description="Train the router.")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--questions", action="store_true", help="practise on product questions of others as well")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    chosen = parser.parse_args(argv)
    steps = chosen.steps or (STEPS_WITH_QUESTIONS if chosen.questions else STEPS)
    name = f"router{'-questions' * chosen.questions}-{steps}-{chosen.seed}.ckpt"
    kept = ledger_path().parent / name  # a killed run goes on
    kept.parent.mkdir(parents=True, exist_ok=True)
    model = train_router(chosen.seed, steps, chosen.questions, checkpoint=kept, every=25)
    write(model, chosen.out, chosen.seed, QUESTIONS * chosen.questions)
    router = tuned(chosen.out)
    print(json.dumps({"temperature": router.temperature, "threshold": router.threshold}))


if __name__ == "__main__":
    main()
