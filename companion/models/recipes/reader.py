"""Train the shipped reader on SQuAD: `python -m companion.models.recipes.reader` (`make reader`).

Data from the folder COMPANION_DATA, or from the hub through the `datasets` library. Seeded, with a progress
bar, resumable after a kill (run the same command again), on a GPU where there is one; about 30 minutes on one
core with AMX.
"""

import argparse
import json
import math
import platform
from datetime import date
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import AutoModel

from companion.device import best_device, fast_bf16
from companion.models.causal import quiet_loading
from companion.models.encoder import load_encoder
from companion.models.reader import ADAPTER, ShippedReader, load_reader
from companion.models.recipes import cards
from companion.models.recipes.lowrank import LowRank, add_low_rank, compute_in, save_adapter
from companion.models.recipes.reading import Reading, batches
from companion.models.recipes.scoring import best_threshold, figures, outcomes
from companion.models.recipes.squad import Part, parts
from companion.models.spans import SpanModel, span_loss, span_scores
from companion.models.weights import ENCODER, installed_encoder
from companion.training import History, train

RANK, ALPHA, BATCH, RATE, REFUSALS = 16, 32, 32, 1e-3, 0.2
PRIOR = 5.0  # a sentence closer by 0.2 starts with e times the odds
CHECKPOINT = "run.ckpt"
CHECKED = 150  # validation questions during the run


def build(device: torch.device) -> tuple[SpanModel, dict[str, LowRank]]:
    """The encoder with trainable low-rank factors on every linear layer, under a new span head."""
    with quiet_loading():
        encoder = AutoModel.from_pretrained(
            installed_encoder(),
            add_pooling_layer=False,
            attn_implementation="eager",  # on a CPU its backward pass is faster than sdpa's
            hidden_dropout_prob=0.1,
            attention_probs_dropout_prob=0.0,
        )
    dtype = torch.bfloat16 if fast_bf16(device) else torch.float32
    added = add_low_rank(encoder, "encoder.layer", RANK, ALPHA, dtype)
    compute_in(encoder, dtype)
    model = SpanModel(encoder)
    torch.nn.init.constant_(model.prior, PRIOR)
    return model.to(device), added


def loss(model: SpanModel, batch: dict[str, Tensor]) -> Tensor:
    """-log P(right span), or of "no answer" where the passage holds none."""
    read = ("input_ids", "attention_mask", "token_type_ids", "closeness")
    first, last, none = model(*(batch[name] for name in read))
    return span_loss(span_scores(first, last, batch["passage"], batch["passage"]), none, batch["gold"])


def fit(data: dict[str, Part], folder: Path, passes: int, seed: int) -> History:
    """Train, set the threshold on the validation articles, save adapter and head."""
    torch.manual_seed(seed)  # the head's and the factors' first values
    model, added = build(best_device())
    encoder = load_encoder()
    reader = ShippedReader("in training", model, encoder)
    feed, per_pass = batches(Reading(data["train"], encoder, REFUSALS), BATCH, seed)
    history = train(
        model,
        feed,
        loss,
        steps=passes * per_pass,
        lr=RATE,
        seed=seed,
        warmup=100,
        weight_decay=0.01,
        checkpoint=folder / CHECKPOINT,
        every=per_pass,
        validate=lambda _: checked(reader, data["validation"]),
        parameters=[p for p in model.parameters() if p.requires_grad],
    )
    threshold = best_threshold(outcomes(reader, data["validation"]))
    save(model, added, folder, threshold)
    return history


def checked(reader: ShippedReader, part: Part) -> float:
    """F1 on some validation questions, printed as it comes."""
    score = figures(outcomes(reader, part, CHECKED))
    print("  " + ", ".join(f"{name} {value:.3f}" for name, value in score.items()), flush=True)
    return score["f1"]


def save(model: SpanModel, added: dict[str, LowRank], folder: Path, threshold: float) -> None:
    """Adapter as peft has it, and the head; the threshold moves "no answer" so that 0.5 is the line again."""
    save_adapter(added, folder, ENCODER, RANK, ALPHA, task="FEATURE_EXTRACTION")
    head = {name: t.detach().float().cpu().clone() for name, t in model.head_tensors().items()}
    head["head.bias"][2] += math.log(threshold / (1 - threshold))
    save_file(head, folder / "head.safetensors")


def card(data: dict[str, Part], history: History, folder: Path, seed: int) -> None:
    """Measure the saved reader on the test articles, and write card.json and README.md."""
    part = data["test"]
    scores = {name: round(value, 4) for name, value in figures(outcomes(load_reader(str(folder)), part)).items()}
    about = {
        "task": "extractive question answering, with refusal",
        "base": ENCODER,
        "data": "SQuAD 1.1, development set (rajpurkar/squad, split validation), CC BY-SA 4.0",
        "articles": {name: sorted({p.title for p in p_.passages}) for name, p_ in data.items()},
        "questions": {name: len(p_.questions) for name, p_ in data.items()},
        "test": scores,
        "training": {
            "steps": history.steps,
            "batch": BATCH,
            "rank": RANK,
            "alpha": ALPHA,
            "learning_rate": RATE,
            "share_of_refusals": REFUSALS,
            "seed": seed,
            "minutes": round(history.seconds / 60, 1),
            "validation_f1": [[step, round(score, 4)] for step, score in history.validation],
        },
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": date.today().isoformat(),
    }
    (folder / "card.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(cards.reader_card(about), encoding="utf-8")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train the reader on SQuAD and measure it on held-out articles.")
    parser.add_argument("--passes", type=int, default=6, help="times that each question is seen")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ADAPTER, help="folder of the adapter")
    parser.add_argument("--data", help="folder with squad/ and xquad/ (default: COMPANION_DATA, else the hub)")
    arguments = parser.parse_args(argv)
    data = parts(arguments.data)
    history = fit(data, arguments.out, arguments.passes, arguments.seed)
    card(data, history, arguments.out, arguments.seed)
    (arguments.out / CHECKPOINT).unlink()  # it was for a run that is killed


if __name__ == "__main__":
    main()
