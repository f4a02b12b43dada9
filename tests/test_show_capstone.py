"""The slider over one's own verdicts: what more items would say, drawn and in words."""

import pytest

from companion.capstone.compared import Comparison
from companion.show.verdicts import ALT, VerdictSlider, card_page, on_items, sentence, verdict_slider, verdict_table

PAIRS = [
    Comparison("reading", "memory", (0.95, 0.03), (0.3, 0.0), 30, 0.16, "questions"),
    Comparison("LoRA", "a probe <b>", (0.83, 0.79), (0.77, 0.79), 48, 0.08, "messages"),
]


def test_more_items_shrink_the_give_or_take_by_the_root():
    wider = on_items(PAIRS[1], 192)
    assert wider.give_or_take == pytest.approx(0.04) and wider.n == 192 and wider.own == PAIRS[1].own
    assert on_items(PAIRS[1], 0) is PAIRS[1] and on_items(PAIRS[1], 48) is PAIRS[1]
    assert [one.verdict for one in (PAIRS[1], wider)] == ["too few to say", "not seen here"]


def test_the_slider_draws_and_says_what_it_draws():
    slider = VerdictSlider(PAIRS)
    assert "As counted: 1 agrees, 1 too few to say." in slider.page.value and ALT in slider.page.value
    slider.items.value = 500
    assert "The same shares on 500 items would say: 1 agrees, 1 not seen here." in slider.page.value
    assert "<b>" not in slider.page.value and "&lt;b&gt;" in slider.page.value


def test_plain_words_and_nothing_to_compare(capsys):
    verdict_slider(PAIRS)
    assert sentence(PAIRS, 0) in capsys.readouterr().out
    assert "too few to say" in verdict_table(PAIRS) and "0.920" in verdict_table(PAIRS)
    with pytest.raises(ValueError, match="nothing to compare: pass"):
        verdict_slider([])


def test_the_card_stands_in_a_frame_where_nothing_runs(tmp_path, monkeypatch):
    file = tmp_path / "decision_card.html"
    with pytest.raises(ValueError, match="is not there yet: run decide"):
        card_page(file)
    file.write_text('<h1 class="a">Lantern</h1>', encoding="utf-8")
    shown = []
    monkeypatch.setattr("companion.show.verdicts.show", lambda html, plain: shown.append((html, plain)))
    card_page(file)
    html, plain = shown[0]
    assert 'sandbox=""' in html and "&lt;h1 class=&quot;a&quot;&gt;" in html and "<h1" not in html
    assert plain == "[the decision card: decision_card.html]"
