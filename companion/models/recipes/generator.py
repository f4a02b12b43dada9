"""Train the shipped generator: `python -m companion.models.recipes.generator` (`make generator`).

Seeded, with a progress bar, resumable after a kill (run the same command again), on a GPU where there is one.
Training companies have seeds from 1 up and not one bird among their products, so nothing of Kestrel is seen.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from random import Random

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from companion.device import best_device, fast_bf16
from companion.models.causal import causal_backbone, head_tensors
from companion.models.prompted import Example, PromptedModel, answer_loss, exact
from companion.models.recipes import tasks
from companion.models.recipes.lowrank import add_low_rank, average, compute_in, load_adapter, save_adapter
from companion.models.weights import ENCODER, installed_encoder
from companion.training import History, train

ADAPTERS = Path(__file__).parents[1] / "adapters"
RANK, ALPHA = 32, 64
FIRST, SECOND = "generator-first-round", "generator-second-round"  # kept beside the result, to be repeated apart


class Student(PromptedModel):
    """The causal backbone with trainable low-rank factors and head."""

    def __init__(self, r: int = RANK, alpha: int = ALPHA, device: str = "cpu"):
        folder = installed_encoder()
        model = causal_backbone(folder, attention="eager")  # faster than sdpa here with a mask of its own
        super().__init__(
            model, AutoTokenizer.from_pretrained(folder), torch.bfloat16 if fast_bf16(device) else torch.float32
        )
        self.added = add_low_rank(model, "encoder.layer", r, alpha, self.dtype)
        compute_in(model, self.dtype)
        self.head.float().requires_grad_(True)
        self.to(device)

    def load(self, folder: Path) -> None:
        """Go on from a saved adapter and head."""
        load_adapter(self.added, folder)
        self.head.load_state_dict({k: v.float() for k, v in load_file(folder / "head.safetensors").items()})


def fit(
    name: str,
    examples: Callable[[float, Random], list[Example]],
    steps: int,
    r: int,
    out: Path,
    lr: float = 1e-3,
    start: str | None = None,
) -> History:
    """Train one adapter on `examples(progress, random)` and save it with its head; `start` names one to go on from."""
    torch.manual_seed(0)  # the low-rank factors are drawn before `train` sets its own seed
    student = Student(r, 2 * r, best_device())
    if start is not None:
        student.load(out / start)
    place = next(student.parameters()).device
    held = [student.batch(examples(tasks.VALIDATION, Random(f"validation-{n}"))) for n in range(6)]
    held = [{k: v.to(place) for k, v in b.items()} for b in held]
    history = train(
        student,
        lambda step: student.batch(examples(step / steps, Random(f"{name}-{step}"))),
        answer_loss,
        steps,
        lr=lr,
        warmup=50,
        weight_decay=0.01,
        checkpoint=out / name / "run.ckpt",
        every=200,
        validate=lambda s: report(sum(exact(s, b) for b in held) / len(held)),
        parameters=[p for p in student.parameters() if p.requires_grad],
    )
    save_adapter(student.added, out / name, ENCODER, r, 2 * r)
    head = {k: v.detach().to("cpu", torch.float16).contiguous() for k, v in head_tensors(student.model).items()}
    save_file(head, out / name / "head.safetensors")
    return history


def report(score: float) -> float:
    """Print a validation score as it comes."""
    print(f"  exact on companies not trained on: {score:.3f}", flush=True)
    return score


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train the generator, and the closed-book model beside it.")
    parser.add_argument("--steps", type=int, default=4200, help="steps of 16 examples")
    parser.add_argument("--again", type=int, default=2200, help="steps of the second round, at a lower rate")
    parser.add_argument("--only", choices=["first", "second", "closed-book"], help="train a part")
    parser.add_argument("--out", type=Path, default=ADAPTERS, help="folder of the adapters")
    arguments = parser.parse_args(argv)
    if arguments.only in (None, "first"):
        fit(FIRST, tasks.generator_batch, arguments.steps, RANK, arguments.out)
    if arguments.only in (None, "second"):
        fit(SECOND, tasks.second_round_batch, arguments.again, RANK, arguments.out, 4e-4, start=FIRST)
        # The second round learns new wordings and unlearns to refuse a little; the mean keeps most of both.
        average(arguments.out / FIRST, arguments.out / SECOND, arguments.out / "generator")
    if arguments.only in (None, "closed-book"):
        fit("closed-book", tasks.closed_book_batch, max(1, arguments.steps // 10), 8, arguments.out)


if __name__ == "__main__":
    main()
