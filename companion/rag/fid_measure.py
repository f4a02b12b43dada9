"""The measurements behind claim C4.1-a-FiD and its curves; `python -m companion.build runs fid` makes the table.

Two questions: what do 1 to 20 passages do to answers and to milliseconds, read apart or pasted together? And does
training such a reader change what is found?
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from random import Random
from statistics import fmean
from time import process_time
from typing import Any

from companion.metrics import exact_match, median_ms
from companion.models import load_encoder, load_generator
from companion.rag.fid import LONGEST_ANSWER, WEIGHTS, FusionReader, load_fusion, numbered_prompt
from companion.rag.fid_attention import train_by_attention
from companion.rag.fid_training import FusionStudent, fusion_loss
from companion.rag.joint_measure import before, lessons, recalls, shelf_of
from companion.rag.joint_training import Asked, Shelf
from companion.rag.kestrel import kestrel_index
from companion.rag.measure import sample
from companion.stored import chosen
from companion.training import train
from companion.world import world

COUNTS = (1, 2, 5, 10, 20)
QUESTIONS = 20  # a seed
IMITATING = 3  # seeds for which the searcher then imitates the reader
READ_STEPS, LOOK_STEPS = 10, 20  # steps of the reader of each seed; of the searcher that imitates it
WAYS = {"apart": "FiD", "apart, untrained": "FiD before training", "pasted": "pasted together"}
Row = dict[str, Any]


@cache
def reader_of(way: str) -> Any:
    """The reader of one of WAYS: the shipped FiD, the generator's own weights reading apart, the generator."""
    if way == "pasted":
        return load_generator()
    if way == "apart":
        return load_fusion()
    shop = load_generator()
    return FusionReader("untrained", shop.model, shop.tokenizer)


def fits(generator: Any, question: str, passages: Sequence[str]) -> bool:
    """Whether the pasted prompt and an answer stay within the generator's window."""
    return generator.encode(generator.prompt(question, list(passages))).shape[1] <= generator.room() - LONGEST_ANSWER


def read_run(way: str, passages: int, seed: int) -> Row:
    """Exact answers on what hybrid search finds; where a pasted prompt is too long, nothing."""
    reader, index, rows = reader_of(way), kestrel_index(), []
    for question in sample(QUESTIONS, seed):
        hits = index.search(question.text, passages)
        texts = [hit.text for hit in hits]
        if way == "pasted" and not fits(reader, question.text, texts):
            return {"fits": False}
        reply = reader.respond(question.text, texts)
        cited = [hits[n - 1].id for n in reply.cited] == [question.article_id]
        there = question.article_id in [hit.id for hit in hits]
        rows.append((there, bool(exact_match(reply.text, question.answer or "")) and cited))
    found, exact = zip(*rows, strict=True)
    shares = {"found": fmean(found), "exact": fmean(exact), "exact of found": sum(exact) / sum(found)}
    return {"fits": True} | {name: round(share, 4) for name, share in shares.items()}


def times_run(seed: int) -> Row:
    """Milliseconds of one core's work for one answer, by way and number of passages, where the prompt fits."""
    index, row = kestrel_index(), {}
    question = sample(QUESTIONS, seed)[0]
    hits = [hit.text for hit in index.search(question.text, max(COUNTS))]
    for way in ("apart", "pasted"):
        reader = reader_of(way)
        for count in COUNTS:
            if way == "apart" or fits(reader, question.text, hits[:count]):
                call = partial(reader.respond, question.text, hits[:count])
                row[f"{way} {count}"] = round(median_ms(call, repeat=3, clock=process_time), 1)
    return {"ms": row}


def refusal_run(way: str, seed: int, passages: int = 5) -> Row:
    """The share refused when the right passage is left out of what was found."""
    reader, index, refused = reader_of(way), kestrel_index(), []
    for question in sample(QUESTIONS, seed):
        hits = [hit for hit in index.search(question.text, passages + 1) if hit.id != question.article_id][:passages]
        refused.append(not reader.respond(question.text, [hit.text for hit in hits]).cited)
    return {"refused": round(fmean(refused), 4)}


def products(lengths: Sequence[int], shared: int) -> tuple[int, int]:
    """Attention products of reading, a head and a layer: (apart, pasted).

    lengths: tokens of each passage. shared: of the question and the frame, which apart repeats for every passage.
    apart = sum (l + shared)^2, linear in the number of passages; pasted = (sum l + shared)^2, quadratic.
    """
    return sum((length + shared) ** 2 for length in lengths), (sum(lengths) + shared) ** 2


def tokens(reader: Any, question: str, passages: Sequence[str]) -> tuple[list[int], int]:
    """`products`' arguments: the tokens of each passage, and those of question and frame."""
    shared = reader.encode(numbered_prompt(question, "", 1)).shape[1]
    return [reader.encode(numbered_prompt(question, text, 1)).shape[1] - shared for text in passages], shared


def retriever_run(seed: int) -> Row:
    """C4.1-a-FiD: recalls on Kestrel before, after a reader was trained on what is found, and after imitating it."""
    searcher, (shelf, asked) = load_encoder(), lessons(seed)
    reader, losses = taught_reader(searcher, shelf, asked, seed)
    kestrel, tested = shelf_of(world(0), searcher)
    row = {"before": before(), "after": recalls(searcher, kestrel, tested), "losses": losses}
    if seed < IMITATING:
        steps = {"steps": LOOK_STEPS, "seed": seed, "warmup": 5, "progress": False}
        train_by_attention(searcher, shelf, asked, reader, **steps)
        row["imitating"] = recalls(searcher, kestrel, tested)
    return row


def taught_reader(searcher: Any, shelf: Shelf, asked: Sequence[Asked], seed: int) -> tuple[FusionReader, list[float]]:
    """A few steps more of the shipped reader, on the five passages that this searcher finds; and the losses."""
    student = FusionStudent(WEIGHTS)
    vectors = searcher.encode([q.text for q in asked])
    found = (vectors @ shelf.vectors.numpy().T).argsort(1)[:, ::-1][:, :5]
    known = [row for row, q in enumerate(asked) if q.row in found[row]]

    def batch(step: int) -> dict[str, Any]:
        random, examples = Random(f"taught-{seed}-{step}"), []
        for row in random.sample(known, 8):
            rows = random.sample(found[row].tolist(), 5)
            prompts = [numbered_prompt(asked[row].text, shelf.texts[r], n) for n, r in enumerate(rows, 1)]
            examples.append((prompts, f"[{rows.index(asked[row].row) + 1}] {asked[row].answer}"))
        return student.batch(examples)

    parameters = [p for p in student.parameters() if p.requires_grad]
    options: Row = {"lr": 1e-4, "seed": seed, "parameters": parameters, "progress": False}
    history = train(student, batch, fusion_loss, READ_STEPS, **options)
    return student.reader(), [round(loss, 4) for loss in history.losses]


def jobs(seeds: Iterable[int]) -> Iterator[tuple[Row, Callable[[], Row]]]:
    """Every row of the stored table: the claim first, then the curves."""
    for seed in seeds:
        yield {"what": "retriever", "seed": seed}, lambda s=seed: retriever_run(s)
    for way, counts in (("apart", COUNTS), ("pasted", COUNTS), ("apart, untrained", (10,))):
        for seed in seeds:
            for count in counts:
                key = {"what": way, "passages": count, "seed": seed}
                yield key, lambda w=way, c=count, s=seed: read_run(w, c, s)
    for seed in seeds:
        yield {"what": "times", "seed": seed}, lambda s=seed: times_run(s)
    for way in ("apart", "pasted"):
        for seed in seeds:
            yield {"what": f"{way}, refusals", "seed": seed}, lambda w=way, s=seed: refusal_run(w, s)


def by_seed(table: Sequence[Mapping[str, Any]], moment: str, k: int = 1) -> dict[int, float]:
    """{seed: recall@k} "before", "after" a reader was trained, or after "imitating" it."""
    return {row["seed"]: row[moment][f"recall@{k}"] for row in chosen(table, what="retriever") if moment in row}


def curve(table: Sequence[Mapping[str, Any]], way: str, what: str) -> list[tuple[int, float]]:
    """[(passages, mean over seeds)] of "exact", "found" or "exact of found", as far as the prompts fit."""
    points = []
    for count in COUNTS:
        rows = chosen(table, what=way, passages=count)
        if rows and all(row["fits"] for row in rows):
            points.append((count, fmean(row[what] for row in rows)))
    return points


def times(table: Sequence[Mapping[str, Any]], way: str) -> list[tuple[int, float]]:
    """[(passages, milliseconds of one core)], the mean over seeds, as far as the prompts fit."""
    rows = [row["ms"] for row in chosen(table, what="times")]
    return [(n, fmean(row[f"{way} {n}"] for row in rows)) for n in COUNTS if all(f"{way} {n}" in row for row in rows)]
