"""What section 2.1 quotes, read off the stored runs: nothing is measured here."""

from __future__ import annotations

from companion.build.reference_paths import Runs, run


def matrix() -> tuple[dict[str, float], Runs]:
    """Claims C2.1-a to -e, and the means that the text names."""
    from companion.compare.matrix import DIMENSIONS
    from companion.compare.table import claim

    runs = {row.claim_id: run(*claim(row.claim_id)) for row in DIMENSIONS}
    return {f"matrix.{name}": round(value, 4) for name, value in _numbers().items()}, runs


def _numbers() -> dict[str, float]:
    from companion.compare import fit
    from companion.compare.memory import kept_mb
    from companion.compare.table import by_seed, mail_by_seed, mean_of, seconds_by_seed

    numbers = {f"kept.{way}": size for way, size in kept_mb().items()}
    for way in ("rag", "pairs", "sentences"):
        for what in ("seconds", "right", "spill"):
            numbers[f"update.{way}.{what}"] = mean_of(by_seed("update", way, what))
    for what in ("right", "spill"):
        numbers[f"update.before.{what}"] = mean_of(by_seed("update", "before", what))
    numbers["update.sentences.loss"] = mean_of(by_seed("update", "sentences", "loss"))
    for stage in ("tuning", "passes", "studying"):
        numbers[f"seconds.{stage}"] = mean_of(seconds_by_seed(stage))
    for what in ("articles", "letters"):
        numbers[f"embed.{what}"] = mean_of(by_seed("compute", what, "seconds"))
    for amount in fit.AMOUNTS:
        for way in ("bm25", "rag", "finetune", "distill"):
            for split in ("test", "validation"):
                numbers[f"mail.{way}.{amount}.{split}"] = mean_of(mail_by_seed(way, amount, split))
    return numbers | _answers() | _latency() | _evidence()


def _answers() -> dict[str, float]:
    from companion.compare.table import by_seed, mean_of

    ways = [("answers", way) for way in ("bm25", "paste", "rag", "facts as pairs", "facts as sentences")]
    ways += [("dropped", f"{way} {share}") for way in ("bm25", "rag") for share in ("0.25", "0.50", "0.75")]
    numbers = {}
    for part, way in ways:
        for what in ("right", "wrong", "refused"):
            name = f"{part}.{way.replace(' ', '_')}.{what}"
            numbers[name] = mean_of(by_seed(part, way, what))
    for way in ("facts as pairs", "facts as sentences"):
        numbers[f"answers.{way.replace(' ', '_')}.seconds"] = mean_of(by_seed("answers", way, "seconds"))
    return numbers


def _latency() -> dict[str, float]:
    from companion.compare.latency import STAGES
    from companion.compare.table import by_seed, mean_of

    numbers = {}
    for side in ("with", "without"):
        for end in ("median", "slowest"):
            numbers[f"latency.{side}.{end}"] = mean_of(by_seed("latency", "rag", side, end))
        for stage in STAGES:
            numbers[f"latency.{side}.{stage}"] = mean_of(by_seed("latency", "rag", side, "stages", stage))
    names = {"LoRA, merged": "merged", "LoRA, not merged": "unmerged", "adapter": "adapter", "student": "student"}
    for name, short in names.items():
        for end in ("median", "slowest"):
            numbers[f"latency.{short}.{end}"] = mean_of(by_seed("latency", "sorters", name, end))
    return numbers


def _evidence() -> dict[str, float]:
    from companion.compare.table import by_seed, mean_of

    numbers = {
        f"evidence.{way.replace(', ', '.').replace(' ', '_')}.{what}": mean_of(by_seed("evidence", way, what))
        for way in ("rag", "finetune", "distill", "finetune, one by one", "distill, one by one")
        for what in ("lost", "control")
    }
    for what in ("holds", "gold"):
        numbers[f"evidence.rag.{what}"] = mean_of(by_seed("evidence", "rag", what))
    for step in ("nothing", "quote", "ask", "tune", "sort", "distil", "student"):
        numbers[f"memory.{step}"] = mean_of(by_seed("memory", step, "megabytes"))
    return numbers
