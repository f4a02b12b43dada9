"""A learner's CSV, read with care: what is wrong with it is said in one sentence that says what to do."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from companion.capstone.saved import write_text

DELIMITERS = ",;\t|"
MOST_MB = 50
Table = list[dict[str, str]]


def read_csv(path: str | Path, columns: Sequence[str], encoding: str | None = None) -> Table:
    """The rows of a CSV as dicts of text, with at least these columns; commas, semicolons and tabs are understood.

    encoding: None is UTF-8, with or without a mark; any other is never guessed, for a wrong guess changes letters
    without a word. Raises FileNotFoundError for a missing file, ValueError for one that is empty, too large, in
    another encoding, or without the columns, and for a line that would lose words: one with more fields than the
    first line (a text with a comma, and no quotation marks), or with a quotation mark that is not closed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}: put your CSV there, or name its path.")
    if path.stat().st_size > MOST_MB * 1e6:
        raise ValueError(
            f"{path.name} has more than {MOST_MB} MB: take a sample of its rows; a few hundred are enough."
        )
    text = decoded(path, encoding)
    if not text.strip():
        raise ValueError(f"{path.name} is empty: write a first line {','.join(columns)} and a line for each example.")
    header = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=header.count)
    rows = _rows(text, delimiter, path.name)
    names = {name.strip().lower(): name for name in rows[0] if name} if rows else {}
    names = names or {name.strip().strip('"').lower(): name for name in header.split(delimiter)}
    if missing := [column for column in columns if column.lower() not in names]:
        raise ValueError(_missing(path.name, missing, columns, names.values()))
    if not rows:
        raise ValueError(f"{path.name} has a first line and nothing below it: write a line for each example.")
    return [{column: (row[names[column.lower()]] or "").strip() for column in columns} for row in rows]


def _rows(text: str, delimiter: str, name: str) -> list[dict]:
    """The rows, none of them cut: what would fall out of a row, or swallow the next ones, is an error with its line."""
    blank = len(text) - len(text.lstrip("\n"))
    reader = csv.DictReader(io.StringIO(text[blank:], newline=""), delimiter=delimiter, restval="", strict=True)
    rows, done = [], blank
    try:
        done += bool(reader.fieldnames)
        for row in reader:
            done = reader.line_num + blank
            if any(row.pop(None, ())):  # blank fields at the end of a line lose nothing
                raise ValueError(
                    f"{name}, line {done}, has more fields than the first line: put a text that holds {delimiter!r} "
                    "between quotation marks."
                )
            rows.append(row)
    except csv.Error as error:
        raise ValueError(
            f"{name} cannot be read from line {done + 1} on ({error}): a text "
            'in quotation marks needs one at both ends, and "" for one inside.'
        ) from error
    return rows


def decoded(path: Path, encoding: str | None = None) -> str:
    """The file's text, line ends as newlines. Raises ValueError where it is not in `encoding` (None: UTF-8)."""
    raw = path.read_bytes()
    try:
        if encoding is None and _is_utf16(raw):
            raise UnicodeError
        text = raw.decode(encoding or "utf-8-sig")
    except LookupError as error:
        raise ValueError(
            f"There is no encoding {encoding!r}: name one such as 'utf-8', 'latin-1', 'utf-16'."
        ) from error
    except UnicodeError as error:
        raise ValueError(_not_utf8(path.name, raw, encoding)) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_utf16(raw: bytes) -> bool:
    """By its mark, or by every other byte of the beginning being zero."""
    start = raw[:200]
    return start[:2] in (b"\xff\xfe", b"\xfe\xff") or max(start[::2].count(0), start[1::2].count(0)) > len(start) / 4


def _not_utf8(name: str, raw: bytes, encoding: str | None) -> str:
    if encoding:
        return f"{name} is not in {encoding}: save it again as CSV UTF-8, and leave the encoding out."
    if _is_utf16(raw):
        return f"{name} is in UTF-16: save it again as CSV UTF-8, or pass encoding='utf-16'."
    at = next(at for at in range(len(raw)) if not _utf8(raw[: at + 4]))  # a letter has up to four bytes
    line = raw[:at].count(b"\n") + 1
    words = raw[max(0, at - 12) : at + 12].decode("latin-1").split("\n")
    near = max(words, key=lambda part: sum(ord(letter) > 127 for letter in part)).strip()
    return (
        f"{name} is not in UTF-8 (line {line}, near {near!r} if it is latin-1): save it again as CSV UTF-8, or pass "
        "encoding='latin-1' if these letters are right."
    )


def _utf8(raw: bytes) -> bool:
    """Whether these bytes are UTF-8, but for a letter that is cut at the end."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _missing(name: str, missing: Sequence[str], columns: Sequence[str], found: Iterable[str]) -> str:
    there = ", ".join(repr(one.strip()) for one in found if one) or "none"
    return (
        f"{name} has no column {' and no column '.join(map(repr, missing))} (found: {there}): write "
        f"{','.join(columns)} into its first line."
    )


def write_csv(path: Path, rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> None:
    """A table that spreadsheets open with its letters right: UTF-8 with a mark, written whole or not at all."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, out.getvalue(), "utf-8-sig")
