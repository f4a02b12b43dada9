"""The reply student: its pieces, its loop against one masked pass, and what ships."""

import json
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from companion.distill import reply_training
from companion.distill.reply_student import (
    WEIGHTS,
    ReplyStudent,
    make_reply_llama,
    parameters,
    reply_logits,
    sentences,
)
from companion.distill.reply_training import batches_of, hidden, own_pieces, reply_intent, taught
from companion.distill.texts import encoder_tokenizer
from companion.models.prompted import padded
from companion.world import utterances
from companion.world.utterances import INTENTS

PAIRS = [("where is my parcel", "order status: Tap Track."), ("I want my money back!", "cancel order: Tap Cancel.")]


@pytest.fixture(scope="module")
def pieces():
    return own_pieces([text for pair in PAIRS for text in pair], encoder_tokenizer())


@pytest.fixture(scope="module")
def student(pieces):
    return ReplyStudent(make_reply_llama(pieces[0], dim=32, layers=2, heads=2, inner=48, seed=0), pieces[0])


def test_pieces_are_the_teachers_own(pieces):
    tokenizer, rows = pieces
    theirs = encoder_tokenizer()
    assert theirs.convert_ids_to_tokens(rows.tolist()) == tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    for text in ("where is my parcel", "Tap Cancel, please"):
        assert tokenizer.tokenize(text) == theirs.tokenize(text)
    assert tokenizer.unk_token_id not in tokenizer("Zyxqv's café-lamp №").input_ids[:3]  # spelt from letters


def test_the_loop_writes_what_one_masked_pass_finds_likeliest(student):
    for letter in ("where is my parcel", "money"):
        written = student.write(letter)
        batch = padded([(student.letter_ids(letter), [*written, student.tokenizer.sep_token_id])])
        with torch.inference_mode():
            logits, _ = reply_logits(student.model, batch)
        assert logits.argmax(-1)[: len(written)].tolist() == written


def test_a_later_piece_never_changes_an_earlier_one(student):
    prompt, reply = student.letter_ids("where is it"), [7, 8, 9]
    with torch.inference_mode():
        short, _ = reply_logits(student.model, padded([(prompt, reply)]))
        long, _ = reply_logits(student.model, padded([(prompt, [*reply, 10, 11]), (prompt, reply)]))
    torch.testing.assert_close(short, long[:3], atol=1e-5, rtol=1e-4)


def test_intent_and_reply_are_told_apart(student, monkeypatch):
    said = student.tokenizer("order status: tap track: it shows the day.").input_ids
    monkeypatch.setattr(student, "write", lambda letter: said)
    assert student.intent_and_reply("?")[0] == "order status"
    assert student("?") == "Tap Track: It shows the day."
    monkeypatch.setattr(student, "write", lambda letter: student.tokenizer("nothing at all").input_ids)
    assert student.intent_and_reply("?") == ("", "Nothing at all")


def test_sentences():
    assert sentences("tap forgot password . we ' ll see to your wi - fi !") == (
        "Tap Forgot password. We'll see to your Wi-Fi!"
    )


def test_hidden_keeps_both_ends_and_the_length():
    ids = [2, *range(10, 200), 3]
    new = hidden(ids, 1, Random(0), 0.5)
    assert (new[0], new[-1], len(new)) == (2, 3, len(ids))
    assert 60 < new.count(1) < 130
    assert hidden(ids, 1, Random(0), 0.0) == ids


def test_batches_are_the_same_in_every_run(pieces):
    one, other = (batches_of(PAIRS, pieces[0], 4, seed=5)(3) for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_teachers_name_an_intent_and_the_nearest_gold_reply(monkeypatch, tmp_path):
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path))
    requests = {request: number for number, (request, _) in enumerate(utterances.replies()["order_status"])}

    class Encoder:
        fingerprint = "stand-in"

        def encode(self, texts):
            rows = np.zeros((len(texts), 13), dtype=np.float32)
            for row, text in enumerate(texts):
                rows[row, requests.get(text.removesuffix(" again"), 12)] = 1
            return rows

    intents = ("order_status", "warranty_terms")
    head = torch.nn.Linear(13, 2)
    with torch.no_grad():
        head.weight.zero_()
        head.weight[0, :12], head.weight[1, 12] = 1.0, 5.0
        head.bias.zero_()
    sorter = SimpleNamespace(encoder=Encoder(), head=head, intents=intents)
    letters = [f"{request} again" for request in list(requests)[:3]] + ["how long is the warranty"]
    gold = [reply for _, reply in utterances.replies()["order_status"]]
    assert taught(letters, sorter) == [(letters[n], f"order status: {gold[n]}") for n in range(3)]


def test_a_student_learns_two_letters_by_heart(pieces):
    teacher_rows = torch.randn(len(encoder_tokenizer()), 128, generator=torch.Generator().manual_seed(0))
    short = {"steps": 60, "seed": 0, "progress": False, "lr": 5e-3}
    student, history = reply_training.distil_replies(PAIRS, encoder_tokenizer(), teacher_rows, **short)
    assert history.losses[-1] < history.losses[0] / 5
    assert student("where is my parcel") == "Tap Track."


def test_errors_say_what_to_do(student, tmp_path):
    with pytest.raises(ValueError, match="letter is empty"):
        student("  ")
    with pytest.raises(ValueError, match="at least one pair"):
        reply_training.distil_replies([], encoder_tokenizer(), torch.zeros(1, 1))
    with pytest.raises(ValueError, match="smaller dim"):
        make_reply_llama(student.tokenizer, torch.randn(len(student.tokenizer), 64), dim=128)
    with pytest.raises(FileNotFoundError, match="reply_student"):
        ReplyStudent.load(tmp_path)


def test_save_and_load_write_the_same(student, tmp_path):
    student.save(tmp_path)
    assert ReplyStudent.load(tmp_path).write("where is it") == student.write("where is it")


def test_what_ships_is_small_and_writes_whole_replies():
    shipped = ReplyStudent.load()
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) <= 4_000_000
    assert parameters(shipped.model) <= 2_000_000
    said = shipped("My parcel should be here since Monday. Where is it?")
    assert reply_intent(said) in INTENTS and said.endswith((".", "?", "!"))


@pytest.mark.slow
def test_the_card_is_true():
    card = json.loads((WEIGHTS / "card.json").read_text(encoding="utf-8"))
    assert reply_training.whole_replies(ReplyStudent.load(), "test") == pytest.approx(card["test"], abs=0.02)
