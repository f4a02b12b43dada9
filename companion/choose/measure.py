"""What the chapters before did not measure and a choice needs: no labels, few labels, milliseconds, megabytes.

`python -m companion.build runs choose` makes the stored table; `companion.choose.figures` reads it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import Any

import torch

from companion.choose.first import WORDINGS, Neighbours, ZeroShot
from companion.labels import hit_rate, labels_to_rows
from companion.metrics import median_ms
from companion.models.embedded import Embedded
from companion.probe import Probe, Setting
from companion.probe import probe as trained_probe
from companion.world.utterances import INTENTS, labelled, mail, unlabelled

LABELS = (16, 32, 80, 160, 320, 640)  # of 16 intents: 1, 2, 5, 10, 20, 40 each
KS = (1, 3, 5, 9, 15, 25, 40)  # so many neighbours may vote
AT_ONCE = {"schedule": "constant", "warmup": 0, "clip": None}  # all letters are one batch
WORDS_OF_AN_ANSWER = 6  # tokens; the students' answer loop is cut there, for an untrained one never ends
Row = dict[str, Any]


def jobs(encoder: Embedded, seeds: Iterable[int]) -> Iterator[tuple[Row, Callable[[], Row]]]:
    """(key, how it is measured) of every row of the stored run."""
    for name, wording in WORDINGS.items():
        yield (
            {"what": "zero-shot", "wording": name},
            lambda wording=wording: scores(ZeroShot(encoder, INTENTS, wording)),
        )
    for seed in seeds:
        for labels in LABELS:
            for what, run in (("probe", probe), ("neighbours", neighbours)):
                key = {"labels": labels, "seed": seed}
                yield {"what": what} | key, lambda run=run, key=key: run(encoder, **key)
    for name, run in milliseconds().items():
        yield {"what": "milliseconds", "of": name}, run
    for seed in seeds:
        key = {"wording": "name", "seed": seed}
        yield {"what": "untaught teacher"} | key, lambda key=key: untaught_teacher(encoder, **key)


def scores(model: Any) -> Row:
    """Share of letters sorted rightly, of the validation writer and of the test writer."""
    pairs = {split: mail(split) for split in ("validation", "test")}
    return {s: round(hit_rate(model, t, labels_to_rows(i, INTENTS)), 4) for s, (t, i) in pairs.items()}


def few(labels: int, seed: int) -> tuple[list[str], list[str]]:
    """`labels` training letters, as many of each intent, drawn by seed."""
    random, chosen = Random(f"few-{labels}-{seed}"), []
    for intent in INTENTS:
        of_it = [letter.text for letter in labelled("train") if letter.labels[0] == intent]
        chosen += [(text, intent) for text in random.sample(of_it, labels // len(INTENTS))]
    texts, intents = zip(*chosen, strict=True)
    return list(texts), list(intents)


def probe(encoder: Any, labels: int, seed: int) -> Row:
    """The cheapest fine-tuning, one linear layer on frozen vectors, with so many labels."""
    texts, intents = few(labels, seed)
    vectors, rows = encoder.encode(texts), labels_to_rows(intents, INTENTS).tolist()
    head = trained_probe(vectors, rows, INTENTS, Setting(decay=1e-2), seed, size=labels, **AT_ONCE)
    return scores(_Headed(encoder, head))


class _Headed:
    def __init__(self, encoder: Any, head: Probe):
        self.encoder, self.head = encoder, head

    def logits(self, texts: Sequence[str]) -> Any:
        return self.head.logits(self.encoder.encode(texts))


def neighbours(encoder: Any, labels: int, seed: int) -> Row:
    """Retrieval as a sorter, with so many labelled letters to look up; k is chosen on the validation writer."""
    known = few(labels, seed)
    tried = {k: scores(Neighbours(encoder, *known, INTENTS, k)) for k in KS if k <= labels}
    k = max(tried, key=lambda k: tried[k]["validation"])  # of several the smallest
    return tried[k] | {"k": k}


def untaught_teacher(encoder: Any, wording: str, seed: int) -> Row:
    """A student of a teacher that never saw a label: the CNN of section 1.3 on zero-shot labels of all 4,040 texts."""
    from companion.distill.measure import SETTINGS
    from companion.distill.students import make_student
    from companion.distill.study import distil

    texts = [message.text for message in (*labelled("train"), *unlabelled())]
    said = ZeroShot(encoder, INTENTS, WORDINGS[wording]).predict(texts)
    settings, words = SETTINGS["cnn"], encoder.encoder.model.get_input_embeddings().weight
    student = make_student("cnn", len(words), INTENTS, seed, words, **settings["sizes"])
    distil(student, texts, labels=said, steps=settings["steps"], lr=settings["lr"], seed=seed, progress=False)
    return scores(student)


def milliseconds() -> dict[str, Callable[[], Row]]:
    """{what: a function that times it}: CPU milliseconds of this process for one call on one thread, and megabytes."""
    return {
        "encoder": _encoder,
        "student": _student,
        "search": _search,
        "generator": lambda: _generator("closed-book", 0),
        "generator with passages": lambda: _generator("generator", 5),
        "student generator": _student_generator,
    }


def _timed(call: Callable[[int], object], *models: torch.nn.Module) -> Row:
    turn = iter(range(1000))
    numbers = sum(parameter.numel() for model in models for parameter in model.parameters())
    spent = median_ms(lambda: call(next(turn)), repeat=20, warmup=3, clock=time.process_time)
    return {"milliseconds": round(spent, 2), "megabytes": round(4e-6 * numbers, 2)}


def _encoder() -> Row:
    from companion.models import load_sorter

    sorter, texts = load_sorter(), mail("test")[0]
    return _timed(lambda turn: sorter.logits([texts[turn]]), sorter.encoder.model)


def _student() -> Row:
    from companion.distill.measure import SETTINGS
    from companion.distill.students import make_student
    from companion.distill.texts import encoder_tokenizer

    texts = mail("test")[0]
    student = make_student("cnn", len(encoder_tokenizer()), INTENTS, **SETTINGS["cnn"]["sizes"]).eval()
    return _timed(lambda turn: student.logits([texts[turn]]), student)


def _search() -> Row:
    from companion.rag import kestrel_index
    from companion.rag.measure import sample

    index, asked = kestrel_index(), [question.text for question in sample(24)]
    return _timed(lambda turn: index.search(asked[turn], 5), index.encoder.model)


def _generator(name: str, passages: int) -> Row:
    from companion.models import load_generator
    from companion.rag import kestrel_index
    from companion.rag.measure import sample

    generator, index, asked = load_generator(name), kestrel_index(), [question.text for question in sample(24)]
    read = [[hit.text for hit in index.search(text, passages)] if passages else [] for text in asked]
    return _timed(lambda turn: generator.respond(asked[turn], read[turn]), generator.model)


def _student_generator() -> Row:
    """Time and size need no training: an untrained Llama of the shipped shape reads one page and writes six tokens."""
    from companion.distill.llama import LlamaStudent, make_llama
    from companion.distill.sequences import SharedVocabulary, greedy, shop_texts
    from companion.models import load_generator
    from companion.rag.measure import sample
    from companion.world import world

    pieces = SharedVocabulary.cut(shop_texts(), load_generator().tokenizer)
    student = LlamaStudent("untrained", make_llama(pieces).eval(), pieces.tokenizer)
    asked = [(question.text, [world(0).article(question.article_id).text]) for question in sample(24)]
    ids = [student.encode(student.prompt(*pair)) for pair in asked]
    with torch.inference_mode():
        return _timed(lambda turn: greedy(student, ids[turn], WORDS_OF_AN_ANSWER), student.model)
