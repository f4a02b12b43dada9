"""Write a text file whole or not at all."""

import os
import secrets
from functools import partial
from pathlib import Path


def write_whole(
    file: Path, text: str, encoding: str = "utf-8", newline: str | None = None, private: bool = False
) -> None:
    """Write beside the old file, then swap: a crash leaves one of the two, never a half. OSError where it cannot.

    newline: as in `open`. private: nobody else may read it (mode 0600), else the umask decides. The part has a name of
    its own, so that two processes that write the same file do not meet in it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    opener = partial(os.open, mode=0o600 if private else 0o666)
    try:
        with open(part, "x", encoding=encoding, newline=newline, opener=opener) as beside:
            beside.write(text)
            beside.flush()
            os.fsync(beside.fileno())
        os.replace(part, file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
