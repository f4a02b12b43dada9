"""Domain and style on the page: the lines are computed, the widgets escape and answer."""

import re

import numpy as np
import pytest

from companion.scenarios import reports, verdicts
from companion.scenarios.abstracts import Abstract, Entity
from companion.show import neighbours, paths, underlined

LABELS = dict.fromkeys(reports.LABELS, 0.5)


def rows(job, measure, scores, **more):
    return [{"job": job, "path": path, "seed": 0, measure: score, **more} for path, score in scores.items()]


REPORTS = rows(
    "reports",
    "accuracy",
    {"fine-tuning": 0.8, "distillation": 0.5, "last layer only": 0.7, "retrieval": 0.6, "untrained": 0.4}
    | {"retrieval, k tuned alike": 0.5},
    by_label=LABELS,
    validation=0.5,
)


def test_the_winner_and_its_lead():
    line = verdicts.verdict_line(REPORTS, "reports")
    assert line.startswith("Fine-tuning won: 0.80 of the sentences are labelled rightly, 0.20 ahead of retrieval.")
    assert "On the two validation companies it has 0.50, and retrieval 0.50 with k chosen there, 0.50 with" in line
    assert "(32 sentences, one standard error 9 points). On gain sentences it gains least" in line


def test_a_rival_that_is_ahead_for_some_seeds_is_named_with_its_way():
    table = rows("abstracts", "f1", {"fine-tuning": 0.9, "rules and names": 0.6})
    table += [row | {"seed": 1, "f1": 0.4} for row in table if row["path"] == "fine-tuning"]
    line = verdicts.winner(table, "abstracts")
    assert line.endswith("0.05 ahead of untrained (rules and names), which is ahead for 1 of 2 seeds.")


def test_level_is_said_and_two_together_win_nothing():
    table = rows("abstracts", "f1", {"fine-tuning": 0.6, "rules and names": 0.599, "rules, names, tagger": 0.7})
    assert verdicts.winner(table, "abstracts") == (
        "Fine-tuning is first: 0.60 F1 of entities, but level with untrained (rules and names). "
        "Rules, names, tagger together: 0.70."
    )


def test_copy_is_won_by_what_still_says_the_same_thing():
    scores = {"fine-tuning": 0.2, "as shipped": 0.3, "retrieval": 0.6, "retrieval, numbers too": 0.7}
    table = rows("copy", "true", scores | {"untrained, listed": 0.1}, both=0.9, true_new_kinds=0.0)
    table[-1]["both"] = 1.0
    line = verdicts.verdict_line(table, "copy")
    assert line.startswith("Retrieval (numbers too) won: 0.70 in voice, facts kept, and about the same thing, 0.40 ahe")
    assert "ahead of fine-tuning (as shipped)." in line and "no way has a single one right" in line
    assert line.endswith("untrained, listed wins, 1.00 to 0.90 for retrieval, numbers too.")


def test_known_names_are_looked_up():
    table = rows("abstracts", "f1", {"fine-tuning": 0.6, "retrieval": 0.3}, precision=0.5, seen=1.0)
    assert "looking up finds 1.00 of those and the tagger 1.00; 0.50 and 0.50" in verdicts.verdict_line(
        table, "abstracts"
    )


def test_a_lead_and_twice_its_paired_error():
    _, labels = reports.sentences("test")
    table = rows("reports", "accuracy", {"fine-tuning": 1.0, "retrieval": 0.5})
    table[0]["said"], table[1]["said"] = labels, ["gain"] * 64  # a quarter are gains
    found = verdicts.lead_and_error(table)
    assert found["lead"] == 0.75 and found["sentences"] == 64
    assert found["twice its error"] == pytest.approx(2 * (0.75 * 0.25 / 63) ** 0.5)


def test_the_paths_are_drawn_from_the_best_and_printed(shown, capsys):
    paths.job_paths(REPORTS, "reports")
    out = capsys.readouterr().out
    assert out.index("fine-tuning") < out.index("last layer only") < out.index("untrained")
    assert "retrieval 0.60" in shown[0][1]


def test_the_lines_stand_under_their_job_s_name_and_are_escaped(shown):
    paths.job_lines({"Reports": "A < B won.", "Copy": "C won."})
    assert shown[0][1] == "Reports. A < B won.\n\nCopy. C won." and "<b>Reports.</b> A &lt; B won." in shown[0][0]


def test_what_copy_keeps_is_printed_by_path(capsys):
    kept = {"ends": 1.0, "in_voice": 1.0, "facts_kept": 0.5, "both": 0.5, "true": 0.25}
    table = [{"job": "copy", "path": path, "seed": 0} | kept for path in paths.PATHS["copy"]]
    paths.path_counts(table, "copy")
    assert re.search(r"retrieval, numbers too( +1\.000){2}( +0\.500){2} +0\.250", capsys.readouterr().out)


def test_a_path_without_a_count_has_an_empty_cell(capsys):
    paths.path_counts(REPORTS[:1] + [{k: v for k, v in REPORTS[4].items() if k != "validation"}], "reports")
    assert capsys.readouterr().out.count("0.500") == 9


class Analyst:
    """Says loss of everything."""

    classes = list(reports.LABELS)

    def logits(self, texts):
        return np.array([[0.0, 3.0, 0.0, 0.0]] * len(texts), np.float32)

    def predict(self, texts):
        return ["loss"] * len(texts)


def test_a_typed_sentence_gets_both_answers_and_is_escaped(tiny_encoder, shown):
    known, labels = reports.sentences("train")
    neighbours.label_reader(Analyst(), tiny_encoder(), known[0], k=1)
    assert labels[0] == "gain" and "fine-tuned: loss; nearest 1: gain (1.00)" in shown[-1][1]
    reader = neighbours.LabelReader(Analyst(), tiny_encoder(), known[0], k=1)
    assert "They disagree: fine-tuned, loss; the nearest vote gain." in reader.page.value
    assert "<b>loss</b></td><td>87 %" in reader.page.value
    reader.area.value = "<script>"
    assert "<script>" not in reader.page.value
    reader.area.value = "  "
    assert "type one" in reader.page.value


ONE = Abstract("a1", "QRV7 & <b> velotinib", (Entity(0, 4, "gene"), Entity(11, 20, "drug")), ())


def test_marks_are_right_only_with_span_and_type():
    assert underlined.counted(ONE, [Entity(0, 4, "drug"), Entity(11, 20, "drug")]) == "1 right, 1 wrong, 1 missed"
    page = underlined.page(ONE, {"a way": [Entity(0, 4, "drug")]}, {"qrv7": "gene"})
    assert '<span class="gene seen">QRV7<sub>G</sub></span> &amp; &lt;b&gt;' in page
    assert f'<span class="drug wrong">QRV7<sub>D{underlined.WRONG}</sub></span>' in page and "<b>" not in page


def test_an_abstract_is_chosen(shown):
    other = Abstract("a2", "Nothing here.", (), ())
    viewer = underlined.Underlined([ONE, other], {"a way": [[], []]}, {}, 0)
    viewer.choice.value = 1
    assert "Nothing here." in viewer.page.value
    underlined.underlined_ways([ONE, other], {"a way": [[], []]}, {})
    assert "a way: 0 right, 0 wrong, 2 missed" in shown[-1][1]
