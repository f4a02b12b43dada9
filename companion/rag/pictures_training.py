"""How the picture tower is trained: `python -m companion.rag.pictures_training`, about two minutes of one core.

Pictures and descriptions are those of other companies; Kestrel's products are never among them. A batch holds 64
products and the look-alike of each, so that telling them apart pays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from companion.device import fast_bf16
from companion.rag.contrastive import contrastive_loss
from companion.rag.pictures import WEIGHTS, PictureTower, save_tower
from companion.training import History, train
from companion.world.pictures import Pictured, catalogue
from companion.world.pictures_draw import draw
from companion.world.pictures_words import describe

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

COMPANIES, TIMES = 16, 2  # companies of a seed; pictures and descriptions of each thing
STEPS, BATCH, RATE, WARMUP = 500, 128, 2e-3, 60
SHIFT = 3  # pixels that a whole batch is moved, so that no single pixel decides
Batch = tuple[Tensor, Tensor]


@dataclass
class Lesson:
    """Things with their pictures uint8 (n, times, 48, 48, 3), descriptions, and vectors of those (n, times, dim).

    Within a company the second half are copies of the first, in the same order.
    """

    things: list[Pictured]
    pictures: np.ndarray
    texts: list[list[str]]
    vectors: np.ndarray


def companies(seed: int) -> range:
    """The companies that the tower of this seed learns from: 1 to 16, 17 to 32, and so on; never 0, Kestrel."""
    return range(1 + COMPANIES * seed, 1 + COMPANIES * (seed + 1))


def lesson(
    encoder: Encoder, worlds: Iterable[int], times: int = TIMES, wording: str = "usual", draw_seed: int = 0
) -> Lesson:
    """Draw and describe everything in the catalogues of these companies, and embed the descriptions once."""
    things, pictures, texts = [], [], []
    for number in worlds:
        random = Random(f"{number}-{draw_seed}-{wording}-pictures")
        for thing in catalogue(number):
            things.append(thing)
            pictures.append([draw(thing.look, random) for _ in range(times)])
            texts.append([describe(thing.look, random, wording) for _ in range(times)])
    vectors = encoder.encode([text for several in texts for text in several])
    return Lesson(things, np.array(pictures), texts, vectors.reshape(len(things), times, -1))


def batches_of(taught: Lesson, seed: int = 0, lookalikes: bool = True, size: int = BATCH) -> Callable[[int], Batch]:
    """A function from the step to (pictures (size, 48, 48, 3), text vectors (size, dim)), each thing at most once.

    lookalikes: half of a batch are products, the other half their copies; else things are drawn at random.
    """
    pairs = np.array(_pairs(taught.things))

    def batch(step: int) -> Batch:
        rng = np.random.default_rng([seed, step])
        if lookalikes:
            rows = pairs[rng.choice(len(pairs), size // 2, replace=False)].T.reshape(-1)
        else:
            rows = rng.choice(len(taught.things), size, replace=False)
        which, said = rng.integers(0, taught.pictures.shape[1], (2, len(rows)))
        moved = np.roll(taught.pictures[rows, which], rng.integers(-SHIFT, SHIFT + 1, 2), (1, 2))
        return torch.from_numpy(moved), torch.from_numpy(taught.vectors[rows, said])

    return batch


def tower_loss(tower: PictureTower, batch: Batch) -> Tensor:
    """The symmetric contrast between a batch's pictures and the frozen vectors of their descriptions."""
    pictures, vectors = batch
    seen = tower(pictures)
    with torch.autocast(seen.device.type, enabled=False):  # scores of 100 times a cosine need all their digits
        return contrastive_loss(seen.float(), vectors, tower.log_scale)


def train_tower(
    taught: Lesson, seed: int = 0, steps: int = STEPS, lookalikes: bool = True, **options
) -> tuple[PictureTower, History]:
    """A tower trained from nothing; `options` go to `companion.training.train`, such as checkpoint="file"."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tower = PictureTower(taught.vectors.shape[-1]).to(memory_format=torch.channels_last)
    settings = {"lr": RATE, "warmup": min(WARMUP, steps // 8), "schedule": "cosine", "bf16": fast_bf16()}
    plain = {"params": [tower.log_scale], "weight_decay": 0.0}
    groups = [{"params": [p for n, p in tower.named_parameters() if n != "log_scale"]}, plain]
    draw_batch = batches_of(taught, seed, lookalikes)
    history = train(
        tower, draw_batch, tower_loss, steps, seed=seed, weight_decay=0.01, parameters=groups, **(settings | options)
    )
    return tower.eval(), history


def _pairs(things: Sequence[Pictured]) -> list[tuple[int, int]]:
    """(row of a product, row of its copy); ids repeat from company to company, so a copy is the next one behind."""
    pairs, open_ = [], {}
    for row, thing in enumerate(things):
        if thing.copy_of is None:
            open_[thing.id] = row
        else:
            pairs.append((open_.pop(thing.copy_of), row))
    return pairs


def main(folder: Path = WEIGHTS) -> None:
    """Train seed 0 and write the tower that ships, with its card; a run that was cut off goes on."""
    from companion.ledger import path as ledger_path
    from companion.models import load_encoder
    from companion.rag.pictures_measure import tower_scores

    encoder = load_encoder()
    taught = lesson(encoder, companies(0))
    progress = ledger_path().parent / "pictures.safetensors"
    tower, history = train_tower(taught, checkpoint=progress)
    scores = tower_scores(encoder, tower, seed=0)
    parameters = sum(p.numel() for p in tower.parameters())
    notes = {"encoder": encoder.fingerprint, "parameters": parameters, "steps": STEPS, "things": len(taught.things)}
    save_tower(tower, folder, notes | scores)
    (folder / "README.md").write_text(CARD.format(**notes, **scores), encoding="utf-8")
    progress.unlink(missing_ok=True)
    print(f"{history.seconds:.0f} s; recall@1 {scores['at_1']:.2f}, recall@5 {scores['at_5']:.2f}: {folder}")


CARD = """# The picture tower

A convolutional network of {parameters:,} numbers, fp16: from a picture of 48 x 48 pixels to a vector in the space of
`sentence-transformers/all-MiniLM-L6-v2`, whose text vectors it was trained against and which stayed as it was.
`companion.rag.pictures.load_tower()` loads it, `python -m companion.rag.pictures_training` trains it again ({steps}
steps of 128 pictures, about two minutes of one core).

Trained on {things:,} things of 16 made-up companies, two pictures and two descriptions each, by symmetric contrast with
a learned temperature (CLIP, 2103.00020); half of every batch are look-alikes of the other half. Kestrel's products were
not among them. On Kestrel's catalogue of 140 pictures, half of them look-alikes: a description finds its picture first
in {at_1:.1%} and among the first five in {at_5:.1%}; a picture its description in {back_1:.1%} and {back_5:.1%}. In
words and sentences that no training held: {held_1:.1%} and {held_5:.1%}. It prefers a picture to its look-alike in
{pair:.1%} (a coin: half).

It knows only drawings of `companion.world.pictures_draw`. Of a photograph of a real thing it says nothing of use.
Its vectors compare with those of that encoder and no other. Data: CC0.
"""

if __name__ == "__main__":
    main()
