"""What could keep the course from running on this machine, and its remedy: `python -m companion doctor`.

Each check yields a Line: ok, warn (the course runs, with a limit) or fail (some of it will not run).
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parent
CONSTRAINTS = PACKAGE.parent / "constraints.txt"
SETUP = "run `python course.py setup`"
NEEDED_GB = 1.5  # a kernel of the course takes up to 1.2 GB


@dataclass(frozen=True)
class Line:
    """One finding: `status` is ok, warn or fail; `remedy` says what to do, and is empty when all is well."""

    status: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.status:5} {self.what}" + (f"\n      -> {self.remedy}" if self.remedy else "")


def python_version() -> Iterator[Line]:
    """Python 3.11 to 3.13."""
    here = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        yield Line("ok", f"Python {here}")
    else:
        yield Line("fail", f"Python {here}", f"install Python 3.11, 3.12 or 3.13 and {SETUP} with it")


def libraries(constraints: Path = CONSTRAINTS) -> Iterator[Line]:
    """Each library that the course asks for by name, against its pin."""
    if not constraints.exists():
        yield Line("warn", "library versions not compared", "run this in the course's folder, by constraints.txt")
        return
    pins = dict(pinned(constraints))
    wanted = {_key(name): name for name in required()}
    wrong = 0
    for key, name in sorted(wanted.items()):
        found, pin = installed(name), pins.get(key)
        if found is None:
            yield Line("fail", f"{name} is not installed", SETUP)
        elif pin and found.split("+")[0] != pin:  # 2.13.0+cpu is a build of 2.13.0
            yield Line("warn", f"{name} is {found}, and the course was measured with {pin}", SETUP)
        wrong += found is None or bool(pin and found.split("+")[0] != pin)
    yield Line("ok", f"{len(wanted) - wrong} of {len(wanted)} libraries are as pinned")


def pinned(constraints: Path) -> Iterator[tuple[str, str]]:
    """(name, version) of each line `name==version; marker`."""
    for line in constraints.read_text(encoding="utf-8").splitlines():
        name, sign, version = line.split(";")[0].split("#")[0].partition("==")
        if sign:
            yield _key(name), version.strip()


def required() -> list[str]:
    """The names in requirements.txt, or without that file those that the installed package asks for."""
    file = CONSTRAINTS.with_name("requirements.txt")
    if file.exists():
        lines = file.read_text(encoding="utf-8").splitlines()
    else:
        lines = importlib.metadata.requires("companion") or []
    return [line.split(";")[0].strip() for line in lines if line[:1].isalpha() and "extra ==" not in line]


def installed(name: str) -> str | None:
    """The version that is installed, None where there is none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def encoder() -> Iterator[Line]:
    """The encoder's weights are there, and are the original's."""
    from companion.models.weights import ENCODER_SHA256, installed_encoder

    try:
        installed_encoder()
    except (OSError, ValueError) as error:
        what, _, remedy = str(error).rstrip(".").partition(": ")
        yield Line("fail", what, remedy)
    else:
        yield Line("ok", f"the encoder's weights are the original's ({ENCODER_SHA256[:12]}...)")


def adapters(folder: Path = PACKAGE / "models" / "adapters") -> Iterator[Line]:
    """The adapters that ship with the course are there and whole."""
    remedy = "fetch the course's folder again, or `git checkout companion/models/adapters`"
    for name in ("generator", "closed-book", "reader"):
        files = sorted((folder / name).glob("*.safetensors"))
        broken = [file.name for file in files if not is_whole(file)]
        if not files:
            yield Line("fail", f"the {name} has no weights in {folder / name}", remedy)
        elif broken:
            yield Line("fail", f"the {name}'s weights are cut off or altered: {', '.join(broken)}", remedy)
        else:
            size = sum(file.stat().st_size for file in files) / 1e6
            yield Line("ok", f"the {name}'s weights are whole ({size:.1f} MB)")


def is_whole(file: Path) -> bool:
    """Whether a safetensors file is as long as its header says: 8 bytes, the header, then the tensors."""
    with file.open("rb") as stream:
        start = stream.read(8)
        if len(start) < 8 or (length := struct.unpack("<Q", start)[0]) > file.stat().st_size:
            return False
        try:
            header = json.loads(stream.read(length))
        except ValueError:
            return False
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    return file.stat().st_size == 8 + length + max(ends, default=0)


def memory() -> Iterator[Line]:
    """Free memory, against what a notebook needs."""
    import psutil

    free = psutil.virtual_memory().available / 1e9
    if limit := container_limit("memory.max"):
        free = min(free, (limit - (container_limit("memory.current") or 0)) / 1e9)
    if free >= NEEDED_GB:
        yield Line("ok", f"{free:.1f} GB of memory are free")
    else:
        yield Line(
            "warn",
            f"{free:.1f} GB of memory are free, and a notebook takes up to 1.2 GB",
            "close other programs, and shut down notebooks that you are done with",
        )


def threads() -> Iterator[Line]:
    """How many threads a computation starts, against the cores that this process may use."""
    cores = available_cores()
    setting = os.environ.get("OMP_NUM_THREADS", "")
    count = int(setting) if setting.isdigit() else os.cpu_count() or 1
    if count <= cores:
        yield Line("ok", f"{cores} cores, OMP_NUM_THREADS={setting or 'not set'}")
    else:
        yield Line(
            "warn",
            f"up to {count} threads on {cores} cores: computing can get ten times slower",
            f"set the environment variable OMP_NUM_THREADS={cores} before you start JupyterLab",
        )


def available_cores() -> int:
    """The cores that this process may use: its own affinity, and a container's limit where there is one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = container_limit("cpu.max")
    return max(1, min(cores, int(limit))) if limit else cores


def container_limit(name: str, folder: Path = Path("/sys/fs/cgroup")) -> float | None:
    """A number of Linux's control groups: bytes of memory, cores of cpu.max; None where there is none."""
    try:
        words = (folder / name).read_text().split()
    except OSError:
        return None
    if not words or words[0] == "max":
        return None
    return int(words[0]) / (int(words[1]) if len(words) > 1 else 1)


def home() -> Iterator[Line]:
    """Whether the ledger's folder can be written, and whether the disk has room."""
    from companion import ledger

    folder = ledger.path().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"companion")
    except OSError:
        remedy = "set COMPANION_HOME to a folder that you may write to"
        yield Line("fail", f"{folder} cannot be written, so your results would be lost", remedy)
        return
    yield Line("ok", f"your results are kept in {folder}")
    if (free := shutil.disk_usage(folder).free / 1e9) < 0.5:
        yield Line("warn", f"{free:.1f} GB of disk are free there", "make room: the ledger and runs need 0.5 GB")


CHECKS: tuple[Callable[[], Iterator[Line]], ...] = (
    python_version,
    libraries,
    encoder,
    adapters,
    memory,
    threads,
    home,
)


def examine() -> list[Line]:
    """The lines of all checks; a check that breaks is a line itself."""
    lines: list[Line] = []
    for check in CHECKS:
        try:
            lines += check()
        except Exception as error:  # a doctor that crashes helps nobody
            lines.append(Line("fail", f"the check of {check.__name__} broke: {error!r}", SETUP))
    return lines


def main() -> int:
    """Print each line with its remedy; 0 when nothing failed, else 1."""
    lines = examine()
    print("\n".join(map(str, lines)))
    failed = sum(line.status == "fail" for line in lines)
    warned = sum(line.status == "warn" for line in lines)
    print(f"\n{failed} failed, {warned} to look at" if failed or warned else "\nAll is well.")
    return int(failed > 0)


def _key(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(".", "-")
