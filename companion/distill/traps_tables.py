"""The faults of notebook 5.1c, each with the gauge that finds it, read off the stored run `traps_distil`."""

from __future__ import annotations

from collections.abc import Sequence

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
from companion.stored import chosen, found_and_gone


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
        "too weak: right": found_and_gone(
            [row["right"] for row in at["weak"]], [row["right"] for row in at["sorter"]], lambda v: v < GOOD
        ),
        "too sure: doubt, one teacher": found_and_gone(
            [sure[0]["doubt"]], [at["sorter"][0]["doubt"]], lambda v: v < DOUBT
        ),
        "plain: calibration error": found_and_gone(
            [calibration_of(said, "test") for said in plain], mended, lambda v: v > CALIBRATED
        ),
        "too small, then 64 wide: followed": found_and_gone(list(small), list(wide), lambda v: v < FOLLOWED),
    }
