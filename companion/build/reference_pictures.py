"""What `4_1c_tables_and_images` quotes, read off its stored run: claim C4.1-b, and every way of storing a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

from companion.build.reference_paths import Runs, run
from companion.stored import chosen, stored


def pictures() -> tuple[dict[str, float], Runs]:
    """Claim C4.1-b; recalls of every way; usual cosines of each kind; the mixed index; cells and aggregations."""
    from companion.rag.pictures_measure import WAYS, by_seed

    table = stored("tables_and_pictures")["rows"]
    runs = {"C4.1-b": run(by_seed(table, "look-alikes"), by_seed(table, "pixels"))}
    numbers = {}
    for way in WAYS:
        for what in chosen(table, part="pictures")[0]["ways"][way]:
            values = list(by_seed(table, way, what).values())
            name = f"pictures.{way.replace('-', '')}.{what}"
            numbers |= {name: fmean(values), f"{name}.spread": stdev(values)}
    for detail, scores in chosen(table, part="probe")[0]["probes"].items():
        numbers |= {f"probe.{detail}.{name}": value for name, value in scores.items()}
    numbers |= _mixed(table) | _tables(table)
    return {name: round(value, 4) for name, value in numbers.items()}, runs


def _mixed(table: Sequence[Mapping]) -> dict[str, float]:
    from companion.rag.pictures_measure import mixed_table

    rows, towers = chosen(table, part="mixed"), chosen(table, part="pictures")
    numbers = {f"pictures.{name}": fmean(row[name] for row in towers) for name in ("seconds", "scale", "known")}
    numbers |= {f"usual.{kind}": fmean(row["usual"][kind] for row in rows) for kind in rows[0]["usual"]}
    for way, scores in mixed_table(table).items():
        numbers |= {f"mixed.{way.replace(' ', '_')}.{what}": value for what, value in scores.items()}
    return numbers


def _tables(table: Sequence[Mapping]) -> dict[str, float]:
    from companion.rag.tables_measure import cell_table

    rows = chosen(table, part="tables")
    named = {way.replace(" ", "_"): scores for way, scores in cell_table(table).items()}
    numbers = {f"cells.{way}.{what}": value for way, scores in named.items() for what, value in scores.items()}
    numbers["cells.quoted"] = fmean(row["quoted"] for row in rows)
    sums = rows[0]["aggregates"]
    return numbers | {f"aggregates.{name.replace(' ', '_')}": value for name, value in sums.items()}
