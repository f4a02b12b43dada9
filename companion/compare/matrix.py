"""The document's matrix and the measured one, cell by cell; and all ways of a job on all axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import StatisticsError

from companion.compare.fit import AMOUNTS
from companion.compare.table import by_seed, claim, mail_by_seed, mean_of, seconds_by_seed
from companion.ledger import claims, verdict

SEEDS = 5
PATHS = {"rag": "RAG", "finetune": "fine-tuning", "distill": "distillation"}


@dataclass(frozen=True)
class Cell:
    """One cell: what the document says, what was measured in words, and that number's rank among the three."""

    document: str
    measured: str
    number: float
    rank: int  # 1 is the smallest number of its row
    expected: int  # the rank that the document's words give it; 0 where they give none

    @property
    def agrees(self) -> bool | None:
        """Whether the measured rank is the document's; None where it names none."""
        return self.rank == self.expected if self.expected else None


@dataclass(frozen=True)
class Dimension:
    """A row of the document's matrix."""

    claim_id: str
    name: str
    unit: str
    words: Mapping[str, str]  # path -> the document's words
    order: Mapping[str, int]  # path -> the rank of its number by these words, 1 the smallest; 0 where it says none


DIMENSIONS = (
    Dimension(
        "C2.1-a",
        "knowledge update",
        "seconds until a changed fact (RAG) or a changed label (the others) is answered right",
        {"rag": "live (minutes)", "finetune": "medium to low (weeks, months)", "distill": "low (quarters, years)"},
        {"rag": 1, "finetune": 2, "distill": 3},
    ),
    Dimension(
        "C2.1-b",
        "compute",
        "CPU-seconds before the first answer, a student's teacher too",
        {"rag": "low (only an index)", "finetune": "medium to high", "distill": "high (teacher and student)"},
        {"rag": 1, "finetune": 2, "distill": 3},
    ),
    Dimension(
        "C2.1-c",
        "fit to a domain",
        "share of a stranger's mail sorted rightly (RAG: the nearest letters vote)",
        {
            "rag": "depends on the knowledge base",
            "finetune": "strong, specific",
            "distill": "medium (teacher's bound)",
        },
        {"rag": 0, "finetune": 3, "distill": 2},
    ),
    Dimension(
        "C2.1-d",
        "latency",
        "milliseconds (RAG, fine-tuning: a question, the same generator; distillation: a letter)",
        {"rag": "higher (retrieval, generation)", "finetune": "low (model only)", "distill": "very low"},
        {"rag": 3, "finetune": 2, "distill": 1},
    ),
    Dimension(
        "C2.1-e",
        "explainability",
        "share of answers lost without what the model points at",
        {"rag": "high (traceable)", "finetune": "low", "distill": "low"},
        {"rag": 3, "finetune": 0, "distill": 0},  # two cells say "low": no order between them
    ),
)


def numbers() -> dict[str, dict[str, float]]:
    """{claim: {path: the measured number of its cell}}, means over seeds."""
    teacher_too = ("tuning", "passes", "studying")
    tables = {
        "C2.1-a": (
            by_seed("update", "rag", "seconds"),
            seconds_by_seed("tuning"),
            seconds_by_seed(*teacher_too),
        ),
        "C2.1-b": (
            by_seed("compute", "articles", "seconds"),
            seconds_by_seed("tuning"),
            seconds_by_seed(*teacher_too),
        ),
        "C2.1-c": (mail_by_seed("rag"), mail_by_seed("finetune"), mail_by_seed("distill")),
        "C2.1-d": (
            by_seed("latency", "rag", "with", "median"),
            by_seed("latency", "rag", "without", "median"),
            by_seed("latency", "sorters", "student", "median"),
        ),
        "C2.1-e": tuple(by_seed("evidence", way, "lost") for way in ("rag", "finetune", "distill")),
    }
    return {id: dict(zip(PATHS, map(mean_of, row), strict=True)) for id, row in tables.items()}


def measured_matrix(found: Mapping[str, Mapping[str, float]] | None = None) -> dict[str, dict[str, Cell]]:
    """{claim: {path: Cell}}; `found` as `numbers()` gives it, which reads the stored runs."""
    found = numbers() if found is None else found
    matrix: dict[str, dict[str, Cell]] = {}
    for row in DIMENSIONS:
        values = found[row.claim_id]
        ranks = {path: 1 + sum(other < value for other in values.values()) for path, value in values.items()}
        matrix[row.claim_id] = {
            path: Cell(row.words[path], said(row.claim_id, value), value, ranks[path], row.order[path])
            for path, value in values.items()
        }
    return matrix


def said(claim_id: str, value: float) -> str:
    """A cell's number as people say it."""
    if claim_id in ("C2.1-c", "C2.1-e"):
        return f"{value:.0%}"
    unit = "ms" if claim_id == "C2.1-d" else "s"
    return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"


def verdicts() -> dict[str, str]:
    """{claim: its verdict on the stored seeds}."""
    known = claims()
    return {row.claim_id: verdict(known[row.claim_id], *claim(row.claim_id)) for row in DIMENSIONS}


def complete() -> bool:
    """Whether the stored runs hold what every claim and every picture of section 2.1 needs."""
    try:
        sides = [side for row in DIMENSIONS for side in claim(row.claim_id)]
        pictures = [numbers(), questions_ways(), mail_ways(), mail_by_seed("distill", AMOUNTS[-1])]
    except (KeyError, StatisticsError):
        return False
    return all(len(side) == SEEDS for side in sides) and all(pictures)


AXES = {  # name -> (what it says, whether less is better)
    "right": ("answered rightly", False),
    "milliseconds": ("milliseconds an answer", True),
    "setup": ("CPU-seconds before the first answer", True),
    "update": ("CPU-seconds for a change", True),
    "source": ("names its source", False),
    "labels": ("labelled examples", True),
}


def questions_ways() -> dict[str, dict[str, float]]:
    """Every way to answer Kestrel's questions on every axis, means over seeds."""
    embed, update = mean_of(by_seed("compute", "articles", "seconds")), mean_of(by_seed("update", "rag", "seconds"))
    rows = {
        "BM25, quoted": ("bm25", 0.0, 0.0, 1, 0),
        "all in the prompt": ("paste", 0.0, 0.0, 1, 0),
        "RAG": ("rag", embed, update, 1, 0),
    }
    found = {name: _way(way, *rest) for name, (way, *rest) in rows.items()}
    pairs = mean_of(by_seed("update", "pairs", "seconds"))
    setup = mean_of(by_seed("answers", "facts as pairs", "seconds"))
    right = mean_of(by_seed("answers", "facts as pairs", "right"))
    alone = mean_of(by_seed("latency", "rag", "without", "median"))
    found["facts fine-tuned in"] = dict(zip(AXES, (right, alone, setup, pairs, 0.0, 708.0), strict=True))
    return found


def _way(way: str, setup: float, update: float, source: int, labels: int) -> dict[str, float]:
    right, milliseconds = (mean_of(by_seed("answers", way, what)) for what in ("right", "milliseconds"))
    return dict(zip(AXES, (right, milliseconds, setup, update, float(source), float(labels)), strict=True))


def mail_ways() -> dict[str, dict[str, float]]:
    """Every way to sort Kestrel's mail on every axis, means over seeds; a change is a label that gets a new meaning."""
    tuning, whole = (mean_of(seconds_by_seed(*s)) for s in (("tuning",), ("tuning", "passes", "studying")))
    letters = mean_of(by_seed("compute", "letters", "seconds"))
    times = {way: mean_of(by_seed("compute", "letters", "milliseconds", way)) for way in ("bm25", "rag")}
    times |= {
        "finetune": mean_of(by_seed("latency", "sorters", "LoRA, merged", "median")),
        "distill": mean_of(by_seed("latency", "sorters", "student", "median")),
    }
    costs = {"bm25": (0.0, 0.0, 1.0), "rag": (letters, 0.0, 1.0), "finetune": (tuning, tuning, 0.0)}
    costs["distill"] = (whole, whole, 0.0)
    names = {
        "bm25": "BM25's nearest letter",
        "rag": "nearest vectors",
        "finetune": "fine-tuned",
        "distill": "distilled",
    }
    return {
        names[way]: dict(zip(AXES, (mean_of(mail_by_seed(way)), times[way], *costs[way], 640.0), strict=True))
        for way in names
    }
