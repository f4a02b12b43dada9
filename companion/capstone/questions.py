"""The question set: candidates from the learner's texts, and the CSV that the learner makes of them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from companion.capstone.csvs import Table, read_csv, write_csv
from companion.capstone.proposing import Proposal, candidates
from companion.capstone.saved import free_name
from companion.metrics import normalise_answer, token_f1

if TYPE_CHECKING:
    from companion.capstone.project import Project

COLUMNS = ("question", "answer", "document")
AGREES = 0.5  # of the answer's words the reader must find again
OR = "|"  # between several right answers


@dataclass(frozen=True)
class Asked:
    """A question; `answers` are right ones, empty where only the place is known; `document` "" means: refuse it."""

    question: str
    answers: tuple[str, ...]
    document: str


def propose(project: Project, count: int = 24) -> list[Proposal]:
    """Write up to `count` candidates, taken from all documents in turn, to `questions_proposed.csv`.

    The learner strikes out, mends and adds, and saves the file as `questions.csv`, which is never written here. Where
    `questions_proposed.csv` holds other rows, because somebody worked in it, it is kept under another name, and a
    warning says so.
    """
    files, _ = project.documents_read
    by_document = [list(candidates(file.text, file.name)) for file in files]
    kept: list[Proposal] = []
    for proposal in (one for turn in zip_longest(*by_document) for one in turn if one):
        if len(kept) == count:
            break
        if _found_again(project, proposal) and proposal.question not in {one.question for one in kept}:
            kept.append(proposal)
    rows = [asdict(one) for one in kept]
    if rows or not project.proposals_file.is_file():
        _set_aside(project.proposals_file, rows)
        write_csv(project.proposals_file, rows, (*COLUMNS, "sentence"))
    return kept


def _set_aside(file: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Move a file of other rows away: its reader may have spent an evening on it."""
    if not file.is_file() or _rows(file) == [{name: row[name].strip() for name in COLUMNS} for row in rows]:
        return
    kept = free_name(file, "before")
    file.replace(kept)
    warnings.warn(
        f"{file.name} held other rows: it is kept as {kept.name}; save questions of your own as questions.csv.",
        stacklevel=3,
    )


def _rows(file: Path) -> Table:
    """The rows of a file of candidates; none where no candidate was found, or where nothing can be read."""
    try:
        return read_csv(file, COLUMNS) if file.is_file() else []
    except ValueError:
        return []


def _found_again(project: Project, proposal: Proposal) -> bool:
    span = project.reader.read(proposal.question, proposal.sentence)
    return span is not None and token_f1(span.text, proposal.answer) >= AGREES


def read_questions(project: Project) -> list[Asked]:
    """The learner's `questions.csv`; where there is none yet, the candidates as they are.

    Raises ValueError, in one sentence, for missing columns, an unknown document, an answer without a document, and a
    file without a question or without any answer.
    """
    edited = project.questions_file.is_file()
    file = project.questions_file if edited else project.proposals_file
    if not file.is_file():
        raise FileNotFoundError(
            f"There is no {project.questions_file.name} yet: call propose(project), and edit its file."
        )
    if not edited and not _rows(file):
        raise ValueError(f"No candidate was found: write questions of your own into {project.questions_file.name}.")
    names = [source.name for source in project.documents_read[0]]
    asked = [_asked(row, names, file.name) for row in read_csv(file, COLUMNS) if row["question"]]
    if not any(one.document for one in asked):
        raise ValueError(f"{file.name} has no question with a document: write in which file the answer stands.")
    if not any(one.answers for one in asked):
        raise ValueError(f"{file.name} has no answer: write some into its second column.")
    return asked


def proposals(project: Project) -> list[Asked]:
    """The candidates as they were proposed, where the learner has questions of their own beside them."""
    if not project.questions_file.is_file():
        return []
    rows = _rows(project.proposals_file)
    names = [source.name for source in project.documents_read[0]]
    return [Asked(row["question"], (row["answer"],), row["document"]) for row in rows if row["document"] in names]


def _asked(row: dict[str, str], names: Sequence[str], file: str) -> Asked:
    document = row["document"]
    if document and document not in names:
        near = get_close_matches(document, names, 1, 0.3) or list(names[:1])
        raise ValueError(
            f"{file} names the document {document!r}, which is not there: write a file's name, as {near[0]!r}."
        )
    answers = tuple(one.strip() for one in row["answer"].split(OR) if one.strip())
    if answers and not document:
        raise ValueError(
            f"{file}: {row['question']!r} has an answer and no document: name its file, or leave the answer empty."
        )
    return Asked(row["question"], answers, document)


def edited_share(project: Project, asked: Sequence[Asked]) -> float:
    """Share of the questions that are no candidate's words: what a person wrote or mended."""
    proposed = {normalise_answer(row["question"]) for row in _rows(project.proposals_file)}
    return sum(normalise_answer(one.question) not in proposed for one in asked) / len(asked)


def borrowed(question: str, text: str) -> float:
    """Share of the question's longer words (4 letters or more) that stand in the text: how much it copies."""
    words = {word for word in normalise_answer(question).split() if len(word) > 3}
    return len(words & set(normalise_answer(text).split())) / len(words) if words else 0.0
