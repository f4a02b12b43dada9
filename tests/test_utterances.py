"""The utterances, the gold replies and the brand voice: counts, splits by writer, and nothing leaks."""

import json
import re
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path

import bm25s
import numpy as np
import pytest
import Stemmer

from companion.world import grammar
from companion.world import utterances as u

DATA = Path(u.__file__).parent / "data"
WRITERS = [writer for split in u.SPLITS.values() for writer in split]


def every_labelled(split):
    return [*u.labelled(split), *u.two_wishes(split), *u.out_of_scope(split)]


def plain(text):
    """Lower case, words only: what counts when two texts are compared."""
    return " ".join(re.findall(r"\w+", text.lower()))


@cache
def trigrams(text):
    padded = f"  {plain(text)} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


def jaccard(left, right):
    """Character-trigram Jaccard of each pair: (left, right). Trigrams of one side only need no column."""
    left, right = [trigrams(t) for t in left], [trigrams(t) for t in right]
    shared = set().union(*left) & set().union(*right)
    column = {gram: i for i, gram in enumerate(shared)}

    def table(rows):
        filled = np.zeros((len(rows), len(column)), np.float32)
        for row, grams in enumerate(rows):
            filled[row, [column[g] for g in grams if g in column]] = 1
        return filled

    common = table(left) @ table(right).T  # (left, right)
    sizes = np.array([len(g) for g in left])[:, None] + np.array([len(g) for g in right])[None]
    return common / (sizes - common)


def worst_pairs(left, right, limit):
    """The pairs at or above `limit`, for the message of a failing test."""
    scores = jaccard(left, right)
    return [(round(float(scores[i, j]), 2), left[i], right[j]) for i, j in np.argwhere(scores >= limit)]


def test_jaccard_by_hand():
    # "  ab " has the trigrams "  a", " ab", "ab "; "  ac " shares "  a" only: 1 of 5
    assert jaccard(["ab"], ["ac", "ab"]) == pytest.approx(np.array([[0.2, 1.0]]))


def test_counts():
    splits = [u.labelled(split) for split in u.SPLITS]
    assert [len(s) for s in splits] == [640, 160, 160]
    assert Counter(x.labels for s in splits for x in s) == {(intent,): 60 for intent in u.INTENTS}
    assert len(u.INTENTS) == 16 and set(u.FAQ_INTENTS) <= set(u.INTENTS)
    assert [len(u.out_of_scope(split)) for split in u.SPLITS] == [200, 50, 50]
    texts = [plain(x.text) for split in u.SPLITS for x in every_labelled(split)]
    assert Counter(texts).most_common(1)[0][1] == 1, "the same text stands twice"


def test_splits_are_by_writer():
    assert len(WRITERS) == len(set(WRITERS)) == 6
    assert {file.stem for file in (DATA / "utterances").glob("*.json")} == set(WRITERS)
    for split, names in u.SPLITS.items():
        assert {x.writer for x in every_labelled(split)} == set(names)
    assert len({u.style(writer) for writer in WRITERS}) == 6


@pytest.mark.parametrize("writer", WRITERS)
def test_a_writer_s_file(writer):
    file = json.loads((DATA / "utterances" / f"{writer}.json").read_text(encoding="utf8"))
    assert file["writer"] == writer and list(file["intents"]) == list(u.INTENTS)
    assert {len(texts) for texts in file["intents"].values()} == {10} and len(file["out_of_scope"]) == 50


def test_two_wishes_carry_two_labels():
    for split in u.SPLITS:
        wishes = u.two_wishes(split)
        assert len(wishes) >= 4 * len(u.SPLITS[split])
        for wish in wishes:
            assert len(set(wish.labels)) == 2 and set(wish.labels) <= set(u.INTENTS)


def test_no_opening_more_than_twice_an_intent():
    openings = Counter()
    for split in u.SPLITS:
        for x in [*u.labelled(split), *u.out_of_scope(split)]:
            words = plain(x.text).split()
            if len(words) >= 4:
                openings[x.labels[0], " ".join(words[:4])] += 1
    assert not [pair for pair, n in openings.items() if n > 2]


def test_no_near_copies_across_splits():
    texts = {split: [x.text for x in every_labelled(split)] for split in u.SPLITS}
    for one, other in combinations(u.SPLITS, 2):
        assert worst_pairs(texts[one], texts[other], 0.6) == []


@pytest.mark.parametrize("split", ["validation", "test"])
def test_nearest_neighbour_is_not_enough(split):
    """If word overlap with the training set solved the task, there would be nothing to learn from it."""
    known, asked, stemmer = u.labelled("train"), u.labelled(split), Stemmer.Stemmer("english")

    def tokens(items):
        texts = [x.text for x in items]
        return bm25s.tokenize(texts, stemmer=stemmer, stopwords=None, return_ids=False, show_progress=False)

    bm25 = bm25s.BM25(k1=0.9, b=0.4)
    bm25.index(tokens(known), show_progress=False)
    nearest, _ = bm25.retrieve(tokens(asked), k=1, show_progress=False)  # (asked, 1)
    accuracy = np.mean([known[i].labels == x.labels for i, x in zip(nearest[:, 0], asked, strict=True)])
    assert 1 / 16 < accuracy < 0.9


def test_composed_are_marked_and_unlabelled():
    composed = u.unlabelled()
    assert len(composed) >= 3000 and len({x.text for x in composed}) == len(composed)
    assert all(x.composed and x.labels == () and x.writer == "grammar" for x in composed)
    assert set(Counter(x.made_for for x in composed).values()) == {grammar.EACH}
    assert {x.made_for for x in composed} == {*u.INTENTS, u.OUT_OF_SCOPE}
    assert "made_for" not in repr(composed[0])
    assert not any(x.composed for split in u.SPLITS for x in every_labelled(split))
    assert not [x.text for x in composed if re.search(r"[{}]|  ", x.text)]


def test_composed_are_disjoint_from_labelled():
    known = [x.text for split in u.SPLITS for x in every_labelled(split)]
    assert worst_pairs([x.text for x in u.unlabelled()], known, 0.8) == []
    wishes = [wish for wishes in grammar.parts()["wishes"].values() for wish in wishes]
    assert worst_pairs(wishes, known, 0.8) == []


def test_the_grammar_s_parts():
    parts = grammar.parts()
    assert sorted(i for intents in parts["groups"].values() for i in intents) == sorted([*u.INTENTS, u.OUT_OF_SCOPE])
    assert min(len(wishes) for wishes in parts["wishes"].values()) >= 25
    assert min(len(situations) for situations in parts["situations"].values()) >= 20


def test_the_grammar_is_seeded():
    assert grammar.compose(seed=3, each=5) == grammar.compose(seed=3, each=5) != grammar.compose(seed=4, each=5)
    for each in (0, 1001):
        with pytest.raises(ValueError, match="choose a smaller|1 to 1000"):
            grammar.compose(each=each)


def test_a_slip_leaves_numbers_and_names_alone():
    random = grammar.Random(0)
    for _ in range(200):
        slipped = grammar.slip("Order 40917 for a Heron 2 never arrived", random)
        assert slipped != "Order 40917 for a Heron 2" and {"40917", "Heron", "2"} <= set(slipped.split())
    assert grammar.slip("K-7731 NOW", random) == "K-7731 NOW"


def test_replies():
    replies = u.replies()
    assert set(replies) == set(u.INTENTS) - set(u.FAQ_INTENTS)
    for pairs in replies.values():
        assert len(pairs) == 12 and 3 <= len({reply for _, reply in pairs}) <= 4
        for _, reply in pairs:
            assert len(reply.split()) <= 30 and len(re.findall(r"[.!?](?: |$)", reply)) <= 2
    requests = [request for pairs in replies.values() for request, _ in pairs]
    assert len(set(requests)) == 144
    for split in u.SPLITS:
        assert worst_pairs(requests, [x.text for x in every_labelled(split)], 0.6) == []


def test_the_brand_voice_keeps_numbers_and_names():
    pairs = json.loads((DATA / "brand_voice.json").read_text(encoding="utf8"))
    for pair in pairs:
        numbers = [sorted(re.findall(r"\d+(?:\.\d+)?", pair[side])) for side in ("plain", "voice")]
        assert numbers[0] == numbers[1], pair
        assert pair["product"] in pair["plain"] and pair["product"] in pair["voice"]
        assert pair["voice"].startswith("You ") and ", so you can " in pair["voice"]
    assert len({pair["fact"] for pair in pairs}) >= 20


def test_the_brand_voice_s_held_out_names_are_new():
    pairs = json.loads((DATA / "brand_voice.json").read_text(encoding="utf8"))
    names = {s: {p["product"].split()[0] for p in pairs if p["split"] == s} for s in ("train", "held_out")}
    assert not names["train"] & names["held_out"]
    assert (len(u.brand_voice("train")), len(u.brand_voice("held_out"))) == (120, 40)


def test_unknown_names_say_what_there_is():
    for ask in (u.labelled, u.two_wishes, u.out_of_scope):
        with pytest.raises(ValueError, match="train, validation, test"):
            ask("dev")
    with pytest.raises(ValueError, match="held_out"):
        u.brand_voice("test")
    with pytest.raises(ValueError, match="amara"):
        u.style("zoe")


def test_data_are_small_and_carry_their_card():
    assert sum(file.stat().st_size for file in DATA.rglob("*") if file.is_file()) < 4e6
    card = (DATA / "DATA_CARD.md").read_text(encoding="utf8")
    assert "CC0" in card and "CC0" in (DATA / "LICENSE").read_text(encoding="utf8")
    assert all(writer.capitalize() in card for writer in WRITERS)
