"""The ledger's pages: stamps that open their figure, links that lead somewhere, and the learner's largest misses."""

import base64
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from companion import ledger, show
from companion.build import ROOT
from companion.show import misses, pages, places
from companion.show.specs import spec

EVIL = "<script>alert(\"x\")</script> & 'more'"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path))


def svgs(html):
    return [base64.b64decode(code).decode() for code in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", html)]


def said(name, value, measured=None, confidence="guess", document=None):
    ledger.lock(name, value, confidence)
    if measured is not None:
        ledger.settle(name, measured, document, spec(name).tolerance if not name.startswith("board") else 0.0)


# --- where a claim is measured -----------------------------------------------------------------------------
def test_each_measured_claim_has_its_cell():
    found = places.places()
    for name in ("start", "C1.1-a", "C1.1-b", "C2.2-i", "C3.2-c", "zero-shot"):
        kinds = {cell: source for cell, kind, source in places.cells(found[name].notebook) if kind == "code"}
        assert f'"{name}"' in kinds[found[name].cell]
    assert found["C1.1-b"].notebook == "1_1_rag"


def test_every_guess_of_the_board_leads_to_the_cards_turned_over():
    assert places.place("board.C2.2-a").notebook == places.place("board.C2.2-i").notebook == "2_2_scenarios"


def test_a_notebook_that_is_not_there_has_no_cells(tmp_path):
    assert places.cells("1_1_rag", tmp_path) == () and places.place("C9") is None


def test_a_link_escapes_its_words():
    assert "<script>" not in places.Place(EVIL, EVIL).link(EVIL)


@pytest.mark.parametrize(
    "source, names",
    [('card("C1.1-b", a)', ["C1.1-b"]), ("demonstrated('C1.1-a', x)", ["C1.1-a"]), ('predict("C1.1-b")', []),
     ('path_card("C1.1-b")', []), ('a.card("x")', []), ("turn_cards()", ["board"]), ("card(name, x)", [])],
)  # fmt: skip
def test_what_a_cell_stamps(source, names):
    assert places._stamped(source) == names


# --- the document's page -----------------------------------------------------------------------------------
def test_a_grey_claim_says_where_it_is_measured(shown):
    show.ledger_page("1.1")
    assert places.place("C1.1-b").address in shown[0][0] and shown[0][0].count('class="grey"') == 5


def test_a_stamp_opens_the_figure_of_its_card(shown):
    said("C1.1-b", 62, 96.0, "would bet", 100.0)
    ledger.record("C1.1-b", {0: 0.9, 1: 1.0}, {0: 0.05, 1: 0.05}, EVIL)
    show.ledger_page("1.1")
    html = shown[0][0]
    assert html.count("<details>") == 1 and "<script>" not in html
    drawing = svgs(html)[0]
    assert spec("C1.1-b").title in drawing and "prediction" in drawing and "62 %" in drawing and "95 %" in drawing
    assert drawing.count("<circle") == 2  # a seed is a dot
    assert "your prediction 62 %" in html  # and the same in the alt text


def test_a_claim_without_a_chart_of_its_own_gets_plain_bars(shown, monkeypatch):
    monkeypatch.setattr(ledger, "claims", lambda: {"C9": ledger.Claim("C9", "all", "empirical", "share", seeds=1)})
    ledger.record("C9", {0: 0.4}, {0: 0.1})
    show.ledger_page()
    assert "measured 0.400" in shown[0][0] and "baseline 0.100" in shown[0][0]


def test_the_newest_record_is_stamped(shown):
    for value in (0.9, 0.05):
        ledger.record("C1.1-b", dict.fromkeys(range(5), value), dict.fromkeys(range(5), 0.0))
    show.ledger_page("1.1")
    assert "C1.1-b: does not hold" in shown[0][1]


def test_a_foreign_verdict_cannot_leave_its_stamp():
    assert "<script>" not in pages.stamp(EVIL) and '"x"' not in pages.stamp(EVIL)


# --- what changed my mind ----------------------------------------------------------------------------------
def test_the_largest_misses_by_hand():
    said("C1.1-b", 20, 95.0)  # 75 of 100 points
    said("C2.1-a", 60, 0.0)  # 60 of 120 seconds: 0.5, though 60 is less than 75 and more than 45
    said("C4.2-b", 38, 20.0)  # 18 of 40 points: 0.45, the smallest number and not the smallest miss
    said("C1.3-a", 50, 80.0)  # 30 of 100: 0.3
    assert [(miss.mine.claim_id, miss.away) for miss in misses.misses()] == [
        ("C1.1-b", 0.75), ("C2.1-a", 0.5), ("C4.2-b", 0.45), ("C1.3-a", 0.3),
    ]  # fmt: skip


def test_of_equal_misses_the_surer_comes_first_then_the_newer():
    dates = {"C1.1-b": "2026-05-03", "C1.1-d": "2026-05-01", "C1.1-e": "2026-05-02", "C1.3-a": "2026-05-01"}
    sure = {"C1.1-e": "would bet"}
    data = ledger.everything()
    for name, day in dates.items():
        data["predictions"][name] = {"claim_id": name, "value": 50.0, "confidence": sure.get(name, "guess"),
                                     "date": f"{day}T12:00:00+00:00", "late": False}  # fmt: skip
        data["outcomes"][name] = {"measured": 90.0, "document": None, "tolerance": 10.0}
    ledger.replace(data)
    assert [miss.mine.claim_id for miss in misses.misses()] == ["C1.1-e", "C1.1-b", "C1.1-d", "C1.3-a"]


def test_right_late_unmeasured_and_unknown_predictions_are_no_misses():
    said("C1.1-b", 90, 95.0)  # right
    ledger.settle("C1.1-d", 95.0, None, 10.0)
    ledger.lock("C1.1-d", 10, "guess")  # late
    said("C1.1-e", 10)  # not measured
    ledger.lock("C9.9-z", 10, "guess")
    ledger.settle("C9.9-z", 90.0, None, 10.0)  # a chart of another edition
    said("board.C2.2-a", 1, 0.0)
    assert misses.misses() == []


def test_a_result_beyond_the_axis_counts_as_its_end():
    said("C2.1-a", 20, 500.0)  # an axis of 0 to 120 seconds: no bar could be put farther than 120
    assert misses.misses()[0].away == round(100 / 120, 3)


def test_the_page_shows_five_with_a_way_back_and_says_what_they_were_drawn_from(shown):
    for number, name in enumerate(("C1.1-b", "C1.1-d", "C1.1-e", "C1.2-b", "C1.2-c", "C1.2-d", "start")):
        said(name, 5 * number, 90.0, "would bet")
    said("C1.3-a", 80, 80.0)
    said("C1.3-c", 80)
    said("board.C2.2-a", 1, 0.0)
    show.changed_my_mind()
    html, plain = shown[0]
    lines = plain.splitlines()
    assert lines[0] == "9 predictions locked: 1 right, 7 missed, 1 not measured yet."
    assert "1 of 1 guesses named another path" in lines[2]
    assert lines[3].startswith(
        "1. Exact answers after 40 facts changed: you said 0 %, would bet; measured 90 %. 0.90 of"
    )
    assert len(lines) == 8 and html.count("<section>") == len(svgs(html)) == 5
    assert html.count("#cell-id=") == 5 and 'alt="Exact answers' in html


def test_without_predictions_one_sentence(shown):
    show.changed_my_mind()
    assert shown[0][1].startswith("0 predictions locked so far. The first one waits in 0_start_here")


def test_all_right_is_said_and_nothing_is_listed(shown):
    said("C1.1-b", 95, 95.0)
    show.changed_my_mind()
    assert shown[0][1] == "1 prediction locked: 1 right, 0 missed."


def test_a_miss_escapes_what_it_shows(monkeypatch):
    said("C1.1-b", 20, 95.0)
    miss = misses.misses()[0]
    evil = misses.Miss(miss.mine, 95.0, misses.Axis(EVIL, EVIL, unit=EVIL), 0.75)
    assert "<script>" not in misses._row(1, evil) and "<script>" not in svgs(misses.strip(evil))[0]


names = st.sampled_from(["start", "C1.1-b", "C2.1-a", "C2.1-d", "C2.2-i", "C4.2-b"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(names, st.tuples(st.floats(0, 1), st.floats(-1, 2)), max_size=6))
def test_a_miss_is_a_share_of_its_axis_and_the_largest_come_first(rows):
    ledger.replace({"version": 1, "records": [], "predictions": {}, "outcomes": {}})
    for name, (mine, measured) in rows.items():
        low, high = spec(name).low, spec(name).high
        said(name, low + mine * (high - low), low + measured * (high - low))
    shares = [miss.away for miss in misses.misses()]
    assert shares == sorted(shares, reverse=True) and all(0 <= share <= 1 for share in shares)
    drawings = "".join(svgs(misses.strip(miss))[0] for miss in misses.misses())
    assert all(0 < float(x) < misses.WIDTH for x in re.findall(r'cx="([^"]+)"', drawings))


# --- the notebook ------------------------------------------------------------------------------------------
def test_the_stored_page_is_grey_and_its_links_lead_to_cells():
    cells = json.loads((ROOT / "notebooks" / "ledger.ipynb").read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    html = "".join("".join(output.get("data", {}).get("text/html", "")) for output in outputs)
    assert html.count('class="grey"') == len(ledger.claims()) and "<details>" not in html
    links = re.findall(r'href="([^"#]+)\.ipynb#cell-id=([^"]+)"', html)
    assert links and all(cell in places.code_ids(notebook) for notebook, cell in links)


def test_a_caution_stands_on_the_card_and_in_the_ledger(capsys):
    caution = spec("C4.2-b").caution
    show.card("C4.2-b", dict.fromkeys(range(5), 0.03), dict.fromkeys(range(5), 0.18))
    assert caution and caution in capsys.readouterr().out
    assert caution in pages._measured(ledger.claims()["C4.2-b"], ledger.read()[-1])
