"""One file for an index: named arrays and JSON notes, no pickle, written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

FORMAT = 1
DEFAULT_NAME = "index.npz"


def write(path: str | Path, arrays: dict[str, np.ndarray], notes: dict) -> None:
    """Write beside the target first, then rename: a crash in between leaves the old file as it was."""
    path = _file(path)
    text = np.frombuffer(_json(notes).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, notes=text, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read(path: str | Path, kind: str) -> tuple[dict[str, np.ndarray], dict]:
    """Arrays and notes of a file that `write` made with this kind.

    Raises FileNotFoundError where there is none, ValueError for a file that is broken or of another kind.
    """
    path = _file(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no index at {path}: build one and save it there first.")
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        notes = json.loads(arrays.pop("notes").tobytes())
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is broken or no index: build it again and save it there.") from error
    if notes.get("kind") != kind or notes.get("format") != FORMAT:
        found = f"{notes.get('kind')}, format {notes.get('format')}"
        raise ValueError(f"{path} holds a {found}: load it with the class and version that saved it.")
    return arrays, notes


def _json(notes: dict) -> str:
    try:
        return json.dumps({"format": FORMAT} | notes)
    except TypeError as error:
        raise ValueError(f"metadata can be saved only as text, numbers, lists and dicts: {error}.") from error


def _file(path: str | Path) -> Path:
    path = Path(path)
    return path / DEFAULT_NAME if path.is_dir() else path
