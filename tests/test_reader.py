"""The reader: span scores by hand, offsets that point at the text, refusals, and peft's own loader."""

import json
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModel, AutoTokenizer, BertConfig, BertForQuestionAnswering

from companion.models import load_encoder, load_reader, reader
from companion.models.recipes.reading import Reading, batches, token_spans, window
from companion.models.recipes.scoring import Outcome, best_threshold, figures
from companion.models.recipes.squad import VALIDATION, parts, read_articles
from companion.models.sentences import sentence_of, sentence_starts
from companion.models.spans import NEVER, SpanModel, best_spans, shared_with_question, span_loss, span_scores
from companion.models.weights import installed_encoder

PARIS = "The museum opened in 1857. It stands in Paris, near the river, and about 900 people work there."
SHIPPED = reader.ADAPTER


# --- spans, by hand -----------------------------------------------------------------------------------


def test_span_scores_by_hand():
    first, last = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[10.0, 20.0, 30.0]])
    passage = torch.tensor([[False, True, True]])
    scores = span_scores(first, last, passage, passage)
    expected = [[NEVER, NEVER, NEVER], [NEVER, 22, 32], [NEVER, NEVER, 33]]
    assert scores[0].tolist() == expected
    assert span_scores(first, last, passage, passage, longest=1)[0, 1, 2] == NEVER
    assert [x.item() for x in best_spans(scores)] == [2, 2, 33.0]


def test_span_loss_by_hand():
    # spans score ln 2 and ln 3, "no answer" ln 5: P = 0.2, 0.3, 0.5
    scores = torch.full((1, 2, 2), NEVER)
    scores[0, 0, 0], scores[0, 1, 1] = np.log(2), np.log(3)
    none, gold = torch.tensor([np.log(5)], dtype=torch.float32), torch.zeros(1, 2, 2, dtype=torch.bool)
    assert span_loss(scores, none, gold).item() == pytest.approx(-np.log(0.5), abs=1e-5)
    gold[0, 0, 0] = True
    assert span_loss(scores, none, gold).item() == pytest.approx(-np.log(0.2), abs=1e-5)
    gold[0, 1, 1] = True  # two right spans: their probabilities add up
    assert span_loss(scores, none, gold).item() == pytest.approx(-np.log(0.5), abs=1e-5)


def test_span_loss_without_limits_is_start_and_end_cross_entropy():
    # if every pair is allowed, the softmax over pairs is the product of two softmaxes
    torch.manual_seed(0)
    first, last = torch.randn(4, 6), torch.randn(4, 6)
    scores, gold = first[:, :, None] + last[:, None, :], torch.zeros(4, 6, 6, dtype=torch.bool)
    a, b = torch.tensor([0, 1, 2, 3]), torch.tensor([3, 2, 5, 4])
    gold[torch.arange(4), a, b] = True
    both = torch.nn.functional.cross_entropy(first, a) + torch.nn.functional.cross_entropy(last, b)
    torch.testing.assert_close(span_loss(scores, torch.full((4,), NEVER), gold), both)


def test_a_passage_token_that_stands_in_the_question_is_marked():
    #                    [CLS] who  ran [SEP]  who  ate [SEP] [PAD]
    ids = torch.tensor([[101, 2040, 2743, 102, 2040, 8823, 102, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 1, 1, 1, 0]])
    types = torch.tensor([[0, 0, 0, 0, 1, 1, 1, 0]])
    assert shared_with_question(ids, mask, types).tolist() == [[0, 0, 0, 0, 1, 0, 0, 0]]


def test_figures_by_hand():
    found = [
        Outcome("q", "the red kite", 0.9, ("red kite",)),  # exact once the article is gone
        Outcome("q", "kite", 0.2, ("red kite",)),  # F1 2/3, but refused
        Outcome("q", "kite", 0.8, ()),
        Outcome("q", "kite", 0.1, ()),
    ]
    score = figures(found)
    assert score["f1"] == pytest.approx((1 + 2 / 3) / 2) and score["exact_match"] == 0.5
    assert score["f1_if_it_may_refuse"] == 0.5 and score["exact_match_if_it_may_refuse"] == 0.5
    assert score["refused_rightly"] == 0.5 and score["refused_wrongly"] == 0.5
    assert best_threshold(found) == 0.8  # refuses both unanswerable ones and loses only the weak answer


# --- data ---------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(data=st.data(), length=st.integers(1, 60), size=st.integers(1, 60), random=st.randoms())
def test_a_window_holds_an_answer_that_fits(data, length, size, random):
    first = data.draw(st.integers(0, length - 1))
    last = data.draw(st.integers(first, min(length - 1, first + size - 1)))
    low, high = window(length, ((first, last),), size, random)
    assert 0 <= low <= first <= last < high <= length and high - low <= max(size, 1)


def test_token_spans_cover_the_characters():
    offsets = [(0, 3), (4, 7), (7, 9), (10, 12)]
    assert token_spans(offsets, ((4, 9), (8, 9), (0, 12))) == ((0, 3), (1, 2), (2, 2))
    assert token_spans(offsets, ((3, 4),)) == ()


def test_sentences_begin_after_a_stop_and_white_space():
    text = "One is. Two is 1.5 m! Three? Four"
    assert [text[start:][:3] for start in sentence_starts(text)] == ["One", "Two", "Thr", "Fou"]
    assert sentence_of(sentence_starts(text), [0, 7, 8, 15, 30]).tolist() == [0, 0, 1, 1, 3]
    assert sentence_starts("") == []


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab .!?\n1", min_size=1, max_size=60))
def test_sentences_cover_the_text(text):
    starts = sentence_starts(text)
    assert starts == sorted(set(starts)) and starts[0] == 0
    assert "".join(text[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)) == text


def small_squad(folder: Path, articles: int = 14) -> Path:
    """Articles in SQuAD's own layout; one passage of the last is XQuAD's."""
    import zipfile

    data = []
    for n in range(articles):
        paragraphs = []
        for p in range(3):
            text = f"Town {n} has a bridge of {100 * n + p} metres. The river {p} is cold."
            answer = {"text": f"{100 * n + p}", "answer_start": text.index(f"{100 * n + p} metres")}
            question = {
                "id": f"{n}-{p}",
                "question": f"How long is the bridge of town {n}?",
                "answers": [answer],
            }
            paragraphs.append({"context": text, "qas": [question]})
        data.append({"title": f"T{n:02}", "paragraphs": paragraphs})
    for name in ("squad", "xquad"):
        (folder / name).mkdir()
    with zipfile.ZipFile(folder / "squad" / "dev-v1.1.json.zip", "w") as archive:
        archive.writestr("dev-v1.1.json", json.dumps({"data": data}))
    held = [{"paragraphs": data[-1]["paragraphs"][:1]}]
    (folder / "xquad" / "xquad.en.json").write_text(json.dumps({"data": held}), encoding="utf-8")
    return folder


def test_parts_share_no_article_and_hold_no_passage_of_xquad(tmp_path):
    data = parts(str(small_squad(tmp_path)))
    titles = {name: {p.title for p in part.passages} for name, part in data.items()}
    assert [len(titles[name]) for name in ("test", "validation", "train")] == [8, VALIDATION, 3]
    assert not titles["test"] & titles["train"] and not titles["validation"] & titles["train"]
    texts = [p.text for part in data.values() for p in part.passages]
    assert len(texts) == 14 * 3 - 1 and not any("bridge of 1300 metres" in text for text in texts)
    for part in data.values():
        for asked in part.questions:
            (start, end), passage = asked.spans[0], part.passages[asked.passage].text
            assert passage[start:end] == asked.answers[0]
            for near in part.near[asked.id]:
                assert near != asked.passage and f"of {asked.answers[0]} metres" not in part.passages[near].text


def test_no_data_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="point COMPANION_DATA at the folder"):
        parts(str(tmp_path))


def test_the_hubs_layout_gives_the_same_parts(tmp_path, monkeypatch):
    articles, left_out = read_articles(str(small_squad(tmp_path)))
    rows = [
        {
            "id": qa["id"],
            "title": title,
            "context": paragraph["context"],
            "question": qa["question"],
            "answers": {key: [a[key] for a in qa["answers"]] for key in ("text", "answer_start")},
        }
        for title, paragraphs in articles.items()
        for paragraph in paragraphs
        for qa in paragraph["qas"]
    ]
    hub = {"rajpurkar/squad": rows, "google/xquad": [{"context": text} for text in left_out]}
    fake = SimpleNamespace(load_dataset=lambda name, *_, split: hub[name])
    monkeypatch.setitem(sys.modules, "datasets", fake)
    monkeypatch.delenv("COMPANION_DATA", raising=False)
    assert read_articles() == (articles, left_out)


def test_batches_depend_on_seed_and_step_only_and_gold_is_the_answer(tmp_path):
    part = parts(str(small_squad(tmp_path)))["test"]
    encoder = load_encoder()
    tokenizer = encoder.tokenizer
    feed, per_pass = batches(Reading(part, encoder, refusals=0.5), 4, seed=1)
    again, _ = batches(Reading(part, encoder, refusals=0.5), 4, seed=1)
    assert per_pass == 6
    answers = {asked.answers[0] for asked in part.questions}
    for step in (7, 0, 3):
        batch, same = feed(step), again(step)
        assert all(torch.equal(batch[name], same[name]) for name in batch)
        for row, first, last in batch["gold"].nonzero().tolist():
            assert batch["passage"][row, first] and batch["passage"][row, last]
            assert tokenizer.decode(batch["input_ids"][row, first : last + 1]) in answers
        for row in range(len(batch["input_ids"])):  # the passage ends before its [SEP]
            inside = batch["input_ids"][row][batch["passage"][row]]
            assert 102 not in inside.tolist() and len(inside) > 5


# --- the shipped reader -------------------------------------------------------------------------------


@cache
def loaded():
    return load_reader()


@pytest.fixture
def shipped():
    return loaded()


def test_reads_the_answer_with_its_place(shipped):
    for question, answer in [
        ("When did the museum open?", "1857"),
        ("In which city does the museum stand?", "Paris"),
        ("How many people work there?", "900"),
    ]:
        span = shipped.read(question, PARIS)
        assert span is not None and answer in span.text, question
        assert PARIS[span.start : span.end] == span.text and 0.5 < span.score <= 1


def test_no_answer_is_none(shipped):
    for passage in (
        "Boil the rice for twelve minutes and let it rest.",
        "",
        " \n",
    ):
        assert shipped.read("Who painted the ceiling of the chapel?", passage) is None


def test_an_answer_in_the_second_window_of_a_long_text(shipped):
    filler = "The committee met again and agreed on nothing of note that day. " * 60
    text = filler + "The harbour of Velm was built by Anna Krohn in 1911. " + filler[:200]
    span = shipped.read("Who built the harbour of Velm?", text)
    assert span is not None and text[span.start : span.end] == span.text and "Anna Krohn" in span.text


def test_responds_from_the_passage_that_answers(shipped):
    passages = ["Boil the rice for twelve minutes.", PARIS, "Velm has a harbour."]
    reply = shipped.respond("When did the museum open?", passages)
    (start, end), (number,) = reply.spans[0], reply.cited
    assert number == 2 and passages[number - 1][start:end] == reply.text and "1857" in reply.text
    assert all(passage in reply.prompt for passage in passages)
    refusal = shipped.respond("Who painted the ceiling of the chapel?", passages[:1])
    assert refusal.cited == () and refusal.spans == () and refusal.score <= 0.5 and refusal.text
    assert shipped.respond("When did the museum open?", []).cited == ()


@settings(max_examples=15, deadline=None)
@given(
    question=st.text(min_size=1, max_size=40).filter(str.strip),
    passage=st.text(max_size=120) | st.just(PARIS),
)
def test_offsets_always_point_at_the_text(question, passage):
    for span in loaded().best(question, [passage]):
        assert span is None or (passage[span.start : span.end] == span.text and 0 <= span.score <= 1)


def test_closeness_is_the_encoders_cosine_of_each_tokens_sentence(shipped):
    question = "When did the museum open?"
    windows = shipped.windows(question, [PARIS])
    close = shipped.closeness(windows, question, [PARIS])[0]
    first, second = "The museum opened in 1857. ", PARIS[27:]
    encoder = load_encoder()
    expected = [float(encoder.encode(text) @ encoder.encode(question)) for text in (first, second)]
    inside = [value for value in close.tolist() if value]
    assert inside[0] == pytest.approx(expected[0], abs=1e-5)
    assert inside[-1] == pytest.approx(expected[1], abs=1e-5) and expected[0] > expected[1]
    assert close[0] == 0 and close[-1] == 0  # [CLS] and [SEP]


def test_a_very_long_question_is_cut_not_refused(shipped):
    span = shipped.best("When did the museum open? " * 100, [PARIS])[0]
    assert PARIS[span.start : span.end] == span.text


def test_an_empty_question_says_so(shipped):
    with pytest.raises(ValueError, match="question is empty"):
        shipped.read("  ", PARIS)


def test_pefts_own_loader_gives_the_same_model(shipped):
    from peft import PeftModel

    base = AutoModel.from_pretrained(installed_encoder(), add_pooling_layer=False)
    theirs = SpanModel(PeftModel.from_pretrained(base, SHIPPED).eval())
    theirs.load_state_dict(shipped.model.head_tensors(), strict=False)
    question = "When did the museum open?"
    windows = shipped.windows(question, [PARIS])
    close = shipped.closeness(windows, question, [PARIS])
    with torch.inference_mode():
        expected = theirs(windows["input_ids"], windows["attention_mask"], windows["token_type_ids"], close)
        for ours, other in zip(shipped.scores(windows, question, [PARIS]), expected, strict=True):
            torch.testing.assert_close(ours, other, atol=2e-3, rtol=1e-3)


def test_the_card_says_what_was_measured_and_the_adapter_is_small():
    files = {file.name: file.stat().st_size for file in SHIPPED.iterdir()}
    assert sum(files.values()) <= 2_000_000 and not any(name.endswith((".bin", ".pt", ".ckpt")) for name in files)
    card = json.loads((SHIPPED / "card.json").read_text(encoding="utf-8"))
    assert not set(card["articles"]["test"]) & set(card["articles"]["train"])
    assert {"f1", "exact_match", "refused_rightly", "f1_if_it_may_refuse"} <= set(card["test"])
    text = (SHIPPED / "README.md").read_text(encoding="utf-8")
    assert "CC BY-SA 4.0" in text and "1606.05250" in text


# --- other people's models ----------------------------------------------------------------------------


def test_any_extractive_checkpoint_of_a_folder(tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(installed_encoder())
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    BertForQuestionAnswering(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    other = load_reader(str(tmp_path))
    span = other.best("When did the museum open?", [PARIS])[0]
    assert PARIS[span.start : span.end] == span.text
    assert other.respond("When did the museum open?", [PARIS]).prompt


def test_a_model_that_is_no_reader_says_so(tmp_path):
    with pytest.raises(ValueError, match="was not trained to answer by spans"):
        load_reader(str(installed_encoder()))
    with pytest.raises(ValueError, match="no folder"):
        load_reader("./nowhere/at/all")
    (tmp_path / "head.safetensors").touch()
    with pytest.raises(FileNotFoundError, match="make reader"):
        load_reader(str(tmp_path))
