"""Fusion-in-Decoder: one passage as the generator reads it, many in any order; products and losses by hand."""

import math
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open

from companion.models import load_generator
from companion.models.weights import file_sha256
from companion.rag import fid, fid_measure
from companion.rag.fid import FusionReader, decode, encode, end_to_end, fuse, numbered_prompt, pad
from companion.rag.fid_attention import attention_loss, passage_attention
from companion.rag.fid_measure import fits, pasted_ids, products, read_through, tokens

QUESTION = "How long is the warranty of the Merlin 2?"
PASSAGES = [
    "The Merlin 2 Pro comes with a warranty of 36 months. Its battery lasts 9 months.",
    "The Merlin 2 comes with a warranty of 24 months.",
    "The Heron has a warranty of 12 months, and it weighs 300 grams. It is sold in white and in red.",
]


@pytest.fixture(scope="module")
def generator():
    return load_generator()


@pytest.fixture(scope="module")
def apart(generator):
    """The generator's own weights, reading apart."""
    return FusionReader("apart", generator.model, generator.tokenizer)


def test_one_passage_is_read_as_the_generator_reads_it(generator, apart):
    for passage in PASSAGES[:2]:
        mine, its = apart.respond(QUESTION, [passage]), generator.respond(QUESTION, [passage])
        assert (mine.text, mine.cited, mine.prompt) == (its.text, its.cited, its.prompt)


def first_scores(reader, numbers):
    """Scores for the first token of the answer, from passages in this order, each under its own number."""
    prompts = [numbered_prompt(QUESTION, PASSAGES[n - 1], n) for n in numbers]
    rows = [reader.encode(prompt)[0].tolist() for prompt in prompts]
    ids, mask = pad([row[:-1] for row in rows])
    with torch.no_grad():
        cache, real = fuse(encode(reader.model.bert, ids, mask), mask, len(rows))
        begin, start = torch.tensor([ids.shape[1]]), torch.tensor([[rows[0][-1]]])
        return decode(reader.model.bert, start, cache, real, begin, torch.float32).last_hidden_state[0, -1]


def test_the_order_of_passages_changes_nothing(apart):
    assert torch.allclose(first_scores(apart, [1, 2, 3]), first_scores(apart, [3, 1, 2]), atol=1e-4)


def test_it_answers_and_cites(apart):
    reply = apart.respond(QUESTION, PASSAGES)
    assert (reply.text, reply.cited) == ("24 months", (2,))


def test_end_to_end_keeps_each_passage_s_keys():
    keys = torch.arange(2 * 3 * 2 * 4 * 5.0).reshape(6, 2, 4, 5)  # two questions of three passages
    laid = end_to_end(keys, 3)
    assert laid.shape == (2, 2, 12, 5)
    for question in range(2):
        for passage in range(3):
            assert torch.equal(laid[question, :, 4 * passage : 4 * passage + 4], keys[3 * question + passage])


def test_what_cannot_be_read(apart):
    with pytest.raises(ValueError, match="at least one passage"):
        apart.respond(QUESTION, [])
    with pytest.raises(ValueError, match="split it"):
        apart.respond(QUESTION, ["a long story " * 300])


def test_products_by_hand_and_how_they_grow():
    assert products([3, 5], 2) == (25 + 49, 100)
    one, two = products([60] * 10, 20), products([60] * 20, 20)
    assert two[0] == 2 * one[0] and two[1] / one[1] == pytest.approx(4, abs=0.2)


def test_tokens_and_the_window(generator):
    lengths, shared = tokens(generator, QUESTION, PASSAGES)
    pasted = generator.encode(generator.prompt(QUESTION, PASSAGES)).shape[1]
    assert abs(sum(lengths) + shared - pasted) <= 4 * len(PASSAGES)  # their numbers, "[2]", are counted once in shared
    assert fits(generator, QUESTION, PASSAGES) and not fits(generator, QUESTION, PASSAGES * 10)


def test_any_number_of_passages_can_be_read_through(generator):
    short = pasted_ids(generator, QUESTION, PASSAGES)
    assert short == generator.encode(generator.prompt(QUESTION, PASSAGES))[0].tolist()
    assert read_through(generator, [pasted_ids(generator, QUESTION, PASSAGES * 20)]) is None  # beyond the window
    seen = []
    model = SimpleNamespace(bert=lambda ids, **options: seen.append(options))
    read_through(SimpleNamespace(model=model, room=generator.room), [list(range(600))])
    assert seen[0]["position_ids"].tolist()[0][510:514] == [510, 511, 0, 1]


def test_shuffled_passages_get_other_numbers(monkeypatch):
    """A reader that always cites the first passage is right only where the shuffling put the right one there."""
    first = SimpleNamespace(respond=lambda question, texts: SimpleNamespace(text=texts[0], cited=(1,)))
    hits = [SimpleNamespace(id=str(n), text="24 Months" if n == 0 else "no") for n in range(5)]
    monkeypatch.setattr(fid_measure, "reader_of", lambda way: first)
    monkeypatch.setattr(fid_measure, "kestrel_index", lambda: SimpleNamespace(search=lambda *_: list(hits)))
    asked = [SimpleNamespace(id=f"q{n}", text="?", answer="24months", article_id="0") for n in range(40)]
    monkeypatch.setattr(fid_measure, "sample", lambda *_: asked)
    row = fid_measure.shuffled_run("apart", 5, 0)
    assert 0 < row["exact"] == row["value"] < 0.5 and row["largest"] == 1


def test_ways_are_compared_where_pasting_fits():
    keys = ((way, seed) for way in fid_measure.WAYS for seed in (0, 1))
    table = [{"what": way, "passages": 10, "seed": seed, "fits": seed == 0, "exact": seed + 0.5} for way, seed in keys]
    assert fid_measure.fitting(table, 10) == {"seeds": 1} | dict.fromkeys(fid_measure.WAYS, 0.5)


def test_attention_finds_the_passage(apart):
    shares = passage_attention(apart, QUESTION, PASSAGES)
    assert shares.sum() == pytest.approx(1, abs=1e-5) and shares.argmax() == 1


def test_attention_loss_by_hand():
    queries, vectors = torch.tensor([[1.0, 0.0]]), torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    attention = torch.tensor([[0.25, 0.75]])
    p = math.exp(2) / (math.exp(2) + 1)
    wanted = 0.25 * math.log(0.25 / p) + 0.75 * math.log(0.75 / (1 - p))
    assert attention_loss(queries, vectors, attention, scale=2.0).item() == pytest.approx(wanted, abs=1e-5)
    with pytest.raises(ValueError, match="do not fit"):
        attention_loss(queries, vectors, attention[0])


def test_the_student_computes_what_the_reader_does(apart):
    """The same weights, as training runs them and as answering does."""
    from companion.rag.fid_training import FusionStudent

    student = FusionStudent()
    prompts = [numbered_prompt(QUESTION, passage, n) for n, passage in enumerate(PASSAGES, 1)]
    logits, labels = student.logits(student.batch([(prompts, "[2] 24 months")]))
    assert torch.equal(logits.argmax(-1), labels)
    merged = student.reader()
    assert merged.respond(QUESTION, PASSAGES) == apart.respond(QUESTION, PASSAGES)


@pytest.mark.skipif(not fid.WEIGHTS.is_dir(), reason="the reader's weights are not there yet")
def test_what_ships_is_small_and_has_its_card():
    card = (fid.WEIGHTS / "README.md").read_text(encoding="utf-8")
    files = sorted(fid.WEIGHTS.glob("*.safetensors"))
    assert files and sum(file.stat().st_size for file in files) <= 8e6
    for file in files:
        assert file_sha256(file) in card
        with safe_open(file, "pt") as tensors:
            assert all(tensors.get_tensor(key).isfinite().all() for key in tensors.keys())  # noqa: SIM118
    reply = fid.load_fusion().respond(QUESTION, PASSAGES)
    assert (reply.text, reply.cited) == ("24 months", (2,))
