"""What notebook 5.2 shows: the quarter replay by its words, the figures by what they print."""

import pytest

from companion.monitor.alarms import CHANCE
from companion.monitor.results import SAID, alarms_of, dashboards, seen
from companion.show import quarter_replay, replay, trickle_curve, who_heard
from companion.show.replay import SETS, SHORT, QuarterReplay, lines_of, told
from companion.stored import chosen, stored


@pytest.fixture(scope="module")
def table():
    return stored("monitor")["rows"]


@pytest.fixture(scope="module")
def row(table):
    return chosen(table, seed=0)[0]


def test_nothing_is_told_before_the_last_evening(row):
    living = QuarterReplay(row)
    living.reveal.value = True
    assert "go to the end first" in living.page.value
    assert not any(said in living.page.value for said in SAID.values())
    assert not any(f">{name}<" in living.page.value for name in SHORT.values())
    living.day.value = 90
    assert all(f">{name}<" in living.page.value for name in SHORT.values())
    assert "Planted, and heard by no gauge here" in living.page.value
    assert "Weeks that rang for nothing: 13." in living.page.value


def test_the_future_is_not_drawn(row):
    lines = lines_of(row, SETS[1])
    triangles = [replay.drawing(row, lines, day, CHANCE, False).count("H") for day in (20, 50, 90)]
    assert triangles == sorted(triangles)
    assert replay.drawing(row, lines, 20, CHANCE, False) != replay.drawing(row, lines, 21, CHANCE, False)


def test_the_sentence_names_what_rings_on_that_evening(row):
    lines = lines_of(row, SETS[1])
    week = row["plan"]["line"]
    day = alarms_of(row, "recall")[week]
    assert "recall@5" in told(row, lines, day, False).split("Weeks that rang")[0]
    assert f"{week + 1}" in told(row, lines, 90, False).split("Weeks that rang before:")[1]


def test_labels_make_more_lines_and_chance_moves_alarms(row):
    living = QuarterReplay(row)
    counts = []
    for name in SETS:
        living.watched.value = name
        counts.append(len(lines_of(row, name)))
        assert f"{counts[-1]} gauges" in living.page.value
    assert counts == sorted(counts) and counts[-1] == len(dashboards()["and letters"])
    rang = [sum(len(line.first) for line in lines_of(row, SETS[2], chance)) for chance in (0.0002, CHANCE, 0.02)]
    assert rang == sorted(rang)


def test_a_page_without_a_kernel_does_not_tell(row, capsys):
    quarter_replay(row)
    said = capsys.readouterr().out
    assert "Evening of week 13, Sun: 7 gauges" in said and "Planted" not in said


def test_the_grid_prints_what_it_draws(table, capsys):
    who_heard(table, ["recall", "relevance"])
    lines = capsys.readouterr().out.splitlines()
    heard = sum(seen(row, "recall", ("line",)) for row in table) / len(table)
    assert lines[-2].startswith("recall@5") and lines[-2].split()[-5] == f"{heard:.3f}"


def test_the_trickle_prints_its_sizes(table, capsys):
    trickle_curve(table)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[-6:]] == ["5", "10", "20", "50", "100", "280"]
