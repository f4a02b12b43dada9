"""Looks, look-alikes, drawings and descriptions: seeded, distinct, and true to each other."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from companion.world import world
from companion.world.pictures import Look, catalogue, difference, lookalike
from companion.world.pictures_draw import draw
from companion.world.pictures_marks import MARKS
from companion.world.pictures_words import describe
from companion.world.writing import read_data

LOOK = Look("smoke alarm", "navy", "round", "matt", 2, 1, 1, 1)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_every_product_has_a_look_of_its_own_and_a_copy_that_differs_in_one_thing(seed):
    things = catalogue(seed)
    assert len({thing.look for thing in things}) == len({thing.id for thing in things}) == len(things) == 140
    for own, copy in zip(things[:70], things[70:], strict=True):
        assert copy.copy_of == own.id
        changed = difference(own.look, copy.look)
        assert len(changed) == 1 and changed[0] not in ("kind", "colour")


def test_a_product_has_the_colour_of_its_manual():
    for product, thing in zip(world(0).products, catalogue(0), strict=False):
        assert thing.name == product.name and thing.look.kind == product.kind
        assert product.facts.get("colour", thing.look.colour) == thing.look.colour


def test_no_training_company_shows_a_product_of_kestrel():
    names = {thing.name for thing in catalogue(0)}
    assert not names & {thing.name for seed in (1, 2, 40) for thing in catalogue(seed)}


def test_a_look_alike_is_not_one_of_those_taken():
    taken = {lookalike(LOOK, Random(seed)) for seed in range(5)}
    assert not taken & {lookalike(LOOK, Random(seed), taken) for seed in range(50)}


def test_a_full_shelf_is_said():
    every = {lookalike(LOOK, Random(seed)) for seed in range(500)}
    with pytest.raises(ValueError, match="every look-alike is taken"):
        lookalike(LOOK, Random(0), every)


def test_the_same_random_state_draws_the_same_picture_and_another_one_another():
    first, again, other = (draw(LOOK, Random(seed)) for seed in (3, 3, 4))
    assert first.shape == (48, 48, 3) and first.dtype == np.uint8
    assert (first == again).all() and (first != other).mean() > 0.5


@pytest.mark.parametrize("change", [{"shape": "wide"}, {"finish": "brushed"}, {"buttons": 3}, {"screen": 0}])
def test_what_differs_can_be_seen(change):
    one, other = (draw(look, Random(5)).astype(int) for look in (LOOK, replace(LOOK, **change)))
    assert np.abs(one - other).max() > 20  # noise is the same in both


def test_all_kinds_have_a_mark_and_all_colours_paint():
    kinds = {product.kind for product in world(0).products}
    assert kinds == set(MARKS)
    assert {thing.look.colour for thing in catalogue(0)} <= set(read_data("pictures.toml")["rgb"])


def test_a_picture_of_no_size_is_refused():
    with pytest.raises(ValueError, match="at least 24 pixels"):
        draw(LOOK, Random(0), size=8)


@pytest.mark.parametrize("wording", ["usual", "held_out"])
def test_a_description_names_what_is_there(wording):
    data = read_data("pictures.toml")
    for seed in range(60):
        said = describe(LOOK, Random(seed), wording).lower()
        assert "smoke alarm" in said and "navy" in said
        for part, value in (("buttons", "2"), ("screen", "1"), ("antennas", "1"), ("feet", "1")):
            assert any(words.lower() in said for words in data[part][value][wording] if words), (part, said)


def test_descriptions_vary_and_have_whole_sentences():
    said = {describe(LOOK, Random(seed)) for seed in range(60)}
    assert len(said) > 55
    for text in said:
        assert "{" not in text and "  " not in text and " a a" not in text and " a o" not in text


def test_no_held_out_wording_is_a_usual_one():
    data = read_data("pictures.toml")
    for part in ("shapes", "finishes", "buttons", "screen", "antennas", "feet"):
        for words in data[part].values():
            assert not {w for w in words["usual"] if w} & {w for w in words["held_out"] if w}
    assert not set(data["frames"]["usual"]) & set(data["frames"]["held_out"])


def test_another_wording_is_refused():
    with pytest.raises(ValueError, match="choose one of usual, held_out"):
        describe(LOOK, Random(0), "spoken")
