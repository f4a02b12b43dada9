"""Ways shown beside the registered ones of section 3.2: what each side has when it is given what the other had.

The document's router may practise on product questions, RAG alone may refuse by a threshold, the writer's rival may
search the letters that the writer learned from, the router's rival may train a linear layer. Seed by seed, as in
`companion.hybrid.measure`, whose stored table takes these rows up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from companion.hybrid import measure, router_training
from companion.hybrid.paths import REPLY, RagAlone, with_replies
from companion.hybrid.prices import best_threshold
from companion.hybrid.router import FAQ, PERSON, Router
from companion.hybrid.router_training import CLASSES, STEPS, STEPS_WITH_QUESTIONS, judged, lessons, tuned
from companion.hybrid.scores import RIGHT, Done, outcome, summary
from companion.hybrid.turns import COMPANIES, Asked, turns
from companion.models import load_encoder, load_generator, load_sorter
from companion.models.generator import ADAPTERS
from companion.models.weights import file_sha256
from companion.rag.kestrel import articles_index
from companion.world import world

Row = dict[str, Any]
KINDS = ("article", REPLY)


def further_run(seed: int) -> Row:
    """{"desks", "beside"}: what is put into the stored row of this seed."""
    asked, router = turns("test"), practised_of(seed)
    said = measure.shared_answers(asked)
    student = measure.answers(f"student-{seed}", lambda: measure.distilled_alone(measure.student_of(seed)), asked)
    spent = measure.router_ms(router, asked)
    router.sorter = measure.Remembering(router.sorter)
    decisions = router.decide([turn.text for turn in asked])
    done = {"practised": measure.routed(asked, decisions, said["search"], student, spent)}
    done["rag_threshold"] = with_threshold(asked, said["rag"])
    sent = {
        kind: dict(Counter(d.route for d, a in zip(decisions, asked, strict=True) if a.route == kind))
        for kind in (FAQ, "other", PERSON)
    }
    scored = measure.router_scores(router, asked) | {"ms": spent, "validation": routes_right(router)}
    beside = measure.rounded(scored | layers(asked, seed) | searched_letters(asked))
    desks = {name: measure.rounded(summary(asked, turns_done)) for name, turns_done in done.items()}
    return {"desks": desks, "beside": beside | {"sent": sent, "least": list(thresholds())}}


def practised_of(seed: int) -> Router:
    """The seed's router that also practised on product questions; trained if it is not on the disk."""
    folder = measure.home() / f"practised-{seed}"
    if not (folder / "adapter_model.safetensors").is_file():
        router_training.main(["--questions", "--seed", str(seed), "--out", str(folder)])
    return tuned(folder)


def routes_right(router: Router) -> float:
    """Share of the 350 validation turns for a machine that take the right route."""
    machine = [turn for turn in turns("validation") if turn.route != PERSON]
    return float(np.mean(judged(router, machine)[1]))


# --- RAG alone, with a threshold ------------------------------------------------------------------------------
def with_threshold(asked: Sequence[Asked], said: measure.Said) -> list[Done]:
    """RAG alone, whose reply goes to a person where the nearest document of its kind is not near enough."""
    found, least = nearest_documents("test"), dict(zip(KINDS, thresholds(), strict=True))
    done = []
    for turn, (text, path, ms), (kind, cosine) in zip(asked, said, found, strict=True):
        handed = path == PERSON or cosine < least[kind]
        done.append(Done(PERSON if handed else path, outcome(turn, text, handed), ms))
    return done


@cache
def thresholds() -> tuple[float, ...]:
    """The cosine for articles and the one for replies that make RAG's bill on the validation turns smallest.

    Looked at is whether the *reply* was right, which a router's threshold is not told: RAG gets the more of the two.
    """
    asked, found = turns("validation"), nearest_documents("validation")
    name = f"rag-validation-{file_sha256(ADAPTERS / 'generator' / 'adapter_model.safetensors')[:8]}"
    said = measure.answers(name, lambda: RagAlone(index_of("validation"), load_generator()), asked)
    rows = [
        (kind, cosine, outcome(turn, text, False) == RIGHT)
        for turn, (text, path, _), (kind, cosine) in zip(asked, said, found, strict=True)
        if path != PERSON  # a refusal goes to a person at any threshold
    ]
    chosen = (best_threshold(*zip(*[row[1:] for row in rows if row[0] == kind], strict=True)) for kind in KINDS)
    return tuple(round(float(value) - 5e-5, 4) for value in chosen)  # rounded downwards


@cache
def nearest_documents(split: str) -> list[tuple[str, float]]:
    """For each turn the kind of the document that RAG's search finds first, and the best cosine among its kind."""
    index, found = index_of(split), []
    for turn in turns(split):
        vector = index.embed(turn.text)
        reply = index.search(turn.text, 1, vector=vector)[0].metadata["kind"] == REPLY
        best = index.search(turn.text, 1, "dense", lambda m, r=reply: (m["kind"] == REPLY) == r, vector)[0]
        found.append((REPLY if reply else "article", best.score))
    return found


@cache
def index_of(split: str) -> Any:
    """The articles of the split's company with the gold replies."""
    return with_replies(articles_index(world(COMPANIES[split]).articles))


# --- a layer, and a search, with what the others learned from -------------------------------------------------
def layers(asked: Sequence[Asked], seed: int) -> dict[str, float]:
    """Share of the machine's turns on the right route by one linear layer on frozen vectors, without and with
    product questions in training."""
    from companion.finetune.tuning import tune

    machine, found = [turn for turn in asked if turn.route != PERSON], {}
    for name, questions in (("layer", False), ("layer_practised", True)):
        texts, labels = lessons(questions)
        steps = STEPS_WITH_QUESTIONS if questions else STEPS
        how = {"seed": seed, "classes": CLASSES, "progress": False}
        model, _ = tune(load_encoder(), texts, labels, "probe", steps, **how)
        found[name] = float(np.mean(judged(Router(model), machine)[1]))
    return found


@cache
def letters_of_the_writer() -> list[tuple[str, str]]:
    """The writer's lessons: each letter with the reply that its teachers named."""
    from companion.distill.reply_training import taught, transfer_letters

    return [(letter, said.split(": ", 1)[1]) for letter, said in taught(transfer_letters(), load_sorter())]


def searched_letters(asked: Sequence[Asked]) -> dict[str, float]:
    """Share of the other requests rightly answered by the reply of the nearest of the writer's own letters.

    searched: in the vectors of the encoder as it is. searched_tuned: in those of the sorter, which named the replies.
    replies: how many different ones the writer was taught.
    """
    pairs, other = letters_of_the_writer(), [turn for turn in asked if turn.route == "other"]
    encoders = {"searched": load_encoder(), "searched_tuned": load_sorter().encoder}
    found = {"replies": float(len({reply for _, reply in pairs}))}
    for name, encoder in encoders.items():
        known = _vectors(name, encoder)
        rows = (encoder.encode([turn.text for turn in other]) @ known.T).argmax(1)
        right = [outcome(turn, pairs[row][1], False) for turn, row in zip(other, rows, strict=True)]
        found[name] = right.count(RIGHT) / len(other)
    return found


_KNOWN: dict[str, np.ndarray] = {}


def _vectors(name: str, encoder: Any) -> np.ndarray:
    if name not in _KNOWN:
        _KNOWN[name] = encoder.encode([letter for letter, _ in letters_of_the_writer()])
    return _KNOWN[name]
