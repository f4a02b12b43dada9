"""`python -m companion.build runs [NAME ...]`: the stored runs of companion/runs, five seeds each.

A run that was cut off goes on where it stopped: what is in the file is not measured again. Delete the file to
begin anew. With COMPANION_DATA set to a folder with XQuAD, search over real text is measured as well.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module
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

    for seed in SEEDS:
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


def written() -> Iterator[Job]:
    """Section 4.3: letters that the shipped generator writes, 125 for each intent, for students without real mail."""
    from companion.build import runs_across

    yield from runs_across.written()


def jobs_of(place: str) -> Callable[[], Iterator[Job]]:
    """The jobs that the function "module:name" lists for the seeds; imported when they are asked for."""
    module, name = place.split(":")
    return lambda: getattr(import_module(module), name)(SEEDS)


NAMES: dict[str, Callable[[], Iterator[Job]]] = {  # in this order when all are asked for
    "mail": mail,
    "voice": voice,
    "students": students,
    "choose": choose,
    "matrix": jobs_of("companion.compare.measure:jobs"),  # section 2.1
    "matrix_mail": jobs_of("companion.compare.measure:mail_jobs"),  # section 2.1
    "hybrid": hybrid,
    "costs": costs,
    "writers": writers,
    "scenarios_domain_and_style": domain_and_style,
    "scenarios_moving": jobs_of("companion.build.runs_moving:moving_knowledge"),  # section 2.2
    "scenarios_small": jobs_of("companion.build.runs_scenarios:small_and_cheap"),  # section 2.2
    "tables_and_pictures": jobs_of("companion.build.runs_pictures:tables_and_pictures"),  # section 4.1
    "joint": jobs_of("companion.rag.joint_measure:jobs"),  # section 4.1
    "fid": jobs_of("companion.rag.fid_measure:jobs"),  # section 4.1
    "written": written,
    "free": jobs_of("companion.build.runs_across:data_free"),  # section 4.3; COMPANION_DATA adds two sets
    "across": jobs_of("companion.build.runs_across:across"),  # section 4.3
    "qlora": jobs_of("companion.build.runs_memory:qlora"),  # section 4.2
    "ewc": jobs_of("companion.build.runs_memory:ewc"),  # section 4.2
    "traps_rag": jobs_of("companion.build.runs_traps_rag:traps_rag"),  # section 5.1
    "monitor": jobs_of("companion.build.runs_monitor:monitor"),  # section 5.2
    "traps_tune": jobs_of("companion.build.runs_traps:traps_tune"),  # section 5.1
    "traps_distil": jobs_of("companion.build.runs_traps:traps_distil"),  # section 5.1
    "capstone": jobs_of("companion.build.runs_capstone:capstone"),  # the conclusion; needs COMPANION_DATA
}


def main(names: list[str]) -> int:
    """Carry out the named runs, or all."""
    for name in names or NAMES:
        carry_out(name, NAMES[name]())
    return 0
