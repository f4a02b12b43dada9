"""Gauges have the zone they say, in picture, words and numbers; every line of the checklist leads somewhere."""

import base64
import re
import xml.dom.minidom as xml
from pathlib import Path

import pytest

from companion import ledger, show
from companion.show import checklist_page as checklist
from companion.show import gauge
from companion.show.gauge import Gauge

EVIL = "<script>alert(\"x\")</script> & 'more'"
TEXT = Path(__file__).parents[1] / "notebooks" / "text"


def test_the_limit_itself_is_green_and_the_zone_turns_with_the_direction():
    assert Gauge("recall@5", 0.9, at_least=0.9).zone == "green"
    assert Gauge("recall@5", 0.89, at_least=0.9).zone == "red"
    assert Gauge("wrong", 0.1, at_most=0.1).zone == "green"
    assert Gauge("wrong", 0.11, at_most=0.1).zone == "red"


def test_a_value_is_judged_as_it_is_written():
    assert Gauge("recall@5", 0.8951, at_least=0.9).zone == "green"  # it reads 0.90
    assert Gauge("recall@5", 0.8951, at_least=0.9, digits=3).zone == "red"


def test_words_and_table_hold_before_and_now(capsys):
    mended = Gauge("recall@5", 0.97, at_least=0.9, before=0.61)
    assert mended.sentence() == "recall@5: it was 0.61 (red), now 0.97 (green); at least 0.90 is green."
    show.gauges(mended, Gauge("copies", 0.0, at_most=0.05))
    out = capsys.readouterr().out
    assert "it was 0.61 (red), now 0.97 (green)" in out
    assert re.search(r"recall@5\s+0\.61\s+0\.97\s+at least 0\.90\s+green", out)
    show.gauges(Gauge("recall@5", 0.61, at_least=0.9))
    assert "before" not in capsys.readouterr().out


def drawn(monkeypatch, *gauges):
    pages = []
    monkeypatch.setattr(gauge, "show", lambda html, plain: pages.append(html))
    show.gauges(*gauges)
    coded = re.search(r"base64,([^\"]+)", pages[0])[1]
    return pages[0], base64.b64decode(coded).decode()


def test_the_picture_is_whole_escaped_and_as_wide_as_its_dials(monkeypatch):
    page, svg = drawn(monkeypatch, *[Gauge(EVIL, value, at_least=0.5, before=0.1) for value in (-3.0, 0.5, 9.0, 0.2)])
    assert xml.parseString(svg).documentElement.getAttribute("width") == str(2 * gauge.PANEL)
    assert xml.parseString(svg).documentElement.getAttribute("height") == str(2 * gauge.HEIGHT)
    assert "<script>" not in page and "<script>" not in svg
    assert svg.count("stroke-dasharray") == 4


def test_rows_hold_three_and_four_make_a_square():
    assert [gauge.a_row(count) for count in (1, 2, 3, 4, 5, 7)] == [1, 2, 3, 2, 3, 3]


def test_a_zone_without_room_is_not_drawn(monkeypatch):
    assert drawn(monkeypatch, Gauge("all", 1.0, at_least=0.0))[1].count('stroke-width="12"') == 1
    assert drawn(monkeypatch, Gauge("all", 1.0, at_least=0.4))[1].count('stroke-width="12"') == 2


def test_what_is_no_gauge_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="needs one limit"):
        Gauge("recall", 0.5)
    with pytest.raises(ValueError, match="needs one limit"):
        Gauge("recall", 0.5, at_least=0.1, at_most=0.9)
    with pytest.raises(ValueError, match="shows no number"):
        Gauge("recall", float("nan"), at_least=0.1)
    with pytest.raises(ValueError, match="high that is above low"):
        Gauge("recall", 0.5, at_least=0.1, low=1, high=1)
    with pytest.raises(ValueError, match="no gauge to draw"):
        show.gauges()


# --- the checklist ---
LINE = checklist.Line("RAG", "preparation", "C5.1-a", "Look <twice>.", "{{encoder.dim:.0f}} numbers.", "5_1a", "A b, c")


def test_lines_stand_in_the_tables_order_and_link_to_a_heading(monkeypatch, capsys, tmp_path):
    later = checklist.Line("distillation", "trap", "C5.1-f", "Count {{not.there:.2f}}.", "{{not.there}}", "5_1c", "D")
    monkeypatch.setattr(checklist, "_all", lambda: (later, LINE))
    assert checklist.lines() == [LINE, later] and checklist.lines("5_1c") == [later]
    assert LINE.link == "5_1a.ipynb#A-b,-c"
    show.checklist(save=tmp_path / "page.html")
    page, out = (tmp_path / "page.html").read_text(), capsys.readouterr().out
    assert "Look &lt;twice&gt;." in page and 'href="5_1a.ipynb#A-b,-c"' in page and page.count("<ul>") == 2
    assert f"{ledger.number('encoder.dim'):.0f} numbers." in out and "Count –." in out


def test_a_notebook_without_a_line_and_a_cell_that_is_not_there_are_refused():
    with pytest.raises(ValueError, match="no line on the checklist"):
        show.checklist("0_start_here")
    with pytest.raises(ValueError, match="no cell of the table"):
        checklist.Line("RAG", "traps", "C5.1-a", "", "", "", "")


def test_every_stored_line_leads_to_a_heading_that_is_there_and_its_numbers_were_measured():
    for line in checklist.lines():
        assert line.claim in ledger.claims()
        source = TEXT / f"{line.notebook}.md"
        headings = re.findall(r"^#+ (.+)$", source.read_text(encoding="utf-8"), re.M)
        assert line.anchor in headings, f"{line.notebook} has no heading {line.anchor!r}"
        assert checklist.said(line.figure) and checklist.said(line.sentence), f"a number of {line.claim} is missing"
