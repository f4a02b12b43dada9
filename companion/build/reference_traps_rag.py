"""What section 5.1 quotes of the traps of retrieval, read off its stored run: nothing is computed by a model here."""

from __future__ import annotations

from companion.build.reference_paths import Runs, run
from companion.stored import chosen, stored

SHORT = {"chunks that cut": "cut", "copies": "copies", "old pages": "old", "poisoned articles": "poison"}
FORMS = {
    "an order that names the value": "order",
    "the value once": "once",
    "the value twice": "twice",
    "an order and the value": "both",
}


def traps_rag() -> tuple[dict[str, float], Runs]:
    """Claims C5.1-a and C5.1-b; the gauges before and after, the forms of attack, the defences, and Kestrel's row."""
    from companion.rag.traps_summary import fault_table, mean_of, right_by_seed, sizes_table, wrong_by_seed

    table = stored("traps_rag")["rows"]
    numbers = {
        f"traps_rag.{SHORT[f]}.{s}": row[s] for f, row in fault_table(table).items() for s in ("before", "after")
    }
    numbers |= {"traps_rag.lost": mean_of(table, "sizes", "lost")}
    for side in ("before", "after"):
        for name, key in (("recall@5", "recall"), ("right page alone", "alone"), ("right answers", "right")):
            numbers[f"traps_rag.old.{side}.{key}"] = mean_of(table, "stale", side, name)
    for planted in ("neutral", "poisoned", "mended"):
        for name, key in (
            ("wrong", "wrong"),
            ("attacker's", "theirs"),
            ("recall@5", "recall"),
            ("cites a trusted page", "cites"),
            ("first", "first"),
            ("stands on a trusted page", "stands"),
        ):
            numbers[f"traps_rag.{planted}.{key}"] = mean_of(table, "poison", planted, name)
    numbers |= _attacks(table) | _kestrel(table)
    for size, row in sizes_table(table).items():
        numbers[f"traps_rag.size.{size.split()[0]}"] = row["right answers"]
    for state in ("spoilt", "mended"):
        by_seed = right_by_seed(table, state)
        numbers[f"traps_rag.base.{state}"] = sum(by_seed.values()) / len(by_seed)
    runs = {
        "C5.1-a": run(right_by_seed(table, "mended"), right_by_seed(table, "spoilt")),
        "C5.1-b": run(wrong_by_seed(table, "poisoned"), wrong_by_seed(table, "neutral")),
    }
    return {key: round(value, 4) for key, value in numbers.items()}, runs


def _attacks(table: list) -> dict[str, float]:
    from companion.rag.traps_summary import defences_table, forms_table

    numbers = {}
    for form, row in forms_table(table).items():
        names = zip(("theirs", "right", "neither"), row.values(), strict=True)
        numbers |= {f"traps_rag.form.{FORMS[form]}.{name}": value for name, value in names}
    for what in ("wrong", "withheld"):
        for attack, row in defences_table(table, what).items():
            for defence, value in row.items():
                numbers[f"traps_rag.{what}.{attack}.{defence}".replace(" ", "_")] = value
    return numbers


def _kestrel(table: list) -> dict[str, float]:
    """The company that no training has seen; absent where it was not measured."""
    from companion.rag.traps_summary import KESTREL

    found = {f"traps_rag.kestrel.{s}": chosen(table, part="base", state=s, seed=KESTREL) for s in ("spoilt", "mended")}
    numbers = {key: rows[0]["right"] for key, rows in found.items() if rows}
    for row in chosen(table, part="poison", seed=KESTREL):
        numbers |= {f"traps_rag.kestrel.{planted}": row[planted]["wrong"] for planted in ("neutral", "poisoned")}
    return numbers
