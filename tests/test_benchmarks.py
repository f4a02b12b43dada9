"""The benchmarks' own arithmetic: ranges, the table, the parsing of public files."""

import json

from benchmarks import figures, report
from benchmarks.figures import Figure
from benchmarks.scifact import mean_ndcg, sentences


def test_a_figure_knows_its_target():
    assert Figure("a", 0.64, low=0.635, high=0.655).target == "0.645 ± 0.01" and Figure("a", 0.64, low=0.7).met is False
    assert Figure("a", 9.0, "s", high=10).target == "at most 10 s" and Figure("a", 9.0, "s", high=10).met
    assert Figure("a", 0.7, low=0.7).target == "at least 0.7" and Figure("a", 0.7, low=0.7).met
    assert Figure("a", 1.0).target == "" and Figure("a", 1.0).met is None


def test_numbers_are_shown_with_their_precision():
    assert [report.shown(v) for v in (0.6451, 1.0, 5183, 312.345, 2.5)] == ["0.645", "1.000", "5183", "312.3", "2.500"]


def test_results_become_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "RESULTS", tmp_path)
    figures.write("thing", [Figure("measured so", 0.5, low=0.7, how="Over 10 things."), Figure("also", 3.0, "s")])
    about = json.loads((tmp_path / "thing.json").read_text(encoding="utf-8"))
    assert {"cpu", "cores", "os", "python", "torch"} <= set(about["machine"]) and about["date"]
    table = report.table()
    assert "| measured so | 0.500 | at least 0.7 | **no** |" in table and "| also | 3 s |  |  |" in table
    assert "- Over 10 things." in table and f"Python {about['machine']['python']}" in table


def test_the_written_table_is_the_one_of_the_results():
    if report.README.is_file():
        assert report.README.read_text(encoding="utf-8") == report.table()


def test_a_printed_array_of_strings_is_read():
    assert sentences("['One, two.'\n 'It\\'s three.' \"Four's\"]") == "One, two. It's three. Four's"


def test_a_claim_without_a_ranking_counts_zero():
    grades = {"1": {"a": 1.0}, "2": {"b": 1.0}}
    assert mean_ndcg({"1": ["a", "x"]}, grades) == 0.5
