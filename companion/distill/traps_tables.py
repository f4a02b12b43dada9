"""The faults of notebook 5.1c, each with the gauge that finds it, read off the stored run `traps_distil`."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from companion.distill.traps_measure import (
    CALIBRATED,
    DOUBT,
    FOLLOWED,
    GOOD,
    OTHERS,
    WIDTHS,
    Row,
    calibrated,
    calibration_of,
    of_size,
    probe_scores,
)
from companion.stored import chosen


def fault_table(table: Sequence[Row]) -> dict[str, Row]:
    """{fault: what it is read of, means before and after the mend, how often it was found, and gone}; no training.

    The plain teacher's own chances are mended here, for five probes; the too sure one is a single teacher.
    """
    at = {name: chosen(table, part="teacher", teacher=name, T=3.0) for name in ("weak", "sorter")}
    sure = chosen(table, part="teacher", teacher="sorter", T=1.0)
    plain = [probe_scores(None, row["seed"], OTHERS) for row in sure]
    mended = [calibration_of(calibrated(said)[0], "test") for said in plain]
    small, wide = (of_size(table, width, 1, "followed").values() for width in (WIDTHS[-1], WIDTHS[0]))
    return {
        "too weak: right": _found([r["right"] for r in at["weak"]], [r["right"] for r in at["sorter"]], GOOD),
        "too sure: doubt, one teacher": _found([sure[0]["doubt"]], [at["sorter"][0]["doubt"]], DOUBT),
        "plain: calibration error": _found([calibration_of(p, "test") for p in plain], mended, CALIBRATED, most=True),
        "too small, then 64 wide: followed": _found(list(small), list(wide), FOLLOWED),
    }


def _found(before: Sequence[float], after: Sequence[float], limit: float, most: bool = False) -> Row:
    reds = [[(value > limit) if most else (value < limit) for value in values] for values in (before, after)]
    row: Row = {"before": fmean(before), "after": fmean(after), "found": f"{sum(reds[0])} of {len(before)}"}
    return row | {"gone": f"{len(after) - sum(reds[1])} of {len(after)}"}
