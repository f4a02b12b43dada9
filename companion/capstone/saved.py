"""What a milestone has measured, part by part in one JSON file, so that a dead kernel loses one part at most."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from companion.whole import write_whole

Row = dict[str, Any]


class Saved:
    """The parts of one milestone, by name.

    path: the JSON file. inputs: what the parts depend on, each as a short text, such as a file's hash. Parts that were
    measured from other inputs, and a file that cannot be read, are set aside under another name and never deleted.
    """

    def __init__(self, path: str | Path, inputs: Mapping[str, str]):
        self.path, self.inputs = Path(path), dict(inputs)
        self.parts: dict[str, Row] = {}
        if self.path.is_file():
            found = _read(self.path)
            if found.get("inputs") == self.inputs and isinstance(found.get("parts"), dict):
                self.parts = found["parts"]
            else:
                self.path.replace(free_name(self.path, "before"))

    def part(self, name: str, measure: Callable[[], Row]) -> Row:
        """The part of this name: from the file, else measured now and written before anything else is begun."""
        if name not in self.parts:
            start = time.perf_counter()
            row = measure()
            self.parts[name] = {"seconds": round(time.perf_counter() - start, 1), **row}
            write_text(self.path, json.dumps({"inputs": self.inputs, "parts": self.parts}, indent=1) + "\n")
        return self.parts[name]


def _read(path: Path) -> Row:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def free_name(path: Path, word: str) -> Path:
    """`name.before-1.json` beside `name.json`, or the first number that is not taken."""
    numbered = (path.with_name(f"{path.stem}.{word}-{n}{path.suffix}") for n in range(1, 10_000))
    return next(other for other in numbered if not other.exists())


def write_text(path: Path, text: str, encoding: str = "utf-8") -> None:
    """The learner's own files: written whole or not at all, with the text's line ends on every system."""
    write_whole(path, text, encoding, newline="")


def hashed(texts: Iterable[str]) -> str:
    """A short hash of texts in their order."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:16]
