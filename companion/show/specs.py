"""Read ``predictions.toml``: the chart of each prediction and what is known of it beforehand."""

from __future__ import annotations

import statistics
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from companion import ledger
from companion.show.charts import Axis, Bar

FILE = Path(__file__).with_name("predictions.toml")


@dataclass(frozen=True)
class Spec:
    """One prediction; the fields are explained at the top of ``predictions.toml``."""

    id: str
    title: str
    question: str
    y_label: str
    label: str
    known: tuple[dict[str, Any], ...] = ()
    document: float | None = None
    document_says: str = ""
    measured: str = ""
    low: float = 0.0
    high: float = 100.0
    step: float = 1.0
    unit: str = "%"
    scale: float = 100.0
    tolerance: float = 10.0
    caution: str = ""

    @property
    def axis(self) -> Axis:
        return Axis(self.title, self.y_label, self.low, self.high, self.unit)

    def known_bars(self, baseline: dict[int, float] | None = None) -> list[Bar]:
        """The bars drawn beforehand; the learner's own ``baseline`` goes before the reference's."""
        bars = []
        for entry in self.known:
            value = entry.get("value")
            if value is None:
                value = in_chart(baseline or looked_up(entry["key"]), self.scale)
            bars.append(Bar(entry["label"], "baseline", value))
        return bars


@cache
def _tables() -> dict[str, dict[str, Any]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def spec(claim_id: str) -> Spec:
    """The prediction called ``claim_id``."""
    tables = _tables()
    if claim_id not in tables:
        raise KeyError(f"No prediction is called {claim_id!r}; there are {', '.join(tables)}.")
    table = dict(tables[claim_id])
    this = Spec(claim_id, known=tuple(table.pop("known", ())), **table)
    return replace(this, question=this.question.replace("{known}", _first_known(this)))


def _first_known(this: Spec) -> str:
    """What a question calls {known}: the first bar that is drawn beforehand, as it is read out."""
    drawn = [bar.value for bar in this.known_bars() if bar.value is not None]
    return this.axis.say(drawn[0]) if drawn else "what is drawn"


def looked_up(key: str) -> Any:
    """What ``reference.json`` holds at a path such as ``runs.C1.1-b.baseline``, or None."""
    start, _, rest = key.partition(".")
    table = ledger.reference().get(start, {})
    if start == "runs":
        claim, _, part = rest.rpartition(".")
        return table.get(claim, {}).get(part)
    return table.get(rest)


def in_chart(values: Any, scale: float) -> float | None:
    """One number, or the mean over seeds, in the chart's unit; None stays None."""
    if values is None or values == {}:
        return None
    mean = statistics.fmean(map(float, values.values())) if isinstance(values, dict) else float(values)
    return round(mean * scale, 6)
