"""Gauges, strips, temperatures, a race and a table: worked by hand, by numpy and torch, and over random inputs."""

import base64
import json
import re
import xml.dom.minidom as xml
from statistics import stdev

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from companion import show
from companion.show import display, heat, lanes, needles, owl, strips, twofold

patient = settings(max_examples=30, deadline=None)  # how long a drawing takes is no part of these tests

EVIL = "<script>alert(\"x\")</script> & 'more'"
RUNS = {
    5e-5: [(0, 0.06, 0.86), (50, 0.5, 0.85), (100, 0.9, 0.80)],
    5e-4: [(0, 0.06, 0.86), (50, 0.93, 0.60), (100, 0.94, 0.41)],
}
MESSAGES = {f"Where is it? {EVIL}": [2.0, 0.0, 1.0], "My money back!": [0.0, 3.0, 0.0]}
CLASSES = ["order_status", "return_policy", "parcel_missing"]
CELLS = {("few", "hard"): [0.7, 0.8], ("few", "soft"): [0.8], ("many", "hard"): [0.9], ("many", "soft"): [0.9]}


def svgs(html):
    found = [base64.b64decode(code).decode() for code in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", html)]
    return found + re.findall(r"<svg .*?</svg>", html, re.S)


def well_formed(html):
    """The drawings, each read by an XML parser."""
    found = svgs(html)
    assert found
    return [xml.parseString(svg) for svg in found]


# --- two needles ---


def living():
    return needles.Needles(needles._tidy(RUNS))


def test_the_needles_part_as_the_rate_goes_up():
    widget = living()
    assert (widget.rate.value, widget.step.value) == (5e-5, 2)
    assert "sorts 90 % of the mail right" in widget.page.value and "86 %: 6 points lost." in widget.page.value
    widget.rate.value = 5e-4
    assert "sorts 94 %" in widget.page.value and "86 %: 45 points lost." in widget.page.value
    widget.step.value = 0
    assert "86 %: none lost." in widget.page.value


def test_a_needle_turns_from_where_it_was():
    widget = living()
    widget.rate.value = 5e-4
    old, new = needles._angle(0.80), needles._angle(0.41)
    assert f'style="--was:{old}deg" transform="rotate({new})"' in widget.page.value
    assert "prefers-reduced-motion: no-preference" in widget.page.value


@pytest.mark.parametrize("share, angle", [(0, -110), (0.5, 0), (1, 110), (0.75, 55)])
def test_angles_worked_by_hand(share, angle):
    assert needles._angle(share) == angle


@patient
@given(st.floats(0, 1))
def test_a_place_lies_on_its_circle(share):
    assert np.hypot(*needles._place(share, 92)) == pytest.approx(92, abs=0.1)


@pytest.mark.parametrize("rate, said", [(5e-5, "5e-5"), (2e-4, "2e-4"), (1.5e-4, "1.5e-4"), (1e-3, "1e-3")])
def test_rates_are_written_as_people_write_them(rate, said):
    assert needles.spelled(rate) == said


def test_the_still_gauges_have_their_numbers_in_words(shown):
    show.two_needles(RUNS)
    still, plain = shown[1]
    assert plain.startswith("Learning rate 5e-4, after 100 steps") and f'alt="{display.text(plain)}"' in still
    drawing = svgs(still)[0]
    assert ">94 %<" in drawing and ">41 %<" in drawing and drawing.count(">start<") == 2
    assert "animation" not in drawing


def test_spreads_are_said_and_drawn(shown):
    show.two_needles({1e-4: [(0, 0.1, 0.9, 0.0, 0.0), (10, 0.8, 0.7, 0.02, 0.03)]})
    assert "80 % (± 2)" in shown[1][1] and "70 % (± 3)" in shown[1][1]
    assert svgs(shown[1][0])[0].count("<polygon") == 2


@pytest.mark.parametrize(
    "runs, message",
    [
        ({}, "There are no runs"),
        ({1e-4: [(10, 0.1, 0.9), (20, 0.2, 0.9)]}, "must begin at step 0"),
        ({1e-4: [(0, 0.1, 0.9)]}, "must begin at step 0"),
        ({1e-4: RUNS[5e-5], 2e-4: RUNS[5e-5][:2]}, "stop at different steps"),
        ({1e-4: [(0, 6, 86), (10, 90, 80)]}, "pass shares, not percent"),
    ],
)
def test_runs_of_another_shape_are_refused(runs, message):
    with pytest.raises(ValueError, match=message):
        show.two_needles(runs)


@patient
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=6), st.data())
def test_every_run_can_be_drawn(shares, data):
    points = needles._tidy({1e-4: [(10 * i, *pair) for i, pair in enumerate(shares)]})[1e-4]
    at = data.draw(st.integers(0, len(points) - 1))
    well_formed(needles._drawing(points, at, (0.5, 0.5), "words"))


# --- strips ---


def test_a_picture_of_one_strip_is_rebuilt_from_one():
    parts = strips.take_apart(np.outer([1.0, 2, 3], [0.1, 0.2]))
    assert parts.error(1) == pytest.approx(0, abs=1e-12)
    assert parts.numbers(1) == 3 + 2


def test_the_error_worked_by_hand():
    parts = strips.take_apart(np.diag([0.8, 0.6]))  # |picture| = 1, and 0.6 is left out
    assert parts.error(1) == pytest.approx(0.6) and parts.error(2) == 0
    assert parts.rebuilt(1)[..., 0] == pytest.approx(np.diag([0.8, 0]))


@patient
@given(st.integers(0, 99), st.integers(1, 3))
def test_the_error_is_numpy_s_own_and_falls(seed, colours):
    picture = np.random.default_rng(seed).random((7, 5, colours))
    parts = strips.take_apart(picture)
    errors = [parts.error(r) for r in range(1, parts.full + 1)]
    by_norm = [np.linalg.norm(picture - parts.rebuilt(r)) / np.linalg.norm(picture) for r in range(1, 6)]
    assert errors == pytest.approx(by_norm, abs=1e-9) and errors == sorted(errors, reverse=True)


def test_whole_numbers_count_to_255():
    assert strips.take_apart(np.full((4, 4), 255, np.uint8)).rebuilt(4) == pytest.approx(1)


@pytest.mark.parametrize("image", [[1, 2, 3], np.zeros((4, 4)), np.zeros((0, 4)), np.full((2, 2), np.nan)])
def test_what_is_no_picture_is_refused(image):
    with pytest.raises(ValueError, match="That is no picture"):
        show.rank_slider(image)


def test_the_slider_counts_the_numbers():
    slider = strips.RankSlider(strips.take_apart(owl.product_picture()))
    slider.rank.value = 16
    assert "make 5,120 numbers for each colour, where the picture has 25,600: 20 %." in slider.page.value
    slider.rank.value = 160
    assert "200 %. That is more than the picture itself. The relative error is 0.000." in slider.page.value
    well_formed(slider.page.value)


def test_the_product_picture_needs_many_strips_but_not_all():
    picture = owl.product_picture()
    assert picture.shape == (160, 160, 3) and picture.min() >= 0 and picture.max() <= 1
    parts = strips.take_apart(picture)
    assert parts.error(1) > 0.15 and 0.02 < parts.error(16) < 0.08 and parts.error(64) < 0.02


def test_the_same_picture_gives_the_same_bytes():
    first = strips.png(owl.product_picture())
    owl.product_picture.cache_clear()
    assert strips.png(owl.product_picture()) == first and first.startswith(b"\x89PNG")


def test_both_still_pictures_have_alt_text(shown):
    show.rank_slider(np.random.default_rng(0).random((6, 9)))
    still = shown[1][0]
    assert len(re.findall(r'<img alt="[^"]{10,}"', still)) == 3 and "Rebuilt from 6" in still


# --- temperature ---


def test_softening_worked_by_hand():
    assert heat.softened([np.log(4.0), 0.0], 1) == pytest.approx([0.8, 0.2])
    assert heat.softened([np.log(4.0), 0.0], 2) == pytest.approx([2 / 3, 1 / 3])
    assert heat.softened([1e4, 0.0], 0.5) == [1.0, 0.0]


@patient
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=16), st.floats(0.5, 10))
def test_softening_and_entropy_are_torch_s_own(logits, temperature):
    shares = heat.softened(logits, temperature)
    reference = torch.distributions.Categorical(logits=torch.tensor(logits, dtype=torch.float64) / temperature)
    assert shares == pytest.approx(reference.probs.tolist())
    assert heat.entropy(shares) == pytest.approx(float(reference.entropy()) / np.log(2), abs=1e-6)


@patient
@given(st.lists(st.floats(-20, 20), min_size=3, max_size=16), st.floats(0.5, 9))
def test_heat_never_lowers_the_entropy(logits, temperature):
    cool, hot = (heat.entropy(heat.softened(logits, t)) for t in (temperature, temperature + 1))
    assert hot >= cool - 1e-9


def test_the_message_and_the_heat_are_picked():
    widget = heat.Heat(MESSAGES, CLASSES)
    assert "At T = 1 the teacher says: order status 66.5 %, parcel missing 24.5 % and" in widget.page.value
    widget.heat.value = 10
    assert "At T = 10 the teacher says: order status 36.7 %" in widget.page.value
    widget.message.value = "My money back!"
    assert "return policy 40.3 %" in widget.page.value
    well_formed(widget.page.value)


@pytest.mark.parametrize(
    "share, said", [(0.5, "50.0 %"), (0.0312, "3.1 %"), (1e-5, "< 0.1 %"), (0.99999, "> 99.9 %"), (1, "100.0 %")]
)
def test_shares_in_words(share, said):
    assert heat.spelled(share) == said


def test_messages_and_classes_are_escaped(shown):
    show.temperature(MESSAGES, [EVIL, "b", "c"])
    page = shown[1][0]
    assert "<script>" not in page and "<script>" not in svgs(page)[0]
    assert "&lt;script&gt;" in page
    widget = heat.Heat({EVIL * 5: [1.0, 2.0]}, [EVIL, "b"])
    assert "<script>" not in widget.page.value
    well_formed(widget.page.value)


def test_logits_of_another_length_are_refused():
    with pytest.raises(ValueError, match="has 2 logits for 3 classes: pass one per class"):
        show.temperature({"m": [1.0, 2.0]}, CLASSES)
    with pytest.raises(ValueError, match="at least one message"):
        show.temperature({}, CLASSES)


def test_arrays_and_tensors_are_logits_too(shown):
    show.temperature({"m": np.array([1.0, 2.0, 3.0]), "n": torch.tensor([1.0, 2.0, 3.0])}, CLASSES)
    assert "parcel missing 41.9 %" in shown[1][1]


# --- race ---


@pytest.mark.parametrize(
    "value, count, said",
    [
        (34.6, 1, "30"),
        (9.6, 1, "10"),
        (1.46, 1, "1"),
        (0.0468, 2, "0.047"),
        (0.996, 2, "1.0"),
        (19.04, 2, "19"),
        (1234, 2, "1,200"),
        (0, 1, "0"),
    ],
)
def test_digits_that_count(value, count, said):
    assert lanes.digits(value, count) == said


def test_each_call_gets_its_batch_and_the_texts_in_turn():
    calls = []
    lanes.each(calls.append, ["a", "b", "c"], 2, repeat=2)
    assert calls == [["a", "b"], ["c", "a"], ["b", "c"]]  # one that does not count, two that do


def test_the_time_is_for_one_message(monkeypatch):
    monkeypatch.setattr(lanes, "median_ms", lambda call, repeat: 64.0)
    assert lanes.each(len, ["a"], 32) == 2.0


def test_the_race_says_who_is_faster_and_by_how_much():
    names = ("teacher", "student")
    said = lanes.sentence(lanes.Timed(1, (19.04, 0.62)), names)
    assert said == "One at a time: teacher 19 ms a message, student 0.62 ms a message: student about 30 times as fast."
    assert "teacher about 4 times as fast" in lanes.sentence(lanes.Timed(32, (1.0, 4.2)), names)
    assert "about as fast as each other" in lanes.sentence(lanes.Timed(32, (1.0, 1.1)), names)


def test_while_one_message_is_sorted_the_other_sorts_many():
    drawing = lanes.drawing([lanes.Timed(1, (20.0, 2.0))], ("teacher", "student"))
    assert drawing.count('class="in"') == 1 + 10 and "<style>" not in drawing
    moving = lanes.drawing([lanes.Timed(1, (20.0, 2.0))], ("teacher", "student"), moving=True)
    assert "@keyframes" in moving and f"animation-delay:{lanes.LASTS:.2f}s" in moving


@patient
@given(st.floats(0, 1e4), st.floats(0.001, 1e4))
def test_every_race_can_be_drawn(first, second):
    well_formed(lanes.drawing([lanes.Timed(1, (first, second))], (EVIL, "b"), moving=True))


def test_a_real_race(shown, capsys):
    assert show.race(lambda texts: sum(range(200_000)), len, ["a", "b"], names=("slow", "len"), repeat=3) is None
    html, _ = shown[0]
    assert '<source media="(prefers-reduced-motion: no-preference)"' in html and len(svgs(html)) == 2
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["One at a time", "32 at a time"]
    assert all(re.search(r"len about [\d,]+ times as fast\.$", line) for line in lines)


def test_a_race_without_messages_is_refused():
    with pytest.raises(ValueError, match="pass at least one text"):
        show.race(len, len, [])


# --- two by two ---


def test_the_table_shows_dots_and_prints_numbers(shown, capsys):
    show.table_2x2(CELLS, groups=("160 texts", "3,400 texts"), teacher=0.95)
    alt = re.search(r'alt="([^"]+)"', shown[0][0])[1]
    assert "160 texts, hard labels 0.750 (± 0.071)" in alt and "The teacher reaches 0.950." in alt
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["mean", "spread", "lowest", "highest"]
    assert lines[1].split()[-4:] == ["0.750", "0.071", "0.700", "0.800"] and lines[-1].split() == ["teacher", "0.950"]


@patient
@given(st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_the_spread_is_the_standard_deviation(seeds):
    assert twofold.spread(seeds) == pytest.approx(stdev(seeds))
    assert twofold.spread(seeds[:1]) == 0


def test_each_seed_is_a_dot():
    axes = twofold._draw(CELLS, "accuracy", ("few", "many"), None).axes[0]
    dots = [line for line in axes.lines if line.get_marker() in "so" and line.get_linestyle() == "None"]
    assert sorted(len(line.get_xdata()) for line in dots) == [1, 1, 1, 2]


@pytest.mark.parametrize("values", [{}, {**CELLS, ("few", "soft"): []}, {**CELLS, ("none", "soft"): [1.0]}])
def test_a_table_with_other_cells_is_refused(values):
    with pytest.raises(ValueError, match="The table needs four cells"):
        show.table_2x2(values)


# --- all of them ---


def test_nothing_shown_holds_a_random_number(shown):
    """Stored outputs are compared: showing the same again gives the same."""
    for _ in range(2):
        show.two_needles(RUNS)
        show.temperature(MESSAGES, CLASSES)
        show.rank_slider(np.eye(8))
    assert json.dumps(shown[: len(shown) // 2]) == json.dumps(shown[len(shown) // 2 :])
