"""A small CNN against the fine-tuned encoder that taught it, on BANKING77 and on the company's mail: accuracy, speed.

`python -m benchmarks.students` measures what is missing, five seeds of the student of one teacher; `--figures`
writes what is there. Soft targets alone, T = 3. BANKING77 has no texts without a label, so the student reads the
texts that its teacher was trained on, where the teacher has few doubts; the company's student has 3,400 more.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from safetensors.torch import load_file

from benchmarks import intents
from benchmarks.figures import Figure, write
from benchmarks.intents import Job
from benchmarks.intents_data import Pairs, load
from benchmarks.rows import Row, keep, kept, key, seeds, summary
from companion.distill import Student, accuracy, distil, latency_ms, make_student, measure, teacher_logits
from companion.finetune import TextClassifier
from companion.ledger import path as ledger_path
from companion.models import load_encoder
from companion.models.sorter import load_sorter
from companion.stored import chosen
from companion.world.utterances import mail

TEACHER = Job("banking77", "full", "full", 0)
PASSES, BATCH = 10, 32
SIZES = (1, 32)  # texts in a batch: one customer who waits, and a queue
SEEDS = range(5)
WORDS = {"banking77": "BANKING77", "company": "the company's mail"}
METHODS = {"banking77": ("teacher", "speed", "soft", "gold"), "company": ("teacher", "speed", "soft")}
CALLED = {"soft": "the CNN taught by the encoder", "gold": "the same CNN on people's labels"}


@dataclass(frozen=True)
class Case:
    """A teacher, the test set, and how a student is taught: (labels, seed) -> (student, history)."""

    teacher: Any
    test: Pairs
    teach: Callable[[str, int], tuple[Student, Any]]


def company() -> Case:
    """The shipped sorter, and its student as section 1.3 has it."""
    sorter = load_sorter()
    learn = partial(measure.learn, measure.lesson(sorter), "cnn", progress=False)
    return Case(sorter, mail("test"), lambda labels, seed: learn(labels, seed))


def banking77() -> Case:
    """A teacher with all weights trained on the whole training set."""
    task, model = load("banking77"), teacher()
    soft = teacher_logits(model, task.train[0])

    def teach(labels: str, seed: int) -> tuple[Student, Any]:
        student, settings = new_student(model, seed), measure.SETTINGS["cnn"]
        given = {"teacher_logits": soft} if labels == "soft" else {"labels": task.train[1]}
        how = {"steps": PASSES * len(soft) // BATCH, "lr": settings["lr"], "T": measure.TEMPERATURE}
        return student, distil(student, task.train[0], **given, **how, seed=seed, batch_size=BATCH, progress=False)

    return Case(model, task.test, teach)


def teacher() -> TextClassifier:
    """The run `TEACHER` of benchmarks.intents; its weights are kept in COMPANION_HOME."""
    file = ledger_path().parent / "benchmarks" / "teacher.safetensors"
    if not file.is_file():
        intents.run([TEACHER], save=file)
    model = TextClassifier(load_encoder(), load(TEACHER.data).classes)
    model.load_state_dict(load_file(file))
    return model


def new_student(model: Any, seed: int) -> Student:
    """An untaught CNN of the course's size, its word embeddings squeezed from the teacher's."""
    words = model.encoder.model.get_input_embeddings().weight
    return make_student("cnn", len(words), model.classes, seed, words, **measure.SETTINGS["cnn"]["sizes"])


def row(case: Case, method: str, seed: int) -> Row:
    """One measurement: the teacher's accuracy, a student's, or the speed of both."""
    if method == "teacher":
        return {"accuracy": round(accuracy(case.teacher, *case.test), 4)}
    if method == "speed":  # a student is as fast before it is taught
        return speed(case.teacher, new_student(case.teacher, seed), case.test[0])
    student, history = case.teach(method, seed)
    count = sum(parameter.numel() for parameter in student.parameters())
    return {"accuracy": round(accuracy(student, *case.test), 4), "wall": round(history.seconds, 1), "parameters": count}


def speed(slow: Any, fast: Any, texts: Sequence[str], repeat: int = 40) -> Row:
    """Milliseconds of processor time for a batch, of both, and how many times less the fast one takes."""
    found: Row = {}
    for size in SIZES:
        one, other = (processor_ms(model, texts, size, repeat) for model in (slow, fast))
        found |= {f"teacher_{size}": round(one, 3), f"student_{size}": round(other, 3)}
        found[f"faster_{size}"] = round(one / other, 1)
    return found


def processor_ms(model: Any, texts: Sequence[str], size: int, repeat: int) -> float:
    """Median milliseconds of `model.logits` on a batch, from text to logits, after three that do not count.

    The processor's time and not the clock's: other programs interrupt a long call and not a short one, which
    would make a student look faster than it is.
    """
    return latency_ms(model, texts, size, repeat, clock=time.process_time)


def run(data: Sequence[str], methods: Sequence[str], wished: Sequence[int], again: bool = False) -> None:
    """Measure what is missing, or, with `again`, all of it."""
    there = set() if again else {key(found) for found in kept("students")}
    for name in data:
        wanted = [_about(name, m, s) for m in METHODS[name] if m in methods for s in _seeds(m, wished)]
        wanted = [about for about in wanted if key(about) not in there]
        case = {"company": company, "banking77": banking77}[name]() if wanted else None
        for about in wanted:
            found = about | row(case, about["method"], about["seed"])
            keep("students", found)
            print(found, flush=True)


def _about(name: str, method: str, seed: int) -> Row:
    return {"data": name, "amount": "full", "method": method, "seed": seed}


def _seeds(method: str, wished: Sequence[int]) -> Sequence[int]:
    return wished if method in CALLED else [0]  # the teacher and the speed are measured once


def figures(rows: Sequence[Row]) -> list[Figure]:
    """What is there, as means over the student's seeds."""
    found = []
    for data, name in WORDS.items():
        found += scored(name, chosen(rows, data=data))
        found += timed(name, chosen(rows, data=data, method="speed"))
    return found


def scored(name: str, rows: Sequence[Row]) -> list[Figure]:
    """Accuracies, and the student's as a share of its teacher's."""
    found = summary(f"{name}: accuracy of the encoder", chosen(rows, method="teacher"), "accuracy")
    for method, called in CALLED.items():
        its = chosen(rows, method=method)
        how = f"{name}, {called}: mean ± standard deviation over {seeds(its)}, one teacher."
        found += summary(f"{name}: accuracy of {called}", its, "accuracy", how=how)
        if method == "soft" and found:
            shares = [r | {"share": r["accuracy"] / found[0].value} for r in its]
            found += summary(f"{name}: what the CNN keeps of the encoder's accuracy", shares, "share", low=0.9)
    return found


def timed(name: str, rows: Sequence[Row]) -> list[Figure]:
    """How many times faster the student is, and what both take."""
    how = "Speed: processor time from text to logits, float32, one thread; medians over 40 batches of test texts."
    found = []
    for size in SIZES:
        for r in rows:
            found += [
                Figure(f"{name}: CNN faster than the encoder, batch {size}", r[f"faster_{size}"], "times", 20, how=how),
                Figure(f"{name}: the encoder takes, batch {size}", r[f"teacher_{size}"], "ms"),
                Figure(f"{name}: the CNN takes, batch {size}", r[f"student_{size}"], "ms"),
            ]
    return found


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=list(WORDS), default=["company", "banking77"])
    parser.add_argument("--only", nargs="+", choices=METHODS["banking77"], default=METHODS["banking77"])
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--again", action="store_true", help="measure what is there once more, such as speed")
    parser.add_argument("--figures", action="store_true", help="write the figures of the rows that are there")
    asked = parser.parse_args(argv)
    if asked.figures:
        return write("students", figures(kept("students")))
    return run(asked.data, asked.only, asked.seeds, asked.again)


if __name__ == "__main__":
    main()
