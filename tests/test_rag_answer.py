"""The pipeline: what the model reads, what is cited, what is timed; models of both kinds."""

from types import SimpleNamespace

import pytest
from test_rag_knowledge import DOCUMENTS, CountEncoder

import companion.models
from companion.rag import KnowledgeIndex, RAGPipeline, build_prompt
from companion.rag.prompt import cited_passages


class Quoter:
    """Answers with the first passage and cites it; remembers what it was asked."""

    def respond(self, question, passages):
        self.asked = (question, passages)
        return SimpleNamespace(
            text=passages[0], cited=(1,), prompt=f"{passages} {question}", spans=((0, 3),), score=2.0
        )


@pytest.fixture
def index():
    index = KnowledgeIndex(CountEncoder())
    titles, texts, metadata = zip(*DOCUMENTS.values(), strict=True)
    index.add(list(DOCUMENTS), texts, titles, metadata)
    return index


def test_answer_prompt_citation_and_milliseconds(index):
    generator = Quoter()
    answer = RAGPipeline(index, generator).answer("red lamp", top_k=2)
    assert (answer.text, answer.citations) == ("the lamp is red", ["lamp"])
    assert generator.asked == ("red lamp", [hit.text for hit in answer.passages])
    assert len(answer.passages) == 2
    assert "the lamp is red" in answer.prompt
    assert list(answer.milliseconds) == ["embed", "search", "generate"]
    assert all(value >= 0 for value in answer.milliseconds.values())
    assert (answer.spans, answer.score) == (((0, 3),), 2.0)


def test_an_update_changes_the_answer_and_not_the_model(index):
    pipeline = RAGPipeline(index, Quoter())
    index.update("lamp", "the red lamp is blue since May")
    assert pipeline.answer("red lamp").text == "the red lamp is blue since May"


def test_where_and_mode_reach_the_search(index):
    for mode in ("hybrid", "dense", "sparse"):
        answer = RAGPipeline(index, Quoter(), mode=mode).answer("green lamp", where={"kind": "manual"})
        assert {hit.metadata["kind"] for hit in answer.passages} == {"manual"}


def test_with_nothing_to_read_the_model_is_not_asked(index):
    answer = RAGPipeline(index, SimpleNamespace(respond=None)).answer("lamp", where={"kind": "none"})
    assert (answer.citations, answer.passages, answer.prompt) == ([], [], "")
    assert "nothing" in answer.text


def test_any_model_that_continues_a_prompt(index):
    generator = SimpleNamespace(generate=lambda prompt: " It is red [1], see also [1] and [7].")
    answer = RAGPipeline(index, generator).answer("red lamp", top_k=3)
    assert answer.text == "It is red [1], see also [1] and [7]."
    assert answer.citations == ["lamp"]  # there is no passage 7
    assert "[1] the lamp is red\n[2]" in answer.prompt and answer.prompt.endswith("Question: red lamp\nAnswer:")


def test_without_a_generator_the_courses_own_is_loaded_once(index, monkeypatch):
    loaded = []
    monkeypatch.setattr(companion.models, "load_generator", lambda: loaded.append(1) or Quoter())
    pipeline = RAGPipeline(index)
    assert not loaded
    pipeline.answer("lamp")
    pipeline.answer("lamp")
    assert loaded == [1]


@pytest.mark.parametrize(("query", "top_k", "message"), [("", 5, "ask something"), ("lamp", 0, "top_k >= 1")])
def test_wrong_use_names_the_fix(index, query, top_k, message):
    with pytest.raises(ValueError, match=message):
        RAGPipeline(index, Quoter()).answer(query, top_k)
    with pytest.raises(ValueError, match="hybrid, dense, sparse"):
        RAGPipeline(index, Quoter(), mode="best")


def test_prompt_by_hand():
    prompt = build_prompt("Why?", ["one", "two"])
    assert prompt.splitlines()[1:] == ["[1] one", "[2] two", "Question: Why?", "Answer:"]
    assert cited_passages("[2] and [1] and [2] and [0] and [9]", 2) == (2, 1)
