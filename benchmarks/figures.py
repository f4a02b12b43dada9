"""A measured figure, the machine it was measured on, and the files they go to."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One number: what it is, its value, and the range that was set for it (None: none was).

    spread: the standard deviation over seeds where the value is a mean over several.
    """

    what: str
    value: float
    unit: str = ""
    low: float | None = None
    high: float | None = None
    how: str = ""
    spread: float | None = None

    @property
    def target(self) -> str:
        """The range in words."""
        unit = f" {self.unit}" if self.unit else ""
        if self.low is not None and self.high is not None:
            middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
            return f"{middle:g} ± {half:g}{unit}"
        if self.low is not None:
            return f"at least {self.low:g}{unit}"
        return f"at most {self.high:g}{unit}" if self.high is not None else ""

    @property
    def met(self) -> bool | None:
        """Whether the value is in the range; None without one."""
        if self.low is None and self.high is None:
            return None
        return (self.low is None or self.value >= self.low) and (self.high is None or self.value <= self.high)


def machine() -> dict[str, str | int]:
    """This machine, as far as figures depend on it."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count() or 1,
        "threads": int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)),
        "os": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "torch": version("torch"),
        "transformers": version("transformers"),
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return platform.processor() or platform.machine()
    fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
    fields = {name.strip(): value.strip() for name, value in fields.items()}
    name = fields.get("model name", platform.machine())
    return f"{name}, family {fields['cpu family']} model {fields['model']}" if "cpu family" in fields else name


def write(name: str, figures: Iterable[Figure]) -> None:
    """Write and print the figures of one benchmark."""
    figures = list(figures)
    RESULTS.mkdir(exist_ok=True)
    about = {"machine": machine(), "date": date.today().isoformat()}
    about["figures"] = [asdict(figure) for figure in figures]
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    for figure in figures:
        print(f"{figure.what}: {figure.value:.4g} {figure.unit} ({figure.target or 'no target'})")


def read() -> dict[str, tuple[dict, list[Figure]]]:
    """{name: (machine and date, figures)} of all results that are there; `NAME.rows.json` are no figures yet."""
    found = {}
    for file in sorted(file for file in RESULTS.glob("*.json") if not file.stem.endswith(".rows")):
        about = json.loads(file.read_text(encoding="utf-8"))
        found[file.stem] = (about, [Figure(**figure) for figure in about["figures"]])
    return found
