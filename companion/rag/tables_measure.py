"""What becomes of a product table in an index: cells asked for, and the questions that no search answers.

Five ways to store the same facts: Kestrel's articles in prose, rows written as short sentences, rows with headers,
rows of bare values, and the table cut into pieces of three rows. The generator gets three articles or three rows,
whichever way they were stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from random import Random
from statistics import fmean
from typing import TYPE_CHECKING, Any

from companion.metrics import exact_match
from companion.rag.answer import respond
from companion.rag.kestrel import kestrel_index
from companion.rag.knowledge import KnowledgeIndex
from companion.rag.records import Hit
from companion.rag.tables import add_rows, as_sql, quote_cell, row_sentences, row_text, slug, table, table_chunks
from companion.stored import chosen
from companion.world import Question, world

if TYPE_CHECKING:
    from companion.models.encoder import Encoder

WAYS = ("articles", "sentences", "headers", "bare values", "chunks")
ROWS_READ, CELLS = 3, 30  # of longer rows the generator has no room for more
# question, and the SQL that answers it; {kind} stands for a kind of device
AGGREGATES = (
    ("Which {kind} is the cheapest?", "SELECT name FROM products WHERE kind = ? AND price = "
     "(SELECT MIN(price) FROM products WHERE kind = ?1)"),
    ("Of all your {kind} models, which has the longest warranty?", "SELECT name FROM products WHERE kind = ? "
     "AND warranty = (SELECT MAX(warranty) FROM products WHERE kind = ?1)"),
    ("How many {kind} models have a warranty of at least 36 months?",
     "SELECT COUNT(*) FROM products WHERE kind = ? AND warranty >= 36"),
    ("What does a {kind} cost on average, in whole euros?",
     "SELECT CAST(ROUND(AVG(price)) AS INTEGER) FROM products WHERE kind = ?"),
)  # fmt: skip


def indexes(encoder: Encoder) -> dict[str, KnowledgeIndex]:
    """The five indexes; ids of rows are "row/...", of pieces "chunk/0" and so on."""
    made = {"articles": kestrel_index(encoder)}
    for way in WAYS[1:]:
        made[way] = KnowledgeIndex(encoder)
    add_rows(made["sentences"], world(0).products, row_sentences)
    add_rows(made["headers"], world(0).products, row_text)
    add_rows(made["bare values"], world(0).products, partial(row_text, headers=False))
    pieces = table_chunks(table(world(0).products), ROWS_READ)
    made["chunks"].add([f"chunk/{number}" for number in range(len(pieces))], pieces)
    return made


def right_ids(question: Question, way: str) -> set[str]:
    """The documents of this way of storing that hold the asked cell."""
    if way == "articles":
        return {question.article_id}
    names = [product.name for product in world(0).products]
    if way == "chunks":  # the line of headers is the first line of the first piece
        return {f"chunk/{(names.index(question.product) + 1) // ROWS_READ}"}
    return {f"row/{slug(question.product)}"}


def asked_cells(seed: int, count: int = CELLS) -> list[Question]:
    """`count` questions for one fact of one product."""
    asked = [q for q in world(0).questions if q.answer and "policy" not in q.article_id]
    return Random(f"cells-{seed}").sample(asked, count)


def found(index: KnowledgeIndex, way: str, text: str) -> list[Hit]:
    """What the generator reads: three articles or rows, or one piece of three rows."""
    return index.search(text, 1 if way == "chunks" else ROWS_READ)


def cell_scores(index: KnowledgeIndex, way: str, generator: Any, questions: Sequence[Question]) -> dict[str, float]:
    """{"found", "first", "exact"}: the cell is in what was read, in its first document, and is answered exactly."""
    hits = [found(index, way, q.text) for q in questions]
    right = [right_ids(q, way) for q in questions]
    said = [respond(generator, q.text, [h.text for h in some]).text for q, some in zip(questions, hits, strict=True)]
    scores = {
        "found": [any(h.id in ids for h in some) for some, ids in zip(hits, right, strict=True)],
        "first": [some[0].id in ids for some, ids in zip(hits, right, strict=True)],
        "exact": [exact_match(text, q.answer) for text, q in zip(said, questions, strict=True)],
    }
    return {name: round(fmean(values), 4) for name, values in scores.items()}


def quoted(index: KnowledgeIndex, encoder: Encoder, questions: Sequence[Question]) -> float:
    """Share of the questions answered exactly by quoting one cell of the first row found."""
    rows = {f"row/{slug(row['product'])}": row for row in table(world(0).products)}
    cells = [quote_cell(encoder, q.text, rows[index.search(q.text, 1)[0].id])[1] for q in questions]
    return round(fmean(exact_match(cell, q.answer) for cell, q in zip(cells, questions, strict=True)), 4)


def table_run(encoder: Encoder, generator: Any, seed: int) -> dict[str, Any]:
    """{"ways": {way: scores}, "quoted": share} of one seed's questions; with seed 0 also {"aggregates": scores}."""
    made, questions = indexes(encoder), asked_cells(seed)
    ways = {way: cell_scores(index, way, generator, questions) for way, index in made.items()}
    more = {"aggregates": aggregate_scores(made["sentences"], generator)} if seed == 0 else {}  # they have no seed
    return {"ways": ways, "quoted": quoted(made["sentences"], encoder, questions)} | more


def aggregates() -> list[tuple[str, str, set[str]]]:
    """(question, kind, right answers as text), four for each of ten kinds; SQL gives the answers."""
    connection, kinds = as_sql(world(0).products), list(dict.fromkeys(p.kind for p in world(0).products))
    asked = []
    for question, sql in AGGREGATES:
        for kind in kinds:
            rows = connection.execute(sql, (kind,)).fetchall()
            asked.append((question.format(kind=kind), kind, {str(row[0]) for row in rows}))
    return asked


def aggregate_scores(index: KnowledgeIndex, generator: Any) -> dict[str, float]:
    """{"exact", "rows read"}: right answers from the first three rows, and the share of the needed rows among them."""
    exact, read = [], []
    for question, kind, answers in aggregates():
        hits = index.search(question, ROWS_READ)
        said = respond(generator, question, [hit.text for hit in hits]).text
        exact.append(agrees(said, answers))
        needed = [p.name for p in world(0).products if p.kind == kind]
        read.append(len({h.metadata["product"] for h in hits} & set(needed)) / len(needed))
    return {"exact": round(fmean(exact), 4), "rows read": round(fmean(read), 4), "count": len(exact)}


def agrees(said: str, answers: set[str]) -> bool:
    """Whether what was said is one of the answers; a count or a mean may come with words around it."""
    if any(answer.isdigit() for answer in answers):
        return re.findall(r"\d+", said)[:1] == list(answers)
    return bool(exact_match(said, sorted(answers)))


def cell_table(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """{way: {score: mean over seeds}} of a stored run."""
    seeds = chosen(rows, part="tables")
    names = ("found", "first", "exact")
    return {way: {name: fmean(row["ways"][way][name] for row in seeds) for name in names} for way in WAYS}


def cells_and_quoted(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """`cell_table`, and a line for quoting one cell of the first row found, without a generator."""
    return cell_table(rows) | {"quoted cell": {"exact": fmean(row["quoted"] for row in chosen(rows, part="tables"))}}
