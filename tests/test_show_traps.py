"""The pictures of the traps: limits as they were set, numbers beside every square, a box that takes what one types."""

from types import SimpleNamespace

import pytest

from companion import show
from companion.rag.records import Hit
from companion.show import planted

EVIL = "<script>alert(1)</script>"


def test_gauges_use_the_limits_that_were_set(capsys):
    show.trap_gauges({"recall@5": 0.95, "copies among the five": 0.2}, {"recall@5": 0.5})
    out = capsys.readouterr().out
    assert "0.50  0.95  at least 0.90  green" in out and "at most 0.05    red" in out
    with pytest.raises(KeyError):
        show.trap_gauges({"hope": 0.5})


def test_the_grid_and_the_bars_print_their_numbers(capsys):
    wrong = {"order": {"none": 0.95, "trusted": 0.0}, "forged": {"none": 1.0, "trusted": 0.9}}
    show.defence_grid(wrong, {a: dict.fromkeys(row, 0.5) for a, row in wrong.items()})
    show.form_bars({"once": {"attacker's": 0.5, "right": 0.25, "neither": 0.25}})
    out = capsys.readouterr().out
    assert "order: none 95%, trusted 0%" in out and "0.950" in out and "once: right 25%, neither 25%" in out


class Stub:
    """An index and a study in one: it finds what was planted, and answers with its last word."""

    def __init__(self):
        self.held = {}

    def add(self, ids, texts, titles, metadata):
        self.held |= {i: Hit(i, 1.0, t, "", m) for i, t, m in zip(ids, texts, metadata, strict=True)}

    def remove(self, ids):
        for name in ids:
            del self.held[name]

    @property
    def ids(self):
        return list(self.held)

    def __getitem__(self, name):
        return self.held[name]

    def hits(self, index, question, where):
        return [hit for hit in self.held.values() if where is None or where(hit.metadata)]

    def reply(self, question, hits):
        return SimpleNamespace(text=hits[0].text.split()[-1] if hits else "nothing", cited=(1,) if hits else ())


def planter(article):
    stub = Stub()
    question = SimpleNamespace(text="How heavy?", answer="5", product="Owl")
    return planted.Planter(stub, stub, question, [article, "It weighs 9"]), stub


def test_what_is_typed_is_planted_asked_and_taken_out():
    widget, stub = planter("It weighs 5")
    assert "right" in widget.plain and "planted" in widget.page.value and not stub.held
    widget.next()
    assert widget.area.value == "It weighs 9" and "wrong" in widget.plain
    widget.defence.value = "trusted kinds"
    widget.draw()
    assert "planted</b>" not in widget.page.value


def test_strange_and_empty_articles_do_no_harm():
    widget, stub = planter("It weighs 5")
    for typed in (EVIL, "\x00", "  "):
        widget.area.value = typed
        widget.draw()
        assert "<script>" not in widget.page.value and not stub.held
    assert "article is empty" in widget.page.value
    with pytest.raises(ValueError, match="at least one example"):
        show.plant_article(stub, stub, None, [])
