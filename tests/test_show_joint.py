"""Prior and posterior bars: what they say is Bayes' rule; and the lines of the stored run."""

import re
import xml.dom.minidom as xml

import pytest
import torch

from companion import show
from companion.rag import passage_posterior, rag_sequence_nll
from companion.show import pulls

EVIL = "<script>alert(\"x\")</script> & 'more'"
PRIOR = torch.tensor([0.7, 0.2, 0.1]).log().tolist()
EXPLAINED = {"203 grams": [-19.6, -0.1, -12.0], EVIL: [-0.2, -9.0, -9.0], "7 grams": [-12.0, -12.0, -12.0]}
NAMES = ["Harrier 2 Pro: size", f"Harrier Pro {EVIL}", "Harrier Pro: battery"]


def widget():
    return pulls.Pulls("What is its weight?", NAMES, PRIOR, EXPLAINED)


@pytest.mark.parametrize("answer", list(EXPLAINED))
def test_the_bars_are_the_package_s_posterior(answer):
    one_token = torch.tensor(EXPLAINED[answer])[:, None]
    wanted = passage_posterior(torch.tensor(PRIOR), one_token)
    assert widget().after(answer) == pytest.approx(wanted.tolist(), abs=1e-5)
    loss = rag_sequence_nll(torch.tensor(PRIOR), one_token).item()
    assert f"oss {loss:.2f}" in widget().sentence(answer)


def test_another_answer_pulls_another_passage():
    living = widget()
    assert "passage 2 gains most. Search gave it 20 %, the answer gives it 100 %" in living.page.value
    living.answer.value = EVIL
    assert "passage 1 gains most" in living.page.value and "▲ +0.30" in living.page.value
    living.answer.value = "7 grams"
    assert "nobody moves" in living.page.value


def test_what_was_written_is_escaped_and_drawings_are_well_formed(shown):
    show.answer_pulls("What is its weight?", NAMES, PRIOR, EXPLAINED)
    living = widget()
    for answer in EXPLAINED:
        living.answer.value = answer
        assert "<script>" not in living.page.value
        for drawn in re.findall(r"<svg .*?</svg>", living.page.value, re.S):
            xml.parseString(drawn)
    still, plain = shown[1]
    assert "203 grams" in plain and "<script>" not in still and "passage 2 gains most" in still


@pytest.mark.parametrize(
    "names, prior, explained",
    [(NAMES, PRIOR, {}), (NAMES[:2], PRIOR, EXPLAINED), (NAMES, PRIOR[:2], EXPLAINED), (NAMES, PRIOR, {"a": [0.0]})],
)
def test_lengths_that_do_not_fit(names, prior, explained):
    with pytest.raises(ValueError, match="prior for each passage"):
        show.answer_pulls("q", names, prior, explained)


def test_lines_print_what_they_show(shown, capsys):
    show.recall_lines({"answers alone": [(0, 0.47), (40, 0.75)], "labels": [(0, 0.47), (40, 0.65)]})
    out = capsys.readouterr().out
    assert "0.750" in out and "recall@1 at 40" in out and "answers alone from 0.47 to 0.75" in shown[0][0]
    show.stale_lines([{"step": 0, "stale": 0.47, "refreshed": 0.47}, {"step": 40, "stale": 0.5, "refreshed": 0.7}])
    assert "embedded anew" in capsys.readouterr().out


def test_the_squares_count_what_the_module_counts():
    from companion.rag.fid_measure import products
    from companion.show import blocks

    lengths = [60, 55, 70, 40, 65, 62, 58, 61, 49, 66]
    living = blocks.Blocks(lengths, 22, 512)
    apart, pasted = products(lengths[:3], 22)
    assert f"{pasted:,} pairs" in living.page.value and f"{apart:,}" in living.page.value
    assert "207 tokens when pasted together: that fits into 512" in living.page.value
    living.count.value = 10
    assert "that does not fit into 512" in living.page.value
    for count in range(1, 11):
        living.count.value = count
        for drawn in re.findall(r"<svg .*?</svg>", living.page.value, re.S):
            xml.parseString(drawn)
    assert "times as many as the" in blocks.sentence(lengths[:5], 22, 512)
    assert "1 passage, 82 tokens" in blocks.sentence(lengths[:1], 22, 512)
    with pytest.raises(ValueError, match="at least two"):
        show.apart_or_pasted([60], 22)


def test_curves_may_end_earlier(shown, capsys):
    exact = {"FiD": [(1, 0.6), (5, 0.9), (20, 0.95)], "pasted together": [(1, 0.6), (5, 0.92)]}
    show.passage_curves(exact, {name: [(n, 100 * n) for n, _ in points] for name, points in exact.items()})
    out = capsys.readouterr().out
    assert "with 20" in out and "FiD, ms" in out and "2000" in out and "FiD: 1 passages 0.60" in shown[0][0]


def test_lines_of_reading_print_seconds(shown, capsys):
    show.reading_lines({"FiD": [(20, 342.0), (120, 2576.0)], "pasted together": [(20, 243.0), (120, 3528.0)]})
    assert "120 passages, s" in capsys.readouterr().out and "20 passages 0.24, 120 passages 3.53" in shown[0][0]
