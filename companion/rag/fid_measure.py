"""The measurements behind claim C4.1-a-FiD and its curves; `python -m companion.build runs fid` makes the table.

Two questions: what do 1 to 20 passages do to answers and to milliseconds, read apart or pasted together (and to
reading alone, up to 120)? And does training such a reader change what is found?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from random import Random
from statistics import fmean
from time import process_time
from typing import Any

import torch

from companion.metrics import exact_match, median_ms
from companion.models import load_encoder, load_generator
from companion.rag.fid import LONGEST_ANSWER, WEIGHTS, FusionReader, allowed, load_fusion, numbered_prompt, pad
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
READ = (5, 10, 20, 40, 80, 120)  # passages that are read and not answered from
READ_SEEDS = 3
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
    return len(pasted_ids(generator, question, passages)) <= generator.room() - LONGEST_ANSWER


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


def shuffled_run(way: str, passages: int, seed: int) -> Row:
    """The same with the passages shuffled: the right one gets any number, not the small one of a good rank.

    value: the right value, whatever was cited, capitals and blanks aside. largest: the largest number cited.
    """
    reader, index, rows = reader_of(way), kestrel_index(), []
    for question in sample(QUESTIONS, seed):
        hits = index.search(question.text, passages)
        Random(f"{seed} {question.id}").shuffle(hits)
        reply = reader.respond(question.text, [hit.text for hit in hits])
        cited = [hits[n - 1].id for n in reply.cited] == [question.article_id]
        value = "".join(reply.text.split()).lower() == "".join((question.answer or "").split()).lower()
        rows.append((value and cited, value, max(reply.cited, default=0)))
    exact, value, largest = zip(*rows, strict=True)
    return {"exact": round(fmean(exact), 4), "value": round(fmean(value), 4), "largest": max(largest)}


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


def reading_run(seed: int) -> Row:
    """Milliseconds of one core to read 5 to 120 passages, without an answer: apart, and pasted with no window.

    Beyond the window the positions begin again. What is understood then is worth nothing; the work is the same.
    """
    reader, question, row = reader_of("apart"), sample(QUESTIONS, seed)[0].text, {}
    texts = [hit.text for hit in kestrel_index().search(question, max(READ))]
    for count in READ:
        alone = [reader.encode(numbered_prompt(question, text, 1))[0].tolist() for text in texts[:count]]
        for way, rows in (("apart", alone), ("pasted", [pasted_ids(reader, question, texts[:count])])):
            row[f"{way} {count}"] = round(median_ms(partial(read_through, reader, rows), repeat=3, clock=process_time))
    return {"ms": row}


def pasted_ids(reader: Any, question: str, passages: Sequence[str]) -> list[int]:
    """The tokens of the pasted prompt, however many: as `reader.encode` gives them, without its warning."""
    ids = reader.tokenizer(reader.prompt(question, list(passages)), add_special_tokens=False, verbose=False).input_ids
    return [reader.tokenizer.cls_token_id, *ids]


@torch.inference_mode()
def read_through(reader: Any, rows: Sequence[Sequence[int]]) -> None:
    """What `encode` computes, for rows of any length."""
    ids, real = pad(rows)
    places = (torch.arange(ids.shape[1]) % reader.room()).expand_as(ids)
    mask = allowed(real[:, None, None].expand(-1, 1, ids.shape[1], -1), torch.float32)
    reader.model.bert(ids, attention_mask=mask, position_ids=places, token_type_ids=torch.zeros_like(ids))


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


def jobs(seeds: Sequence[int]) -> Iterator[tuple[Row, Callable[[], Row]]]:
    """Every row of the stored table: the claim first, then the curves."""
    for seed in seeds:
        yield {"what": "retriever", "seed": seed}, lambda s=seed: retriever_run(s)
    for way in ("apart", "pasted", "apart, untrained"):
        for seed in seeds:
            for count in COUNTS:
                key = {"what": way, "passages": count, "seed": seed}
                yield key, lambda w=way, c=count, s=seed: read_run(w, c, s)
    for way in ("apart", "apart, untrained"):
        for seed in seeds:
            key = {"what": f"{way}, shuffled", "passages": max(COUNTS), "seed": seed}
            yield key, lambda w=way, s=seed: shuffled_run(w, max(COUNTS), s)
    for seed in seeds:
        yield {"what": "times", "seed": seed}, lambda s=seed: times_run(s)
    for seed in seeds[:READ_SEEDS]:
        yield {"what": "reading", "seed": seed}, lambda s=seed: reading_run(s)
    for way in WAYS:
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


def fitting(table: Sequence[Mapping[str, Any]], count: int) -> dict[str, float]:
    """{way: mean "exact"} over the seeds whose pasted prompts all fit with `count` passages; "seeds": how many."""
    seeds = [row["seed"] for row in chosen(table, what="pasted", passages=count) if row["fits"]]
    found = {way: [r["exact"] for r in chosen(table, what=way, passages=count) if r["seed"] in seeds] for way in WAYS}
    return {"seeds": len(seeds)} | {way: fmean(shares) for way, shares in found.items()}


def times(table: Sequence[Mapping[str, Any]], way: str, what: str = "times") -> list[tuple[int, float]]:
    """[(passages, mean milliseconds of one core)] of an answer, as far as the prompts fit, or of "reading" alone."""
    rows, counts = [row["ms"] for row in chosen(table, what=what)], COUNTS if what == "times" else READ
    return [(n, fmean(row[f"{way} {n}"] for row in rows)) for n in counts if all(f"{way} {n}" in row for row in rows)]
