"""The law under a date slider and the pictures of the stored run: what they say is what the data hold."""

import re
import xml.dom.minidom as xml

import pytest

from companion import show
from companion.scenarios import law
from companion.scenarios.moving import scored
from companion.scenarios.tickets import BUCKETS, WAYS
from companion.show import dated, moving

ASKED = "What does an entry cost?"


class Index:
    """Ranks the wordings of section 6 from the newest down, then all others."""

    def search(self, asked, top_k, mode="dense", where=None):
        from companion.rag.records import Hit

        lane = sorted(law.versions(), key=lambda v: (v.section == "6", v.start), reverse=True)
        return [Hit(v.id, 0.0, v.text, v.title) for v in lane[:top_k]]


class Sorter:
    def predict(self, texts):
        return ["6"] * len(texts)


def traced():
    return dated.trace(Index(), Sorter(), [ASKED])[ASKED]


def test_the_answer_changes_with_the_day_and_vanishes_with_the_filter_last():
    widget = dated.DateSlider({ASKED: traced()})
    widget.day.value, widget.top_k.value = "2016-01-01", 5
    assert "none of the 5 most similar wordings was in force" in widget.page.value
    assert "nothing left to answer from" in widget.page.value and "40 crowns" in widget.page.value
    widget.top_k.value = 10
    assert "nothing left" not in widget.page.value and "Searching first finds the same one." in widget.page.value
    widget.day.value = "2021-01-01"
    assert "§ 6 in the wording of 2021-01-01" in widget.page.value
    assert "not in force on 2021-01-01" in widget.page.value  # the fine-tuned model's law of 2016


def test_the_first_day_shown_is_one_on_which_the_answer_vanishes():
    assert dated.DateSlider({ASKED: traced()}).day.value == "2016-01-01"
    assert dated.vanishing_day(traced(), top_k=10) == dated.days()[-1]


def test_without_a_sorter_its_way_is_left_out():
    bare = dated.trace(Index(), None, [ASKED])[ASKED]
    assert bare.learned() is None and "fine-tuned" not in dated.page(bare, "2020-01-01", 3)


@pytest.mark.parametrize("day", dated.days())
@pytest.mark.parametrize("top_k", law.DEPTHS)
def test_every_day_can_be_drawn(day, top_k):
    html = dated.page(traced(), day, top_k)
    for drawn in re.findall(r"<svg .*?</svg>", html, re.S):
        xml.parseString(drawn)
    assert html.count("in force</span>") >= 1


def test_the_still_picture_has_its_words(shown):
    show.date_slider(Index(), Sorter(), [ASKED])
    still, plain = shown[1]
    assert "As of 2016-01-01" in plain and 'alt="As of 2016-01-01' in still
    with pytest.raises(ValueError, match="nothing to ask"):
        show.date_slider(Index(), Sorter(), [])


def test_bars_print_shares_of_all_items_their_interval_and_how_many(shown, capsys):
    right = {"a way": [True, True, True, False], "a rival": [False] * 4}
    rows = [{"job": "law", "seed": seed} | scored(right, ["x", "x", "y", "y"], seed) for seed in (0, 1)]
    show.compared_ways(rows, "law", {"a way": "retrieval", "a rival": "fine-tuning"})
    out = capsys.readouterr().out
    assert "all (4)" in out and "x (2)" in out and "a way (retrieval) 0.75" in shown[0][0]
    assert re.search(r"a way +0\.750 +0\.\d+ +1\.000 +1\.000 +0\.500", out)
    assert re.search(r"a rival +0\.000 +0\.000 +0\.000", out)


def test_all_ways_stand_under_the_curves_rare_and_all_too(shown, capsys):
    scores = {way: {"all": 0.25} | dict.fromkeys(BUCKETS, 0.5) for way in WAYS}
    show.by_frequency([{"job": "tickets", "seed": 0, "scores": scores, "rare": dict.fromkeys(WAYS, 0.75)}])
    out = capsys.readouterr().out
    assert out.count("0.500") == 4 * len(WAYS) and out.count("0.750") == out.count("0.250") == len(WAYS)
    assert set(moving.LINES) < set(WAYS)
