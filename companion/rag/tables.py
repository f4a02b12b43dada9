"""Tables that can be searched: a row becomes a text, and each value keeps its header.

The sum, the cheapest, the average are not searched for. They are computed: `as_sql` puts the same rows into SQLite.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from companion.rag.knowledge import KnowledgeIndex
from companion.world import Product

HEADERS = {
    "price": "price",
    "warranty": "warranty",
    "battery": "battery lasts",
    "weight": "weight",
    "range": "radio range",
    "radio": "radio",
    "colour": "colour",
    "water": "protection against water",
    "reset": "press to reset for",
    "part": "spare part number",
    "pairs": "can be paired with",
    "cold": "works down to",
    "standby": "power in standby",
    "noise": "loudness",
    "light": "status light",
    "storage": "keeps recordings for",
}
Row = dict[str, str]


def table(products: Sequence[Product]) -> list[Row]:
    """One row a product: {"product": ..., "kind": ..., header: value}; a fact that a product lacks is no cell."""
    heads = [{"product": product.name, "kind": product.kind} for product in products]
    return [
        head | {HEADERS[attribute]: value for attribute, value in product.facts.items()}
        for head, product in zip(heads, products, strict=True)
    ]


def row_text(row: Mapping[str, str], headers: bool = True) -> str:
    """ "product: Hawk Max; kind: video doorbell; price: 260 euros; ...", or the bare values without `headers`.

    Without headers "46 months; 9 months" does not say which is the warranty. Raises ValueError for an empty row.
    """
    if not row:
        raise ValueError("the row is empty: pass a dict with at least one header and value.")
    return "; ".join(f"{name}: {value}" if headers else value for name, value in row.items())


def row_sentences(row: Mapping[str, str]) -> str:
    """ "The Hawk Max is a video doorbell. The Hawk Max, price: 260 euros. ...": the product's name beside every value.

    For a reader that was raised on sentences. Longer than `row_text`, but no value stands far from its product.
    Raises KeyError for a row without "product" and "kind".
    """
    name, kind = row["product"], row["kind"]
    facts = [f"The {name}, {head}: {value}." for head, value in row.items() if head not in ("product", "kind")]
    return " ".join([f"The {name} is a {kind}.", *facts])


def table_chunks(rows: Sequence[Row], rows_each: int = 7) -> list[str]:
    """The table cut as a long text is cut: one line of headers at the very top, then bare values, some rows a chunk.

    It is what a splitter that knows nothing of tables makes of an export: only the first chunk has the headers.
    """
    if rows_each < 1:
        raise ValueError(f"rows_each is {rows_each}: put at least one row into a chunk.")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [" | ".join(columns), *(" | ".join(row.get(name, "") for name in columns) for row in rows)]
    return ["\n".join(lines[at : at + rows_each]) for at in range(0, len(lines), rows_each)]


def add_rows(index: KnowledgeIndex, products: Sequence[Product], written: Callable[[Row], str] = row_sentences) -> None:
    """Put the rows of these products into an index, under "row/..." and with {"kind": "row", "product": ...}.

    written: how a row becomes a text, `row_sentences`, `row_text`, or a function of your own.
    """
    rows = table(products)
    index.add(
        [f"row/{slug(row['product'])}" for row in rows],
        [written(row) for row in rows],
        [""] * len(rows),
        [{"kind": "row", "product": row["product"]} for row in rows],
    )


def quote_cell(encoder, question: str, row: Mapping[str, str]) -> tuple[str, str]:
    """(header, value) of the cell that, with its product's name, lies nearest to the question; nothing is generated.

    "product" and "kind" are never quoted: they stand in most questions. Raises ValueError for a row without others.
    """
    cells = [(head, value) for head, value in row.items() if head not in ("product", "kind")]
    if not cells:
        raise ValueError("there is no cell to quote: pass a row of table(), with headers and values.")
    texts = [f"{row.get('product', '')} {head}: {value}" for head, value in cells]
    return cells[int(np.argmax(encoder.encode(texts) @ encoder.encode(question)))]


def as_sql(products: Sequence[Product]) -> sqlite3.Connection:
    """The table in SQLite, in memory: `products`, a column for each attribute, numbers as numbers.

    Columns are `name`, `kind` and the short names of HEADERS: price, warranty, battery ... A missing fact is NULL.
    """
    connection = sqlite3.connect(":memory:")
    columns = ["name", "kind", *HEADERS]
    connection.execute(f"CREATE TABLE products ({', '.join(columns)})")
    marks = ", ".join("?" * len(columns))
    for product in products:
        values = [product.name, product.kind, *(number(product.facts.get(a)) for a in HEADERS)]
        connection.execute(f"INSERT INTO products VALUES ({marks})", values)
    return connection


def number(value: str | None) -> float | str | None:
    """The number in "260 euros" (260), "9.9 watts" (9.9), "minus 12 degrees" (-12); other values as they are."""
    found = re.fullmatch(r"(minus )?(\d+(?:\.\d+)?) [a-z]+", value or "")
    if not found:
        return value
    amount = float(found[2]) if "." in found[2] else int(found[2])
    return -amount if found[1] else amount


def slug(name: str) -> str:
    """ "Hawk Max" -> "hawk-max"."""
    return name.lower().replace(" ", "-")
