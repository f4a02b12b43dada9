"""What section 4.3's notebooks quote, read off their stored runs: nothing is trained here."""

from __future__ import annotations

from statistics import fmean

from companion.build.reference_paths import Runs, run
from companion.stored import stored


def data_free() -> tuple[dict[str, float], Runs]:
    """Claim C4.3-a; accuracy on every transfer set, where each lies, what the generator wrote."""
    from companion.distill.free_measure import by_seed, means, places
    from companion.distill.free_written import counts

    table, numbers = stored("free")["rows"], {}
    real = by_seed(table, "letters")
    runs = {"C4.3-a": run(by_seed(table, "written"), {seed: 0.9 * share for seed, share in real.items()})}
    for reads in ("words", "vectors"):
        for what in ("test", "validation"):
            for name, share in means(table, what, reads).items():
                numbers[f"free.{reads}.{_key(name)}.{what}"] = round(share, 4)
    for name, found in places(table).items():
        numbers |= {f"free.{_key(name)}.{what}": round(value, 4) for what, value in found.items()}
    said = counts(stored("written")["rows"])
    numbers |= {f"written.{what}": count for what, count in said.items()}
    return numbers | {"written.copied_share": round(said["copied"] / said["drawn"], 4)}, runs


def across() -> tuple[dict[str, float], Runs]:
    """Claim C4.3-b; accuracy, size and speed of every student; the writer taught further, and its card."""
    from companion.build import llama_card
    from companion.distill.across_measure import by_seed, claimed_way, frontier

    llama_card.write()
    rows = stored("across")["rows"]
    table, writers = ([r for r in rows if (r["kind"] == "writer") == w] for w in (False, True))
    runs = {"C4.3-b": run(by_seed(table, "cnn", claimed_way(table)), by_seed(table, "cnn", "gold"))}
    numbers = {}
    for what in ("test", "validation"):
        for kind, found in frontier(table, what).items():
            numbers |= {f"across.{kind}.{_key(name)}.{what}": round(value, 4) for name, value in found.items()}
    for whose in dict.fromkeys(row["way"] for row in writers):
        for what in ("exact", "refused"):
            mean = fmean(row[what] for row in writers if row["way"] == whose)
            numbers[f"writer.{_key(whose)}.{what}"] = round(mean, 4)
    return numbers, runs


def _key(name: str) -> str:
    return name.replace(" ", "_")
