"""Recall of dense search by hand, against the index, by property; and a run that is watched."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.finetune import company_search, search_recall, watch_forgetting
from companion.metrics import recall_at_k

TEXTS = ["where is the parcel", "parcel lost", "a refund please", "money back", "where is my van", "refund me"]
LABELS = ["parcel", "parcel", "money", "money", "parcel", "money"]
SEARCH = (["parcel", "refund", "van"], TEXTS, [1, 2, 4])


class Placed:
    """An encoder that knows where each text lies."""

    class model:
        import torch

        device = torch.device("cpu")

    def __init__(self, places):
        self.places = places

    def encode(self, texts):
        return np.array([self.places[text] for text in texts], dtype=np.float32)


def test_by_hand():
    encoder = Placed({"q1": (1, 0), "q2": (0, 1), "a": (1, 0), "b": (0.8, 0.6), "c": (0, 1)})
    # q1 finds a, b, c in this order; q2 finds c, b, a
    assert search_recall(encoder, ["q1", "q2"], ["a", "b", "c"], [1, 1], k=1) == 0
    assert search_recall(encoder, ["q1", "q2"], ["a", "b", "c"], [0, 1], k=1) == 0.5
    assert search_recall(encoder, ["q1", "q2"], ["a", "b", "c"], [1, 1], k=2) == 1
    assert search_recall(encoder, ["q1"], ["a", "b"], [0], k=9) == 1  # fewer passages than k


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 8), st.integers(1, 12), st.integers(1, 12), st.integers(0, 999))
def test_equals_the_metric_over_a_plain_sort(questions, passages, k, seed):
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(questions + passages, 4)).astype(np.float32)
    encoder = Placed({str(n): v for n, v in enumerate(vectors)})
    names = list(encoder.places)
    gold = random.integers(passages, size=questions).tolist()
    expected = []
    for q, wanted in enumerate(gold):
        order = sorted(range(passages), key=lambda p, q=q: -float(vectors[q] @ vectors[questions + p]))
        expected.append(recall_at_k(order, {wanted}, k))
    got = search_recall(encoder, names[:questions], names[questions:], gold, k)
    assert got == pytest.approx(np.mean(expected))


def test_company_search_is_what_the_index_holds_and_is_asked():
    from companion.rag.measure import answered
    from companion.rag.records import searchable
    from companion.world import world

    questions, passages, gold = company_search()
    asked = answered(world(0).questions)
    assert questions == [q.text for q in asked] and len(gold) == len(questions)
    assert passages == [searchable(a.title, a.text) for a in world(0).articles]
    assert [world(0).articles[row].id for row in gold] == [q.article_id for q in asked]


def test_equals_the_index(tiny_encoder):
    from companion.rag import KnowledgeIndex

    encoder = tiny_encoder()
    questions, passages, gold = company_search()
    questions, passages, gold = questions[:40], passages[:60], [row % 60 for row in gold[:40]]
    index = KnowledgeIndex(encoder)
    index.add([str(row) for row in range(60)], passages)
    for k in (1, 5):
        found = [[int(hit.id) for hit in index.search(question, k, "dense")] for question in questions]
        expected = np.mean([recall_at_k(ranked, {row}, k) for ranked, row in zip(found, gold, strict=True)])
        assert search_recall(encoder, questions, passages, gold, k) == pytest.approx(expected)


@pytest.mark.parametrize("method", ["full", "probe", "lora"])
def test_a_watched_run_writes_down_every_moment(tiny_encoder, method):
    encoder = tiny_encoder()
    searches = {"own": SEARCH, "real": (["money"], TEXTS, [3])}
    options = {"steps": 5, "every": 2, "k": 1, "bf16": False, "progress": False, "lr": 0.05, "head_lr": 0.1}
    moments = watch_forgetting(encoder, TEXTS, LABELS, (TEXTS, LABELS), searches, method, **options)
    assert [step for step, _, _ in moments] == [0, 2, 4, 5]
    untouched = {name: search_recall(encoder, *search, k=1) for name, search in searches.items()}
    assert moments[0][2] == untouched
    assert all(set(recalls) == {"own", "real"} and 0 <= score <= 1 for _, score, recalls in moments)
    if method == "probe":
        assert all(recalls == untouched for _, _, recalls in moments)


def test_the_last_moment_is_the_tuned_model(tiny_encoder):
    from companion.finetune import accuracy, tune

    options = {"steps": 6, "lr": 0.05, "seed": 3, "head_lr": 0.1, "bf16": False, "progress": False}
    model, _ = tune(tiny_encoder(), TEXTS, LABELS, "lora", **options, r=2)
    moments = watch_forgetting(
        tiny_encoder(), TEXTS, LABELS, (TEXTS, LABELS), {"own": SEARCH}, "lora", **options, r=2, every=3, k=1
    )
    assert moments[-1] == (6, accuracy(model, TEXTS, LABELS), {"own": search_recall(model.encoder, *SEARCH, k=1)})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: search_recall(e, [], ["a"], []), "0 questions came with 0"),
        (lambda e: search_recall(e, ["q"], ["a"], []), "give each its passage"),
        (lambda e: search_recall(e, ["q"], ["a"], [1]), "rows go from 0 to 0"),
        (lambda e: search_recall(e, ["q"], ["a"], [0], k=0), "k >= 1"),
        (lambda e: watch_forgetting(e, TEXTS, LABELS, (TEXTS, LABELS), {}, patience=2), "leave out validation"),
    ],
)
def test_what_cannot_be_names_the_fix(tiny_encoder, call, message):
    with pytest.raises(ValueError, match=message):
        call(tiny_encoder())
