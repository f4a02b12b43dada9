"""Pictures of stored runs: what they print is what the table holds."""

import pytest

from companion import show
from companion.finetune.voice import WAYS


@pytest.fixture
def shown(monkeypatch):
    """The HTML and the plain text of everything displayed."""
    seen = []
    for module in ("figures", "forgotten", "voices"):
        __import__(f"companion.show.{module}")
    monkeypatch.setattr("companion.show.figures.show", lambda html, plain: seen.append((html, plain)))
    return seen


def row(method, rate, seed, *scores, trained=10):
    moments = [
        {"step": 25 * n, "validation": v, "test": t, "company": c, "real text": r}
        for n, (v, t, c, r) in enumerate(scores)
    ]
    return {"method": method, "rate": rate, "seed": seed, "trained": trained, "moments": moments}


BEFORE = (0.1, 0.1, 0.9, 1.0)
MAIL = [
    row("full", 5e-5, 0, BEFORE, (0.7, 0.8, 0.4, 0.98)),
    row("full", 5e-4, 0, BEFORE, (0.9, 0.7, 0.3, 0.9), (0.8, 0.8, 0.1, 0.6)),
    row("full", 5e-4, 1, BEFORE, (0.9, 0.5, 0.5, 0.9), (0.8, 0.6, 0.1, 0.4)),
    *(row(method, 1e-3, 0, BEFORE, (0.7, 0.75, 0.5, 0.9)) for method in ("probe", "last", "lora", "adapter")),
]


def test_the_trade_off_prints_means_after_the_last_step_and_where_validation_was_best(shown, capsys):
    show.tradeoff(MAIL)
    lines = {line[:33].strip(): line[33:].split() for line in capsys.readouterr().out.splitlines()}
    printed = {name: [float(x) for x in rest[:3]] for name, rest in lines.items() if name and rest}
    assert printed["all weights, 5e-4"] == [0.7, 0.1, 0.5]
    assert printed["all weights, 5e-4, stopped early"] == [0.6, 0.4, 0.9]
    assert printed["before"] == [0.1, 0.9, 1.0]
    html, plain = shown[0]
    assert "LoRA, rank 8: mail 0.75, search 0.50" in plain and "<img alt=" in html


def test_upkeep_prints_medians_of_the_costs_and_mean_seconds_of_the_training(shown, capsys):
    methods, used = ("full", "last", "adapter", "lora", "probe"), ("full", "lora", "lora, merged", "adapter")
    costs = [
        {"trained": dict.fromkeys(methods, 7), "memory": dict.fromkeys(methods, mb), "ms": dict.fromkeys(used, 2.5)}
        for mb in (90, 100, 200)
    ]
    runs = [row | {"seconds": 0.2 if row["method"] == "probe" else 60 + 3 * row["seed"]} for row in MAIL]
    show.upkeep(costs, runs)
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("all weights")).split()[2:] == ["7", "100", "61"]
    assert next(line for line in lines if line.startswith("probe")).split()[1:] == ["7", "100", "0.2"]
    assert "all weights 100 MB" in shown[0][1] and "LoRA, merged 2.5 ms" in shown[0][1]


def test_form_and_facts_prints_both_shares_and_a_rewriting(shown, capsys):
    table = [
        {"model": model, "redraw": redraw, "seed": 0, "in_voice": 0.5, "facts_kept": 0.25, "said": [["a", "b"]] * 2}
        for model, redraw in WAYS.values()
    ]
    show.form_and_facts(table)
    out = capsys.readouterr().out
    assert out.count("0.500") == out.count("0.250") == 4 and "plain: a" in out
    assert "in voice 50%, facts kept 25%" in shown[0][1]
