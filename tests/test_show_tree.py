"""The tree beside the figures: what a slider changes, what is drawn, the card that the button writes."""

import base64
import re
import xml.dom.minidom as xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion import show
from companion.choose import Needs, recommend
from companion.choose.figures import read_figures
from companion.choose.needs import QUESTIONS
from companion.choose.options import PATHS
from companion.choose.situations import situation
from companion.show import tree_drawing, tree_slider, worth

patient = settings(max_examples=25, deadline=None)
ROWS = [{"what": "zero-shot", "wording": "name", "test": 0.4}] + [
    {"what": what, "labels": labels, "seed": seed, "test": share + seed / 100}
    for what, share in (("probe", 0.5), ("neighbours", 0.3))
    for labels in (16, 640)
    for seed in (0, 2)
]


@pytest.fixture(scope="module")
def figures():
    return read_figures(records=[])


@pytest.fixture
def chooser(figures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tree_slider.Chooser(tree_slider.START, figures)


def test_a_need_flips_the_advice_and_the_tree_s_way(chooser):
    assert "The tree says RAG. The figures say RAG with fine-tuning" in chooser.page.value
    chooser.sliders["kind"].value = "behaviour"
    assert "The tree says RAG. The figures say fine-tuning" in chooser.page.value
    chooser.sliders["update_days"].value = 30.0
    assert "The tree says fine-tuning." in chooser.page.value
    chooser.sliders["latency_ms"].value = 5.0
    assert "The figures say fine-tuning, then distillation" in chooser.page.value and "too slow" in chooser.page.value


def test_every_slider_changes_the_page(chooser):
    for slider in chooser.sliders.values():
        before = chooser.page.value
        slider.index = slider.index - 1
        assert chooser.page.value != before


def test_what_is_not_known_is_asked_back(chooser):
    chooser.sliders["kind"].index = 0
    assert QUESTIONS["kind"].asks in chooser.page.value
    chooser.sliders["update_days"].index = 0
    assert "The tree says nothing yet, for it misses an answer" in chooser.page.value


def test_limits_that_no_path_keeps(chooser):
    chooser.sliders["latency_ms"].value = 5.0
    assert "The figures name no path" in chooser.page.value and "No path keeps all your limits" in chooser.page.value


def test_the_button_writes_the_card(chooser, tmp_path):
    chooser.title.value = "<i>Desk</i>"
    chooser.keep.click()
    assert "Written: decision_card.html" in chooser.kept.value and "The one measurement" in chooser.kept.value
    card = (tmp_path / "decision_card.html").read_text("utf-8")
    assert "&lt;i&gt;Desk" in card and "<i>Desk" not in card
    chooser.sliders["style"].value = True
    assert chooser.kept.value == ""  # what was written is no longer what is shown


def test_a_folder_that_cannot_be_written_is_said(chooser, monkeypatch):
    monkeypatch.setattr(tree_slider, "CARD", "no/such/folder/card.html")
    chooser.write()
    assert "could not be written here" in chooser.kept.value


def test_needs_between_the_coarse_answers_have_a_stop_of_their_own(figures):
    chooser = tree_slider.Chooser(Needs(kind="facts", labels=77), figures)
    assert chooser.needs() == Needs(kind="facts", labels=77) and "77 examples" in chooser.page.value


def test_the_still_picture_says_what_the_widget_says(shown, figures):
    show.tree_and_figures(Needs(kind="facts", update_days=1.0), figures)
    html, plain = shown[1]
    assert plain.startswith("The tree says RAG. The figures say RAG, right in")
    alt = re.search(r'<img alt="([^"]+)"', html)[1]
    assert plain in alt
    svg = base64.b64decode(re.search(r"svg\+xml;base64,([^\"]+)", html)[1]).decode()
    assert xml.parseString(svg) and svg.count("<rect") > len(PATHS)


@patient
@given(st.randoms(use_true_random=False))
def test_every_situation_can_be_drawn(random):
    advice = recommend(situation(random), read_figures(records=[]))
    drawn = tree_drawing.drawing(advice, tree_drawing.sentence(advice))
    assert xml.parseString(drawn)
    lit = [path for path in ("rag", "finetune", "distill") if f'fill="{tree_drawing.COLOURS[path]}"/>' in drawn]
    assert advice.tree.path in (*lit, "zero-shot")


def test_what_labels_are_worth_is_printed(shown, capsys):
    show.labels_worth(ROWS, here={16: 0.55})
    assert "no label 0.40 or 0.40" in shown[0][0]
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[-2:] == ["0.400", "0.400"] and lines[2].split()[-2:] == ["0.510", "0.310"]


def test_each_seed_is_a_dot_and_this_machine_a_cross():
    axes = worth._draw({"probe": {16: [0.1, 0.2]}, "neighbours": {16: [0.3, 0.1]}}, 0.4, {16: 0.2}).axes[0]
    marks = [line.get_marker() for line in axes.lines]
    assert marks.count("o") == 1 and marks.count("s") == 1 and marks.count("x") == 1


def test_rows_without_a_zero_shot_are_refused():
    with pytest.raises(ValueError, match="hold no zero-shot"):
        show.labels_worth(ROWS[1:])


def test_the_tree_alone_says_its_way(capsys):
    tree_drawing.draw_tree(tree_slider.START)
    assert capsys.readouterr().out == "Is live updating of knowledge needed? Yes. The tree says RAG.\n"
    tree_drawing.draw_tree(Needs())
    assert "nothing yet" in capsys.readouterr().out
