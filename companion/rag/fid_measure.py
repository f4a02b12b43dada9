"""The measurements behind claim C4.1-a-FiD and its curves; `python -m companion.build runs fid` makes the table.

Two questions: what do 1 to 20 passages do to answers and to milliseconds, read apart or pasted together? And does
training such a reader change what is found?
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from random import Random
from statistics import fmean, median
from time import perf_counter
from typing import Any

from companion.metrics import exact_match
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
QUESTIONS = 30  # a seed
READ_STEPS, LOOK_STEPS = 10, 40  # steps of the reader of each seed; of the searcher that imitates it
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
    """Exact answers and milliseconds on what hybrid search finds; where a pasted prompt is too long, nothing."""
    reader, index, rows = reader_of(way), kestrel_index(), []
    for question in sample(QUESTIONS, seed):
        hits = index.search(question.text, passages)
        texts = [hit.text for hit in hits]
        if way == "pasted" and not fits(reader, question.text, texts):
            return {"fits": False}
        began = perf_counter()
        reply = reader.respond(question.text, texts)
        took = 1000 * (perf_counter() - began)
        cited = [hits[n - 1].id for n in reply.cited] == [question.article_id]
        there = question.article_id in [hit.id for hit in hits]
        rows.append((there, bool(exact_match(reply.text, question.answer or "")) and cited, took))
    found, exact, times = zip(*rows, strict=True)
    shares = {"found": fmean(found), "exact": fmean(exact), "exact of found": sum(exact) / sum(found)}
    return {"fits": True, "ms": round(median(times), 1)} | {name: round(share, 4) for name, share in shares.items()}


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
    after = recalls(searcher, kestrel, tested)
    steps = {"steps": LOOK_STEPS, "seed": seed, "warmup": 5, "progress": False}
    history = train_by_attention(searcher, shelf, asked, reader, **steps)
    imitating, seconds = recalls(searcher, kestrel, tested), round(history.seconds, 1)
    return {"before": before(), "after": after, "imitating": imitating, "losses": losses, "seconds": seconds}


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


def by_seed(table: Sequence[Mapping[str, Any]], moment: str, k: int = 1) -> dict[int, float]:
    """{seed: recall@k} "before", "after" a reader was trained, or after "imitating" it."""
    return {row["seed"]: row[moment][f"recall@{k}"] for row in chosen(table, what="retriever")}


def curve(table: Sequence[Mapping[str, Any]], way: str, what: str) -> list[tuple[int, float]]:
    """[(passages, mean over seeds)] of "exact", "found", "exact of found" or "ms", as far as the prompts fit."""
    points = []
    for count in COUNTS:
        rows = chosen(table, what=way, passages=count)
        if rows and all(row["fits"] for row in rows):
            points.append((count, fmean(row[what] for row in rows)))
    return points
