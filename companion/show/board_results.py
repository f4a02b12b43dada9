"""Who won each of the nine jobs: read off the labs' stored runs, with the labs' own lines and the claims' verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from companion import ledger
from companion.show.board_cards import COUNTED, NONE, PATHS
from companion.stored import stored

BOTH = "both"  # two paths together: a rival of the winner, but no winner, since nobody could have guessed it
MOVING = {"retrieval": "rag", "fine-tuning": "finetune", "distillation": "distill", "untrained": NONE, "both": BOTH}
DOMAIN = {
    "retrieval": "rag",
    "fine-tuning": "finetune",
    "distillation": "distill",
    "untrained": NONE,
    "two paths together": BOTH,
}
MEASURED = PATHS | {"rag": "retrieval"}  # what was tried finds a text, a label or a template; it generates nothing
SMALL = {
    "teacher float32": "finetune",
    "teacher int8": "finetune",
    "nearest": "rag",
    "distilled int8": "distill",
    "distilled float32": "distill",
    "no letters int8": "distill",
    "rich int8": "distill",
    "whole int8": "distill",
    "words taught": "distill",
    "labels int8": NONE,
    "rich labels int8": NONE,
    "words": NONE,
}
BILLS = {"RAG": "rag", "fine-tuned": "finetune", "distilled": "distill"}


@dataclass(frozen=True)
class Way:
    """One manner of doing a job: its path, its number (a mean over seeds), whether it keeps the job's budget."""

    name: str
    path: str
    number: float
    fits: bool = True


@dataclass(frozen=True)
class Standing:
    """A job's ways, and the one line that its lab ends in; `lower` says that the smaller number wins."""

    ways: tuple[Way, ...]
    line: str
    unless: str
    lower: bool = False
    best: Mapping[str, Way] = field(
        init=False
    )  # the best way of each path; one that fits goes before one that does not

    def __post_init__(self) -> None:
        best: dict[str, Way] = {}
        for way in sorted(self.ways, key=lambda way: (not way.fits, way.number if self.lower else -way.number)):
            best.setdefault(way.path, way)
        object.__setattr__(self, "best", best)
        if len(self.rivals) < 2:
            raise ValueError("A winner needs a rival: give ways of two paths that keep the budget.")

    @property
    def rivals(self) -> list[Way]:
        """The best way of each path and of none, those that keep the budget, the winner first."""
        left = [way for path, way in self.best.items() if path != BOTH and way.fits]
        return sorted(left, key=lambda way: way.number if self.lower else -way.number)

    @property
    def winner(self) -> str:
        """The path that won, or "none" where a way without any of them did."""
        return self.rivals[0].path

    @property
    def ahead(self) -> float:
        """How far the winner is ahead of the next path."""
        first, second = self.rivals[:2]
        return abs(first.number - second.number)


@cache
def standing(claim_id: str) -> Standing:
    """The stored result of one job. Raises KeyError for a claim of another section."""
    return READ[claim_id]()


def verdict(claim_id: str) -> str:
    """The learner's own newest verdict on a claim; where there is none, the one on our reference run."""
    own = [record.verdict for record in ledger.read() if record.claim_id == claim_id]
    if own:
        return own[-1]
    run = ledger.reference()["runs"].get(claim_id, {"values": {}, "baseline": {}})
    return ledger.verdict(ledger.claims()[claim_id], run["values"], run["baseline"])


def _moving(job: str) -> Standing:
    from companion.scenarios import law, papers, tickets
    from companion.scenarios.moving import RUN, conclusion, means

    paths = {"law": law, "papers": papers, "tickets": tickets}[job].WAYS
    table = stored(RUN)["rows"]
    line, scores = conclusion(table, job, paths), means(table, job)
    if job == "tickets":  # the claim is about rare problems, the lab's line about all tickets
        shares = {way: _mean(tickets.on_rare(table, way)) for way in paths}
        line = f"On all tickets: {line}"
        return Standing(_moving_ways(shares, paths), line, _not_rare(shares, scores, paths, line))
    shares = {way: found["all"] for way, found in scores.items()}
    return Standing(_moving_ways(shares, paths), line, _after_the_first(line))


def _moving_ways(shares: Mapping[str, float], paths: Mapping[str, str]) -> tuple[Way, ...]:
    return _ways(shares, {way: MOVING[path] for way, path in paths.items()})


def _not_rare(shares: Mapping[str, float], scores: Mapping, paths: Mapping[str, str], line: str) -> str:
    """Where the best ways on rare tickets change places; and the lab's line, which is about all tickets."""
    from companion.scenarios.moving import unless

    best = {path: max((way for way in paths if paths[way] == path), key=shares.__getitem__) for path in paths.values()}
    first = max(best, key=lambda path: shares[best[path]])
    groups = unless(scores, best, first)
    return line if line.endswith(groups) else f"{groups} {line}"


def _domain(job: str) -> Standing:
    from companion.scenarios.domain import JUDGED, PATHS, means
    from companion.scenarios.verdicts import ONCE, PATH, verdict_line

    table = stored("scenarios_domain_and_style")["rows"]
    paths = {way: DOMAIN[PATH.get(way, way)] for way in PATHS[job]}
    return Standing(_ways(means(table, job, JUDGED[job]), paths), verdict_line(table, job), ONCE[job](table))


def _small(job: str) -> Standing:
    from companion.scenarios.edge_lines import WAYS, summary, verdict_line

    table = stored("scenarios_small")["rows"]
    line, rows = verdict_line(table, job), summary(table, job)
    named = {words: (SMALL[way], rows[words]) for way, words in WAYS.items() if words in rows}
    ways = [Way(words, path, row["accuracy"], row["fits"] == "yes") for words, (path, row) in named.items()]
    return Standing(tuple(ways), line, _after_the_first(line))


def _bills() -> Standing:
    from companion.scenarios.cost import Assumptions, cost
    from companion.scenarios.edge_lines import MILLION, cost_line, paths

    three = paths(stored("scenarios_small")["rows"])
    bills = {path.name: cost(path, Assumptions(), MILLION) for path in three}
    line = cost_line(three)
    return Standing(_ways(bills, BILLS), line, _after_the_first(line), lower=True)


READ: dict[str, Callable[[], Standing]] = {
    "C2.2-a": lambda: _moving("law"),
    "C2.2-b": lambda: _moving("papers"),
    "C2.2-c": lambda: _moving("tickets"),
    "C2.2-d": lambda: _domain("reports"),
    "C2.2-e": lambda: _domain("abstracts"),
    "C2.2-f": lambda: _domain("copy"),
    "C2.2-g": lambda: _small("commands"),
    "C2.2-h": lambda: _small("sensors"),
    "C2.2-i": _bills,
}


def path_name(path: str) -> str:
    """A measured path as people say it."""
    return MEASURED.get(path, "none of the three")


def counted_items(claim_id: str) -> int:
    """How many test items stand behind a job's number: questions, tickets, sentences, names, commands, messages."""
    return ITEMS[claim_id]()


def _rare_tickets() -> int:
    from companion.scenarios.tickets import desk, problems

    return sum(problems()[label].seen <= 3 for label in desk(seed=0).new_labels)


def _names() -> int:
    from companion.scenarios.abstracts import abstracts

    return sum(len(one.entities) for one in abstracts("test"))


ITEMS: dict[str, Callable[[], int]] = {
    **{claim_id: lambda count=count: int(count()["test"]) for claim_id, count in COUNTED.items()},
    "C2.2-c": _rare_tickets,
    "C2.2-e": _names,
}


def _ways(numbers: Mapping[str, float], paths: Mapping[str, str]) -> tuple[Way, ...]:
    return tuple(Way(name, paths[name], number) for name, number in numbers.items())


def _after_the_first(line: str) -> str:
    """What a lab's line says after its first sentence, which names the winner."""
    return line.partition(". ")[2]


def _mean(by_seed: Mapping[int, float]) -> float:
    return sum(by_seed.values()) / len(by_seed)
