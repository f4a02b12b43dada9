"""Write a text file whole or not at all."""

import os
import tempfile
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Write beside the old file, then swap: a crash leaves one of the two, never a half. OSError where it cannot."""
    part = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as part:
            part.write(text)
            part.flush()
            os.fsync(part.fileno())
        os.replace(part.name, file)
    except OSError:
        if part:
            Path(part.name).unlink(missing_ok=True)
        raise
