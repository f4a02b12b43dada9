"""What the learner sees: escaped text, alt text, keys that move things, the score, the same bytes twice."""

import base64
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion import ledger, show
from companion.show import (
    cards,
    charts,
    chunks,
    display,
    editor,
    figures,
    pages,
    predictions,
    scoring,
    sources,
    specs,
)
from companion.show import map as course
from companion.show.style import COLOURS

EVIL = "<script>alert(\"x\")</script> & 'more'"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path))
    return tmp_path


def pictures(html):
    return re.findall(r"<img [^>]*>", html)


def svgs(html):
    return [base64.b64decode(code).decode() for code in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", html)]


class Index(dict):
    def update(self, ids, texts):
        self[ids] = SimpleNamespace(id=ids, title=self[ids].title, text=texts)


class Pipeline:
    """Answers with the first number of its one article; `colour` is what no article holds."""

    def __init__(self, article="The warranty is 24 months."):
        self.index = Index(m1=SimpleNamespace(id="m1", title=f"Merlin {EVIL}", text=article))
        self.generator = SimpleNamespace(weights_sha256=lambda: "ab" * 32)

    def answer(self, question, top_k=5):
        found = re.search(r"\d+ months", self.index["m1"].text)
        known = found and "colour" not in question
        reply = (found[0], ["m1"]) if known else ("Not in these articles.", [])
        return SimpleNamespace(text=reply[0], citations=reply[1], milliseconds={"search": 1.0, "generate": 2.0})


# --- text and pictures ---


@given(st.text())
def test_text_is_safe_between_tags_and_in_quotes(value):
    assert not set(display.text(value)) & set("<>\"'")


def test_a_picture_without_alt_text_is_refused():
    with pytest.raises(ValueError, match="A picture needs alt text"):
        display.svg_image("<svg/>", "  ", 10)


def test_a_figure_has_alt_text_and_prints_its_numbers(shown, capsys):
    fig, axes = show.canvas()
    axes.plot([1, 2], [0.5, 0.6])
    show.figure(fig, 'A line, "rising"', {"recall": 0.94999, "articles": 240})
    assert 'alt="A line, &quot;rising&quot;"' in shown[0][0]
    assert capsys.readouterr().out == "recall    0.950\narticles    240\n"


def test_tables_are_rounded_and_aligned():
    rows = {"BM25": {1: 0.5, 5: 1.0}, "dense, fused": {1: 0.66666, 5: 0.9}}
    assert figures.rounded(rows).splitlines() == [
        "                  1      5",
        "BM25          0.500  1.000",
        "dense, fused  0.667  0.900",
    ]
    assert figures.rounded([{"k": 1, "ms": 2.0}, {"k": 10}]).splitlines() == [
        "k      ms",
        "1   2.000",
        "10",
    ]


def test_the_style_sheets_and_the_drawings_share_their_colours():
    sheet = display.css("paper")
    for name in (
        "paper",
        "ink",
        "muted",
        "grid",
        "edge",
        "measured",
        "good",
        "bad",
        "rag",
        "finetune",
        "distill",
    ):
        assert f"--{name}: {COLOURS[name]}" in sheet


@pytest.mark.parametrize("name", ["ink", "muted", "good", "bad", "document", "measured"])
def test_words_stand_out_from_the_paper(name):
    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    assert (light(COLOURS["paper"]) + 0.05) / (light(COLOURS[name]) + 0.05) >= 4.5  # WCAG 2.1, AA


# --- source ---


def example(value: int) -> int:
    """First line.

    More of it.
    """
    return value + 1


def test_a_listing_names_file_and_line():
    code, place = sources.listing(scoring.points)
    assert place == f"companion/show/scoring.py, line {scoring.points.__code__.co_firstlineno}"
    assert code.startswith("def points(")


def test_a_docstring_can_be_cut_to_its_first_line():
    code, _ = sources.listing(example, docstring=False)
    assert '"""First line."""' in code and "More of it" not in code


def test_a_listing_escapes_the_code(shown):
    show.source(test_a_listing_escapes_the_code)  # <b> & "quotes"
    assert "<b>" not in shown[0][0] and "&lt;b&gt;" in shown[0][0]


def test_what_has_no_source_is_named():
    with pytest.raises(ValueError, match="pass a function, a class or a method"):
        sources.listing(len)


# --- predictions ---


@pytest.mark.parametrize("claim_id", ["start", "C1.1-b", "C1.1-d", "C1.1-e"])
def test_every_prediction_can_be_drawn(shown, claim_id):
    show.predict(claim_id)
    html = "".join(h for h, _ in shown)
    assert len(pictures(html)) == 1 and "Chart to be predicted" in pictures(html)[0]
    assert ">?</text>" in svgs(html)[0]  # the open place: the result is not given away


def test_a_prediction_never_shows_what_was_measured():
    page = predictions._for_page(specs.spec("C1.1-b"))
    assert not {"document", "measured", "document_says"} & page.keys()


def test_an_unknown_prediction_is_named():
    with pytest.raises(KeyError, match="No prediction is called 'C9'"):
        show.predict("C9")


def test_a_locked_prediction_is_kept_and_comes_back():
    widget = predictions.PredictionWidget(specs.spec("C1.1-b"))
    widget.value, widget.confidence = 62.0, "would bet"
    widget.locked = True
    assert ledger.predictions()["C1.1-b"].value == 62
    again = predictions.PredictionWidget(specs.spec("C1.1-b"))
    assert (again.value, again.confidence, again.locked) == (62.0, "would bet", True)
    assert again.message == "Locked: 62 %, would bet. Run on to see."


def test_a_home_that_cannot_be_written_is_said_in_the_widget(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path / "file" / "home"))
    widget = predictions.PredictionWidget(specs.spec("C1.1-b"))
    widget.locked = True
    assert not widget.locked and "set COMPANION_HOME" in widget.message


def test_the_bar_moves_by_keys_mouse_and_touch():
    page = (predictions.HERE / "predictions.js").read_text()
    for key in ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"):
        assert key in page
    for need in ('role: "slider"', "tabindex: 0", "aria-valuetext", "pointerdown", "pointermove"):
        assert need in page
    assert "touch-action: none" in display.css("predict")
    assert "innerHTML" not in page


def test_the_same_prediction_gives_the_same_bytes(shown):
    show.predict("C1.1-b")
    show.predict("C1.1-b")
    assert shown[: len(shown) // 2] == shown[len(shown) // 2 :]


# --- score ---


@pytest.mark.parametrize(
    "predicted, confidence, worth",
    [
        (90, "guess", 1),
        (90, "fairly sure", 2),
        (90, "would bet", 3),
        (70, "guess", 0),
        (70, "fairly sure", -2),
        (70, "would bet", -6),
    ],
)
def test_the_surer_the_more_it_wins_and_costs(predicted, confidence, worth):
    assert scoring.points(predicted, 95, 10, confidence) == worth


def test_the_edge_of_the_tolerance_is_right():
    assert scoring.right(85, 95, 10) and not scoring.right(84.9, 95, 10)


@pytest.mark.parametrize("sure, best", [(0.5, "guess"), (0.75, "fairly sure"), (0.9, "would bet")])
def test_saying_what_you_believe_pays_best(sure, best):
    expected = {name: sure * won + (1 - sure) * lost for name, (won, lost) in scoring.POINTS.items()}
    assert max(expected, key=expected.get) == best


def test_the_score_counts_only_what_was_played_in_time():
    ledger.lock("a", 90, "would bet")
    ledger.settle("a", 95, 100, 10)  # both right: 3 and 2
    ledger.settle("b", 50, 100, 10)  # no prediction: nobody scores
    ledger.lock("b", 50, "would bet")  # late
    assert scoring.score() == scoring.Score(you=3, document=2, played=1)


# --- cards ---


def test_a_card_judges_scores_and_records(shown, monkeypatch):
    claim = ledger.Claim("C1.1-b", f"Right {EVIL}", "empirical", margin=0.5, seeds=2)
    monkeypatch.setattr(ledger, "claims", lambda: {"C1.1-b": claim})
    ledger.lock("C1.1-b", 62, "would bet")
    show.card("C1.1-b", {0: 0.95, 1: 0.975}, {0: 0.0, 1: 0.05})
    html, plain = shown[0]
    assert plain.startswith("C1.1-b: holds\nMeasured: 96.2 %, from 95 % to 97.5 % over 2 seeds.")
    assert "That is -6. Score after 1 prediction: you -6, the document 2." in plain
    assert "<script>" not in html
    moving, still = svgs(html)
    assert "animation" in moving and "animation" not in still.replace("animation-delay", "")
    assert moving.count("<circle") == still.count("<circle") == 2  # a seed is a dot
    assert '<source media="(prefers-reduced-motion: no-preference)"' in html
    assert ledger.read()[0].verdict == "holds"


def test_a_definition_is_stamped_and_a_measured_claim_is_not(shown):
    show.demonstrated("C1.1-a", "Seen <b>twice</b>.")
    assert [(r.claim_id, r.verdict) for r in ledger.read()] == [("C1.1-a", "demonstrated")]
    html, plain = shown[-1]
    assert "&lt;b&gt;" in html and "<b>" not in html and plain.startswith("C1.1-a: demonstrated")
    with pytest.raises(ValueError, match="card"):
        show.demonstrated("C1.1-b", "No.")


def test_a_card_comes_without_a_prediction(shown):
    show.card("start", {0: 0.04})
    assert "Measured: 4 of 100." in shown[0][1] and "nobody scores" in shown[0][1]


def test_a_card_comes_where_nothing_can_be_written(shown, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path / "file" / "home"))
    show.card("start", {0: 0.04})
    assert "set COMPANION_HOME" in shown[0][1]


@given(st.floats(-1e3, 1e3))
def test_no_bar_leaves_the_chart(value):
    assert charts.TOP <= charts.Axis("t", "y").y(value) <= charts.BOTTOM


def test_a_drawing_escapes_its_words():
    drawing = charts.draw(charts.Axis(EVIL, EVIL), [charts.Bar(EVIL, "measured", 5.0)])
    assert "<script>" not in drawing


def test_each_verdict_has_its_stamp():
    for said in ("holds", "holds with limits", "does not hold", "undecided", "demonstrated"):
        assert said in cards.stamp(said)
        assert f".companion .{said.replace(' ', '-')} " in display.css("paper")


# --- widgets ---


def test_an_edit_changes_the_answer_and_no_weight():
    pipeline = Pipeline()
    before = editor._ask(pipeline, "m1", "How long?")
    panel = editor.Editor(pipeline, "m1", "How long?", before, "Merlin")
    panel.area.value = f"The warranty is 60 months. {EVIL}"
    panel.save()
    assert "60 months" in panel.result.value and "24 months" in panel.result.value
    assert "= the same: no weight changed" in panel.result.value
    panel.undo()
    assert pipeline.index["m1"].text == "The warranty is 24 months."


def test_a_changed_weight_would_be_seen():
    before = editor.Asked("t", "a", "", 1.0, "aa")
    assert "≠ different" in editor._result("q", before, replace(before, weights="bb"))


def test_an_error_is_one_sentence_and_the_button_comes_back():
    pipeline = Pipeline()
    panel = editor.Editor(pipeline, "m1", "q", editor._ask(pipeline, "m1", "q"), "Merlin")
    panel.area.value = "   "
    panel.save()
    assert "The article is empty" in panel.result.value and panel.save_button.description == "Save and ask again"
    pipeline.index.update = lambda *_: 1 / 0
    panel.area.value = "x"
    panel.save()
    assert "division by zero" in panel.result.value and "Traceback" not in panel.result.value


def test_the_example_is_taken_back(shown):
    pipeline = Pipeline()
    question = SimpleNamespace(text=f"How long? {EVIL}")
    show.edit_and_ask(pipeline, "m1", question, example="The warranty is 60 months.")
    html = "".join(h for h, _ in shown)
    assert "60 months" in html and "<script>" not in html
    assert " ms" not in html  # what differs from run to run is not stored
    assert pipeline.index["m1"].text == "The warranty is 24 months."


TEXT = "One two three. Four five six seven. Eight nine ten."
GOLD = "Four five six seven."


@pytest.mark.parametrize("size, overlap, whole", [(3, 0, False), (5, 0, False), (10, 0, True), (7, 4, True)])
def test_the_gold_sentence_is_whole_or_cut(size, overlap, whole):
    gold = (TEXT.index(GOLD), TEXT.index(GOLD) + len(GOLD))
    assert chunks.verdict(chunks.pieces(TEXT, size, overlap), gold)[0] is whole


@given(st.integers(1, 12), st.integers(0, 11))
def test_the_drawn_text_is_the_text(size, overlap):
    pieces = chunks.pieces(TEXT, size, min(overlap, size - 1))
    parts = chunks.segments(len(TEXT), pieces, (15, 35))
    assert "".join(TEXT[a:b] for a, b, _, _ in parts) == TEXT


def test_overlap_stays_below_size():
    sliders = chunks.Sliders(TEXT, (15, 35), 8, 7)
    sliders.size.value = 4
    assert sliders.overlap.value == 3 and "chunk" in sliders.page.value


def test_a_gold_sentence_from_elsewhere_is_refused():
    with pytest.raises(ValueError, match="The gold sentence is not in the text"):
        show.chunk_slider(TEXT, "Not there.")


def test_chunks_are_escaped(shown):
    show.chunk_slider(f"{TEXT} {EVIL}", GOLD, size=5)
    assert "<script>" not in "".join(h for h, _ in shown)


def test_three_ways(shown):
    closed = SimpleNamespace(respond=lambda question, passages: SimpleNamespace(text="12 months"))
    question = SimpleNamespace(text=f"How long? {EVIL}", answer="24 Months")
    show.ask_three_ways(Pipeline(), closed, question, "What colour is it?")
    html, plain = shown[0]
    assert "invented: the right answer is 24 Months" in plain
    assert plain.splitlines()[1].endswith("; right)")
    assert "refused: no article holds it" in plain
    assert "<script>" not in html


# --- map and page ---


def test_the_map_links_what_is_ready(shown):
    show.course_map()
    links = re.findall(r'href="([^"]+)"', shown[0][0])
    assert links == [f"{name}.ipynb" for name in (*course.READY, "ledger", "glossary")]


def test_the_map_knows_the_notebooks_that_there_are():
    texts = sources.ROOT / "notebooks" / "text"
    if not texts.exists():
        pytest.skip("installed without notebooks")
    there = {file.stem for file in texts.glob("*.md")}
    assert there & {name for name, _, _ in course.stops()} == set(course.READY)


def test_a_claim_is_grey_until_it_is_measured(shown, monkeypatch):
    known = {
        "C1.1-a": ledger.Claim("C1.1-a", EVIL, "definition"),
        "C1.1-b": ledger.Claim("C1.1-b", "b", "empirical", seeds=1),
        "C6": ledger.Claim("C6", "all", "empirical"),
    }
    monkeypatch.setattr(ledger, "claims", lambda: known)
    ledger.record("C1.1-b", {0: 0.9}, {0: 0.1})
    show.ledger_page(1)
    html, plain = shown[0]
    assert plain == "1 of 2 claims measured\nC1.1-a: not measured yet\nC1.1-b: holds"
    assert html.count('class="grey"') == 1 and html.count("<details>") == 1
    assert "alt=" in pictures(html)[0] and "<script>" not in html


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=5))
def test_the_page_finds_an_axis_for_any_values(values):
    low, high = pages._limits(values)
    assert low <= min(values) and max(values) <= high and low < high
