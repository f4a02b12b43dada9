"""The measurements behind claim C4.1-b: a tower on Kestrel's catalogue of 140 pictures, which it never saw.

Each function is one seed: other training companies, another start of the network, other pictures and wordings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from companion.rag.pictures import PictureTower
from companion.rag.pictures_training import Lesson, companies, lesson, train_tower
from companion.stored import chosen
from companion.world.pictures import difference

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

KS = (1, 5)
WAYS = ("look-alikes", "random", "captions", "pixels")
FEW = 2  # seeds of batches drawn at random
NAMES = {"look-alikes": "tower", "random": "tower, random batches", "captions": "captions", "pixels": "pixels"}


@cache
def kestrel(encoder: Encoder, seed: int, wording: str = "usual") -> Lesson:
    """Kestrel's catalogue: two pictures and two descriptions of each of 140 things, drawn by the seed."""
    return lesson(encoder, [0], wording=wording, draw_seed=seed)


def ranks(queries: np.ndarray, documents: np.ndarray) -> np.ndarray:
    """Rank from 1 of document i for query i (n,), by cosine of unit vectors (n, dim); ties count against it."""
    scores = queries @ documents.T  # (queries, documents)
    own = np.diag(scores)[:, None]
    return (scores >= own).sum(1)


def recalls(queries: np.ndarray, documents: np.ndarray, name: str) -> dict[str, float]:
    """{name_1, name_5}: share of queries whose own document is among the first 1 and 5."""
    found = ranks(queries, documents)
    return {f"{name}_{k}": float((found <= k).mean()) for k in KS}


def preferred(queries: np.ndarray, documents: np.ndarray) -> np.ndarray:
    """Whether each description prefers its own picture to the look-alike's (n,); the second half copies the first."""
    scores, rows = queries @ documents.T, np.arange(len(queries))
    return scores[rows, rows] > scores[rows, (rows + len(rows) // 2) % len(rows)]


def tower_scores(encoder: Encoder, tower: PictureTower, seed: int) -> dict[str, float]:
    """Recalls in both directions, in held-out wordings, against look-alikes, and by the detail that differs."""
    shown, strange = kestrel(encoder, seed), kestrel(encoder, seed, "held_out")
    seen, said = tower.encode(shown.pictures[:, 0]), shown.vectors[:, 0]
    scores = recalls(said, seen, "at") | recalls(seen, said, "back")
    scores |= recalls(strange.vectors[:, 0], seen, "held")
    return scores | {"pair": float(preferred(said, seen).mean())} | by_detail(shown, said, seen)


def by_detail(shown: Lesson, said: np.ndarray, seen: np.ndarray) -> dict[str, float]:
    """{"pair.buttons": share of descriptions that prefer their own picture where only the buttons differ, ...}."""
    right, half = preferred(said, seen), len(shown.things) // 2
    changed = [difference(shown.things[row].look, shown.things[row + half].look)[0] for row in range(half)] * 2
    names = sorted(set(changed))
    return {
        f"pair.{name}": float(np.mean([r for r, c in zip(right, changed, strict=True) if c == name])) for name in names
    }


def nearest_pixels(known: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """For each picture (n,) the row of the known picture that is nearest in raw pixels (squared distance)."""
    old, new = (p.reshape(len(p), -1).astype(np.float32) / 255 for p in (known, pictures))
    return ((old**2).sum(1) - 2 * new @ old.T).argmin(1)


def pixel_scores(encoder: Encoder, taught: Lesson, seed: int) -> dict[str, float]:
    """The baseline: each picture stands under the description of the known picture nearest in pixels."""
    shown = kestrel(encoder, seed)
    known = taught.pictures.reshape(-1, *taught.pictures.shape[2:])
    borrowed = taught.vectors.reshape(len(known), -1)[nearest_pixels(known, shown.pictures[:, 0])]
    said = shown.vectors[:, 0]
    return recalls(said, borrowed, "at") | {"pair": float(preferred(said, borrowed).mean())}


def caption_scores(encoder: Encoder, seed: int) -> dict[str, float]:
    """Were every picture captioned by hand: one description seeks another writer's description of the same thing."""
    shown = kestrel(encoder, seed)
    said, captions = shown.vectors[:, 0], shown.vectors[:, 1]
    return recalls(said, captions, "at") | {"pair": float(preferred(said, captions).mean())}


def picture_run(encoder: Encoder, seed: int) -> dict[str, Any]:
    """Everything of one seed: {"ways": {way: scores}, "seconds", "scale", "known"}."""
    taught = lesson(encoder, companies(seed))
    tower, history = train_tower(taught, seed)
    ways = {"look-alikes": tower_scores(encoder, tower, seed)}
    ways |= {"pixels": pixel_scores(encoder, taught, seed), "captions": caption_scores(encoder, seed)}
    if seed < FEW:  # no claim rests on these
        random, _ = train_tower(taught, seed, lookalikes=False)
        ways["random"] = tower_scores(encoder, random, seed)
    notes = {"seconds": round(history.seconds, 1), "scale": round(tower.log_scale.exp().item(), 2)}
    rounded = {way: {name: round(value, 4) for name, value in scores.items()} for way, scores in ways.items()}
    return {"ways": rounded, "known": len(taught.things)} | notes


def by_seed(table: Sequence[Mapping[str, Any]], way: str, what: str = "at_5") -> dict[int, float]:
    """{seed: score} of one way in the stored run."""
    return {row["seed"]: row["ways"][way][what] for row in chosen(table, part="pictures") if way in row["ways"]}


def summary(table: Sequence[Mapping[str, Any]], whats: Sequence[str] = ("at_1", "at_5", "pair")) -> dict[str, dict]:
    """{way in words: {score: mean over the seeds that measured it}}, and the tower on wordings never seen."""
    rows = {NAMES[way]: {what: fmean(by_seed(table, way, what).values()) for what in whats} for way in WAYS}
    for way in ("look-alikes", "random"):  # from a picture back to its description: only towers were asked
        rows[NAMES[way]] |= {f"back_{k}": fmean(by_seed(table, way, f"back_{k}").values()) for k in KS}
    held = {f"at_{k}": fmean(by_seed(table, "look-alikes", f"held_{k}").values()) for k in KS}
    return {"tower": rows.pop("tower"), "tower, strange words": held} | rows


def detail_table(table: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """{detail: {"pair", "guess", "text", "picture"}}, easiest first.

    pair: share of descriptions that prefer their own picture to a look-alike where only this differs (a coin: half);
    guess: how often the commonest value is right; text, picture: how often a linear probe reads the detail off the
    text's and off the picture's vector.
    """
    probes = chosen(table, part="probe")[0]["probes"]
    rows = {
        name: {"pair": fmean(by_seed(table, "look-alikes", f"pair.{name}").values())}
        | {kind: probed[kind] for kind in ("guess", "text", "picture")}
        for name, probed in probes.items()
    }
    return dict(sorted(rows.items(), key=lambda pair: -pair[1]["pair"]))


def mixed_table(table: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """{way of ranking all kinds in one list: {"facts", "pictures", "strangers"}}, means over seeds."""
    rows = chosen(table, part="mixed")
    ways = rows[0]["mixed"]
    return {way: {what: fmean(row["mixed"][way][what] for row in rows) for what in ways[way]} for way in ways}
