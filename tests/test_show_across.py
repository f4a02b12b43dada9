"""The pictures of section 4.3: they say what the numbers say, live and still."""

import re
import xml.dom.minidom as xml

import numpy as np
import pytest

from companion import show
from companion.distill.free import strayed
from companion.show import pareto, straying

LETTERS = ["where is my parcel", "the lamp is <dark>"]
ACCURACY = {0: [0.6, 0.62], 0.5: [0.4, 0.5], 1: [0.2, 0.2]}


def replace(letter, share):
    return strayed([letter], share, ["tree", "stone"])[0]


def logits(texts):
    return np.array([[3.0, 1.0, 0.0]] * len(texts))


def widget():
    return straying.Stray(LETTERS, replace, logits, ["order_status", "device_offline", "other"], ACCURACY)


def test_the_share_moves_the_letter_and_the_sentence():
    stray = widget()
    assert "0 % of the words replaced" in stray.page.value and "<b>" not in stray.page.value
    assert "sort 61 % of a stranger" in stray.page.value and "order status 84.4 %" in stray.page.value
    stray.share.value = 0.5
    assert stray.page.value.count("<b>") == 2 and "sort 45 % of" in stray.page.value
    stray.letter.value = LETTERS[1]
    stray.share.value = 0
    assert "&lt;dark&gt;" in stray.page.value


@pytest.mark.parametrize("share", ACCURACY)
def test_every_share_can_be_drawn(share):
    drawn = straying.drawing(ACCURACY, share)
    xml.parseString(drawn)
    assert drawn.count("<circle") == 7


def test_the_still_picture_stands_in_the_middle(shown):
    show.stray_slider(LETTERS, replace, logits, ["a", "b", "c"], ACCURACY)
    still, plain = shown[1]
    assert "50 % of the words replaced" in plain and 'alt="50 % of the words' in still
    with pytest.raises(ValueError, match="nothing to stray from"):
        show.stray_slider([], replace, logits, ["a"], ACCURACY)


def test_sets_are_laid_out_with_their_numbers_the_best_first(shown, capsys):
    places = {
        name: {"strays": x, "uncovered": 0.6, "frechet": 0.5, "kinds": 8.0} for name, x in (("a", 0.7), ("b", 0.1))
    }
    show.sets_laid_out(places, {"a": 0.2, "b": 0.61})
    assert "b 0.61, 0.10, 8.0; a 0.20, 0.70, 8.0" in shown[0][1]
    assert re.search(r"b +0.610 +0.100 +0.600 +0.500 +8.000\na", capsys.readouterr().out)
    show.sets_laid_out(places, {"a": 0.2, "b": 0.61}, {"a": 3, "b": 5})
    assert re.search(r"8.000 +5\na .* 3\n", capsys.readouterr().out)
    show.sets_laid_out(places, {"a": 0.2, "b": 0.61}, validation={"a": 0.3, "b": 0.5})
    assert re.search(r"b +0.610 +0.500 +0.100", capsys.readouterr().out)


TABLE = {
    "cnn": {"gold": 0.6, "logits": 0.7, "parameters": 2_000_000, "ms": 0.5},
    "bag": {"gold": 0.65, "parameters": 1_000_000, "ms": 0.1},
}
TEACHER = {"as it is": 0.9, "parameters": 22_000_000, "ms": 9.0}


def test_the_frontier_names_the_best_way_and_the_cost(shown, capsys):
    show.frontier(TABLE, TEACHER, start="megabytes")
    plain = shown[1][1]
    assert "cnn 70 % by logits at 8" in plain and "teacher 90 % at 88" in plain
    assert re.search(r"bag +0.650", capsys.readouterr().out)
    with pytest.raises(ValueError, match="choose one of megabytes"):
        show.frontier(TABLE, TEACHER, start="money")


def test_other_letters_may_name_the_best_way(shown, capsys):
    show.frontier(TABLE, TEACHER, judge={"cnn": {"gold": 0.5, "logits": 0.4}, "bag": {"gold": 0.3}})
    assert "cnn 60 % by gold" in shown[1][1]
    assert re.search(r"that choose:\n.*\ncnn +0.500 +0.400", capsys.readouterr().out)


def test_cost_and_way_can_be_chosen():
    living = pareto.Frontier({**TABLE, "teacher": TEACHER}, "megabytes")
    living.cost.value, living.way.value = "milliseconds", "gold"
    assert "ms of one processor" in living.page.value and "cnn 60 % by gold at 0.5" in living.page.value
    for cost in pareto.COSTS:
        xml.parseString(pareto.drawing({**TABLE, "teacher": TEACHER}, cost, "all"))


def test_columns_of_like_cost_stand_apart_in_their_order():
    places = pareto._places([8.0, 7.8, 8.1, 90.0])
    bag, cnn, bilstm = places[1], places[0], places[2]
    assert min(cnn - bag, bilstm - cnn) >= pareto.APART - 0.1 and bilstm < places[3] <= pareto.RIGHT
    assert pareto._levels(TABLE) == [0.6, 0.7]
