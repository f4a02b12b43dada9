"""Domain and style on the page: the lines are computed, the widgets escape and answer."""

import re

import numpy as np

from companion.scenarios import reports, verdicts
from companion.scenarios.abstracts import Abstract, Entity
from companion.show import neighbours, paths, underlined

LABELS = dict.fromkeys(reports.LABELS, 0.5)


def rows(job, measure, scores, **more):
    return [{"job": job, "path": path, "seed": 0, measure: score, **more} for path, score in scores.items()]


REPORTS = rows(
    "reports",
    "accuracy",
    {"fine-tuning": 0.8, "distillation": 0.5, "last layer only": 0.7, "retrieval": 0.6, "untrained": 0.4},
    by_label=LABELS,
    validation=0.5,
)


def test_the_winner_and_its_lead():
    line = verdicts.verdict_line(REPORTS, "reports")
    assert line.startswith("Fine-tuning won: 0.80 of the sentences are labelled rightly, 0.20 ahead of retrieval.")
    assert "It would not on the two validation companies: 0.50 against 0.50 for retrieval; on gain" in line


def test_a_rival_that_is_ahead_for_some_seeds_is_named_with_its_way():
    table = rows("abstracts", "f1", {"fine-tuning": 0.9, "rules and names": 0.6})
    table += [row | {"seed": 1, "f1": 0.4} for row in table if row["path"] == "fine-tuning"]
    line = verdicts.winner(table, "abstracts")
    assert line.endswith("0.05 ahead of untrained (rules and names), which is ahead for 1 of 2 seeds.")


def test_retrieval_and_its_filled_templates_are_one_path():
    scores = {"fine-tuning": 0.2, "as shipped": 0.3, "retrieval": 0.6, "retrieval, numbers too": 0.9}
    table = rows("copy", "both", scores, true_known_kinds=0.5, true_new_kinds=0.0)
    line = verdicts.verdict_line(table, "copy")
    assert line.startswith("Retrieval (numbers too) won: 0.90 in voice, facts kept, 0.60 ahead of fine-tuning (as sh")
    assert "It would not on kinds of fact that no template has" in line


def test_break_even_by_hand():
    # a perfect tagger is caught up with only when all names are known: 2p / (1 + p) = 1
    assert verdicts.break_even(precision=1.0, seen=1.0, new=1.0) == 1.0
    # precision 0.5 and all found: F1 is 2/3, which looking up has at p = 1/2
    assert verdicts.break_even(precision=0.5, seen=1.0, new=1.0) == 0.5


def test_the_known_names_at_which_looking_up_wins():
    table = rows("abstracts", "f1", {"fine-tuning": 0.6, "retrieval": 0.3}, precision=0.5, new=1.0, seen=1.0)
    assert "not if 50% of the names or more were known" in verdicts.verdict_line(table, "abstracts")


def test_the_paths_are_drawn_from_the_best_and_printed(shown, capsys):
    paths.job_paths(REPORTS, "reports")
    out = capsys.readouterr().out
    assert out.index("fine-tuning") < out.index("last layer only") < out.index("untrained")
    assert "retrieval 0.60" in shown[0][1]


def test_the_lines_stand_under_their_job_s_name_and_are_escaped(shown):
    paths.job_lines({"Reports": "A < B won.", "Copy": "C won."})
    assert shown[0][1] == "Reports. A < B won.\n\nCopy. C won." and "<b>Reports.</b> A &lt; B won." in shown[0][0]


def test_what_copy_keeps_is_printed_by_path(capsys):
    table = [
        {"job": "copy", "path": path, "seed": 0, "in_voice": 1.0, "facts_kept": 0.5, "both": 0.5, "true": 0.25}
        for path in paths.PATHS["copy"]
    ]
    paths.voice_counts(table)
    assert re.search(r"retrieval, numbers too +1\.000 +0\.500 +0\.500 +0\.250", capsys.readouterr().out)


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
