"""`python -m companion ask`: what is printed, from the company's articles and from the user's own files."""

import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

import companion.models
from companion.__main__ import _quote, main

TEXT = "# Club rules\n\nThe club was founded in 1987 by Ada Moss. " + "The garden is open on Sundays. " * 60


class Finder:
    """A reader that finds one word."""

    def __init__(self, word):
        self.word = word

    def respond(self, question, passages):
        for number, passage in enumerate(passages, start=1):
            if self.word in passage:
                at = passage.index(self.word)
                spans = ((at, at + len(self.word)),)
                return SimpleNamespace(text=self.word, cited=(number,), prompt=question, spans=spans, score=1.0)
        return SimpleNamespace(text="No answer.", cited=(), prompt=question, spans=(), score=0.0)


@pytest.fixture
def models(monkeypatch):
    """The reader and the generator replaced by finders of these words."""

    def use(word):
        monkeypatch.setattr(companion.models, "load_reader", lambda name=None: Finder(word))
        monkeypatch.setattr(companion.models, "load_generator", lambda name=None: Finder(word))

    return use


def test_own_files_give_file_and_character_span(tmp_path, capsys, models):
    (tmp_path / "rules.md").write_text(TEXT)
    models("Ada Moss")
    assert main(["ask", "Who founded the club?", "--docs", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    start, end = map(int, re.search(r"rules\.md, characters (\d+) to (\d+)", printed).groups())
    assert TEXT[start:end] == "Ada Moss"
    assert printed.split()[:2] == ["Ada", "Moss"]
    assert re.search(r"took\s+embed \d+ ms · search \d+ ms · generate \d+ ms", printed)
    assert "\033" not in printed  # no colour codes where the output is no terminal


def test_not_in_these_documents(tmp_path, capsys, models):
    (tmp_path / "rules.md").write_text(TEXT)
    models("absent")
    assert main(["ask", "Who won in 2031?", "--docs", str(tmp_path)]) == 0
    assert "not in these documents" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_named_and_left_out(tmp_path, capsys, models):
    (tmp_path / "rules.md").write_text(TEXT)
    (tmp_path / "broken.pdf").write_bytes(b"?")
    models("1987")
    assert main(["ask", "When?", "--docs", str(tmp_path)]) == 0
    assert "left out broken.pdf" in capsys.readouterr().err


def test_the_company(capsys, models):
    models("Kestrel")
    assert main(["ask", "How long may I return a product?", "--top-k", "3"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"from\s+\S+ · ", printed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "x", "--docs", "no/such/folder"], "check the path"),
        (["ask", " "], "ask something"),
        (["ask", "x", "--top-k", "0"], "top_k >= 1"),
    ],
)
def test_errors_are_one_sentence_on_stderr(arguments, message, capsys, models):
    models("x")
    assert main(arguments) == 1
    shown = capsys.readouterr()
    assert message in shown.err and "Traceback" not in shown.err and shown.out == ""


def test_a_quote_has_whole_words_around_the_span():
    text = "alpha beta gamma delta epsilon"
    assert _quote(text, 11, 16, around=7) == "… beta gamma delta …"
    assert _quote(text, 0, 5, around=99) == text


def test_the_package_is_imported_when_it_is_used():
    code = (
        "import sys, companion.rag as rag; assert not {'torch', 'faiss', 'bm25s'} & set(sys.modules);"
        "rag.KnowledgeIndex, rag.RAGPipeline; assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_wrong_usage_shows_the_usage(capsys):
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2
    assert "ask" in capsys.readouterr().err
