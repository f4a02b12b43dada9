"""C2.1-e: is what a model points at what its answer rests on? Take it away, and see if the answer goes.

For retrieval that is the cited passage, for a sorter its three words of largest attribution. The control takes
away as much that was not pointed at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from companion.compare.attribution import UNSAID, attributions, without
from companion.metrics import exact_match
from companion.models.generator import place_of
from companion.rag.measure import answered
from companion.world import Question, world
from companion.world.utterances import mail

COUNT, WORDS, TOP_K = 60, 3, 5
Row = dict[str, Any]


def passages_matter(index: Any, generator: Any, seed: int, count: int = COUNT) -> Row:
    """Of `count` right answers: the share lost without the cited passage, and without another passage instead.

    "holds": the share of all answers with a citation whose cited passage really states the answer given;
    "gold": whose cited passage is the article that the question was made from. Both over right and wrong answers.
    """
    random, looked, right = Random(f"evidence-{seed}"), [], []
    for question in random.sample(answered(world(0).questions), 2 * count):
        hits = index.search(question.text, TOP_K)
        reply = generator.respond(question.text, [hit.text for hit in hits])
        if not reply.cited:
            continue
        cited = hits[reply.cited[0] - 1]
        looked.append((bool(place_of(reply.text, cited.text)), cited.id == question.article_id))
        if exact_match(reply.text, question.answer):
            right.append((question, [hit.text for hit in hits], reply.cited[0] - 1))
        if len(right) == count:
            break
    lost = _lost(generator, right, lambda cited, n: cited)
    other = _lost(generator, right, lambda cited, n: random.choice([k for k in range(n) if k != cited]))
    holds, gold = ([pair[i] for pair in looked] for i in (0, 1))
    shares = {"lost": lost, "control": other, "holds": sum(holds) / len(holds), "gold": sum(gold) / len(gold)}
    return {name: round(share, 4) for name, share in shares.items()} | {"answers": len(right)}


def _lost(generator: Any, right: Sequence[tuple[Question, list[str], int]], choose: Callable[[int, int], int]) -> float:
    """Share of right answers that are not given any more when one passage is taken out."""
    gone = 0
    for question, passages, cited in right:
        place = choose(cited, len(passages))
        left = [*passages[:place], *passages[place + 1 :]]
        gone += not exact_match(generator.respond(question.text, left).text, question.answer)
    return gone / len(right)


def words_matter(
    model: Any, seed: int, count: int = COUNT, words: int = WORDS, point: Callable[..., dict] = attributions
) -> Row:
    """Of `count` right predictions: the share that changes without the three words of largest attribution.

    model: a `Sorter` or a student. point: `attributions` (the registered way) or `one_by_one`. "control": without three
    words drawn at random. A letter of fewer words loses all.
    """
    random, (texts, intents) = Random(f"words-{seed}"), mail("test")
    rows = [row for row, said in enumerate(model.predict(texts)) if said == intents[row]]
    chosen = [texts[row] for row in random.sample(rows, min(count, len(rows)))]
    found = [point(model, text) for text in chosen]
    largest = [sorted(scores, key=scores.__getitem__, reverse=True)[:words] for scores in found]
    drawn = [random.sample(sorted(scores), min(words, len(scores))) for scores in found]
    shares = {"lost": changed(model, chosen, largest), "control": changed(model, chosen, drawn)}
    return {name: round(share, 4) for name, share in shares.items()} | {"answers": len(chosen)}


def changed(model: Any, texts: Sequence[str], gone: Sequence[Sequence[tuple[int, int]]]) -> float:
    """Share of texts that get another label once these words are out."""
    left = [without(text, words) or UNSAID for text, words in zip(texts, gone, strict=True)]
    return sum(a != b for a, b in zip(model.predict(texts), model.predict(left), strict=True)) / len(texts)
