"""The symmetric contrastive loss: by hand, against transformers' CLIP, and its properties."""

import math

import pytest
import torch

from companion.rag import contrastive_loss

UNIT = torch.eye(2)


def test_two_pairs_by_hand():
    # scale 1: each row's scores are (1, 0), so each term is -log(e / (e + 1))
    assert contrastive_loss(UNIT, UNIT, 0.0).item() == pytest.approx(math.log(1 + math.exp(-1)), abs=1e-6)


def test_rows_and_columns_count_the_same():
    images, texts = torch.tensor([[1.0, 0.0], [0.6, 0.8]]), UNIT
    rows = (math.log(1 + math.exp(-1)) + math.log(1 + math.exp(0.6 - 0.8))) / 2
    columns = (math.log(1 + math.exp(0.6 - 1)) + math.log(1 + math.exp(-0.8))) / 2
    assert contrastive_loss(images, texts, 0.0).item() == pytest.approx((rows + columns) / 2, abs=1e-6)
    assert contrastive_loss(texts, images, 0.0).item() == pytest.approx((rows + columns) / 2, abs=1e-6)


def test_it_is_the_loss_of_clip():
    from transformers.models.clip import modeling_clip as clip

    # the name changed with version 5
    clip_loss = getattr(clip, "image_text_contrastive_loss", None) or clip.clip_loss
    drawn = torch.Generator().manual_seed(0)
    images, texts = torch.randn(7, 12, generator=drawn), torch.randn(7, 12, generator=drawn)
    unit = torch.nn.functional.normalize
    theirs = clip_loss(14.0 * unit(texts, dim=-1) @ unit(images, dim=-1).T)
    assert torch.allclose(contrastive_loss(images, texts, math.log(14.0)), theirs, atol=1e-6)


def test_lengths_do_not_count_and_the_scale_stops_at_100():
    drawn = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
    other = drawn.roll(1, 1)
    assert torch.allclose(contrastive_loss(3 * drawn, other, 1.0), contrastive_loss(drawn, 0.2 * other, 1.0))
    at_100, beyond = (contrastive_loss(drawn, other, math.log(s)) for s in (100.0, 5000.0))
    assert torch.allclose(at_100, beyond, rtol=1e-5)


def test_the_temperature_learns_and_an_untrained_pair_costs_ln_n():
    log_scale = torch.nn.Parameter(torch.tensor(0.0))
    contrastive_loss(UNIT, UNIT, log_scale).backward()
    assert log_scale.grad.item() < 0  # all pairs right: a sharper softmax would cost less
    same = torch.ones(6, 4)
    assert contrastive_loss(same, same, 2.0).item() == pytest.approx(math.log(6), abs=1e-5)


def test_a_thing_twice_in_a_batch_cannot_be_learned():
    twice = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    assert contrastive_loss(twice, twice, math.log(100.0)).item() == pytest.approx(math.log(2), abs=1e-5)


@pytest.mark.parametrize("images, texts", [((3, 4), (2, 4)), ((3, 4), (3, 5)), ((1, 4), (1, 4)), ((4,), (4,))])
def test_what_is_no_batch_of_pairs_is_said(images, texts):
    with pytest.raises(ValueError, match="make no batch of pairs"):
        contrastive_loss(torch.ones(images), torch.ones(texts), 0.0)
