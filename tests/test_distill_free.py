"""Transfer sets without real mail: by hand, by property, and on a tiny teacher."""

from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from companion.distill import free
from companion.distill.free_adversary import (
    Dreamer,
    EmbeddedCNN,
    all_real,
    disagreement,
    distil_dreams,
    framed,
    make_dreamer,
    read_vectors,
)
from companion.distill.free_distance import (
    frechet_distance,
    layout,
    of_answers,
    rank_correlation,
    to_fellow,
    to_nearest,
)
from companion.distill.free_written import drawn, written
from companion.distill.students import CNNStudent, squeeze
from companion.models.sorter import Sorter

LETTERS = ["my parcel has not come", "the lamp is dark since monday", "please cancel the order that i made"]
WORDS = ["tree", "stone", "river"]


# --- transfer sets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0, 0.25, 0.5, 1])
def test_straying_replaces_the_share_of_words_and_keeps_the_number(share):
    for text, new in zip(LETTERS, free.strayed(LETTERS, share, WORDS), strict=True):
        old, found = text.split(), new.split()
        assert len(old) == len(found)
        assert sum(a != b for a, b in zip(old, found, strict=True)) == round(share * len(old))


def test_a_larger_share_replaces_what_a_smaller_one_did():
    less, more = (free.strayed(LETTERS, share, WORDS)[2].split() for share in (0.3, 0.7))
    assert all(b == a for a, b in zip(less, more, strict=True) if a in WORDS)


def test_straying_is_drawn_from_the_seed_and_refuses_no_share():
    assert free.strayed(LETTERS, 0.5, WORDS) == free.strayed(LETTERS, 0.5, WORDS)
    assert free.strayed(LETTERS, 0.5, WORDS, seed=1) != free.strayed(LETTERS, 0.5, WORDS)
    with pytest.raises(ValueError, match="from 0 to 1"):
        free.strayed(LETTERS, 50, WORDS)


def test_salad_follows_its_weights():
    texts = free.word_salad(["often", "seldom"], 300, weights=[9, 1])
    assert all(free.SHORTEST <= len(text.split()) <= free.LONGEST for text in texts)
    counts = Counter(word for text in texts for word in text.split())
    assert 0.05 < counts["seldom"] / counts.total() < 0.3  # equal short texts are drawn once


def test_different_texts_differ_in_more_than_capitals():
    assert free.different(["Where?", "where?", "", "When?"], 2) == ["Where?", "When?"]
    with pytest.raises(ValueError, match="There are 2 different texts, not 3"):
        free.different(["a", "A", "b"], 3)


def test_letters_and_sentences_are_as_many_as_asked_for():
    assert len(set(free.letters(50))) == 50
    assert free.letters(10) == free.letters(50)[:10]
    for sentence in free.article_sentences(50):
        assert free.SHORTEST <= len(sentence.split()) <= free.LONGEST


def test_vocabulary_words_are_whole_words(tokenizer):
    words = free.vocabulary_words(tokenizer)
    assert "battery" in words and len(words) > 15_000
    assert not any(word.startswith("[") or "#" in word for word in words)


# --- the generator's letters --------------------------------------------------------------------------------


def test_only_the_likeliest_are_drawn():
    logits, random = torch.tensor([[0.0, 3.0, 1.0, -9.0]] * 200), torch.Generator().manual_seed(0)
    assert set(drawn(logits, top_k=1, top_p=1.0, random=random).flatten().tolist()) == {1}
    assert set(drawn(logits, top_k=4, top_p=0.5, random=random).flatten().tolist()) == {1}  # 0.84 is enough
    assert set(drawn(logits, top_k=3, top_p=1.0, random=random).flatten().tolist()) == {0, 1, 2}


def test_intents_take_turns():
    rows = [{"texts": ["a", "b"]}, {"texts": ["c", "d"]}]
    assert written(rows, 3) == ["a", "c", "b"]


# --- distances ------------------------------------------------------------------------------------------------


def test_frechet_of_two_gaussians_by_hand():
    one = np.array([[-1.0], [1.0]])  # mean 0, variance 2
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(one, one + 3) == pytest.approx(9)
    assert frechet_distance(one, 2 * one) == pytest.approx(2)  # 2 + 8 - 2 sqrt(16)


def test_frechet_agrees_with_the_matrix_root():
    from scipy.linalg import sqrtm

    random = np.random.default_rng(0)
    one, other = random.normal(size=(50, 4)), random.normal(size=(60, 4)) @ random.normal(size=(4, 4))
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    root = np.trace(first + second - 2 * sqrtm(first @ second).real)
    assert frechet_distance(one, other) == pytest.approx(root + ((one.mean(0) - other.mean(0)) ** 2).sum())
    assert frechet_distance(one, other) == pytest.approx(frechet_distance(other, one))


def test_the_way_to_the_nearest_has_a_direction():
    some, more = np.eye(3)[:1], np.eye(3)
    assert to_nearest(some, more) == pytest.approx(0)
    assert to_nearest(more, some) == pytest.approx(2 / 3)
    assert set(layout(np.eye(3), np.eye(3))) == {"frechet", "strays", "uncovered"}
    with pytest.raises(ValueError, match="cannot be compared"):
        to_nearest(np.eye(3), np.eye(2))


def test_a_row_is_not_its_own_fellow():
    assert to_fellow(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])) == pytest.approx((0.4 + 0.2 + 0.2) / 3)
    with pytest.raises(ValueError, match="at least 2 rows"):
        to_fellow(np.ones((1, 2)))


def test_what_answers_say_of_a_set():
    assert of_answers(np.eye(4))["kinds"] == pytest.approx(4)
    assert of_answers(np.array([[0.7, 0.3], [0.9, 0.1]])) == pytest.approx({"sure": 0.8, "kinds": 1.0})


def test_rank_correlation_takes_the_names_that_both_have():
    assert rank_correlation({"a": 1, "b": 2, "c": 3}, {"a": 0.9, "b": 0.5, "c": 0.1, "d": 7}) == pytest.approx(-1)


# --- the adversary ----------------------------------------------------------------------------------------------


@pytest.fixture
def sorter(tiny_encoder):
    torch.manual_seed(0)
    return Sorter(tiny_encoder(), nn.Linear(32, 3), ["a", "b", "c"])


def table(sorter):
    return sorter.encoder.model.get_input_embeddings().weight


def embedded(sorter):
    torch.manual_seed(0)
    return EmbeddedCNN(table(sorter), sorter.intents, dim=8, filters=4)


def test_the_student_begins_as_one_with_squeezed_words(sorter):
    student = embedded(sorter).eval()
    like = CNNStudent(len(table(sorter)), sorter.intents, dim=8, filters=4).embedding.weight
    ids, mask = student.tokens(LETTERS)
    found, wanted = student.embed(ids, mask), squeeze(table(sorter), like)[ids] * mask.unsqueeze(-1)
    scale = (found * wanted).sum() / (wanted * wanted).sum()  # another draw has another spread
    assert torch.allclose(found, scale * wanted, atol=1e-4)


def test_words_and_their_vectors_are_read_alike_and_the_table_is_frozen(sorter):
    student = embedded(sorter).eval()
    ids, mask = student.tokens(LETTERS)
    assert torch.allclose(student(ids, mask), student(student.embedding(ids), mask), atol=1e-6)
    assert not student.embedding.weight.requires_grad


def test_framed_vectors_are_read_as_the_text_is(sorter):
    encoder = sorter.encoder
    ids = torch.tensor([encoder.tokenizer(LETTERS[0], add_special_tokens=False).input_ids])
    vectors, mask = framed(table(sorter).detach()[ids], encoder)
    with torch.no_grad():
        assert torch.allclose(read_vectors(encoder, vectors, mask), encoder.forward(LETTERS[:1]), atol=1e-5)


def test_disagreement_is_the_mean_absolute_difference():
    assert disagreement(torch.tensor([[0.0, 3.0]]), torch.tensor([[1.0, 1.0]])) == pytest.approx(1.5)
    with pytest.raises(ValueError, match="cannot disagree"):
        disagreement(torch.zeros(1, 2), torch.zeros(1, 3))


def test_dreams_have_the_spread_of_words_or_are_words(sorter):
    words, rows, noise = table(sorter).detach(), torch.arange(1000, 1050), torch.randn(30, 64)
    free_ones = Dreamer(words)(noise)
    assert free_ones.shape == (30, 12, 32)
    assert free_ones.std().item() == pytest.approx(words.std().item(), rel=0.2)
    real = Dreamer(words, rows)(noise)
    assert torch.cdist(real.flatten(0, 1), words[rows]).amin(1).max() < 1e-4
    assert torch.autograd.grad(real.sum(), real, allow_unused=True)[0] is not None


@pytest.mark.parametrize("real_words", [False, True])
def test_the_teacher_answers_each_dream_once_and_stays_as_it_is(sorter, real_words):
    student, before = embedded(sorter), [p.clone() for p in sorter.encoder.model.parameters()]
    asked, ask = [], sorter.encoder.model.forward
    sorter.encoder.model.forward = lambda **kw: asked.append(len(kw["inputs_embeds"])) or ask(**kw)
    bank = distil_dreams(student, sorter, budget=12, steps=9, lr=1e-2, real_words=real_words, batch=4)
    assert sum(asked) == len(bank) == 12
    assert bank.vectors.shape == (12, 14, 32)
    assert all(torch.equal(a, b) for a, b in zip(before, sorter.encoder.model.parameters(), strict=True))
    assert all(p.grad is None for p in sorter.encoder.model.parameters())


def test_one_step_of_the_generator_raises_the_disagreement(sorter):
    student, dreamer = embedded(sorter).eval(), make_dreamer(sorter)
    optimizer, noise = torch.optim.SGD(dreamer.parameters(), lr=0.1), torch.randn(16, 64)

    def apart():
        vectors, mask = framed(dreamer(noise), sorter.encoder)
        return disagreement(student(vectors, mask), sorter.head(read_vectors(sorter.encoder, vectors, mask)))

    before = apart()
    (-before).backward()
    optimizer.step()
    assert apart() > before
    assert all_real(torch.zeros(2, 5, 3)).shape == (2, 5)


def test_a_budget_that_makes_no_whole_batches_is_refused(sorter):
    with pytest.raises(ValueError, match="choose a multiple"):
        distil_dreams(embedded(sorter), sorter, budget=10, steps=9, lr=1e-2, batch=4)
