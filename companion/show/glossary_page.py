"""The glossary: terms in English and Chinese, each linked to the cell that shows it, and a box to search them."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path

from companion.show.display import show_widget, text
from companion.show.living import box, still
from companion.show.places import Place, cells

FILE = Path(__file__).with_name("glossary.toml")
MOST = 8  # entries shown at a time
EXAMPLES = ("forgetting", "检索", "probabilit", "教师", "how nearly")


@dataclass(frozen=True)
class Term:
    """One entry; `shows` are words in the source of the cell that shows it."""

    term: str
    chinese: str
    means: str
    means_chinese: str
    notebook: str
    shows: str

    @property
    def place(self) -> Place:
        """The cell. ValueError where the notebook has no such cell, or more than one."""
        found = [cell for cell, kind, source in cells(self.notebook) if kind == "code" and self.shows in source]
        if len(found) != 1:
            raise ValueError(
                f"{len(found)} code cells of {self.notebook} hold {self.shows!r}, the words for {self.term!r} in "
                "companion/show/glossary.toml: name words that stand in one."
            )
        return Place(self.notebook, found[0])


@cache
def topics() -> dict[str, tuple[Term, ...]]:
    """The terms under their topics, in the page's order."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))["topics"]
    return {table["title"]: tuple(Term(**row) for row in table["terms"]) for table in tables}


def terms() -> list[Term]:
    """All terms, by their English names."""
    return sorted((term for some in topics().values() for term in some), key=lambda term: term.term.lower())


def found(typed: str) -> list[Term]:
    """The terms that hold all typed words, in either language; those with them in their names come first."""
    wanted = _plain(typed).split()
    hits = [term for term in terms() if all(word in _whole(term) for word in wanted)]
    return sorted(hits, key=lambda term: not all(word in _names(term) for word in wanted))


def glossary() -> None:
    """Show a box that searches the glossary, in English or Chinese."""
    count = f"{len(terms())} terms in {len(topics())} topics"
    show_widget(Search().box, still(f"<p>{text(count)}: the tables below hold them all.</p>"), count)


class Search:
    """A box to type in, a button that brings another word, and the entries that hold what stands in the box."""

    def __init__(self) -> None:
        import ipywidgets as w

        self.words = cycle(EXAMPLES)
        self.area = w.Text(next(self.words), placeholder="a word, in English or 中文", layout=w.Layout(width="320px"))
        self.another = w.Button(description="Another word", layout=w.Layout(width="auto"))
        self.page = w.HTML()
        self.area.observe(lambda _: self.draw(), names="value")
        self.another.on_click(lambda _: self.next())
        self.box = box(w.HBox([self.area, self.another]), self.page, kind="glossary")
        self.draw()

    def next(self) -> None:
        """Put another word in the box."""
        self.area.value = next(word for word in self.words if word != self.area.value)

    def draw(self) -> None:
        """Draw again."""
        hits = found(self.area.value)
        count = f"{len(hits)} of {len(terms())} terms" + (f", the first {MOST} of them" if len(hits) > MOST else "")
        self.page.value = f'<p role="status" class="muted">{count}</p>' + "".join(map(_entry, hits[:MOST]))


def _entry(term: Term) -> str:
    return (
        f'<div class="entry"><b>{text(term.term)}</b> <span lang="zh">{text(term.chinese)}</span>'
        f'<br>{text(term.means)}<br><span lang="zh">{text(term.means_chinese)}</span>'
        f"<br><small>shown in {text(term.notebook)}</small></div>"
    )


def _plain(said: str) -> str:
    """Small letters, wide forms made narrow, so that what a Chinese keyboard types is found too."""
    return unicodedata.normalize("NFKC", said).casefold()


def _names(term: Term) -> str:
    return _plain(f"{term.term} {term.chinese}")


def _whole(term: Term) -> str:
    return _plain(f"{term.term} {term.chinese} {term.means} {term.means_chinese}")
