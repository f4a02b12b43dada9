"""The company's articles as an index, from vectors that ship with the package.

`python -m companion.rag.kestrel` writes the vectors anew; needed after the articles changed.
The vectors are those of the installed encoder in half precision. The file carries that encoder's fingerprint,
and each vector the hash of its text: an edited article is embedded afresh, and another encoder embeds all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from companion.models import load_encoder
from companion.rag import files
from companion.rag.knowledge import KnowledgeIndex, TextEncoder
from companion.rag.records import searchable
from companion.world import Article, world

PATH = Path(__file__).parent / "data" / "kestrel_vectors.npz"


def kestrel_index(encoder: TextEncoder | None = None) -> KnowledgeIndex:
    """An index of all articles of Kestrel Home, with kind, product, date and until as metadata.

    encoder: None is the installed one, whose vectors ship; any other embeds the articles now.
    """
    return articles_index(world(0).articles, encoder)


def articles_index(articles: Sequence[Article], encoder: TextEncoder | None = None) -> KnowledgeIndex:
    """An index of these articles; only those without a shipped vector are embedded."""
    encoder = load_encoder() if encoder is None else encoder
    index = KnowledgeIndex(encoder)
    index.add(
        ids=[article.id for article in articles],
        texts=[article.text for article in articles],
        titles=[article.title for article in articles],
        metadata=[metadata(article) for article in articles],
        vectors=vectors([searchable(article.title, article.text) for article in articles], encoder),
    )
    return index


def metadata(article: Article) -> dict:
    """What a search can filter by."""
    return {name: getattr(article, name) for name in ("kind", "product", "date", "until")}


def vectors(texts: Sequence[str], encoder: TextEncoder, path: Path = PATH) -> np.ndarray:
    """The texts' unit vectors, float32 (n, dim): stored ones where the file has them, else embedded."""
    stored = read_vectors(encoder.fingerprint, path)
    missing = [text for text in dict.fromkeys(texts) if text_hash(text) not in stored]
    fresh = dict(zip(missing, encoder.encode(missing), strict=True)) if missing else {}
    rows = [fresh[text] if text in fresh else stored[text_hash(text)] for text in texts]
    return np.array(rows, np.float32).reshape(-1, encoder.dim)


def read_vectors(fingerprint: str, path: Path = PATH) -> dict[str, np.ndarray]:
    """Text hash -> unit vector, of this encoder; empty where the file is missing or another encoder's."""
    if not path.is_file():
        return {}
    arrays, notes = files.read(path, "vectors")
    if notes["fingerprint"] != fingerprint:
        return {}
    rows = arrays["vectors"].astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)  # rounding to half precision moved the length
    return dict(zip(notes["hashes"], rows, strict=True))


def write_vectors(texts: Sequence[str], encoder: TextEncoder, path: Path = PATH) -> None:
    """Embed the texts and store the vectors in half precision."""
    texts = sorted(set(texts))
    stored = encoder.encode(texts).astype(np.float16)
    notes = {
        "kind": "vectors",
        "fingerprint": encoder.fingerprint,
        "hashes": [text_hash(text) for text in texts],
    }
    files.write(path, {"vectors": stored}, notes)


def text_hash(text: str) -> str:
    """The first 16 hex digits of the text's sha256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def main() -> None:
    """Write the file that ships."""
    articles = world(0).articles
    write_vectors([searchable(article.title, article.text) for article in articles], load_encoder())
    print(f"{len(articles)} articles, {PATH.stat().st_size / 1e6:.2f} MB: {PATH}")


if __name__ == "__main__":
    main()
