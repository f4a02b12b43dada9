"""A learner's project: one folder with documents, labelled messages, questions, and what was measured on them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.capstone.messages import Messages, read_messages
from companion.capstone.saved import Saved, hashed

if TYPE_CHECKING:
    from companion.rag.folder import FolderIndex


class Project:
    """Where things lie, and what is read from there.

    folder: holds `documents/`, `messages.csv` and `questions.csv`; what is measured goes into its `results/`.
    documents, messages: other places for the two. columns, encoding: for another CSV, see `read_messages`.
    encoder: None is the installed one, a name is any of the hub or a folder (`load_encoder(name)`), or an encoder.
    """

    def __init__(
        self,
        folder: str | Path,
        documents: str | Path | None = None,
        messages: str | Path | None = None,
        encoder: Any = None,
        columns: tuple[str, str] = ("text", "label"),
        encoding: str | None = None,
    ):
        self.folder = Path(folder).expanduser()
        self.documents = Path(documents or self.folder / "documents").expanduser()
        self.messages_file = Path(messages or self.folder / "messages.csv").expanduser()
        self.questions_file = self.folder / "questions.csv"
        self.proposals_file = self.folder / "questions_proposed.csv"
        self.results = self.folder / "results"
        self._encoder, self.columns, self.encoding = encoder, columns, encoding

    @cached_property
    def encoder(self) -> Any:
        """The encoder, loaded at first use."""
        if self._encoder is None or isinstance(self._encoder, str):
            from companion.models import load_encoder

            return load_encoder(self._encoder)
        return self._encoder

    @cached_property
    def reader(self) -> Any:
        """The extractive reader, loaded at first use."""
        from companion.models import load_reader

        return load_reader()

    @cached_property
    def documents_read(self) -> tuple[list, dict[str, str]]:
        """The readable files, and {name: reason} of those that are not."""
        from companion.rag import read_folder

        return read_folder(self.documents)

    @property
    def documents_hash(self) -> str:
        """Changes with any document's name or text."""
        return hashed(part for file in self.documents_read[0] for part in (file.name, file.text))

    @cached_property
    def index(self) -> FolderIndex:
        """The documents as an index; from `results/index.npz` where nothing has changed since it was written."""
        from companion.rag import KnowledgeIndex
        from companion.rag.folder import FolderIndex, index_folder

        files, skipped = self.documents_read
        place = self.results / f"index-{self.documents_hash}-{self.encoder.fingerprint[:8]}.npz"
        if place.is_file():
            by_name = {file.name: file for file in files}
            return FolderIndex(KnowledgeIndex.load(place, self.encoder), by_name, skipped)
        made = index_folder(self.documents, self.encoder)
        made.index.save(place)
        return made

    @cached_property
    def messages(self) -> Messages:
        """The labelled messages, cleaned and split."""
        return read_messages(self.messages_file, self.columns, self.encoding)

    def saved(self, name: str, **inputs: str) -> Saved:
        """What a milestone has measured so far from these inputs."""
        return Saved(self.results / f"{name}.json", {"encoder": self.encoder.fingerprint[:16], **inputs})
