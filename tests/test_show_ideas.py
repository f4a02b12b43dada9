"""The five ideas' widgets: numbers by hand, the library's own answer, and whatever a learner may type."""

import base64
import math
import re
import xml.dom.minidom
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from companion import show
from companion.models import load_encoder
from companion.show import arcs, chances, drawing, embedding, gradient, tokens

EVIL = "<script>alert(\"x\")</script> & 'more' ]]>"
TYPED = [
    "",
    "   \n\t ",
    EVIL,
    "\ud83e half a sign \x00 \x1b[31m",
    "🦉 漢字 Straße",
    "x" * 3000,
    "word " * 2000,
    "##goes [CLS] [SEP] [PAD] [UNK]",
]


@pytest.fixture(scope="module")
def encoder():
    return load_encoder()


def svgs(html):
    """The drawings on a page, each of them well-formed XML."""
    found = [base64.b64decode(code).decode() for code in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", html)]
    for one in found:
        xml.dom.minidom.parseString(one)
    return found


def safe(html):
    """Nothing typed became a tag, and every picture has its alt text."""
    assert "<script" not in html
    assert all('alt="' in image for image in re.findall(r"<img [^>]*>", html))
    assert "<script" not in "".join(svgs(html))


# --- token -------------------------------------------------------------------------------------------------
def test_a_word_is_cut_into_pieces(encoder):
    found = tokens.pieces(encoder.tokenizer, "The Kestrel")
    assert [(piece.token, piece.letters, piece.word) for piece in found] == [
        ("the", "The", 0),
        ("ke", "Ke", 1),
        ("##strel", "strel", 1),
    ]


@given(st.text(max_size=60))
def test_pieces_are_the_tokenizers_own(encoder, typed):
    plain = drawing.utf8(typed)
    ids = encoder.tokenizer(plain, add_special_tokens=False)["input_ids"]
    assert [piece.id for piece in tokens.pieces(encoder.tokenizer, typed)] == ids


def test_what_is_said_of_pieces(encoder):
    def said(typed):
        return tokens.said(tokens.pieces(encoder.tokenizer, typed), encoder.tokenizer)

    assert said("") == "No token yet: type a text."
    assert said("lamp") == "1 token."
    assert "1 is [UNK]" in said("lamp 🦉") and "2 are [UNK]" in said("🦉 lamp 🦉")
    assert said("lamp " * 1000) == "1,000 tokens. The first 160 are drawn."


@pytest.mark.parametrize("typed", TYPED)
def test_any_text_can_be_cut(encoder, typed, capsys):
    viewer = tokens.TokenViewer(encoder.tokenizer, "a lamp")
    viewer.area.value = typed
    safe(viewer.page.value)
    assert viewer.page.value.count('class="token') <= tokens.DRAWN + 1
    assert capsys.readouterr().err == ""


def test_the_button_brings_every_example_and_never_the_same_again(encoder):
    viewer = tokens.TokenViewer(encoder.tokenizer, "a lamp")
    seen = ["a lamp"]
    for _ in range(5):
        before = viewer.page.value
        viewer.next()
        assert viewer.page.value != before
        seen.append(viewer.area.value)
    assert set(seen) == {"a lamp", *tokens.EXAMPLES} and seen[-1] == "a lamp"
    viewer.area.value = tokens.EXAMPLES[0]
    viewer.next()
    assert viewer.area.value != tokens.EXAMPLES[0]


# --- embedding ---------------------------------------------------------------------------------------------
TOPICS = {"heat": ["It is hot.", "The oven glows."], "money": ["I want a refund.", "It costs ten euros."]}


class Flat:
    """An encoder whose vectors are known: all lie in a plane, longer one way than the other."""

    KNOWN = {"east": (1, 0), "west": (-1, 0), "north": (0, 0.5), "south": (0, -0.5)}

    def encode(self, texts):
        if isinstance(texts, str):
            return self.encode([texts])[0]
        rows = [[*self.KNOWN.get(text, (0, 0)), 0.25] for text in texts]
        return np.array(rows, np.float32)


def test_the_map_finds_the_plane_by_hand():
    chart = embedding.SentenceMap(Flat(), {"flat": ["east", "west", "north", "south"]})
    assert chart.points == pytest.approx(np.array([(1, 0), (-1, 0), (0, 0.5), (0, -0.5)]), abs=1e-6)
    assert chart.share == pytest.approx(1)
    # cosines are sums of products: east with east is 1 + 0.0625, with north 0.0625
    near = chart.nearest("east", 2)
    assert [(round(c, 4), said) for c, _, said in near] == [(1.0625, "east"), (0.0625, "north")]
    low, high = chart.pixels(chart.points).min(0), chart.pixels(chart.points).max(0)
    assert low == pytest.approx([22, 22]) and high == pytest.approx([658, 268])


def test_nearest_are_the_largest_cosines(encoder):
    chart = embedding.SentenceMap(encoder, TOPICS)
    near = chart.nearest("Please pay me back.")
    vectors = encoder.encode([*TOPICS["heat"], *TOPICS["money"]])
    cosines = sorted((vectors @ encoder.encode("Please pay me back.")).tolist(), reverse=True)
    assert [c for c, _, _ in near] == pytest.approx(cosines[:3], abs=1e-5)
    assert near[0][1:] == ("money", "I want a refund.")


@pytest.mark.parametrize("typed", TYPED)
def test_any_sentence_lands_on_the_map(encoder, typed):
    viewer = embedding.MapViewer(embedding.SentenceMap(encoder, {**TOPICS, EVIL: [EVIL]}), typed)
    safe(viewer.page.value)
    assert ("<circle" in svgs(viewer.page.value)[0]) == bool(typed.strip())


def test_a_map_has_five_topics_at_most(encoder):
    with pytest.raises(ValueError, match="up to 5 topics"):
        embedding.SentenceMap(encoder, {str(i): ["a", "b"] for i in range(6)})
    with pytest.raises(ValueError, match="three sentences"):
        embedding.SentenceMap(encoder, {"a": ["one"]})


# --- softmax and temperature -------------------------------------------------------------------------------
def test_softmax_by_hand():
    assert chances.softmax({"a": math.log(3), "b": 0.0}) == pytest.approx({"a": 0.75, "b": 0.25})
    # at temperature 0.5 the differences double: 9 to 1
    assert chances.softmax({"a": math.log(3), "b": 0.0}, 0.5) == pytest.approx({"a": 0.9, "b": 0.1})


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=8), st.floats(0.1, 4))
def test_softmax_is_torchs(scores, temperature):
    ours = chances.softmax(dict(enumerate(scores)), temperature)
    theirs = torch.softmax(torch.tensor(scores, dtype=torch.float64) / temperature, 0)
    assert list(ours.values()) == pytest.approx(theirs.tolist(), abs=1e-9)


@pytest.mark.parametrize("scores, temperature", [({}, 1), ({"a": 1.0}, 0), ({"a": 1.0}, -1), ({"a": 1.0}, math.nan)])
def test_softmax_needs_scores_and_warmth(scores, temperature):
    with pytest.raises(ValueError, match="above 0"):
        chances.softmax(scores, temperature)


def test_the_slider_sharpens_and_flattens():
    viewer = chances.SoftmaxViewer({"blue": 2.0, "red": 1.0, EVIL: 0.0}, 1.0)
    assert "blue, gets 67 %" in viewer.page.value  # e^2 / (e^2 + e + 1) = 0.665
    viewer.slider.value = 0.1
    assert "blue, gets 100 %" in viewer.page.value and "&lt; 1 %" in svgs(viewer.page.value)[0]
    viewer.slider.value = 4.0
    assert "blue, gets 42 %" in viewer.page.value  # e^.5 / (e^.5 + e^.25 + 1) = 0.419
    safe(viewer.page.value)


def test_next_tokens_begin_as_the_generator_answers():
    from companion.models import load_generator

    generator = load_generator("closed-book")
    asked = "What light do I look for when the Hawk Max pairs?"
    logits = show.next_tokens(generator, asked, count=5)
    assert list(logits.values()) == sorted(logits.values(), reverse=True)
    assert generator.respond(asked, []).text.lower().startswith(next(iter(logits)))


# --- gradient step -----------------------------------------------------------------------------------------
def valley(weight):
    return (weight - 2) ** 2 + 1  # slope 2 (w - 2): -4 at 0


def test_a_step_by_hand():
    walk = gradient.Walk(valley, 0.0)
    assert gradient.slope(valley, 0.0) == pytest.approx(-4)
    walk.step(0.25)
    assert walk.weight == pytest.approx(1.0)  # 0 - 0.25 * -4
    assert gradient.said(walk, 0.25) == (
        "After 1 step: weight 1.000, loss 2.000, slope −2.000. Next step: weight +0.500, loss down to 1.250."
    )


@given(st.floats(0.01, 0.99), st.floats(-5, 5))
def test_below_the_edge_the_loss_falls_and_beyond_it_grows(rate, start):
    walk, wild = gradient.Walk(valley, start), gradient.Walk(valley, start)
    walk.step(rate, 5)
    assert valley(walk.weight) <= valley(start) + 1e-9
    wild.step(1 + rate, 5)  # for this curve the edge is 1: beyond it each jump lands higher
    assert valley(wild.weight) >= valley(start) - 1e-9


def test_the_buttons_step_diverge_and_start_again():
    viewer = gradient.StepViewer(gradient.Walk(valley, 0.0), 0.1, -1.0, 4.0, (0.1, 1.5))
    viewer.go(1)
    viewer.go(10)
    assert "After 11 steps" in viewer.page.value and 'said"' in viewer.page.value
    viewer.slider.value = 1.5
    for _ in range(30):
        viewer.go(10)
    assert "It will not come back" in viewer.page.value and 'said bad"' in viewer.page.value
    safe(viewer.page.value)
    viewer.go(0)
    assert viewer.walk.weights == [0.0] and "After 0 steps" in viewer.page.value
    assert "loss UP to" in viewer.page.value


def test_a_walk_arrives():
    walk = gradient.Walk(valley, 0.0)
    walk.step(0.5, 2)
    assert "the ground is level" in gradient.said(walk, 0.5)


def test_a_rate_that_is_not_on_the_slider_is_named():
    with pytest.raises(ValueError, match="0.2 is not on the slider"):
        show.gradient_stepper(valley, rate=0.2)


def test_ticks_are_round():
    assert gradient.ticks(-0.5, 3.0) == [-0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert gradient.ticks(0, 911) == [0, 200, 400, 600, 800]


# --- attention ---------------------------------------------------------------------------------------------
SENTENCE = "The lock is stuck and the app cannot open it."


def test_weights_are_the_models_and_sum_to_one(encoder):
    usual = encoder.model.config._attn_implementation
    before = encoder.encode(SENTENCE)
    pieces, weights = show.attention(encoder, SENTENCE)
    assert weights.shape == (6, 12, len(pieces), len(pieces)) and (weights >= 0).all()
    assert weights.sum(-1) == pytest.approx(np.ones(weights.shape[:3]), abs=1e-5)
    assert encoder.model.config._attn_implementation == usual
    assert encoder.encode(SENTENCE) == pytest.approx(before, abs=0)
    # layer 1, head 1 from the model's own matrices: softmax(q k / sqrt(width))
    with torch.inference_mode():
        batch = encoder.tokenizer(SENTENCE, return_tensors="pt")
        x = encoder.model.embeddings(batch.input_ids)
        inner = encoder.model.encoder.layer[0].attention.self
        width = encoder.dim // 12
        q, k = (part(x)[0, :, :width] for part in (inner.query, inner.key))
        mine = torch.softmax(q @ k.T / math.sqrt(width), -1)
    assert weights[0, 0] == pytest.approx(mine.numpy(), abs=1e-5)


def test_what_the_notebook_says_to_notice(encoder):
    pieces, weights = show.attention(encoder, SENTENCE)
    row = dict(zip(pieces, weights[3, 1, pieces.index("it")], strict=True))
    assert row["lock"] > 0.8 and row["app"] < 0.1
    pieces, weights = show.attention(encoder, "I bought a Kestrel lamp and it stays dark.")
    assert weights[0, 2, 1:].argmax(-1).tolist() == list(range(len(pieces) - 1))  # the one before it
    assert weights[2, 9, :, 0].mean() > 0.8
    looks = []
    for end in ("small", "wide"):
        pieces, weights = show.attention(encoder, f"The lock fits the door because it is {end}.")
        row = dict(zip(pieces, weights[3, 1, pieces.index("it")], strict=True))
        looks.append((row["lock"], row["door"]))
    assert looks[0][0] > looks[1][0] + 0.1 and looks[1][1] > looks[0][1] + 0.1


@pytest.mark.parametrize("typed", TYPED)
def test_any_sentence_can_be_read(encoder, typed):
    viewer = arcs.AttentionViewer(encoder, SENTENCE, 4, 1, 1)
    viewer.area.value = typed
    safe(viewer.page.value)
    assert len(viewer.tokens) <= arcs.LONGEST
    assert ("only its first words" in viewer.page.value) == typed.startswith("word")


def test_the_picked_word_stays_when_the_sentence_changes(encoder):
    viewer = arcs.AttentionViewer(encoder, SENTENCE, 10, 4, 2)
    assert viewer.tokens[viewer.word.index] == "it"
    viewer.area.value = "The"
    viewer.area.value = "The lock fits because it is small."
    assert viewer.tokens[viewer.word.index] == "it" and "'it' looks at lock" in viewer.said()
    viewer.word.index = 2
    assert "'lock' looks at" in viewer.said() and "&#x27;lock&#x27; looks at" in viewer.page.value


def test_a_word_that_is_not_there_is_named(encoder):
    with pytest.raises(ValueError, match="'owl' is not a token"):
        show.attention_viewer(encoder, SENTENCE, "owl")


# --- all ---------------------------------------------------------------------------------------------------
def test_each_has_a_picture_for_pages_without_a_kernel(encoder, shown):
    show.token_viewer(encoder.tokenizer, EVIL)
    show.embedding_map(encoder, TOPICS, EVIL)
    show.temperature_slider({EVIL: 1.0, "b": 0.0})
    show.gradient_stepper(valley, rate=0.1, rates=(0.1, 0.2))
    show.attention_viewer(encoder, EVIL, "alert")
    stills = shown[1::2]
    assert len(stills) == 5
    for html, plain in stills:
        assert "companion-still" in html and re.search(r"\d", plain)
        safe(html)


def test_words_that_no_xml_may_hold_are_left_out():
    part = drawing.words(0, 0, "a\x00\x1b\ud83e<b>")
    assert part.endswith(">a&lt;b&gt;</text>")
    assert drawing.short(-0.01) == "0" and drawing.short(12.345) == "12.3"


def test_a_generator_of_ones_own_will_do():
    """Any object with a transformers model, a tokenizer and the four methods of `Generator`."""
    logits = torch.tensor([[0.0, 3.0, 1.0]])
    model = SimpleNamespace(generate=lambda ids, **_: SimpleNamespace(logits=[logits]))
    own = SimpleNamespace(
        model=model,
        tokenizer=SimpleNamespace(decode=lambda row: f" {int(row)}"),
        prompt=lambda question, passages: question,
        encode=lambda prompt: torch.tensor([[1]]),
        read=lambda ids: None,
        ends=lambda: {},
    )
    assert chances.next_tokens(own, "?", count=2) == {"1": 3.0, "2": 1.0}
