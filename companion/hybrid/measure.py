"""The measurements behind the claims of section 3.2: every desk on the same 400 turns, for one seed a call.

A seed trains a router and a reply student; search, generator and closed-book model are the shipped ones. Each path
answers each turn once; a desk is then put together from the router's decisions and the paths' answers, as
`HybridModel` would. Times are the processor's, of one thread. `python -m companion.build runs hybrid` makes the stored
table; the functions at the end read it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from companion.hybrid import router_training
from companion.hybrid.calibration import calibration_error
from companion.hybrid.model import HybridModel, Turn
from companion.hybrid.paths import FineTunedAlone, RagAlone, SearchRouter, distilled_alone, with_replies
from companion.hybrid.prices import bill, false_accepts_at
from companion.hybrid.router import FAQ, OTHER, PERSON, Decision, Router
from companion.hybrid.router_training import judged, tuned
from companion.hybrid.scores import Done, outcome, summary
from companion.hybrid.turns import Asked, turns
from companion.ledger import path as ledger_path
from companion.metrics import auroc
from companion.models.desk_card import nearest
from companion.models.generator import ADAPTERS
from companion.models.weights import file_sha256
from companion.progress import progress
from companion.stored import chosen
from companion.world.utterances import FAQ_INTENTS, mail

DESKS = {  # as the text calls them
    "hybrid": "hybrid",
    "practised": "hybrid, router practised",
    "searched": "hybrid routed by search",
    "no_abstaining": "hybrid that never abstains",
    "rag": "RAG alone",
    "rag_threshold": "RAG alone, thresholds",
    "finetune": "fine-tuned alone",
    "distill": "distilled alone",
    "oracle": "oracle router",
    "person": "always a person",
}
SHIPPED = ("generator", "closed-book")
Row = dict[str, Any]
Said = list[list]  # text, path, milliseconds of each turn


def home() -> Path:
    """Where routers, students and answers of a run are kept, so that a killed run goes on."""
    return ledger_path().parent / "hybrid"


def answers(name: str, desk: Callable[[], Callable[[str], Turn]], asked: Sequence[Asked], every: int = 50) -> Said:
    """What a desk says to each turn: [text, path, milliseconds]; kept on disk and gone on with."""
    file = home() / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    said: Said = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    if len(said) == len(asked):
        return said
    respond = desk()
    for turn in asked[:3]:
        respond(turn.text)  # the first calls are slow
    for number, turn in enumerate(progress(asked[len(said) :], name), start=1):
        start = time.process_time()
        reply = respond(turn.text)
        said.append([reply.text, reply.route, round(1000 * (time.process_time() - start), 2)])
        if not number % every or len(said) == len(asked):
            file.write_text(json.dumps(said), encoding="utf-8")
    return said


def search_desk() -> HybridModel:
    """The hybrid's retriever alone: every turn goes to the index of articles."""
    return HybridModel(generator=str, classifier=lambda _: FAQ)


def shared_answers(asked: Sequence[Asked]) -> dict[str, Said]:
    """What the paths that no seed changes say to the 400 turns; asked anew where the shipped weights changed."""
    reads, remembers = (file_sha256(ADAPTERS / name / "adapter_model.safetensors")[:8] for name in SHIPPED)
    return {
        "search": answers(f"search-{reads}", lambda: search_desk().respond, asked),
        "rag": answers(f"rag-{reads}", _rag, asked),
        "finetune": answers(f"finetune-{remembers}", _finetune, asked),
    }


def _rag() -> RagAlone:
    from companion.models import load_generator
    from companion.rag import kestrel_index

    return RagAlone(with_replies(kestrel_index()), load_generator())


def _finetune() -> FineTunedAlone:
    from companion.models import load_generator, load_sorter

    return FineTunedAlone(load_sorter(), load_generator("closed-book"))


class Remembering:
    """A sorter that reads each text once: the same turns are looked at under many temperatures."""

    def __init__(self, sorter: Any):
        self.sorter, self.classes = sorter, sorter.classes
        self.read: dict[str, np.ndarray] = {}

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """As the sorter's own."""
        if new := [text for text in dict.fromkeys(texts) if text not in self.read]:
            self.read.update(zip(new, self.sorter.logits(new), strict=True))
        return np.stack([self.read[text] for text in texts])


def router_of(seed: int) -> Router:
    """The seed's router, tuned on validation; trained if it is not on the disk."""
    folder = home() / f"router-{seed}"
    if not (folder / "adapter_model.safetensors").is_file():
        router_training.main(["--seed", str(seed), "--out", str(folder)])
    return tuned(folder)


def student_of(seed: int) -> Callable[[str], str]:
    """The seed's reply student; trained if it is not on the disk."""
    from companion.distill import reply_training
    from companion.distill.reply_student import ReplyStudent

    folder = home() / f"student-{seed}"
    if not (folder / "model.safetensors").is_file():
        reply_training.main(["--seed", str(seed), "--out", str(folder)])
    return ReplyStudent.load(folder)


def hybrid_run(seed: int) -> Row:
    """A row of the stored table: every desk's summary, the router's scores, what stands beside, seed 0's turns."""
    asked, router = turns("test"), router_of(seed)
    said = shared_answers(asked)
    student = answers(f"student-{seed}", lambda: distilled_alone(student_of(seed)), asked)
    searched = SearchRouter(router=router)
    spent, search_ms = router_ms(router, asked), router_ms(searched, asked)
    router.sorter = Remembering(router.sorter)
    decisions = router.decide([turn.text for turn in asked])
    free = Router(router.sorter, router.temperature).decide([turn.text for turn in asked])
    right = [Decision("", turn.route, 1.0, {}) for turn in asked]
    desks = {"hybrid": (decisions, spent), "no_abstaining": (free, spent), "oracle": (right, 0.0)}
    desks |= {"searched": ([searched(turn.text) for turn in asked], search_ms)}
    done = {name: routed(asked, how, said["search"], student, ms) for name, (how, ms) in desks.items()}
    done |= {"rag": alone(asked, said["rag"]), "finetune": alone(asked, said["finetune"])}
    done |= {"distill": alone(asked, student), "person": alone(asked, [["", PERSON, 0.0]] * 400)}
    row: Row = {"desks": {name: rounded(summary(asked, done[name])) for name in done}}
    row["router"] = rounded(router_scores(router, asked) | {"ms": spent})
    return with_further(row, seed) | ({"turns": histograms(router)} if seed == 0 else {})


def with_further(row: Row, seed: int) -> Row:
    """The row with the ways that are shown beside the registered ones."""
    from companion.hybrid.further import further_run

    return row | (more := further_run(seed)) | {"desks": row["desks"] | more["desks"]}


def routed(
    asked: Sequence[Asked], decisions: Sequence[Decision], search: Said, student: Said, router_ms: float
) -> list[Done]:
    """A desk with a router: each turn answered by the path that the router chose."""
    done = []
    for turn, decision, found, written in zip(asked, decisions, search, student, strict=True):
        text, path, ms = {FAQ: found, OTHER: written, PERSON: ["", PERSON, 0.0]}[decision.route]
        done.append(Done(decision.route, outcome(turn, text, path == PERSON), ms + router_ms))
    return done


def alone(asked: Sequence[Asked], said: Said) -> list[Done]:
    """A desk without a router."""
    return [Done(path, outcome(a, text, path == PERSON), ms) for a, (text, path, ms) in zip(asked, said, strict=True)]


def router_ms(router: Callable[[str], Decision], asked: Sequence[Asked], count: int = 60) -> float:
    """Median milliseconds of one decision."""
    spent = []
    for turn in asked[:: len(asked) // count]:
        start = time.process_time()
        router(turn.text)
        spent.append(1000 * (time.process_time() - start))
    return float(np.median(spent[5:]))


def router_scores(router: Router, asked: Sequence[Asked]) -> dict[str, float]:
    """C3.2-a (`accuracy`) and its baseline (`means`), calibration before and after, false accepts."""
    machine = [turn for turn in asked if turn.route != PERSON]
    confidence, right = judged(router, asked)
    inside = [c for c, turn in zip(confidence, asked, strict=True) if turn.route != PERSON]
    outside = [c for c, turn in zip(confidence, asked, strict=True) if turn.route == PERSON]
    raw, raw_right = judged(Router(router.sorter), asked)
    numbers = {"accuracy": float(np.mean(judged(router, machine)[1])), "means": class_means(machine)}
    numbers |= {"auroc": auroc(inside, outside), "false_accepts": false_accepts_at(0.95, inside, outside)}
    numbers |= {"error_before": calibration_error(raw, raw_right), "error": calibration_error(confidence, right)}
    numbers |= {"letters": _faq_letters(router), "temperature": router.temperature, "threshold": router.threshold}
    counted = bill(confidence, right, router.threshold)
    return numbers | {"false": counted.false_accepts, "handed": counted.hand_overs, "money": counted.money}


def class_means(asked: Sequence[Asked]) -> float:
    """C3.2-a's baseline: the route of the nearest of 16 class means of the untuned encoder's vectors."""
    from companion.models import load_encoder

    said = nearest(load_encoder(), [turn.text for turn in asked], list(zip(*mail("train"), strict=True)))
    return float(np.mean([(i in FAQ_INTENTS) == (turn.route == FAQ) for i, turn in zip(said, asked, strict=True)]))


def _faq_letters(router: Router) -> float:
    """Share of the test writer's own 40 common questions, which no article answers, that take the FAQ route."""
    texts = [text for text, label in zip(*mail("test"), strict=True) if label in FAQ_INTENTS]
    return float(np.mean([d.route == FAQ for d in Router(router.sorter, router.temperature).decide(texts)]))


def histograms(router: Router) -> dict[str, dict[str, list]]:
    """{"validation" | "test": {"confidence": [...], "right": [...]}}, a number a turn, for `threshold_slider`."""
    drawn = {}
    for split in ("validation", "test"):
        confidence, right = judged(router, turns(split))
        drawn[split] = {"confidence": [round(c, 4) for c in confidence], "right": [int(r) for r in right]}
    return drawn


def rounded(numbers: dict[str, float]) -> dict[str, float]:
    """Four decimals are more than 400 turns can tell apart."""
    return {name: round(float(value), 4) for name, value in numbers.items()}


def by_seed(table: Sequence[Row], *path: str) -> dict[int, float]:
    """{seed: number} of the table's rows, such as by_seed(rows, "desks", "hybrid", "accuracy")."""
    found = {}
    for row in chosen(table):
        value = row
        for part in path:
            value = value[part]
        found[row["seed"]] = value
    return found


def best_alone(table: Sequence[Row], what: str, desks: Sequence[str]) -> dict[int, float]:
    """{seed: the best of these desks' numbers}."""
    columns = [by_seed(table, "desks", desk, what) for desk in desks]
    return {seed: max(column[seed] for column in columns) for seed in columns[0]}
