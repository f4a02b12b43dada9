"""The document's matrix with the measured one laid over it, cell by cell, and both sides' score."""

from __future__ import annotations

from collections.abc import Mapping

from companion import ledger
from companion.compare.matrix import DIMENSIONS, PATHS, Cell, Dimension, measured_matrix, verdicts
from companion.show.display import look, show, text
from companion.show.scoring import DOCUMENT, points

SIGNS = {True: "✓", False: "✗", None: "·"}
SECTION = "C2.1-"


def two_matrices(matrix: Mapping[str, Mapping[str, Cell]] | None = None, said: Mapping[str, str] | None = None) -> None:
    """Show the matrix: above in each cell the document's words, below what was measured, and whether the order agrees.

    A cell agrees where its number has, among the three of its row, the rank that the document's words give it. The
    stamp of a row is the registered claim's verdict, which is a stricter question. Under the matrix stands the score
    of the predictions of this section. Default: the stored runs.
    """
    matrix = measured_matrix() if matrix is None else matrix
    said = verdicts() if said is None else said
    plain = [_plain(row, matrix[row.claim_id], said[row.claim_id]) for row in DIMENSIONS]
    agreed = [cell.agrees for row in matrix.values() for cell in row.values()]
    count = f"{agreed.count(True)} of {len(agreed) - agreed.count(None)} cells stand where the document puts them."
    show(_html(matrix, said, [count, score_line()]), "\n".join([*plain, count, score_line()]))


def section_score(prefix: str = SECTION) -> tuple[int, int, int]:
    """(predictions scored, your points, the document's) among the claims whose id begins so."""
    mine, results = ledger.predictions(), ledger.outcomes()
    played = [key for key in results if key.startswith(prefix) and key in mine and not mine[key].late]
    you = document = 0
    for key in played:
        measured, tolerance, ghost = (results[key][what] for what in ("measured", "tolerance", "document"))
        you += points(mine[key].value, measured, tolerance, mine[key].confidence)
        document += points(ghost, measured, tolerance, DOCUMENT) if ghost is not None else 0
    return len(played), you, document


def score_line() -> str:
    """The score of this section's predictions, in words."""
    played, you, document = section_score()
    if not played:
        return "You locked no prediction in this notebook, so nobody scores."
    return f"On {played} prediction{'s' * (played != 1)} of this notebook: you {you}, the document {document}."


def _plain(row: Dimension, cells: Mapping[str, Cell], said: str) -> str:
    parts = [f"{PATHS[path]}: {cell.document} | {cell.measured} {SIGNS[cell.agrees]}" for path, cell in cells.items()]
    return f"{row.claim_id} {row.name} ({said}). " + "; ".join(parts)


def _html(matrix: Mapping[str, Mapping[str, Cell]], said: Mapping[str, str], below: list[str]) -> str:
    head = "".join(f'<th scope="col" class="{path}">{text(name)}</th>' for path, name in PATHS.items())
    rows = "".join(_row(row, matrix[row.claim_id], said[row.claim_id]) for row in DIMENSIONS)
    notes = "".join(f"<p>{text(line)}</p>" for line in below)
    return (
        f'{look("matrix")}<div class="companion paper companion-matrix"><table>'
        f'<thead><tr><th scope="col">dimension</th>{head}</tr></thead><tbody>{rows}</tbody></table>{notes}</div>'
    )


def _row(row: Dimension, cells: Mapping[str, Cell], said: str) -> str:
    stamp = f'<span class="stamp {said.replace(" ", "-")}">{text(said)}</span>'
    name = f'<th scope="row">{text(row.name)}<br><small>{text(row.unit)}</small><br>{stamp}</th>'
    return f"<tr>{name}{''.join(_cell(cells[path]) for path in PATHS)}</tr>"


def _cell(cell: Cell) -> str:
    mark = {True: "agrees", False: "differs", None: "open"}[cell.agrees]
    heard = {True: "same order", False: "another order", None: "no order stated"}[cell.agrees]
    return (
        f'<td class="{mark}"><span class="words">{text(cell.document)}</span>'
        f'<b>{text(cell.measured)}</b> <span title="{heard}" aria-label="{heard}">{SIGNS[cell.agrees]}</span></td>'
    )
