"""What 2_2c_small_and_cheap quotes, read off its stored run: nothing is trained here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from companion.build.reference_paths import Runs, run
from companion.stored import chosen, stored

READING = ("milliseconds", "ms_per_token", "tokens")


def small_and_cheap() -> tuple[dict[str, float], Runs]:
    """Claims C2.2-g to -i; accuracy, MB and milliseconds of every way; the mail student in eight bits."""
    from companion.scenarios.edge import JOBS
    from companion.scenarios.edge_measure import best_undistilled, by_seed, million_calls

    table, runs, numbers = stored("scenarios_small")["rows"], {}, {}
    for claim, job in (("C2.2-g", "commands"), ("C2.2-h", "sensors")):
        against = best_undistilled(table, job) if claim == "C2.2-g" else "labels int8"
        runs[claim] = run(by_seed(table, job, "distilled int8"), by_seed(table, job, against))
    runs["C2.2-i"] = run(million_calls(table, "distilled int8"), million_calls(table, "teacher float32"))
    numbers |= {f"small.reading.{k}": round(fmean(r[k] for r in chosen(table, job="reading")), 4) for k in READING}
    for job in (*JOBS, "mail"):
        rows = chosen(table, job=job)
        for way in rows[0]["ways"]:
            for what in rows[0]["ways"][way]:
                name = f"small.{job}.{way.replace(' ', '_')}.{what}"
                numbers[name] = round(fmean(by_seed(table, job, way, what).values()), 4)
    for way in ("teacher float32", "teacher int8", "distilled int8"):
        minutes = 60 * fmean(million_calls(table, way).values())
        numbers[f"small.minutes.{way.replace(' ', '_')}"] = round(minutes, 4)
    return numbers | {f"small.bill.{name}": round(value, 4) for name, value in bills(table).items()}, runs


def bills(table: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """From how many calls a student is the cheapest, with our model (millions) and one of 1,000 times its size
    (thousands); what fine-tuning costs more than RAG a day, and how many thousand mistakes it spares."""
    from companion.scenarios.cost import Assumptions, crossing
    from companion.scenarios.edge_lines import MILLION, bill, paths

    three, table_of = paths(table), bill(paths(table))
    rag, tuned, student = three
    turns = [
        max(crossing(student, other, a) for other in (rag, tuned))
        for a in (Assumptions(), Assumptions(large_model=1000))
    ]
    more = table_of["fine-tuned"]["euros a day"] - table_of["RAG"]["euros a day"]
    fewer = MILLION * (tuned.right - rag.right)
    told = {"turn": turns[0] / 1e6, "turn_large": turns[1] / 1e3, "more": more, "fewer_wrong": fewer / 1e3}
    return told | {"cents_each": 100 * more / fewer}
