"""Five ways to answer Kestrel's questions: two without training, retrieval, and facts trained into a model.

The distilled way of this chapter sorts mail (`fit.py`): what a student knows it has from its teacher, and the
closed-book teacher knows no fact of Kestrel's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from random import Random
from statistics import median
from typing import Any

from companion.compare.update import lora_student
from companion.metrics import exact_match, normalise_answer
from companion.models import load_generator, prompts
from companion.models.generator import place_of
from companion.models.prompted import answer_loss
from companion.models.sentences import sentence_starts
from companion.rag import SparseIndex, kestrel_index
from companion.rag.answer import NOTHING_FOUND, RAGPipeline
from companion.rag.measure import answered, sample
from companion.rag.records import searchable
from companion.training import train
from companion.world import Question, world, writing

RIGHT, WRONG, REFUSED = "right", "wrong", "refused"
COUNT, ANSWER_TOKENS = 60, 24
STEPS, BATCH, RATE = 300, 16, 2e-3  # facts trained in: seven passes over Kestrel's 708 facts
Row = dict[str, Any]


def asked(seed: int, count: int = COUNT) -> list[Question]:
    """`count` of Kestrel's questions that an article answers."""
    return sample(count, seed)


def quote(index: Any, question: str) -> str:
    """BM25's first article, and of that the sentence which BM25 ranks first: no model at all.

    "" where no article shares a word with the question. The quotation is right where it holds the answer.
    """
    hits = index.search(question, 1, mode="sparse")
    if not hits:
        return ""
    starts = sentence_starts(hits[0].text)
    sentences = [hits[0].text[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]
    best, _ = _sentences(sentences).search(question, 1)
    return sentences[int(best[0])].strip() if best else sentences[0].strip()


def _sentences(sentences: Sequence[str]) -> SparseIndex:
    index = SparseIndex()
    index.add([str(n) for n in range(len(sentences))], list(sentences))
    return index


def fill(generator: Any, question: str, texts: Sequence[str]) -> list[str]:
    """As many of the texts, from the first on, as the generator's prompt has room for beside an answer."""
    room, fitting = generator.room() - ANSWER_TOKENS - 1, []  # 1: the token that begins a prompt
    for text in texts:
        if len(generator.tokenizer.tokenize(generator.prompt(question, [*fitting, text]), verbose=False)) > room:
            break
        fitting.append(text)
    return fitting


def outcome(text: str, answer: str) -> str:
    """ "right", "refused" or "wrong"."""
    if exact_match(text, answer):
        return RIGHT
    refusals = {normalise_answer(said) for said in ("", prompts.REFUSAL, NOTHING_FOUND)}
    return REFUSED if normalise_answer(text) in refusals else WRONG


def answers_run(way: str, seed: int, count: int = COUNT, drop: float = 0.0) -> Row:
    """Shares right, wrong and refused of `count` questions, and the CPU-milliseconds of the median answer.

    drop: share of the articles that are taken out first, drawn by the seed.
    """
    ask, questions = answerer(way, seed, drop), asked(seed, count)
    ask(questions[0].text)
    found, milliseconds = [], []
    for question in questions:
        began = time.process_time()
        text = ask(question.text)
        milliseconds.append(1000 * (time.process_time() - began))
        right = bool(place_of(question.answer, text)) if way == "bm25" else False
        found.append(RIGHT if right else outcome(text, question.answer))
    shares = {name: round(found.count(name) / count, 4) for name in (RIGHT, WRONG, REFUSED)}
    return shares | {"milliseconds": round(median(milliseconds), 2)}


def answerer(way: str, seed: int = 0, drop: float = 0.0) -> Callable[[str], str]:
    """A function from a question to a text, for "bm25", "paste" or "rag"; ValueError for another way."""
    index = kestrel_index()
    dropped = Random(f"dropped-{seed}").sample(index.ids, round(drop * len(index)))
    index.remove(dropped)
    if way == "bm25":
        return lambda question: quote(index, question)
    generator = load_generator()
    if way == "rag":
        return lambda question: RAGPipeline(index, generator).answer(question).text
    if way != "paste":
        raise ValueError(f"There is no way {way!r} to ask without training: choose bm25, paste or rag.")
    texts = [index[item].text for item in Random(f"order-{seed}").sample(index.ids, len(index))]
    return lambda question: generator.respond(question, fill(generator, question, texts)).text


def facts_run(kind: str, seed: int, steps: int = STEPS, count: int = 2 * COUNT) -> Row:
    """Fine-tune a store of facts: the closed-book generator on all that Kestrel's articles state.

    kind: "sentences", the articles cut at a random place, or "pairs", every fact as question and answer in wordings
    that are not asked later. Gives the share of `count` questions answered exactly without any article.
    """
    generator, facts = load_generator("closed-book"), answered(world(0).questions)
    student, began = lora_student(generator, seed), time.process_time()
    example = _sentence if kind == "sentences" else _pair

    def batch(step: int) -> Any:
        random = Random(f"store-{seed}-{step}")
        return student.batch([example(fact, random) for fact in random.sample(facts, BATCH)])

    train(student, batch, answer_loss, steps, lr=RATE, seed=seed, warmup=10, progress=False, bf16=False)
    seconds = time.process_time() - began
    generator.model.eval()
    found = [outcome(generator.respond(q.text, []).text, q.answer) for q in asked(seed, count)]
    shares = {name: round(found.count(name) / count, 4) for name in (RIGHT, WRONG, REFUSED)}
    return shares | {"steps": steps, "seconds": round(seconds, 1)}


def _sentence(fact: Question, random: Random) -> tuple[str, str]:
    article = world(0).article(fact.article_id)
    words = searchable(article.title, article.text).split()
    cut = random.randint(1, len(words) - 1)
    return " ".join(words[:cut]), " ".join(words[cut:])


def _pair(fact: Question, random: Random) -> tuple[str, str]:
    ask = writing.policy_question if fact.article_id.startswith("policy") else writing.question
    while (text := ask(fact.product, fact.attribute, random, "practice")) == fact.text:
        pass
    return prompts.answer_prompt(text, []), fact.answer


def dominated(ways: dict[str, dict[str, float]], axes: Sequence[str], lower: Sequence[str] = ()) -> dict[str, str]:
    """{way: one that beats it}: at least as good on each of the axes, and better on one (Pareto dominance).

    ways: {way: {axis: number}}; a larger number is better, but for axes in `lower`. Equal ways beat nobody.
    """
    sign = {axis: -1 if axis in lower else 1 for axis in axes}

    def beats(a: dict[str, float], b: dict[str, float]) -> bool:
        gains = [sign[axis] * (a[axis] - b[axis]) for axis in axes]
        return bool(gains) and min(gains) >= 0 and max(gains) > 0

    pairs = ((name, other) for name in ways for other in ways if beats(ways[other], ways[name]))
    found: dict[str, str] = {}
    for name, other in pairs:
        found.setdefault(name, other)
    return found
