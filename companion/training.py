"""One training loop for every model of the course.

The loop is the document's listing P1.2 grown up: `loss(model, batch).backward(); optimizer.step()`, and
around it what a run on a real machine needs: a seed, warm-up, clipping, early stop, a checkpoint.
What is trained, and with which loss, is the caller's affair: `companion.finetune`, `companion.distill`.
"""

import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from companion.checkpoint import (
    optimizer_tensors,
    random_tensors,
    read_checkpoint,
    restore_optimizer,
    restore_random,
    write_checkpoint,
)
from companion.device import on_device
from companion.progress import quiet

Batches = Iterable[Any] | Callable[[int], Any]


@dataclass
class History:
    """What happened in a run: a loss for each step, a score for each validation."""

    losses: list[float] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)  # (steps done, score), larger is better
    seconds: float = 0.0
    stopped_early: bool = False

    @property
    def steps(self) -> int:
        """Steps done."""
        return len(self.losses)

    @property
    def best(self) -> tuple[int, float] | None:
        """The first (steps done, score) with the largest score, or None without validation."""
        return max(self.validation, key=lambda pair: pair[1], default=None)


def train(
    model: nn.Module,
    batches: Batches,
    loss: Callable[[nn.Module, Any], Tensor],
    steps: int,
    lr: float = 5e-5,
    seed: int = 0,
    warmup: int = 0,
    schedule: str = "linear",
    clip: float | None = 1.0,
    weight_decay: float = 0.0,
    checkpoint: str | Path | None = None,
    every: int = 100,
    validate: Callable[[nn.Module], float] | None = None,
    patience: int | None = None,
    progress: bool = True,
    parameters: Iterable[Any] | None = None,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.AdamW,
    bf16: bool = False,
) -> History:
    """Train `model` in place for `steps` steps and return the history.

    batches: an iterable, begun again when it ends, or a function step -> batch. Only a function or a list is
        sure to give a resumed run the same data. Tensors are moved to the model's device.
    loss: function (model, batch) -> scalar tensor.
    warmup, schedule: the learning rate climbs for `warmup` steps, then is "linear", "cosine" or "constant".
    clip: the gradient's largest norm; None leaves it as it is.
    parameters: what to train, parameters or optimizer groups; default: all that require a gradient. Name here
        what lives outside the model, such as the regressor of FitNets, or it is never trained.
    checkpoint: a file, written every `every` steps and at the end; when it is there, the run goes on from it.
    validate: function model -> score, larger is better, called every `every` steps and at the end.
    patience: stop after so many validations without a better score; the best weights are put back.
    bf16: compute in bfloat16 where that is safe (autocast); `companion.device.fast_bf16()` says if it pays.

    The caller's random state is left as it was.
    Errors: ValueError (settings, a checkpoint of another run), FloatingPointError (a loss that is not finite).
    """
    if patience is not None and validate is None:
        raise ValueError("patience counts validations: pass validate=, a function from the model to a score.")
    settings = {"steps": steps, "lr": lr, "seed": seed, "warmup": warmup, "schedule": schedule, "clip": clip}
    settings |= {"weight_decay": weight_decay, "bf16": bf16, "every": every}
    run = _Run(model, loss, optimizer, parameters, settings)
    was_training = model.training
    with torch.random.fork_rng(devices=[run.device] if run.device.type == "cuda" else []):
        torch.manual_seed(seed)
        if checkpoint is not None and Path(checkpoint).exists():
            run.load(Path(checkpoint))
        _loop(run, batches, steps, every, checkpoint, validate, patience, progress)
    if patience is not None:
        run.put_back_best()
    model.train(was_training)
    return run.history


def learning_rate(step: int, steps: int, warmup: int = 0, schedule: str = "linear") -> float:
    """The factor on the learning rate at a step counted from 0: 1 at the peak, near 0 at the end."""
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    shapes = {"linear": 1 - done, "cosine": (1 + math.cos(math.pi * done)) / 2, "constant": 1.0}
    if schedule not in shapes:
        raise ValueError(f'schedule must be "linear", "cosine" or "constant", not {schedule!r}.')
    return max(0.0, shapes[schedule])


def _loop(run, batches, steps, every, checkpoint, validate, patience, progress) -> None:
    """Steps, with validation and checkpoint at every `every`th and the last."""
    start = run.history.steps
    feed = _feed(batches, start)
    bar = tqdm(range(start, steps), initial=start, total=steps, disable=not progress or quiet(), unit="step")
    for step in bar:
        if run.history.stopped_early:
            break
        value = run.step(next(feed))
        bar.set_postfix(loss=f"{value:.3f}", refresh=False)
        if (step + 1) % every and step + 1 < steps:
            continue
        if validate is not None:
            run.validate(validate, patience)
        if checkpoint is not None:
            run.save(Path(checkpoint))


def _feed(batches: Batches, start: int) -> Iterator[Any]:
    """Batches from step `start` on."""
    if callable(batches):
        return map(batches, itertools.count(start))
    return itertools.islice(_endless(batches), start, None)


def _endless(batches: Iterable[Any]) -> Iterator[Any]:
    """The batches, again and again."""
    while True:
        empty = True
        for batch in batches:
            empty = False
            yield batch
        if empty:
            raise ValueError("The batches ran out: pass a list, or a function from the step to its batch.")


class _Run:
    """The moving parts of one run: model, optimizer, history, best weights; and how they go to disk."""

    def __init__(self, model, loss, optimizer, parameters, settings):
        self.model, self.loss, self.settings, self.history = model, loss, settings, History()
        groups = list(parameters) if parameters is not None else list(model.parameters())
        groups = [g for g in groups if isinstance(g, dict) or g.requires_grad]
        if not groups:
            raise ValueError("Nothing to train: no parameter requires a gradient; unfreeze some first.")
        learning_rate(0, settings["steps"], settings["warmup"], settings["schedule"])  # an early error
        self.optimizer = optimizer(groups, lr=settings["lr"], weight_decay=settings["weight_decay"])
        self.peaks = [group["lr"] for group in self.optimizer.param_groups]
        self.trained = [p for group in self.optimizer.param_groups for p in group["params"]]
        self.device = self.trained[0].device
        self.best: list[Tensor] = []

    def step(self, batch: Any) -> float:
        """One update of the weights; returns the loss before it."""
        began, s = time.perf_counter(), self.settings
        factor = learning_rate(self.history.steps, s["steps"], s["warmup"], s["schedule"])
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * factor
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        value = self._backward(on_device(batch, self.device))
        if s["clip"] is not None:
            nn.utils.clip_grad_norm_(self.trained, s["clip"])
        self.optimizer.step()
        self.history.losses.append(value)
        self.history.seconds += time.perf_counter() - began
        return value

    def _backward(self, batch: Any) -> float:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings["bf16"]):
            loss = self.loss(self.model, batch)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise FloatingPointError(
                f"The loss became {value} at step {self.history.steps + 1}: lower lr (now "
                f"{self.settings['lr']:g}), raise warmup, or look at this step's batch."
            )
        if not loss.requires_grad:
            raise ValueError("The loss does not depend on any trained parameter: unfreeze some first.")
        loss.backward()
        return value

    def validate(self, validate: Callable[[nn.Module], float], patience: int | None) -> None:
        """Score the model; remember the best weights; decide whether to stop."""
        self.model.eval()
        with torch.no_grad():
            score = float(validate(self.model))
        self.history.validation.append((self.history.steps, score))
        if patience is None:
            return
        if self.history.best[0] == self.history.steps:
            self.best = [p.detach().clone() for p in self.trained]
        since = sum(step > self.history.best[0] for step, _ in self.history.validation)
        self.history.stopped_early = since >= patience

    def put_back_best(self) -> None:
        """Load the weights of the best validation."""
        with torch.no_grad():
            for parameter, best in zip(self.trained, self.best, strict=True):
                parameter.copy_(best)

    def save(self, path: Path) -> None:
        """Write everything a resumed run needs."""
        tensors = {f"weight.{i}": p for i, p in enumerate(self.trained)}
        tensors |= {f"best.{i}": p for i, p in enumerate(self.best)}
        tensors |= {f"buffer.{name}": b for name, b in self.model.named_buffers()}
        tensors |= optimizer_tensors(self.optimizer) | random_tensors(self.device)
        write_checkpoint(path, tensors, {"settings": self.settings, "history": asdict(self.history)})

    def load(self, path: Path) -> None:
        """Go on where the checkpoint stopped."""
        tensors, about = read_checkpoint(path)
        weights = [tensors[name] for name in sorted(tensors, key=_number) if name.startswith("weight.")]
        same_shapes = [w.shape for w in weights] == [p.shape for p in self.trained]
        if about.get("settings") != self.settings or not same_shapes:
            raise ValueError(f"{path} is the checkpoint of another run: delete it, or name another file.")
        validation = [tuple(pair) for pair in about["history"].pop("validation")]
        self.history = History(validation=validation, **about["history"])
        self.best = [tensors[f"best.{i}"].to(self.device) for i in range(len(weights)) if "best.0" in tensors]
        with torch.no_grad():
            for parameter, weight in zip(self.trained, weights, strict=True):
                parameter.copy_(weight)
            for name, buffer in self.model.named_buffers():
                buffer.copy_(tensors[f"buffer.{name}"])
        restore_optimizer(self.optimizer, tensors)
        restore_random(tensors, self.device)


def _number(name: str) -> int:
    """The parameter's number in a name such as "weight.12", else -1."""
    last = name.rpartition(".")[2]
    return int(last) if last.isdigit() else -1
