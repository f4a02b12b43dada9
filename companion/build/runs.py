"""`python -m companion.build runs [NAME ...]`: the stored runs of companion/runs, five seeds each (the voice: three).

A run that was cut off goes on where it stopped: what is in the file is not measured again. Delete the file to
begin anew. With COMPANION_DATA set to a folder with XQuAD, search over real text is measured as well.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from companion.build.machine import machine
from companion.stored import RUNS, store, stored

SEEDS = range(5)
Row = dict[str, Any]
Job = tuple[Row, Callable[[], Row]]  # what tells the row from others, and how it is measured


def carry_out(name: str, jobs: Iterator[Job]) -> None:
    """Measure what the file of this name does not hold yet, and write it after every row."""
    rows = stored(name)["rows"] if (RUNS / f"{name}.json").exists() else []
    for key, measure in jobs:
        if any(key.items() <= row.items() for row in rows):
            continue
        rows.append(key | measure())
        store(name, {"machine": machine(), "date": date.today().isoformat(), "rows": rows})
        print(name, key, flush=True)


def mail() -> Iterator[Job]:
    """Section 1.2: what mail teaches and what it costs search, for every method and rate."""
    from companion.finetune.measure import RATES, mail_run
    from companion.finetune.tuning import RATES as BEST
    from companion.models import load_encoder

    encoder, searches = load_encoder(), all_searches()
    settings = [("full", rate) for rate in RATES] + [(m, BEST.get(m)) for m in ("probe", "last", "lora", "adapter")]
    for seed in SEEDS:
        for method, rate in settings:
            key = {"method": method, "rate": rate, "seed": seed}
            yield key, lambda key=key: mail_run(encoder, searches=searches, **key)


def all_searches() -> dict[str, Any]:
    """The company's own search and, where the data are there, half of XQuAD's English passages with 200 questions."""
    from companion.finetune.forgetting import company_search

    searches = {"company": company_search()}
    file = Path(os.environ.get("COMPANION_DATA", "")) / "xquad" / "xquad.en.json"
    if file.is_file():
        data = json.loads(file.read_text(encoding="utf-8"))["data"]
        passages = [p for article in data[::2] for p in article["paragraphs"]]
        asked = [(qa["question"], row) for row, p in enumerate(passages) for qa in p["qas"]]
        chosen = Random(0).sample(asked, 200)
        searches["real text"] = ([q for q, _ in chosen], [p["context"] for p in passages], [row for _, row in chosen])
    return searches


def costs() -> Iterator[Job]:
    """Section 1.2: memory of training and milliseconds of use, for every way; five rounds, nothing is learned."""
    from companion.finetune.costs import costs_of
    from companion.models import load_encoder

    encoder = load_encoder()
    for seed in SEEDS:
        yield {"seed": seed}, lambda seed=seed: costs_of(encoder, seed)


def voice() -> Iterator[Job]:
    """Section 1.2: 120 pairs of the brand's voice, taught to a model that never copied and to one that did."""
    from companion.finetune.voice import WAYS, taught

    for seed in SEEDS[:3]:  # the shares are near 0 and 1, and three seeds agree
        for model, redraw in WAYS.values():
            if redraw is not None or seed == 0:  # a model as it is has no seed
                key = {"model": model, "redraw": redraw, "seed": seed}
                yield key, lambda key=key: taught(**key)


def students() -> Iterator[Job]:
    """Section 1.3: students of the shipped sorter, on few and many texts, with hard and soft labels, and with more."""
    from companion.distill.measure import FEW, MANY, lesson, student_run
    from companion.models import load_sorter

    taught = lesson(load_sorter(), attentions=True)
    cells = [("cnn", texts, labels, "") for texts in (FEW, MANY) for labels in ("hard", "soft")]
    cells += [("cnn", FEW, "gold", ""), ("cnn", MANY, "soft", "hint"), ("cnn", MANY, "soft", "relations")]
    cells += [(kind, MANY, "soft", "") for kind in ("transformer", "bilstm", "bag")]
    cells += [("transformer", MANY, "soft", "attention")]
    for seed in SEEDS:
        for cell in cells:
            key = dict(zip(("kind", "texts", "labels", "extra"), cell, strict=True)) | {"seed": seed}
            yield key, lambda key=key: student_run(taught, **key)


def writers() -> Iterator[Job]:
    """Section 1.3: the generator and the small student that ships, side by side on Kestrel's pages."""
    from companion.distill.llama_measure import writer_run
    from companion.distill.llama_training import SHIPPED_SOFT

    yield {"soft": SHIPPED_SOFT, "seed": 0}, lambda: writer_run(SHIPPED_SOFT, 0)


def choose() -> Iterator[Job]:
    """Section 3.1: no labels and few labels, a student of an untaught teacher, milliseconds and megabytes."""
    from companion.choose import measure
    from companion.models import load_encoder

    yield from measure.jobs(measure.Embedded(load_encoder()), SEEDS)


def matrix() -> Iterator[Job]:
    """Section 2.1: updates, seconds of an answer, evidence, answers of every way."""
    from companion.compare import measure

    yield from measure.jobs(SEEDS)


def matrix_mail() -> Iterator[Job]:
    """Section 2.1: the same mail sorted by every way, with fewer and fewer labels."""
    from companion.compare import measure

    yield from measure.mail_jobs(SEEDS)


def hybrid() -> Iterator[Job]:
    """Section 3.2: every desk on the same 400 turns, for five routers and five reply students."""
    from companion.hybrid.measure import hybrid_run

    for seed in SEEDS:
        yield {"seed": seed}, lambda seed=seed: hybrid_run(seed)


def domain_and_style() -> Iterator[Job]:
    """Section 2.2: report sentences, abstracts and copy by every path; ways without a seed first, they take seconds."""
    from companion.models import load_encoder
    from companion.scenarios.domain import cells, measured

    encoder = load_encoder()
    for key in cells(SEEDS):
        yield key, lambda key=key: measured(encoder, **key)


def moving_knowledge() -> Iterator[Job]:
    """Section 2.2: a law amended, papers reversed, rare tickets."""
    from companion.build import runs_moving

    yield from runs_moving.moving_knowledge(SEEDS)


def small_and_cheap() -> Iterator[Job]:
    """Section 2.2: two jobs at the edge, the mail student in eight bits, what reading a prompt takes."""
    from companion.build import runs_scenarios

    yield from runs_scenarios.small_and_cheap(SEEDS)


def qlora() -> Iterator[Job]:
    """Section 4.2: LoRA over weights stored in 32 bits, in NF4 and crudely, and what a step costs."""
    from companion.build import runs_memory

    yield from runs_memory.qlora(SEEDS)


def written() -> Iterator[Job]:
    """Section 4.3: letters that the shipped generator writes, 125 for each intent, for students without real mail."""
    from companion.build import runs_across

    yield from runs_across.written()


def data_free() -> Iterator[Job]:
    """Section 4.3: students taught without a real letter, on sets of one size; COMPANION_DATA adds two public ones."""
    from companion.build import runs_across

    yield from runs_across.data_free(SEEDS)


def joint() -> Iterator[Job]:
    """Section 4.1: query encoders taught by answers and by labels; what an index costs that is not embedded anew."""
    from companion.build import runs_frontier_rag

    yield from runs_frontier_rag.joint(SEEDS)


def tables_and_pictures() -> Iterator[Job]:
    """Section 4.1: pictures never seen, one index for all kinds, cells and aggregations of a table."""
    from companion.build import runs_pictures

    yield from runs_pictures.tables_and_pictures(SEEDS)


def ewc() -> Iterator[Job]:
    """Section 4.2: three desks' mail in sequence, by every way of holding on to the old."""
    from companion.build import runs_memory

    yield from runs_memory.ewc(SEEDS)


def across() -> Iterator[Job]:
    """Section 4.3: students of other shapes than their teacher's on the labelled letters; a student that writes."""
    from companion.build import runs_across

    yield from runs_across.across(SEEDS)


def fid() -> Iterator[Job]:
    """Section 4.1: 1 to 20 passages, read apart or pasted; a searcher before and after a reader learns beside it."""
    from companion.build import runs_frontier_rag

    yield from runs_frontier_rag.fid(SEEDS)


def capstone() -> Iterator[Job]:
    """The conclusion's worked example on public text; needs COMPANION_DATA."""
    from companion.build import runs_capstone

    yield from runs_capstone.capstone(SEEDS)


def traps_tune() -> Iterator[Job]:
    """Section 5.1: leaks, copies, wrong labels, a search for settings, overfitting and forgetting; each mended."""
    from companion.build import runs_traps

    yield from runs_traps.traps_tune(SEEDS)


def traps_distil() -> Iterator[Job]:
    """Section 5.1: teachers that are weak, sure or badly calibrated, temperatures, and students that are too small."""
    from companion.build import runs_traps

    yield from runs_traps.traps_distil(SEEDS)


def monitor() -> Iterator[Job]:
    """Section 5.2: a quarter of the desk's turns with five planted faults, and what every gauge sees of it."""
    from companion.build import runs_monitor

    yield from runs_monitor.monitor(SEEDS)


def traps_rag() -> Iterator[Job]:
    """Section 5.1: a knowledge base spoilt and mended, pages never taken down, articles written to be found."""
    from companion.build import runs_traps_rag

    yield from runs_traps_rag.traps_rag(SEEDS)


NAMES: dict[str, Callable[[], Iterator[Job]]] = {"mail": mail, "voice": voice, "students": students, "choose": choose}
NAMES |= {"matrix": matrix, "matrix_mail": matrix_mail}
NAMES |= {"hybrid": hybrid, "costs": costs, "writers": writers}
NAMES |= {"scenarios_domain_and_style": domain_and_style}
NAMES |= {"scenarios_moving": moving_knowledge}
NAMES |= {"scenarios_small": small_and_cheap}
NAMES |= {"tables_and_pictures": tables_and_pictures}
NAMES |= {"joint": joint, "fid": fid}
NAMES |= {"written": written, "free": data_free, "across": across}
NAMES |= {"qlora": qlora, "ewc": ewc}
NAMES |= {"traps_rag": traps_rag}
NAMES |= {"monitor": monitor}
NAMES |= {"traps_tune": traps_tune, "traps_distil": traps_distil}
NAMES |= {"capstone": capstone}


def main(names: list[str]) -> int:
    """Carry out the named runs, or all."""
    for name in names or NAMES:
        carry_out(name, NAMES[name]())
    return 0
