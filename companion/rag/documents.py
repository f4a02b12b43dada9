"""A folder of .md, .txt, .html and .pdf files into texts whose characters can be found in their files."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

SUFFIXES = (".md", ".txt", ".html", ".htm", ".pdf")
MOST_MB = 25  # of one file; a larger PDF is mostly pictures, and parsing it takes minutes and gigabytes
HIDDEN_TAGS = {"script", "style", "template", "noscript"}
INLINE_TAGS = {
    "a",
    "abbr",
    "b",
    "cite",
    "code",
    "em",
    "i",
    "mark",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
}


@dataclass(frozen=True)
class Piece:
    """A run of the text that came from one place: `length` characters of the file or page, from `source`."""

    start: int
    source: int
    length: int
    page: int | None = None


@dataclass(frozen=True)
class Place:
    """Characters start to end of a file, as Python counts them; in a PDF, of the text of `page`, from 1."""

    path: Path
    start: int
    end: int
    page: int | None = None


@dataclass(frozen=True)
class SourceFile:
    """A file's text and where each run of it came from."""

    path: Path
    name: str  # the path within the folder that was read, with forward slashes
    text: str
    pieces: tuple[Piece, ...]

    def locate(self, start: int, end: int) -> Place:
        """Where text[start:end] stands in the file; from the first character's place to the last one's."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"{start} to {end} is no span of a text of {len(self.text)} characters.")
        first, last = self._piece(start), self._piece(end - 1)
        into_first, into_last = min(start - first.start, first.length), end - last.start
        whole = end == len(self.text) or self._piece(end).start == end  # the span ends where its piece ends
        source_end = last.source + (last.length if whole else min(into_last, last.length))
        if first.page != last.page:  # over a page break: say where it begins
            return Place(self.path, first.source + into_first, first.source + first.length, first.page)
        return Place(self.path, first.source + into_first, source_end, first.page)

    def _piece(self, at: int) -> Piece:
        return self.pieces[bisect_right(self.pieces, at, key=lambda piece: piece.start) - 1]


def read_folder(folder: str | Path) -> tuple[list[SourceFile], dict[str, str]]:
    """All readable files of a folder and its subfolders, and {name: reason} of those that could not be read.

    A single file may be given too. Hidden files are left out. Raises FileNotFoundError where there is no such
    folder, ValueError where it holds nothing to read; what is wrong with one file never stops the others.
    """
    folder = Path(folder).expanduser()
    if not folder.exists():
        raise FileNotFoundError(f"There is no folder {folder}: check the path.")
    base = folder if folder.is_dir() else folder.parent
    files, skipped = [], {}
    for path in sorted(base.rglob("*")) if folder.is_dir() else [folder]:
        name = path.relative_to(base).as_posix()
        if not path.is_file() or path.suffix.lower() not in SUFFIXES or name.startswith(".") or "/." in name:
            continue
        try:
            files.append(read_file(path, name))
        except (OSError, ValueError) as error:
            skipped[name] = str(error)
    if not files:
        why = "".join(f" ({name}: {reason})" for name, reason in list(skipped.items())[:1])
        raise ValueError(f"{folder} holds nothing to read: put {', '.join(SUFFIXES)} files with text there{why}.")
    return files, skipped


def read_file(path: Path, name: str | None = None) -> SourceFile:
    """One file by its suffix. Raises ValueError, with the reason, where there is no text in it or it is too large."""
    if (size := path.stat().st_size) > MOST_MB * 1e6:
        raise ValueError(
            f"it has {size / 1e6:.0f} MB: split it, or save its text alone, to at most {MOST_MB} MB a file"
        )
    readers: dict[str, Callable] = {".pdf": _read_pdf, ".html": _read_html, ".htm": _read_html}
    text, pieces = readers.get(path.suffix.lower(), _read_text)(path)
    if not text.strip():
        raise ValueError("no text in it; if it is a scan, run text recognition (OCR) over it first")
    return SourceFile(path, name or path.name, text, tuple(pieces))


def _read_text(path: Path) -> tuple[str, list[Piece]]:
    text = _decode(path.read_bytes())
    return text, [Piece(0, 0, len(text))]


def _decode(raw: bytes) -> str:
    """UTF-8, UTF-16 with its mark, or the old Windows encoding; line ends become newlines, as in open()."""
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read_html(path: Path) -> tuple[str, list[Piece]]:
    parser = _Text(_decode(path.read_bytes()))
    return "".join(parser.parts), parser.pieces


def _read_pdf(path: Path) -> tuple[str, list[Piece]]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong is said once, by the error below
    try:
        pages = [page.extract_text() for page in PdfReader(path).pages]
    except Exception as error:  # of a damaged file pypdf raises many kinds, and the other files are still to be read
        kind = error if isinstance(error, PyPdfError) else type(error).__name__
        raise ValueError(f"not a PDF that can be read ({kind}); save it again, without a password") from error
    text, pieces = "", []
    for number, page in enumerate(pages, start=1):
        pieces.append(Piece(len(text), 0, len(page), number))
        text += page
        if number < len(pages):  # a page break is white space: it belongs to no page
            text += "\n\n"
    return text, pieces


class _Text(HTMLParser):
    """The visible text of a page, and for each run of it the place in the page's source."""

    def __init__(self, source: str):
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self.pieces: list[Piece] = []
        self._length = self._hidden = 0
        self._lines = [0]  # where each line of the source begins
        for line in source.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self._hidden += tag in HIDDEN_TAGS
        self._break(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in HIDDEN_TAGS))
        self._break(tag)

    def handle_data(self, data: str) -> None:
        self._keep(data, len(data))

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name};")

    def _reference(self, reference: str) -> None:
        self._keep(unescape(reference), len(reference))

    def _break(self, tag: str) -> None:
        if tag not in INLINE_TAGS:  # the end of a paragraph or a cell is the end of a word
            self._keep("\n", 0)

    def _keep(self, text: str, length: int) -> None:
        if text and not self._hidden:
            line, column = self.getpos()
            self.pieces.append(Piece(self._length, self._lines[line - 1] + column, length))
            self.parts.append(text)
            self._length += len(text)
