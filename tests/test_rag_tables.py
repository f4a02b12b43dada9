"""Rows as texts, cells quoted, and what SQL answers where search cannot."""

import numpy as np
import pytest

from companion.rag import KnowledgeIndex, add_rows
from companion.rag.tables import as_sql, number, quote_cell, row_sentences, row_text, table, table_chunks
from companion.rag.tables_measure import aggregates, agrees, asked_cells, right_ids
from companion.world import world

ROW = {"product": "Hawk Max", "kind": "video doorbell", "price": "260 euros", "warranty": "46 months"}


class Letters:
    """An encoder of letters: texts that share letters are near."""

    dim, fingerprint = 26, "letters"

    def encode(self, texts):
        if isinstance(texts, str):
            return self.encode([texts])[0]
        counts = np.array([[t.lower().count(chr(97 + i)) for i in range(26)] for t in texts], np.float32)
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)


def test_a_row_by_hand():
    assert row_text(ROW) == "product: Hawk Max; kind: video doorbell; price: 260 euros; warranty: 46 months"
    assert row_text(ROW, headers=False) == "Hawk Max; video doorbell; 260 euros; 46 months"
    assert row_sentences(ROW) == (
        "The Hawk Max is a video doorbell. The Hawk Max, price: 260 euros. The Hawk Max, warranty: 46 months."
    )
    with pytest.raises(ValueError, match="the row is empty"):
        row_text({})


def test_only_the_first_piece_of_a_cut_table_has_the_headers():
    pieces = table_chunks([ROW, ROW | {"price": "9 euros"}, ROW], 2)
    assert pieces[0].startswith("product | kind | price | warranty\nHawk Max") and len(pieces) == 2
    assert "price" not in pieces[1] and pieces[1].count("\n") == 1
    with pytest.raises(ValueError, match="at least one row"):
        table_chunks([ROW], 0)


def test_every_fact_of_every_product_is_a_cell():
    rows = table(world(0).products)
    assert [row["product"] for row in rows] == [p.name for p in world(0).products]
    assert all(list(row.values())[2:] == list(p.facts.values()) for row, p in zip(rows, world(0).products, strict=True))


def test_rows_go_into_an_index_and_come_out_by_name():
    index = KnowledgeIndex(Letters())
    add_rows(index, world(0).products[:5], row_text)
    hit = index.search("Hawk Air", 1, "sparse")[0]
    assert hit.id == "row/hawk-air" and hit.metadata == {"kind": "row", "product": "Hawk Air"}


def test_a_cell_is_quoted_by_its_header():
    assert quote_cell(Letters(), "Hawk Max warranty?", ROW) == ("warranty", "46 months")
    assert quote_cell(Letters(), "Hawk Max price?", ROW) == ("price", "260 euros")
    with pytest.raises(ValueError, match="no cell to quote"):
        quote_cell(Letters(), "price?", {"product": "Hawk Max", "kind": "video doorbell"})


@pytest.mark.parametrize(
    "said, value",
    [("260 euros", 260), ("9.9 watts", 9.9), ("minus 12 degrees", -12), ("IP54", "IP54"), ("KB-4172", "KB-4172")],
)
def test_numbers_become_numbers(said, value):
    assert number(said) == value and number(None) is None


def test_sql_agrees_with_plain_python():
    connection = as_sql(world(0).products)
    plugs = [int(p.facts["price"].split()[0]) for p in world(0).products if p.kind == "power plug"]
    found = connection.execute("SELECT MIN(price), COUNT(*) FROM products WHERE kind = 'power plug'").fetchone()
    assert found == (min(plugs), len(plugs))


def test_aggregations_have_answers():
    asked = aggregates()
    assert len(asked) == 40 and all(answers for _, _, answers in asked)
    cheapest = next(a for q, _, a in asked if q == "Which door lock is the cheapest?")
    prices = {p.name: int(p.facts["price"].split()[0]) for p in world(0).products if p.kind == "door lock"}
    assert cheapest == {name for name, price in prices.items() if price == min(prices.values())}


def test_a_name_must_be_exact_and_a_number_may_have_words():
    assert agrees("Hawk Air", {"Hawk Air"}) and not agrees("Hawk", {"Hawk Air"})
    assert agrees("about 245 euros", {"245"}) and not agrees("45 months", {"5"})


def test_the_right_piece_holds_the_asked_product():
    pieces = table_chunks(table(world(0).products), 3)
    for question in asked_cells(0, 40):
        (id,) = right_ids(question, "chunks")
        lines = pieces[int(id.split("/")[1])].split("\n")
        assert any(line.startswith(f"{question.product} |") and question.answer in line for line in lines)
