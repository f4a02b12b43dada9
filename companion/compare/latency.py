"""C2.1-d: how long an answer takes, stage by stage, and what retrieval adds at an equal generator.

Stages: "embed" (the question's vector), "search", "read" (the prompt goes through the model once), "write" (the
answer, token by token). Three traps are kept out: the first call is not counted (it loads and plans), both sides write
the same number of tokens, and the clock may count this process alone (`time.process_time`, for a busy machine).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from companion.distill.students import make_student
from companion.finetune.lora import merge_all
from companion.finetune.tuning import start
from companion.models import load_encoder
from companion.rag.answer import RAGPipeline
from companion.world.utterances import INTENTS, mail

QUESTIONS, TOP_K, MOST_TOKENS = 20, 5, 24
STAGES = ("embed", "search", "read", "write")
Clock = Callable[[], float]
Row = dict[str, Any]


def staged(
    index: Any, generator: Any, question: str, tokens: int, top_k: int = TOP_K, clock: Clock = time.process_time
) -> dict[str, float]:
    """Milliseconds of each stage of one answer of exactly `tokens` tokens; top_k 0: no index, no passages."""
    stages = dict.fromkeys(STAGES, 0.0)
    passages = []
    if top_k:
        with _stage(stages, "embed", clock):
            vector = index.embed(question)
        with _stage(stages, "search", clock):
            passages = [hit.text for hit in index.search(question, top_k, vector=vector)]
    with _watched(generator, stages, clock), _stage(stages, "write", clock):
        _write(generator, generator.prompt(question, passages), tokens)
    stages["write"] -= stages["read"]  # reading is the first part of what `generate` does
    return stages


def both_times(
    index: Any, generator: Any, questions: Sequence[str], clock: Clock = time.process_time
) -> dict[str, list[dict[str, float]]]:
    """{"with", "without"}: the stages of each question's answer, by the same generator, of as many tokens.

    They take turns, so that a busy machine slows both alike. One question is asked beforehand and not counted.
    """
    natural = [answer_tokens(index, generator, question) for question in questions]
    staged(index, generator, questions[0], natural[0], clock=clock)
    times: dict[str, list[dict[str, float]]] = {"with": [], "without": []}
    for question, tokens in zip(questions, natural, strict=True):
        times["with"].append(staged(index, generator, question, tokens, clock=clock))
        times["without"].append(staged(index, generator, question, tokens, 0, clock))
    return times


def answer_tokens(index: Any, generator: Any, question: str) -> int:
    """How many tokens the generator writes when it answers from five passages and may stop where it wants."""
    text = generator.generate(generator.prompt(question, [hit.text for hit in index.search(question, TOP_K)]))
    return max(1, min(MOST_TOKENS, len(generator.tokenizer(text, add_special_tokens=False).input_ids) + 1))


def summary(times: Sequence[dict[str, float]]) -> Row:
    """Median and slowest of the whole answers, and the median of each stage, in milliseconds."""
    whole = [sum(stages.values()) for stages in times]
    row: Row = {"median": round(median(whole), 2), "slowest": round(max(whole), 2)}
    return row | {"stages": {name: round(median(stages[name] for stages in times), 2) for name in STAGES}}


def answers_latency(pipeline: RAGPipeline, questions: Sequence[str]) -> Row:
    """The stored row of C2.1-d: {"with": summary, "without": summary, "first": the first call, cold}."""
    began = time.process_time()
    pipeline.answer(questions[0])
    first = 1000 * (time.process_time() - began)
    times = both_times(pipeline.index, pipeline.generator, questions)
    return {name: summary(rows) for name, rows in times.items()} | {"first": round(first, 1)}


def sorter_latency(texts: Sequence[str] | None = None, clock: Clock = time.process_time) -> Row:
    """Milliseconds to sort one letter: LoRA merged, LoRA not merged, an adapter, the CNN student.

    Untrained ones: time does not depend on what the numbers are. They take turns, letter by letter.
    """
    texts = mail("test")[0][:QUESTIONS] if texts is None else list(texts)
    models = sorters()
    for model in models.values():
        model.logits(texts[:1])
    times: dict[str, list[float]] = {name: [] for name in models}
    for text in [*texts, *texts]:
        for name, model in models.items():
            began = clock()
            model.logits([text])
            times[name].append(1000 * (clock() - began))
    return {name: {"median": round(median(t), 3), "slowest": round(max(t), 3)} for name, t in times.items()}


def sorters() -> dict[str, Any]:
    """The four sorters by name."""
    encoder = load_encoder()
    merged, unmerged = (start(encoder, INTENTS, "lora")[0] for _ in range(2))
    merge_all(merged.model)
    adapter = start(encoder, INTENTS, "adapter")[0]
    words = encoder.model.get_input_embeddings().num_embeddings
    student = make_student("cnn", words, INTENTS, dim=64, filters=64)
    return {"LoRA, merged": merged, "LoRA, not merged": unmerged, "adapter": adapter, "student": student.eval()}


@contextmanager
def _stage(stages: dict[str, float], name: str, clock: Clock) -> Iterator[None]:
    began = clock()
    yield
    stages[name] = 1000 * (clock() - began)


@contextmanager
def _watched(generator: Any, stages: dict[str, float], clock: Clock) -> Iterator[None]:
    """While inside, the generator's reading of its prompt is timed as well."""
    read = generator.read

    def timed(ids: Any) -> Any:
        with _stage(stages, "read", clock):
            return read(ids)

    generator.read = timed
    try:
        yield
    finally:
        del generator.read  # the class's own again


def _write(generator: Any, prompt: str, tokens: int) -> str:
    return generator.generate(prompt, max_new_tokens=tokens, min_new_tokens=tokens)
