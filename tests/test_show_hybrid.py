"""The threshold over two histograms, the chat, and the bars of all desks."""

import base64
import re
import xml.dom.minidom as xml

import numpy as np
import pytest

from companion.hybrid import Prices, best_threshold, bill
from companion.hybrid.model import Turn
from companion.show import desk_chat as chats
from companion.show import desks, threshold

EVIL = "<script>alert(\"x\")</script> & 'more'"
CONFIDENCE, RIGHT = [0.35, 0.55, 0.62, 0.97, 0.99, 1.0], [False, True, False, True, True, True]


def svgs(html):
    found = [base64.b64decode(code).decode() for code in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", html)]
    return found + re.findall(r"<svg .*?</svg>", html, re.S)


# --- the threshold -----------------------------------------------------------------------------------------
def levels(start=0.5):
    return threshold.Levels(CONFIDENCE, RIGHT, start, Prices())


def test_the_sentence_counts_as_the_bill_does():
    widget = levels()
    for at in (0.0, 0.6, 1.0):
        widget.threshold.value = at
        counted = bill(CONFIDENCE, RIGHT, at)
        said = f"{counted.false_accepts} false accepts at 12 and {counted.hand_overs} hand-overs at 4"
        assert said in widget.page.value and f"together {counted.money:.0f} for 6 turns" in widget.page.value


def test_prices_move_the_least():
    widget = levels()
    cheap = best_threshold(CONFIDENCE, RIGHT, Prices(wrong=1, person=4))
    widget.wrong.value = 1
    assert f"at {cheap:.2f}." in widget.page.value
    widget.wrong.value = 40
    dear = best_threshold(CONFIDENCE, RIGHT, Prices(wrong=40, person=4))
    assert f"at {dear:.2f}." in widget.page.value and dear > cheap


def test_every_turn_stands_in_one_bar():
    drawn = threshold.drawing(np.array(CONFIDENCE), np.array(RIGHT), 0.6, "alt")
    xml.parseString(drawn)
    bars = re.findall(r'<rect x="([\d.]+)"[^>]*height="([\d.]+)"', drawn)
    assert len(bars) == 4  # up: 0.55, and 0.95 to 1 with three; down: 0.35 and 0.62
    heights = sorted(float(height) for _, height in bars)
    assert heights == [threshold.ROOM / 4] * 3 + [threshold.ROOM * 3 / 4]  # one scale up and down
    assert drawn.count("fill-opacity") == 2  # 0.35 and 0.55 are handed over


def test_the_still_picture_shows_the_least(shown):
    threshold.threshold_slider(CONFIDENCE, RIGHT)
    (_, widget), (html, plain) = shown
    assert "widget" in widget and svgs(html)
    best = best_threshold(CONFIDENCE, RIGHT)
    assert plain.startswith(f"Threshold {best:.2f}: ") and "false accepts" in html


def test_no_turns_are_refused():
    with pytest.raises(ValueError, match="give each turn both"):
        threshold.threshold_slider([], [])


# --- the chat ----------------------------------------------------------------------------------------------
class Desk:
    def __init__(self):
        self.asked = []

    def respond(self, query):
        if not query:
            raise ValueError("The query is empty: pass what the customer wrote.")
        self.asked.append(query)
        spent = {"classifier": 7.4, "retriever": 120.0}
        return Turn(f"Answer to {query}", "FAQ", "warranty_terms", 0.9, ("merlin/1",), spent)


def test_the_trace_names_route_source_and_time():
    line = chats.trace(Desk().respond("x"))
    said = (
        "search and generator · warranty terms · confidence 0.90 · source merlin/1 · classifier 7 ms · retriever 120 ms"
    )
    assert line == said
    assert " ms" not in chats.trace(Desk().respond("x"), timed=False)
    assert "after search and generator found nothing" in chats.trace(Turn("", "person", tried="FAQ"))


def test_all_that_is_typed_is_escaped():
    page = chats.bubble(EVIL, Desk().respond(EVIL))
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_the_still_picture_has_no_milliseconds(shown):
    chats.chat(Desk(), ["How long?", EVIL])
    (_, widget), (html, plain) = shown
    assert "widget" in widget and " ms" not in html + plain
    assert "Answer to How long?" in html and "<script>" not in html and "confidence 0.90" in plain


def test_send_asks_and_another_brings_the_next_example():
    living = chats.Chat(Desk(), ["one", "two"])
    living.send.click()
    assert "Answer to one" in living.page.value and "retriever 120 ms" in living.page.value
    living.another.click()
    assert living.area.value == "two"
    living.another.click()
    assert living.area.value == "one"


def test_an_empty_turn_is_one_sentence_and_old_turns_make_room():
    living = chats.Chat(Desk(), ["one"])
    living.area.value = "  "
    living.send.click()
    assert 'role="alert"' in living.page.value and "The query is empty" in living.page.value
    for number in range(9):
        living.area.value = f"turn {number}."
        living.send.click()
    assert "Answer to turn 8." in living.page.value and "Answer to turn 2." not in living.page.value


def test_a_chat_without_an_example_is_refused():
    with pytest.raises(ValueError, match="at least one turn"):
        chats.chat(Desk(), [])


# --- the desks ---------------------------------------------------------------------------------------------
def row(seed, accuracy):
    desk = {"accuracy": accuracy, "wrong": 0.1, "faq": 0.8, "other": 0.6, "misrouted": 0.05}
    return {"seed": seed, "desks": {"hybrid": desk | {"p50": 80.0, "p95": 160.0, "cpu": 90.0, "money": 2000.0}}}


def test_desks_are_means_over_seeds(shown):
    desks.desk_shares([row(0, 0.7), row(1, 0.8)], {"hybrid": "the hybrid"})
    html, plain = shown[0]
    assert "the hybrid 0.75 right, 0.10 wrong" in plain and "alt=" in html


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="stored run"):
        desks.desk_shares([], {"hybrid": "the hybrid"})
