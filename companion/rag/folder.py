"""A folder of files as an index of overlapping chunks, each of which knows its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from companion.rag.documents import SourceFile, read_folder
from companion.rag.knowledge import KnowledgeIndex, TextEncoder
from companion.rag.split import Chunk, split_text

CHUNK, OVERLAP = 120, 40  # words: within the encoder's 256 word pieces, and a sentence cut here is whole there


@dataclass(frozen=True)
class FolderIndex:
    """`index` holds the chunks under ids "file#start", with "file" and "start" as metadata; `files` by their names;
    `skipped` is {name: reason} of what could not be read."""

    index: KnowledgeIndex
    files: dict[str, SourceFile]
    skipped: dict[str, str] = field(default_factory=dict)

    def source(self, item: str) -> SourceFile:
        """The file that a chunk comes from."""
        return self.files[self.index[item].metadata["file"]]


def index_folder(folder: str | Path, encoder: TextEncoder, show_progress: bool = False) -> FolderIndex:
    """Read the folder and embed its chunks. Errors are those of `read_folder`."""
    files, skipped = read_folder(folder)
    index, chunks = KnowledgeIndex(encoder), chunked(files)
    texts = [chunk.text for _, chunk in chunks]
    vectors = encoder.encode(texts, show_progress=True) if show_progress else encoder.encode(texts)
    places = [{"file": file.name, "start": chunk.start} for file, chunk in chunks]
    index.add([f"{at['file']}#{at['start']}" for at in places], texts, metadata=places, vectors=vectors)
    return FolderIndex(index, {file.name: file for file in files}, skipped)


def chunked(files: Sequence[SourceFile]) -> list[tuple[SourceFile, Chunk]]:
    """Each file's chunks, in order."""
    return [(file, chunk) for file in files for chunk in split_text(file.text, CHUNK, OVERLAP)]
