"""Pictures on a page, the search over them, and the strips of scores: escaped, described, and in the right order."""

from types import SimpleNamespace

import numpy as np
import pytest

from companion import show
from companion.show import picture_grid, picture_words
from companion.show.picture_gap import score_strips
from companion.world.pictures import Look, Pictured

LOOKS = [Look("door lock", colour, "round", "matt", 2, 0, 1, 1) for colour in ("black", "white", "olive")]


class Words:
    """Each colour is a direction; a text without one lies between all."""

    def encode(self, text):
        vector = np.array([float(look.colour in text) for look in LOOKS], np.float32) + 1e-3
        return vector / np.linalg.norm(vector)


def shown():
    things = [Pictured(f"p/{n}", f"Kite <{n}>", look) for n, look in enumerate(LOOKS)]
    pictures = np.stack([np.full((1, 48, 48, 3), 80 * n, np.uint8) for n in range(3)])
    return SimpleNamespace(things=things, pictures=pictures)


def living(example="a white lock"):
    tower = SimpleNamespace(encode=lambda pictures: np.eye(3, dtype=np.float32))
    return picture_words.PictureSearch(Words(), tower, shown(), example)


def test_the_pictures_reorder_as_one_types():
    widget = living()
    assert widget.found("a white lock")[0][0] == "Kite <1>"
    first = widget.page.value
    widget.area.value = "an olive lock"
    assert widget.found("an olive lock")[0][0] == "Kite <2>" and widget.page.value != first
    assert widget.page.value.index("1. Kite &lt;2&gt;") < widget.page.value.index("2. Kite")


def test_nothing_typed_and_strange_letters_are_fine():
    widget = living()
    widget.area.value = "  "
    assert "No words yet" in widget.page.value
    for typed in ("<script>alert(1)</script>", "\ud83d", "\x00\x01", "a" * 5000):
        widget.area.value = typed
        assert "<script>" not in widget.page.value


def test_every_example_can_be_drawn():
    widget = living(picture_words.EXAMPLES[0])
    for _ in range(2 * len(picture_words.EXAMPLES)):
        before = widget.area.value
        widget.next()
        assert widget.area.value != before and "<img" in widget.page.value


def test_a_look_in_plain_words():
    assert picture_words.alt(LOOKS[0]) == "round black door lock, matt; 2 buttons, 1 antenna, feet"
    bare = Look("home hub", "mint", "oval", "glossy", 0, 0, 0, 0)
    assert picture_words.alt(bare) == "oval mint home hub, glossy; nothing on it"


def test_a_sheet_needs_one_of_each_and_words_for_those_who_cannot_see():
    with pytest.raises(ValueError, match="give one of each"):
        show.picture_sheet([np.zeros((48, 48, 3), np.uint8)], [], [])
    with pytest.raises(ValueError, match="alt text"):
        picture_grid.item(np.zeros((48, 48, 3), np.uint8), "Kite", " ")


def test_the_sheet_is_said_in_plain_text_too(capsys):
    show.picture_sheet([np.zeros((48, 48, 3), np.uint8)], ["Kite"], ["a black square"])
    assert capsys.readouterr().out.strip() == "[pictures: Kite: a black square]"


def test_the_strips_print_their_numbers_and_know_what_is_sought(capsys):
    scores = {"text": [("a", 0.5), ("b", 0.25)], "picture": [("p", 0.3), ("q", 0.1)]}
    score_strips(scores, "p", "words")
    out = capsys.readouterr().out
    assert "The ring marks" in out and "0.300" in out and "0.375" in out
    with pytest.raises(ValueError, match="name one that is in the index"):
        score_strips(scores, "z", "words")
