"""The jobs behind companion/runs/matrix.json and matrix_mail.json: what is measured, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from companion.compare import attribution, evidence, fit, latency, memory, update, ways
from companion.distill.measure import learn, lesson
from companion.models import load_generator, load_sorter
from companion.rag import RAGPipeline, kestrel_index
from companion.rag.measure import changes

Row = dict[str, Any]
Job = tuple[Row, Callable[[], Row]]
DROPPED = (0.25, 0.5, 0.75)


def jobs(seeds: Sequence[int]) -> Iterator[Job]:
    """Everything but the mail: {"part", "way", "seed"} -> what was measured."""
    measures: dict[tuple[str, str], Callable[[int], Row]] = {
        ("latency", "rag"): lambda seed: latency.answers_latency(pipeline(), [q.text for q in ways.asked(seed, 20)]),
        ("latency", "sorters"): lambda seed: latency.sorter_latency(),
        ("update", "rag"): lambda seed: update.live_update(fresh(), facts_of(seed)),
        ("update", "before"): lambda seed: update.before_training(load_generator("closed-book"), facts_of(seed)),
        ("update", "pairs"): lambda seed: taught("pairs", seed),
        ("evidence", "rag"): lambda seed: evidence.passages_matter(kestrel_index(), generator(), seed),
        ("evidence", "finetune"): lambda seed: evidence.words_matter(load_sorter(), seed),
        ("evidence", "distill"): lambda seed: evidence.words_matter(student(seed), seed),
        ("evidence", "finetune, one by one"): lambda seed: one_by_one(load_sorter(), seed),
        ("evidence", "distill, one by one"): lambda seed: one_by_one(student(seed), seed),
    }
    measures |= {
        ("answers", way): lambda seed, way=way: ways.answers_run(way, seed) for way in ("bm25", "paste", "rag")
    }
    measures |= {("compute", what): lambda seed, w=what: fit.embedding_run(w) for what in ("articles", "letters")}
    for share in DROPPED:
        for way in ("bm25", "rag"):
            name = f"{way} {share:.2f}"
            measures["dropped", name] = lambda seed, w=way, d=share: ways.answers_run(w, seed, drop=d)
    for name in memory.STEPS:
        yield {"part": "memory", "way": name, "seed": 0}, lambda name=name: memory.peak_of(name)
    measures["update", "sentences"] = lambda seed: taught("sentences", seed)
    measures["answers", "facts as pairs"] = lambda seed: ways.facts_run("pairs", seed)
    measures["answers", "facts as sentences"] = lambda seed: ways.facts_run("sentences", seed)
    for (part, way), measure in measures.items():
        few = part == "dropped" or way.startswith("facts")  # no claim rests on these: three seeds
        for seed in seeds[:3] if few else seeds:
            yield {"part": part, "way": way, "seed": seed}, lambda m=measure, s=seed: m(s)


def mail_jobs(seeds: Sequence[int]) -> Iterator[Job]:
    """The mail, sorted with fewer and fewer labels; all labels and a quarter come first."""
    for amount in (fit.WHOLE, fit.QUARTER, *(a for a in fit.AMOUNTS if a not in (fit.WHOLE, fit.QUARTER))):
        for seed in seeds if amount in (fit.WHOLE, fit.QUARTER) else seeds[:3]:  # no claim rests on the others
            key = {"part": "nearest", "labels": amount, "seed": seed}
            yield key, lambda amount=amount, seed=seed: fit.nearest_run(amount, seed)
            key = {"part": "trained", "labels": amount, "seed": seed}
            yield key, lambda amount=amount, seed=seed: fit.mail_run(amount, seed)


def facts_of(seed: int) -> list[update.Change]:
    """The changed facts of one seed, each with its question."""
    return changes(seed, update.FACTS)


def taught(kind: str, seed: int) -> Row:
    """The facts of one seed, trained into a fresh closed-book generator."""
    return update.teach_facts(load_generator("closed-book"), facts_of(seed), kind, seed)


def one_by_one(model: Any, seed: int) -> Row:
    """The words found by taking each one out, in the place of the gradient's."""
    return evidence.words_matter(model, seed, point=attribution.one_by_one)


@cache
def student(seed: int) -> Any:
    """A CNN student of the shipped sorter."""
    return learn(lesson(load_sorter()), "cnn", "soft", seed, progress=False)[0]


@cache
def generator() -> Any:
    """The shipped generator, loaded once."""
    return load_generator()


def fresh() -> RAGPipeline:
    """A pipeline on an index of its own, which an update may change."""
    return RAGPipeline(kestrel_index(), generator())


@cache
def pipeline() -> RAGPipeline:
    """A pipeline on an index that stays as it is."""
    return fresh()
