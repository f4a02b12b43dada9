"""What was claimed, what was measured, and what the learner said it would be.

Three files meet here:

* ``companion/claims.toml``: what is under test, written down before the first run;
* ``companion/reference.json``: what our own machine measured; the numbers in the course's text come from it;
* ``COMPANION_HOME/ledger.json``: the learner's own results and predictions. ``COMPANION_HOME`` is an
  environment variable; without it the folder is ``~/.companion``. `companion progress --export` takes it along.
"""

from __future__ import annotations

import json
import math
import os
import re
import statistics
import tomllib
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from companion.dates import now
from companion.whole import write_whole

PACKAGE = Path(__file__).parent
CONFIDENCES = ("guess", "fairly sure", "would bet")
VERDICTS = ("demonstrated", "holds", "holds with limits", "does not hold", "undecided")


@dataclass(frozen=True)
class Claim:
    """One statement of the document, and the rule by which it is judged."""

    id: str
    text: str
    kind: str  # "definition" (demonstrated, no verdict) or "empirical" (measured)
    metric: str = ""
    baseline: str = ""
    margin: float = 0.0  # the least difference that counts, in the metric's own unit
    seeds: int | tuple[int, ...] = 1  # how many seeds, or which ones
    reach: str = ""  # what a verdict may be said about
    higher_is_better: bool = True


@dataclass(frozen=True)
class Record:
    """One measurement: a value and a baseline for each seed, and what follows from them."""

    claim_id: str
    values: dict[int, float]
    baseline: dict[int, float]
    verdict: str
    note: str
    date: str


@dataclass(frozen=True)
class Prediction:
    """What the learner said, in the chart's unit; said after the result it is late, and not scored."""

    claim_id: str
    value: float
    confidence: str
    date: str
    late: bool = False


def claims() -> dict[str, Claim]:
    """All registered claims by id, in the document's order."""
    if not (path := PACKAGE / "claims.toml").exists():
        return {}
    tables = tomllib.loads(path.read_text(encoding="utf-8")).get("claims", {})
    for table in tables.values():
        if isinstance(table.get("seeds"), list):
            table["seeds"] = tuple(table["seeds"])
    return {key: Claim(key, **table) for key, table in tables.items()}


def verdict(claim: Claim, values: dict[int, float], baseline: dict[int, float]) -> str:
    """Judge a claim by the rule that was registered for it.

    With d_s = value_s - baseline_s for each seed s (the sign turned where lower is better), m the margin and
    SE = stdev(d) / sqrt(n):

    * fewer seeds than registered: undecided;
    * every d_s >= m: holds;
    * mean(d) >= m, but not every d_s: holds with limits;
    * mean(d) + 2 SE < m: does not hold;
    * else undecided.

    A definition is demonstrated, never judged. One seed shows no spread, so one seed alone can never say
    "does not hold". Raises ValueError when a number is not finite.
    """
    if claim.kind == "definition":
        return "demonstrated"
    gains = _gains(claim, values, baseline)
    needed = len(claim.seeds) if isinstance(claim.seeds, tuple) else claim.seeds
    if len(gains) < max(1, needed):
        return "undecided"
    mean = statistics.fmean(gains)
    if min(gains) >= claim.margin:
        return "holds"
    if mean >= claim.margin:
        return "holds with limits"
    if len(gains) > 1 and mean + 2 * statistics.stdev(gains) / math.sqrt(len(gains)) < claim.margin:
        return "does not hold"
    return "undecided"


def record(claim_id: str, values: dict[int, float], baseline: dict[int, float], note: str = "") -> Record:
    """Judge one measurement and append it to the learner's ledger."""
    if claim_id not in (known := claims()):
        raise KeyError(f"No claim is called {claim_id!r}; the registered ids are in companion/claims.toml.")
    values, baseline = _plain(values), _plain(baseline)
    entry = Record(claim_id, values, baseline, verdict(known[claim_id], values, baseline), note, now())
    data = everything()
    data["records"].append(asdict(entry))
    replace(data)
    return entry


def read() -> list[Record]:
    """The learner's own records, oldest first."""
    return [
        Record(**{**r, "values": _plain(r["values"]), "baseline": _plain(r["baseline"])})
        for r in everything()["records"]
    ]


def lock(claim_id: str, value: float, confidence: str) -> Prediction:
    """Keep a prediction. The first one stands: a second call returns what was locked before."""
    if confidence not in CONFIDENCES:
        raise ValueError(f"Say how sure you are with one of {', '.join(CONFIDENCES)}, not {confidence!r}.")
    data = everything()
    if claim_id not in data["predictions"]:
        entry = Prediction(claim_id, float(value), confidence, now(), late=claim_id in data["outcomes"])
        data["predictions"][claim_id] = asdict(entry)
        replace(data)
    return Prediction(**data["predictions"][claim_id])


def predictions() -> dict[str, Prediction]:
    """The learner's locked predictions by claim id."""
    return {key: Prediction(**entry) for key, entry in everything()["predictions"].items()}


def settle(claim_id: str, measured: float, document: float | None, tolerance: float) -> None:
    """Keep what was measured for a prediction, in the chart's unit, so that both sides can be scored."""
    data = everything()
    result = {"measured": measured, "document": document, "tolerance": tolerance, "date": now()}
    data["outcomes"][claim_id] = result
    replace(data)


def outcomes() -> dict[str, dict[str, Any]]:
    """What was measured for each prediction: measured, document, tolerance, and the date."""
    return everything()["outcomes"]


def reference() -> dict[str, Any]:
    """What our own machine measured: machine, date, numbers by key, runs by claim id."""
    path = PACKAGE / "reference.json"
    data = {"machine": "", "date": "", "numbers": {}, "runs": {}}
    data |= json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for run in data["runs"].values():
        run |= {side: _plain(run.get(side, {})) for side in ("values", "baseline")}
    return data


def onto_stored(
    claim_id: str, seed: int, value: float, baseline: float, model: str = ""
) -> tuple[dict[int, float], dict[int, float]]:
    """The stored run's values and baselines by seed, with what this machine just measured for `seed` put in.

    model: its name. A stored run of another model is not mixed in: then the fresh seed stands alone.
    """
    run = reference()["runs"].get(claim_id, {"values": {}, "baseline": {}})
    if model != run.get("model", model):
        run = {"values": {}, "baseline": {}}
    return _plain(run["values"]) | {seed: value}, _plain(run["baseline"]) | {seed: baseline}


def number(key: str) -> float:
    """One reference number."""
    if key not in (numbers := reference()["numbers"]):
        raise KeyError(f"No reference number is called {key!r}; add it to companion/reference.json.")
    return numbers[key]


def filled(text: str) -> str:
    """``text`` with ``{{key}}`` and ``{{key:.2f}}`` replaced by reference numbers."""
    pattern = re.compile(r"\{\{\s*([^{}:\s]+)\s*(?::([^{}]*))?\}\}")
    return pattern.sub(lambda m: format(number(m[1]), (m[2] or "").strip()), text)


def path() -> Path:
    """Where the learner's ledger lies."""
    home = os.environ.get("COMPANION_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".companion") / "ledger.json"


def _gains(claim: Claim, values: dict[int, float], baseline: dict[int, float]) -> list[float]:
    shared = [s for s in sorted(values) if s in baseline]
    if isinstance(claim.seeds, tuple):
        shared = [s for s in shared if s in claim.seeds]
    for seed in shared:
        if not (math.isfinite(values[seed]) and math.isfinite(baseline[seed])):
            raise ValueError(f"Seed {seed} of {claim.id} is not a finite number; run that seed again.")
    sign = 1 if claim.higher_is_better else -1
    # Rounded, so that 0.9 - 0.8 meets a margin of 0.1.
    return [round(sign * (values[s] - baseline[s]), 12) for s in shared]


def _plain(by_seed: dict[Any, Any]) -> dict[int, float]:
    return {int(seed): float(value) for seed, value in by_seed.items()}


def everything() -> dict[str, Any]:
    """All that the ledger holds; a file that cannot be read is set aside, never overwritten."""
    empty: dict[str, Any] = {"version": 1, "records": [], "predictions": {}, "outcomes": {}}
    file = path()
    if not file.exists():
        return empty
    try:
        data = empty | json.loads(file.read_text(encoding="utf-8"))
        _ = [Record(**r) for r in data["records"]], [Prediction(**p) for p in data["predictions"].values()]
        return data | {"outcomes": dict(data["outcomes"])}
    except (ValueError, TypeError, AttributeError):
        backup = next(b for n in range(1, 10_000) if not (b := file.with_suffix(f".broken-{n}.json")).exists())
        os.replace(file, backup)
        warnings.warn(f"{file} could not be read: it is kept as {backup.name}, and a new one begins.", stacklevel=3)
        return empty


def replace(data: dict[str, Any]) -> None:
    """Put a whole ledger in the place of the one that is there. Raises OSError where it cannot be written."""
    try:
        write_whole(path(), json.dumps(data, indent=1), private=True)
    except OSError as error:
        raise OSError(f"Cannot write {path()}: set COMPANION_HOME to a folder of your own.") from error
