"""The measurements behind claims C2.2-d, -e and -f: one job, one path, one seed a call; and each job's one line.

`python -m companion.build runs scenarios_domain_and_style` makes the stored table; the functions below read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from statistics import fmean
from typing import Any

from companion.finetune.classifier import accuracy
from companion.models import load_generator
from companion.scenarios import abstracts, relating, reports, tagging, voice_copy
from companion.stored import chosen

FINE_TUNED, RETRIEVED, UNTRAINED = "fine-tuning", "retrieval", "untrained"
TUNED_ALIKE, JOINED, TAUGHT = "retrieval, k tuned alike", "rules, names, tagger", "untaught, then taught"
PATHS = {  # job -> its ways, those with a seed first
    "reports": (FINE_TUNED, "distillation", "last layer only", RETRIEVED, TUNED_ALIKE, UNTRAINED),
    "abstracts": (FINE_TUNED, JOINED, RETRIEVED, "nearest words", UNTRAINED, "rules and names"),
    "copy": (FINE_TUNED, TAUGHT, "as shipped", "untaught", RETRIEVED, "retrieval, numbers too", UNTRAINED)
    + ("untrained, framed", "untrained, listed"),
}
SEEDED = {FINE_TUNED, "distillation", "last layer only", JOINED, TAUGHT}
MEASURE = {"reports": "accuracy", "abstracts": "f1", "copy": "both"}  # as the claims have it
JUDGED = MEASURE | {"copy": "true"}  # by which a job is won: a sentence must still be about the same thing
CLAIM = {"reports": "C2.2-d", "abstracts": "C2.2-e", "copy": "C2.2-f"}
Row = dict[str, Any]
Table = Sequence[Mapping[str, Any]]


def cells(seeds: Sequence[int]) -> list[Row]:
    """What is to be measured, as {"job", "path", "seed"}; ways without a seed once, and first."""
    every = [(job, path, seed) for seed in seeds for job, paths in PATHS.items() for path in paths]
    wanted = [cell for cell in every if cell[1] in SEEDED or cell[2] == seeds[0]]
    wanted.sort(key=lambda cell: cell[1] in SEEDED)
    return [dict(zip(("job", "path", "seed"), cell, strict=True)) for cell in wanted]


def measured(encoder: Any, job: str, path: str, seed: int = 0) -> Row:
    """One row of the stored table: the scores on the job's test set, and what was said. Raises KeyError for others."""
    return {"reports": report_row, "abstracts": abstract_row, "copy": copy_row}[job](encoder, path, seed)


@lru_cache(maxsize=1)
def analyst(encoder: Any, seed: int, probe: bool = False) -> tuple[Any, Any]:
    """The fine-tuned labeller of a seed and its history, kept until the next: it is its own path, and a teacher."""
    return reports.fine_tuned(encoder, seed, progress=False, **reports.PROBE if probe else {})


@lru_cache(maxsize=1)
def tagger(encoder: Any, seed: int) -> tuple[Any, Any]:
    """The fine-tuned tagger of a seed and its history, kept until the next: it works alone, and behind the rules."""
    return tagging.teach_tagging(encoder, abstracts.abstracts("train"), seed, progress=False)


def report_row(encoder: Any, path: str, seed: int) -> Row:
    """Accuracy on the test companies, and accuracy by label."""
    texts, labels = reports.sentences("test")
    row: Row = {}
    if path in (RETRIEVED, TUNED_ALIKE):
        row["k"] = (reports.chosen_k if path == RETRIEVED else reports.tuned_k)(encoder)
        some, wanted = reports.sentences("validation")
        row["validation"] = round(reports.share_right(reports.retrieved(encoder, some, row["k"]), wanted), 4)
        said = reports.retrieved(encoder, texts, row["k"])
    elif path == UNTRAINED:
        said = reports.described(encoder, texts)
    else:
        model, history = analyst(encoder, seed, path == "last layer only")
        if path != "distillation":
            row = {"seconds": round(history.seconds, 1)}
            row["validation"] = round(accuracy(model, *reports.sentences("validation")), 4)
        said = (reports.distilled(model, seed) if path == "distillation" else model).predict(texts)
    right = [(label, said_ == label) for said_, label in zip(said, labels, strict=True)]
    by_label = {name: _share([hit for label, hit in right if label == name]) for name in reports.LABELS}
    return row | {"accuracy": round(reports.share_right(said, labels), 4), "by_label": by_label, "said": said}


def abstract_row(encoder: Any, path: str, seed: int) -> Row:
    """Exact-span F1 of entities, recall of seen and new names; F1 of relations where a path finds any."""
    known, asked = abstracts.abstracts("train"), abstracts.abstracts("test")
    texts, names, row = [one.text for one in asked], abstracts.dictionary(known), {}
    questions = [pair for one in asked for pair in relating.pairs(one)]
    holds: list[bool] | None = None
    if path in (FINE_TUNED, JOINED):
        model, history = tagger(encoder, seed)
        row["seconds"], said = round(history.seconds, 1), model.tag(texts)
    if path == JOINED:
        ruled = [abstracts.rules_and_names(text, names) for text in texts]
        said = [abstracts.joined(*both) for both in zip(ruled, said, strict=True)]
    elif path == FINE_TUNED:
        holds = relating.related(encoder, known, questions, seed, progress=False)
    elif path == RETRIEVED:
        said = [abstracts.looked_up(text, names) for text in texts]
        holds = relating.nearest_related(encoder, known, questions)
    elif path == "nearest words":
        said = tagging.nearest_words(encoder, known, texts)
    elif path == "rules and names":
        said = [abstracts.rules_and_names(text, names) for text in texts]
    else:
        said, holds = [abstracts.by_rules(text) for text in texts], [pair.together for pair in questions]
    row |= abstracts.entity_scores([one.entities for one in asked], said)
    row |= abstracts.recall_by_novelty(asked, said, names)
    if holds is not None:
        row["relations"] = relating.relation_scores(questions, holds)["f1"]
    return {name: round(value, 4) for name, value in row.items()} | {"said": [_plain(found) for found in said]}


def copy_row(encoder: Any, path: str, seed: int) -> Row:
    """Shares in voice, facts kept, both; and both on kinds of fact that the training pairs have, and on new kinds."""
    asked = voice_copy.copies()
    if path in (RETRIEVED, "retrieval, numbers too"):
        said, row = voice_copy.retrieved(encoder, asked, numbers=path != RETRIEVED), {}
    elif path in TRICKS:
        said, row = TRICKS[path](encoder, asked), {}
    else:
        said, row = written(path, seed, asked)
    return row | copy_scores(said) | {"said": said}


TRICKS = {UNTRAINED: voice_copy.glued, "untrained, framed": voice_copy.framed, "untrained, listed": voice_copy.listed}


def written(path: str, seed: int, asked: Sequence[voice_copy.Copy]) -> tuple[list[str], Row]:
    """What a generator makes of the sentences, and how long it was taught: shipped or untaught, as it is or taught."""
    if path in (FINE_TUNED, "as shipped"):
        model, history = voice_copy.fine_tuned(seed, progress=False) if path == FINE_TUNED else (load_generator(), None)
    else:
        model, history = voice_copy.untaught(seed if path == TAUGHT else None, progress=False)
    return voice_copy.rewritten(model, asked), {"seconds": round(history.seconds, 1)} if history else {}


def copy_scores(said: Sequence[str]) -> Row:
    """All counts of forty rewritings."""
    asked = voice_copy.copies()
    row = {name: round(value, 4) for name, value in voice_copy.scores(said).items()}
    for kind, new in (("known_kinds", False), ("new_kinds", True)):
        some = [(text, one) for text, one in zip(said, asked, strict=True) if (one.fact in voice_copy.NEW) == new]
        shares = voice_copy.scores(*map(list, zip(*some, strict=True)))
        row |= {kind: round(shares["both"], 4), f"true_{kind}": round(shares["true"], 4)}
    return row


def by_seed(table: Table, job: str, path: str, what: str | None = None) -> dict[int, float]:
    """{seed: score} of a path, `what` may be a label; a path without a seed has its one score under 0."""
    rows = ((row["seed"], row | row.get("by_label", {})) for row in chosen(table, job=job, path=path))
    return {seed: row[what or MEASURE[job]] for seed, row in rows if (what or MEASURE[job]) in row}


def against(table: Table, job: str, path: str = RETRIEVED) -> tuple[dict[int, float], dict[int, float]]:
    """Fine-tuning by seed and another path for the same seeds: what the job's card takes."""
    values, other = by_seed(table, job, FINE_TUNED), by_seed(table, job, path)
    return values, {seed: other.get(seed, other[0]) for seed in values}


def means(table: Table, job: str, what: str | None = None, paths: Sequence[str] = ()) -> dict[str, float]:
    """{path: mean over its seeds}, of some `paths` or all, in their order; a path without such a score is left out."""
    found = {path: by_seed(table, job, path, what) for path in paths or PATHS[job]}
    return {path: fmean(scores.values()) for path, scores in found.items() if scores}


def seeds_right(table: Table, sentence: str) -> int:
    """How many of the fine-tuned seeds label this test sentence rightly."""
    texts, labels = reports.sentences("test")
    at = texts.index(sentence)
    return sum(row["said"][at] == labels[at] for row in chosen(table, job="reports", path=FINE_TUNED))


def said_entities(table: Table, path: str, seed: int = 0) -> list[list[abstracts.Entity]]:
    """What a path marked in each test abstract, from the stored rows."""
    (row,) = chosen(table, job="abstracts", path=path, seed=seed)
    return [[abstracts.Entity(*entity) for entity in found] for found in row["said"]]


def _share(hits: Sequence[bool]) -> float:
    return round(fmean(hits), 4)


def _plain(found: Sequence[abstracts.Entity]) -> list[list[Any]]:
    return [[entity.start, entity.end, entity.type] for entity in found]
