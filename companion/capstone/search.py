"""Milestone 1: does the search find the page, and does the reader say what stands there?

Every question is scored in every row, answered or not; what the reader could not know counts as wrong.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from companion.capstone.questions import Asked, borrowed, edited_share, proposals, read_questions
from companion.capstone.saved import Row, hashed
from companion.metrics import exact_match, normalise_answer, token_f1

if TYPE_CHECKING:
    from companion.capstone.project import Project

SURE = 0.5  # of "this span" against "no answer"; the reader's own threshold
MODES = ("hybrid", "dense", "sparse")
DEPTH, READ = 10, 3  # results that are looked at, and passages that are read
ANSWERS = (
    "reader",
    "reader, never silent",
    "quoted",
    "closed book",
)  # the last two read nothing that was trained on it


def measure_search(project: Project, closed_book: bool = True) -> dict[str, Row]:
    """The parts "questions", "ranks", those of `ANSWERS`, and "proposals", from `results/1_search.json` if there.

    closed_book: ask the course's generator without any page; False leaves the part out. "proposals" is the reader on
    the candidates as they were proposed, where there are some beside the learner's own questions.
    """
    asked, proposed = read_questions(project), proposals(project)
    told = hashed(part for one in (*asked, *proposed) for part in (one.question, *one.answers, one.document))
    saved = project.saved("1_search", documents=project.documents_hash, questions=told)
    parts = {"questions": saved.part("counts", lambda: _counted(project, asked, proposed))}
    parts["ranks"] = saved.part("ranks", lambda: ranks(project, asked))
    both = saved.part("reader", lambda: read(project, asked))
    parts |= {"reader": both, "reader, never silent": both["never silent"]}
    parts["quoted"] = saved.part("quoted", lambda: quoted(project, asked))
    if closed_book:
        parts["closed book"] = saved.part("closed book", lambda: closed(asked))
    if proposed:
        parts["proposals"] = saved.part("proposals", lambda: _on_proposals(project, proposed))
    return parts


def _on_proposals(project: Project, proposed: Sequence[Asked]) -> Row:
    return {"ranks": ranks(project, proposed, ("hybrid",))["hybrid"], **read(project, proposed)}


def _counted(project: Project, asked: Sequence[Asked], proposed: Sequence[Asked]) -> Row:
    texts = {file.name: file.text for file in project.documents_read[0]}
    placed = [one for one in asked if one.document]
    return {
        "questions": len(asked),
        "with a document": len(placed),
        "to be refused": len(asked) - len(placed),
        "with an answer": sum(bool(one.answers) for one in asked),
        "with an answer that its document does not hold": sum(
            bool(one.answers) and not holds(texts[one.document], one.answers) for one in asked
        ),
        "edited": round(edited_share(project, asked), 4),
        "borrowed": _borrowed(placed, texts),
        "borrowed by proposals": _borrowed(proposed, texts),
        "documents": len(texts),
        "passages": len(project.index.index),
        "left out": project.documents_read[1],
    }


def _borrowed(asked: Sequence[Asked], texts: Mapping[str, str]) -> float:
    return round(fmean([borrowed(one.question, texts[one.document]) for one in asked] or [0.0]), 4)


def right_passages(project: Project, one: Asked) -> set[str]:
    """Ids of the document's passages that hold an answer; all of the document's where none does."""
    index = project.index.index
    of_it = [item for item in index.ids if index[item].metadata["file"] == one.document]
    holding = {item for item in of_it if holds(index[item].text, one.answers)}
    return holding or set(of_it)


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether one of the answers stands in the text as whole words."""
    padded = f" {normalise_answer(text)} "
    return any(f" {normalise_answer(answer)} " in padded for answer in answers)


def ranks(project: Project, asked: Sequence[Asked], modes: Sequence[str] = MODES) -> dict[str, list[int]]:
    """{mode: ranks of the first right passage from 1, 0 where it is beyond ten}, for the questions with a document."""
    index, found = project.index.index, {mode: [] for mode in modes}
    for one in (one for one in asked if one.document):
        right = right_passages(project, one)
        for mode in modes:
            hits = index.search(one.question, DEPTH, mode)
            found[mode].append(next((rank for rank, hit in enumerate(hits, 1) if hit.id in right), 0))
    return found


def recall(found: Sequence[int], k: int) -> float:
    """Recall@k of such ranks: each question has one place to find, whichever of its passages shows it."""
    return fmean(0 < rank <= k for rank in found)


def read(project: Project, asked: Sequence[Asked]) -> Row:
    """The reader on the first passages: what it said where it was sure, and under "never silent" its best span anyway.

    milliseconds are the processor's, the median of a question with its search.
    """
    said, guessed, times = [], [], []
    for one in asked:
        start = time.process_time()
        hits = project.index.index.search(one.question, READ)
        spans = zip(project.reader.best(one.question, [hit.text for hit in hits]), hits, strict=True)
        best, hit = max(((span, hit) for span, hit in spans if span), key=lambda pair: pair[0].score)
        times.append(1000 * (time.process_time() - start))
        guessed.append((best.text, [hit.metadata["file"]]))
        said.append(guessed[-1] if best.score > SURE else ("", []))
    silent = {"milliseconds": round(median(times), 1)}
    return scored(asked, said) | silent | {"never silent": scored(asked, guessed) | silent}


def quoted(project: Project, asked: Sequence[Asked]) -> Row:
    """The untrained row: BM25's first passage, and the sentence in it whose vector is nearest to the question."""
    from companion.models.sentences import sentence_starts, sentence_vectors

    index, said, times = project.index.index, [], []
    for one in asked:
        start = time.perf_counter()
        hit = next(iter(index.search(one.question, 1, "sparse")), None)
        if hit is None:
            said.append(("", []))
            continue
        starts = sentence_starts(hit.text)
        best = int((sentence_vectors(project.encoder, [hit.text])[0] @ index.embed(one.question)).argmax())
        sentence = hit.text[starts[best] : [*starts[1:], None][best]]
        said.append((" ".join(sentence.split()), [hit.metadata["file"]]))
        times.append(1000 * (time.perf_counter() - start))
    return scored(asked, said) | {"milliseconds": round(median(times or [0.0]), 1)}


def closed(asked: Sequence[Asked]) -> Row:
    """The course's generator without any page."""
    from companion.models import load_generator

    generator = load_generator("closed-book")
    return scored(asked, [(generator.respond(one.question, []).text, []) for one in asked])


def scored(asked: Sequence[Asked], said: Sequence[tuple[str, Sequence[str]]]) -> Row:
    """Scores of each question that has an answer, in order: exact, F1, the answer among the words, its file cited.

    "refused" is for the questions without a document: 1 where nothing was said.
    """
    pairs = [(one, text, files) for one, (text, files) in zip(asked, said, strict=True) if one.answers]
    return {
        "said": [text for text, _ in said],
        "exact": [exact_match(text, one.answers) for one, text, _ in pairs],
        "f1": [round(token_f1(text, one.answers), 4) for one, text, _ in pairs],
        "holds": [float(holds(text, one.answers)) for one, text, _ in pairs],
        "cited": [exact_match(text, one.answers) * (one.document in files) for one, text, files in pairs],
        "words": round(fmean([len(text.split()) for _, text, _ in pairs] or [0]), 1),
        "refused": [float(not text) for one, (text, _) in zip(asked, said, strict=True) if not one.document],
    }


def recall_table(parts: Mapping[str, Row], ks: Sequence[int] = (1, 3, 5)) -> dict[str, dict[str, float]]:
    """{mode: {"recall@k": share}}, for printing."""
    return {mode: {f"recall@{k}": recall(parts["ranks"][mode], k) for k in ks} for mode in MODES}


def answer_table(parts: Mapping[str, Row]) -> dict[str, dict[str, Any]]:
    """{row: exact, F1, the answer among its words, refused, silent where there is a page, words}, for printing."""
    rows = {name: parts[name] for name in ANSWERS if name in parts}
    means = {name: {what: fmean(row[key] or [0.0]) for what, key in SHOWN.items()} for name, row in rows.items()}
    return {name: row | {"silent": silent(rows[name]), "words": rows[name]["words"]} for name, row in means.items()}


def silent(row: Row) -> float:
    """The share of the questions with a document at which nothing was said."""
    blanks = sum(not text for text in row["said"]) - sum(row["refused"])
    return blanks / max(len(row["said"]) - len(row["refused"]), 1)


def flattered(parts: Mapping[str, Row]) -> dict[str, dict[str, float]]:
    """The same search and reader on the candidates and on the learner's questions, for printing.

    Raises ValueError where there is one set of questions only.
    """
    mine = parts["questions"]
    if "proposals" not in parts:
        raise ValueError(ONE_SET if mine["edited"] < 1 else NO_CANDIDATES)
    rows = {"proposed": (parts["proposals"]["ranks"], parts["proposals"], mine["borrowed by proposals"])}
    rows["asked by a person"] = (parts["ranks"]["hybrid"], parts["reader"], mine["borrowed"])
    return {
        name: {"recall@1": recall(found, 1), "exact": fmean(row["exact"]), "words of the page": share}
        for name, (found, row, share) in rows.items()
    }


ONE_SET = (
    "There is one question set only, the candidates: save your own as questions.csv beside questions_proposed.csv, "
    "then run this cell again."
)
NO_CANDIDATES = "The rules found no candidate in your documents, so nothing can be compared: go on to the next cell."
SHOWN = {"exact": "exact", "F1": "f1", "answer within": "holds", "refused": "refused"}
