"""`python -m companion ask "…"`, `choose`, `doctor` and `progress`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from companion.rag import Answer, KnowledgeIndex
    from companion.rag.documents import SourceFile

NOT_FOUND = "not in these documents"
EXAMPLE = "How long is the warranty of the Merlin 2 Pro?"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it worked, 1 with a sentence on stderr when it could not, 2 for wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # an old Windows console has no "·"
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, OSError, ImportError) as error:
        print(f"{_style('Stopped:', '31')} {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def ask(options: argparse.Namespace) -> int:
    """Answer from the company's articles, or from the user's own files."""
    from companion.rag import RAGPipeline

    sources: dict[str, SourceFile] = {}
    if options.docs:
        index, sources = folder_index(options.docs)
        generator = _reader_or_generator(options.generator)
    else:
        from companion.models import load_generator
        from companion.rag import kestrel_index

        index, generator = kestrel_index(), load_generator(options.generator)
    answer = RAGPipeline(index, generator).answer(options.question, top_k=options.top_k)
    print(report(answer, sources))
    return 0


def _reader_or_generator(name: str | None):
    from companion.models import load_generator, load_reader

    return load_reader() if name is None else load_generator(name)


def folder_index(folder: str | Path) -> tuple[KnowledgeIndex, dict[str, SourceFile]]:
    """An index of a folder's files in chunks, and each chunk's file by the chunk's id."""
    from companion.models import load_encoder
    from companion.rag.folder import index_folder

    read = index_folder(folder, load_encoder(), show_progress=sys.stderr.isatty())
    for name, reason in read.skipped.items():
        print(f"left out {name}: {reason}", file=sys.stderr)
    return read.index, {item: read.source(item) for item in read.index.ids}


def report(answer: Answer, sources: dict[str, SourceFile]) -> str:
    """The answer, where it comes from, and how long it took, for a terminal."""
    found = bool(answer.citations) or not sources  # files of the user: no source, no answer
    lines = ["", "  " + _style(_wrap(answer.text) if found else NOT_FOUND, "1"), ""]
    hits = {hit.id: hit for hit in answer.passages}
    for number, item in enumerate(answer.citations):
        span = answer.spans[number] if number < len(answer.spans) else None
        lines += _source(hits[item], span, sources.get(item))
    if not answer.citations:
        lines.append(_row("from", f"no source; {len(answer.passages)} passages were read"))
    took = " · ".join(f"{stage} {value:.0f} ms" for stage, value in answer.milliseconds.items())
    return "\n".join([*lines, _row("took", took), ""])


def _source(hit, span: tuple[int, int] | None, file: SourceFile | None) -> list[str]:
    """The lines about one cited passage: its name, its place in the file, and its words."""
    if file is None:
        return [_row("from", f"{hit.id} · {hit.title}"), _row("", _wrap(hit.text))]
    start, end = span or (0, len(hit.text))
    place = file.locate(hit.metadata["start"] + start, hit.metadata["start"] + end)
    page = f"page {place.page}, " if place.page else ""
    return [
        _row("from", f"{file.name}, {page}characters {place.start} to {place.end}"),
        _row("", _wrap(_quote(hit.text, start, end))),
    ]


def _quote(text: str, start: int, end: int, around: int = 80) -> str:
    """The span with whole words around it."""
    first = text.find(" ", start - around) + 1 if start > around else 0
    last = text.rfind(" ", end, end + around) if end + around < len(text) else len(text)
    words = " ".join(text[min(first, start) : max(last, end)].split())
    return f"{'… ' if first else ''}{words}{' …' if last < len(text) else ''}"


def doctor(options: argparse.Namespace) -> int:
    """Check this machine; the module is imported here, so that `ask` does not wait for it."""
    from companion.doctor import main as check

    return check() or 0


def progress(options: argparse.Namespace) -> int:
    """Show how far one is; bring a file first, write one last, so that both together carry on what came."""
    from companion import luggage
    from companion.show.progress_facts import progress_facts
    from companion.show.progress_page import plain

    if options.bring:
        print(luggage.bring_file(options.bring))
    if options.export:
        print(f"All progress is in {luggage.export(options.export)}: bring it along with --import.")
    if not (options.bring or options.export):
        print("\n".join(plain(progress_facts())))
    return 0


def _parser() -> argparse.ArgumentParser:
    from companion.choose.dialogue import add_arguments

    parser = argparse.ArgumentParser(prog="python -m companion", description="Ask from documents, with sources.")
    commands = parser.add_subparsers(required=True, metavar="ask | choose | doctor | progress")
    asking = commands.add_parser("ask", help="answer a question, with its source", epilog=f'example: ask "{EXAMPLE}"')
    asking.add_argument("question", help="in words")
    asking.add_argument("--docs", metavar="FOLDER", help="answer from your own .md .txt .html .pdf files")
    asking.add_argument("--generator", metavar="NAME_OR_PATH", help="answer by this causal model (hub or folder)")
    asking.add_argument("--top-k", type=int, default=5, metavar="K", help="passages to read (default 5)")
    asking.set_defaults(run=ask)
    choosing = commands.add_parser("choose", help="which path for your job: eight questions, and a card")
    add_arguments(choosing)
    commands.add_parser("doctor", help="check this machine").set_defaults(run=doctor)
    going = commands.add_parser("progress", help="how far you are; take it along as one file")
    going.add_argument("--export", metavar="FILE", help="write all progress into this file")
    going.add_argument("--import", dest="bring", metavar="FILE", help="merge what such a file holds into yours")
    going.set_defaults(run=progress)
    return parser


def _row(label: str, text: str) -> str:
    return f"  {_style(f'{label:<6}', '2')}{text}"


def _wrap(text: str) -> str:
    width = min(100, shutil.get_terminal_size().columns) - 10
    indent = " " * 8
    return textwrap.fill(text, max(width, 40), initial_indent=indent, subsequent_indent=indent).strip()


def _style(text: str, code: str) -> str:
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR")
    return text if plain else f"\033[{code}m{text}\033[0m"


if __name__ == "__main__":
    sys.exit(main())
