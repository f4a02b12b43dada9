"""The glossary: 60 terms in two languages, each with a cell that is there, and a box that finds them."""

import re
from dataclasses import replace

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion import show
from companion.build import ROOT, BuildError, glossary
from companion.show import glossary_page, places
from companion.show.glossary_page import Term, found, terms, topics

EVIL = "<script>alert(\"x\")</script> & 'more'"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_there_are_sixty_terms_and_no_two_are_called_alike():
    names = [term.term.lower() for term in terms()]
    assert len(names) == len(set(names)) == 60
    assert len({term.chinese for term in terms()}) == 60


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.term)
def test_a_term_has_both_languages_and_one_or_two_plain_sentences(term):
    assert CHINESE.search(term.chinese) and CHINESE.search(term.means_chinese)
    assert not CHINESE.search(term.term + term.means)
    assert 1 <= len(re.findall(r"[.](?:\s|$)", term.means)) <= 2 and term.means.endswith(".")
    assert term.means_chinese.endswith("。") and term.means_chinese.count("。") <= 2
    assert (term.chinese + term.means_chinese).encode("gb2312")  # simplified characters only
    assert 5 <= len(term.means.split()) <= 45
    assert not re.search(r"\b(simply|just|powerful|leverage|cutting-edge)\b", term.means)


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.term)
def test_the_cell_that_shows_a_term_is_there(term):
    notebook = nbformat.read(ROOT / "notebooks" / f"{term.place.notebook}.ipynb", as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == term.place.cell)
    assert cell.cell_type == "code" and term.shows in cell.source


def test_topics_are_in_the_course_s_order_and_their_terms_by_name():
    for some in topics().values():
        names = [term.term.lower() for term in some]
        assert names == sorted(names)


def test_words_that_no_cell_holds_are_named():
    with pytest.raises(ValueError, match="0 code cells of 1_1_rag hold 'no such words'"):
        _ = replace(terms()[0], notebook="1_1_rag", shows="no such words").place
    with pytest.raises(ValueError, match="code cells of 1_1_rag hold 'from companion'"):
        _ = replace(terms()[0], notebook="1_1_rag", shows="from companion").place


# --- the page ----------------------------------------------------------------------------------------------
def test_the_page_is_what_the_terms_make_of_it():
    stored = (ROOT / glossary.PAGE).read_text("utf-8")
    assert stored == glossary.page(), "run `python -m companion.build notebooks glossary`"


def test_the_page_links_to_cells_that_are_there():
    links = re.findall(r"\]\(([^)#]+)\.ipynb#cell-id=([^)]+)\)", (ROOT / glossary.PAGE).read_text("utf-8"))
    assert len(links) == 60
    assert all(cell in places.code_ids(notebook) for notebook, cell in links)


def test_a_term_without_its_cell_stops_the_build(monkeypatch):
    lost = replace(terms()[0], shows="no such words")
    monkeypatch.setattr(glossary, "topics", lambda: {"One": (lost,)})
    with pytest.raises(BuildError, match="name words that stand in one"):
        glossary.page()


def test_a_row_of_the_table_escapes_what_would_break_it(monkeypatch):
    monkeypatch.setattr(Term, "place", places.Place("1_1_rag", "a1"))
    row = glossary.row(Term("a|b", "中*文", EVIL, "x_y", "1_1_rag", ""))
    assert "a\\|b" in row and "中\\*文" in row and "<script>" not in row and row.count("<br>") == 1


# --- the search --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed, first",
    [("forgetting", "catastrophic forgetting"), ("遗忘", "catastrophic forgetting"), ("LORA", "LoRA"),
     ("recall@K", "recall@k"), ("ｓｏｆｔｍａｘ", "softmax"), ("search dense", "dense search")],
)  # fmt: skip
def test_the_search_finds_a_term_in_either_language(typed, first):
    assert found(typed)[0].term == first


def test_names_come_before_mentions():
    names = [term.term for term in found("token")]
    assert names[0] == "token" and "batch" not in names and "language model" in names


@given(st.text(max_size=30))
def test_whatever_is_typed_the_box_answers(typed):
    assert set(found(typed)) <= set(terms())
    assert found("") == terms()


def test_what_is_found_is_drawn_and_escaped(monkeypatch):
    box = glossary_page.Search()
    assert "1 of 60 terms" in box.page.value and "灾难性遗忘" in box.page.value
    box.area.value = "zzz"
    assert "0 of 60 terms" in box.page.value
    box.area.value = ""
    assert box.page.value.count('class="entry"') == glossary_page.MOST
    assert "<script>" not in glossary_page._entry(Term(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL))


def test_another_word_brings_other_entries():
    box = glossary_page.Search()
    for _ in glossary_page.EXAMPLES:
        before = box.page.value
        box.another.click()
        assert box.page.value != before and 'class="entry"' in box.page.value


def test_readers_without_a_kernel_are_told_where_to_look(shown):
    show.glossary()
    assert shown[-1][1] == "60 terms in 6 topics" and "tables below" in shown[-1][0]
