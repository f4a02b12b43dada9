"""What sections 1.2 and 1.3 quote, read off the stored runs: nothing is trained here."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean, median

from companion.stored import chosen, stored

Runs = dict[str, dict[str, dict[int, float]]]


def run(values: Mapping[int, float], baseline: Mapping[int, float]) -> dict[str, dict[int, float]]:
    """A claim's run, rounded."""
    return {"values": _rounded(values), "baseline": _rounded(baseline)}


def finetuning() -> tuple[dict[str, float], Runs]:
    """Claims C1.2-b to -d; accuracy, recalls and seconds of every way of training; the voice."""
    from companion.finetune.measure import TOO_MUCH, chosen_rate, first, last

    table = stored("mail")["rows"]
    best = chosen_rate(table)
    full = last(table, "test", "full", best)
    runs = {
        "C1.2-b": run(last(table, "company", "full", TOO_MUCH), first(table, "company", "full", TOO_MUCH)),
        "C1.2-c": run(last(table, "test", "lora"), full),
        "C1.2-d": run(last(table, "test", "adapter"), full),
    }
    more = _voice(stored("voice")["rows"]) | _one_heap() | _slower(stored("costs")["rows"])
    return {"mail.best_rate": best} | _ways(table) | more, runs


def _slower(table) -> dict[str, float]:
    """How much more time a letter takes than with the encoder as it is, as a share; median over the rounds."""
    ways = {"lora": "lora", "merged": "lora, merged", "adapter": "adapter"}
    return {
        f"costs.{name}": round(median(row["ms"][way] / row["ms"]["full"] for row in table) - 1, 3)
        for name, way in ways.items()
    }


def _one_heap() -> dict[str, float]:
    """How much alike Kestrel's questions are to a sorter: the largest intent's share, and the mean cosine of two."""
    from companion.finetune.forgetting import company_search
    from companion.models import load_encoder, load_sorter

    sorter, questions = load_sorter(), company_search()[0]
    said = sorter.predict(questions)
    numbers = {"sorter.product_facts": said.count("product_facts") / len(said)}
    for name, encoder in (("before", load_encoder()), ("after", sorter.encoder)):
        vectors = encoder.encode(questions)
        pairs = len(questions) * (len(questions) - 1)
        numbers[f"sorter.cosine.{name}"] = float(((vectors @ vectors.T).sum() - len(questions)) / pairs)
    return {key: round(value, 4) for key, value in numbers.items()}


def _voice(table) -> dict[str, float]:
    from companion.finetune.voice import WAYS

    numbers = {}
    for name, (model, redraw) in WAYS.items():
        rows = chosen(table, model=model, redraw=redraw)
        for what in ("facts_kept", "in_voice"):
            numbers[f"voice.{name}.{what}"] = round(fmean(row[what] for row in rows), 4)
    return numbers


def _ways(table) -> dict[str, float]:
    from companion.finetune.measure import first, last, rows_of, stopped

    numbers = {}
    for method, rate in sorted({(row["method"], row["rate"]) for row in table}, key=str):
        name, rows = f"mail.{method}" + (f".{rate:g}" if method == "full" else ""), rows_of(table, method, rate)
        for what in rows[0]["moments"][0]:
            if what != "step":
                numbers[f"{name}.{what.replace(' ', '_')}"] = fmean(last(table, what, method, rate).values())
                numbers[f"before.{what.replace(' ', '_')}"] = fmean(first(table, what, method, rate).values())
                if method == "full":
                    early = stopped(table, what, method, rate)
                    numbers[f"{name}.stopped.{what.replace(' ', '_')}"] = fmean(early.values())
        numbers[f"{name}.trained"] = rows[0]["trained"]
        numbers[f"{name}.seconds"] = fmean(row["seconds"] for row in rows)
    return {key: round(value, 4) for key, value in numbers.items()}


def distillation() -> tuple[dict[str, float], Runs]:
    """Claims C1.3-a to -e, and the accuracy of every student."""
    from companion.distill.measure import FEW, MANY, by_seed
    from companion.distill.study import accuracy
    from companion.models import load_sorter
    from companion.world.utterances import mail

    table, sorter = stored("students")["rows"], load_sorter()
    teacher = accuracy(sorter, *mail("test"))
    many = {"texts": MANY, "labels": "soft"}
    soft, former = by_seed(table, kind="cnn", extra="", **many), by_seed(table, kind="transformer", extra="", **many)
    hard = by_seed(table, kind="cnn", texts=MANY, labels="hard", extra="")
    runs = {
        "C1.3-a": run(soft, dict.fromkeys(soft, 0.9 * teacher)),
        "C1.3-b": run(by_seed(table, kind="transformer", extra="attention", **many), former),
        "C1.3-c": run(soft, hard),
        "C1.3-d": run(by_seed(table, kind="cnn", extra="hint", **many), soft),
        "C1.3-e": run(by_seed(table, kind="cnn", extra="relations", **many), soft),
    }
    numbers = {"students.teacher": teacher}
    for row in table:
        texts = {FEW: "few", MANY: "many"}[row["texts"]]
        wanted = {name: row[name] for name in ("kind", "texts", "labels", "extra")}
        name = ".".join(["students", row["kind"], texts, row["labels"], *filter(None, [row["extra"]])])
        numbers[name] = round(fmean(by_seed(table, **wanted).values()), 4)
        numbers[f"{name}.validation"] = round(fmean(by_seed(table, "validation", **wanted).values()), 4)
        numbers[f"students.{row['kind']}.parameters"] = row["parameters"]
    return numbers | _writers(), runs


def _writers() -> dict[str, float]:
    """The generator and its students, by the stored run; how many word pieces they share."""
    from companion.distill.llama import LlamaStudent

    rows = stored("writers")["rows"]
    both = {"teacher": rows[0]["teacher"]} | {"student" if r["soft"] else "words": r["student"] for r in rows}
    numbers = {f"writers.{who}.{what}": value for who, found in both.items() for what, value in found.items()}
    numbers["writers.faster"] = round(both["student"]["tokens_per_second"] / both["teacher"]["tokens_per_second"], 1)
    return numbers | {"writers.pieces": len(LlamaStudent.load().tokenizer)}


def _rounded(values: Mapping[int, float]) -> dict[int, float]:
    return {seed: round(value, 4) for seed, value in values.items()}
