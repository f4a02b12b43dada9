"""SciFact (BEIR): the shipped encoder and BM25 on 300 scientific claims against 5,183 abstracts.

nDCG@10; title + abstract; exact search. Wadden et al., 2004.14974; BEIR, 2104.08663. Published figures: BM25
0.679 (Anserini, k1 = 0.9, b = 0.4), all-MiniLM-L6-v2 0.6451 (MTEB).
"""

import ast
import csv
import gzip
import io
import os
import tokenize
import zipfile
from pathlib import Path
from statistics import fmean

from benchmarks.figures import Figure, write
from companion.metrics import ndcg_at_k
from companion.models import load_encoder
from companion.rag import SparseIndex, VectorIndex, reciprocal_rank_fusion

Corpus, Queries, Grades = dict[str, str], dict[str, str], dict[str, dict[str, float]]
DEPTH = 100


def load(folder: str | None = None) -> tuple[Corpus, Queries, Grades]:
    """Documents, claims and judgements, from `folder` or COMPANION_DATA, else from the hub."""
    folder = folder or os.environ.get("COMPANION_DATA")
    if not folder:
        return from_hub()
    place = Path(folder) / "scifact"
    if not place.is_dir():
        raise FileNotFoundError(f"{place} is missing: point COMPANION_DATA at the folder that holds it.")
    csv.field_size_limit(10**8)
    with zipfile.ZipFile(place / "scifact.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("corpus_train.csv").decode())))
    corpus = {row["doc_id"]: f"{row['title']} {sentences(row['abstract'])}" for row in rows}
    with gzip.open(place / "topics.beir-v1.0.0-scifact.test.tsv.gz", "rt", encoding="utf-8") as file:
        queries = dict(line.rstrip("\n").split("\t", 1) for line in file)
    grades: Grades = {}
    for line in (place / "qrels.beir-v1.0.0-scifact.test.txt").read_text().splitlines():
        query, _, document, grade = line.split()
        grades.setdefault(query, {})[document] = float(grade)
    return corpus, queries, grades


def sentences(array: str) -> str:
    """The text of a printed array of strings, "['One.' 'Two.']"; each string is a Python literal."""
    tokens = tokenize.generate_tokens(io.StringIO(array).readline)
    return " ".join(ast.literal_eval(t.string) for t in tokens if t.type == tokenize.STRING)


def from_hub() -> tuple[Corpus, Queries, Grades]:
    """The same from `BeIR/scifact` through the `datasets` library."""
    try:
        from datasets import load_dataset
    except ImportError as error:
        raise ImportError("Set COMPANION_DATA to a folder with SciFact, or run `pip install datasets`.") from error
    documents = load_dataset("BeIR/scifact", "corpus", split="corpus")
    claims = load_dataset("BeIR/scifact", "queries", split="queries")
    grades: Grades = {}
    for row in load_dataset("BeIR/scifact-qrels", split="test"):
        grades.setdefault(str(row["query-id"]), {})[str(row["corpus-id"])] = float(row["score"])
    corpus = {str(row["_id"]): f"{row['title']} {row['text']}" for row in documents}
    return corpus, {str(row["_id"]): row["text"] for row in claims if str(row["_id"]) in grades}, grades


def mean_ndcg(rankings: dict[str, list[str]], grades: Grades) -> float:
    """Over all judged claims; one without a ranking counts 0."""
    return fmean(ndcg_at_k(rankings.get(query, []), grades[query], 10) for query in grades)


def main() -> None:
    corpus, queries, grades = load()
    sparse = SparseIndex(k1=0.9, b=0.4)
    sparse.add(list(corpus), list(corpus.values()))
    words = {query: sparse.search(text, DEPTH)[0] for query, text in queries.items()}
    encoder = load_encoder()
    dense = VectorIndex(encoder.dim)
    dense.add(list(corpus), encoder.encode(list(corpus.values()), show_progress=True))
    found, _ = dense.search(encoder.encode(list(queries.values())), DEPTH)
    meaning = dict(zip(queries, found, strict=True))
    both = {query: list(reciprocal_rank_fusion([meaning[query], words[query]])) for query in queries}
    how = f"nDCG@10 over {len(grades)} claims and {len(corpus)} abstracts, title and abstract, exact search."
    write(
        "scifact",
        [
            Figure(
                "all-MiniLM-L6-v2, 256 tokens, mean pooling",
                mean_ndcg(meaning, grades),
                "",
                0.635,
                0.655,
                how,
            ),
            Figure("BM25, k1 0.9, b 0.4, PyStemmer", mean_ndcg(words, grades), "", 0.67, 0.69, how),
            Figure("both, by reciprocal rank", mean_ndcg(both, grades), how=how),
        ],
    )


if __name__ == "__main__":
    main()
