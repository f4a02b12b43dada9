"""The stored runs of section 5.1 on fine-tuning and distillation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from companion.build.runs_memory import Job

Key = dict[str, Any]


def traps_tune(seeds: Sequence[int]) -> Iterator[Job]:
    """Leaks, copies and wrong labels; a search; four planted runs and the three with a fault mended."""
    from companion.finetune import traps_measure as measure
    from companion.finetune.two_gauges import NAMES

    for seed in seeds:
        for name, run in (("leaks", measure.leaks), ("cleaning", measure.cleaning), ("search", measure.searched)):
            yield {"part": name, "seed": seed}, lambda run=run, seed=seed: run(seed)
    for seed in seeds:
        for mend in (False, True):
            for name in NAMES[1:-1] if mend else NAMES:  # "both" and "overfitting" are mended to the same plan
                about = {"name": name, "mend": mend, "seed": seed}
                key = {"part": "fault", "name": name, "mended": mend, "seed": seed}
                yield key, lambda about=about: measure.planted_run(**about)


def traps_distil(seeds: Sequence[int]) -> Iterator[Job]:
    """Four teachers at three temperatures; the sorter badly calibrated and mended; students that are too small."""
    from companion.distill import traps_measure as measure

    sizes = [(width, 1) for width in measure.WIDTHS[1:]] + [(measure.WIDTHS[-1], n) for n in measure.PATIENCE]
    for seed in seeds:
        for name, temperatures in measure.CELLS.items():
            for T in temperatures:
                about = {"name": name, "T": T, "seed": seed}
                key = {"part": "teacher", "teacher": name, "T": T, "seed": seed}
                yield key, lambda about=about: measure.cell_run(**about)
        for width, longer in sizes:
            about = {"width": width, "longer": longer, "seed": seed}
            yield {"part": "size"} | about, lambda about=about: measure.size_run(**about)
    for seed in seeds:
        for factor in (measure.TOO_SURE, measure.TOO_FLAT, measure.FITTED):
            about = {"factor": factor, "seed": seed}
            yield {"part": "calibration"} | about, lambda about=about: measure.calibration_run(**about)
