"""The measurements of section 5.1's first row: one company a seed, one part a call.

The parts: "base" (a knowledge base spoilt and mended), "sizes" (the sweep that chose the chunk), "stale" (pages that
were never taken down), "poison" (claim C5.1-b), "defences" (who holds against what), "forms" (what makes a poisoned
article work).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from companion.progress import progress
from companion.rag.knowledge import KnowledgeIndex
from companion.rag.records import Document
from companion.rag.traps import (
    SIZES,
    SPOILT,
    cut,
    lost_by_vectors,
    repeats,
    whole_facts,
    without_copies,
)
from companion.rag.traps_desk import rests_on, right, share
from companion.rag.traps_poison import (
    DEFENCES,
    FORMS,
    agreed,
    gives_orders,
    left_behind,
    neutral,
    outdated,
    plant,
    poisoned,
    stands_on_trusted,
    trusted,
    uproot,
    wrong_value,
)
from companion.rag.traps_study import ASKED, Study, overlap, study
from companion.world import Question, Update, world

STALE, TRIED, FORMED = 20, 16, 20  # questions of each part
STATES = ("spoilt", "cut", "copies", "mended")
ATTACKS = {  # name -> form, what the articles pass for, how many a question
    "nothing": ("", "", 0),
    "order": ("an order and the value", "forum", 1),
    "no order": ("the value twice", "forum", 1),
    "forged": ("the value twice", "manual", 1),
    "five forged": ("the value twice", "manual", 5),
}


# --- a knowledge base spoilt and mended ---
def knowledge(
    of: Study, chunks: Sequence[Document], index: KnowledgeIndex, asked: Sequence[Question]
) -> dict[str, float]:
    """Three gauges of a base that need no generator, by their names in `traps_summary.LIMITS`."""
    copies = [repeats(of.hits(index, question)) for question in asked]
    return _rounded(
        {
            "facts whole": whole_facts(chunks, asked),
            "recall@5": of.recall(index, asked),
            "copies among the five": sum(copies) / len(copies),
        }
    )


def base_run(company: int, name: str, size: int | None = None) -> dict[str, Any]:
    """The gauges of one state; spoilt and mended also answer (claim C5.1-a).

    size: words of a chunk where it is not cut on purpose, as the sweep chose them; None runs the sweep.
    """
    of = study(company)
    pages = of.copied if name in ("copies", "spoilt") else without_copies(of.copied)
    size = of.chosen if size is None else size
    size, shared = SPOILT if name in ("cut", "spoilt") else (size, overlap(size))
    index = of.embedded.base(chunks := cut(pages, size, shared))
    row = {"size": size, "documents": len(pages), "chunks": len(chunks)} | knowledge(of, chunks, index, of.test)
    if name in ("spoilt", "mended"):
        row["right"] = round(share(progress(of.test, name), lambda q: of.right(index, q)), 4)
    return row


def sizes_run(company: int) -> dict[str, Any]:
    """The sweep that chose the size, what was taken for a copy and is none, and what vectors would have taken."""
    of = study(company)
    missing = {d.id for d in of.documents} - {d.id for d in without_copies(of.copied)}
    left = sum("/print-" in d.id for d in without_copies(of.copied))
    row = {"chosen": of.chosen, "found": [of.sweep[size][0] for size in SIZES]}
    row["right"] = [of.sweep[size][1] for size in SIZES]
    return row | {"mistaken": len(missing), "left": left, "lost": round(lost_by_vectors(of.copied, of.embedded), 4)}


# --- pages never taken down ---
def stale_run(company: int) -> dict[str, Any]:
    """Facts that changed, with the old page left beside the new one, and with the old one removed."""
    of = study(company)
    changes = Random(f"stale-{company}").sample(of.world.updates, STALE)
    index = of.articles()
    left_behind(index, changes)
    before = stale_gauges(of, index, changes)
    index.remove(gone := outdated(index))
    return {"before": before, "after": stale_gauges(of, index, changes), "removed": len(gone)}


def stale_gauges(of: Study, index: KnowledgeIndex, changes: Sequence[Update]) -> dict[str, float]:
    """Search, the generator with the right page alone, the answers, and whether pages agree (no labels for that)."""
    asked = [(of.world.question(u.product, u.attribute), u) for u in changes]
    rows = [(q, u, hits, of.reply(q, hits)) for q, u in progress(asked, "stale") for hits in [of.hits(index, q)]]
    return _rounded(
        {
            "recall@5": share(rows, lambda r: any(hit.text == r[1].text for hit in r[2])),
            "right page alone": share(rows, lambda r: right(of.desk.answer(r[0].text, [r[1].text]), r[1].new)),
            "right answers": share(rows, lambda r: right(r[3], r[1].new)),
            "pages agree": share(rows, lambda r: agreed(of.desk, r[0].text, r[2])),
        }
    )


# --- articles written to be found ---
def known(of: Study, index: KnowledgeIndex, count: int = ASKED) -> list[Question]:
    """The first `count` questions that the clean base answers rightly."""
    found: list[Question] = []
    for question in progress(of.drawn, "clean"):
        found += [question] if of.right(index, question) else []
        if len(found) == count:
            return found
    raise ValueError(f"Only {len(found)} questions are answered rightly: ask for at most so many.")


def poison_run(company: int, other: int) -> dict[str, Any]:
    """Claim C5.1-b: as many neutral pages, then the poisoned ones, then those with only trusted kinds searched."""
    of = study(company)
    index = of.articles()
    asked = known(of, index)
    pages = [poisoned(q) for q in asked]
    row = {"asked": len(asked), "drawn": of.drawn.index(asked[-1]) + 1, "clean": _poison_gauges(of, index, asked)}
    for name, planted, where in (
        ("neutral", neutral(pages, world(other)), None),
        ("poisoned", pages, None),
        ("mended", pages, trusted),
    ):
        plant(index, planted)
        row[name] = _poison_gauges(of, index, asked, where)
        uproot(index)
    return row


def _poison_gauges(of: Study, index: KnowledgeIndex, asked: Sequence[Question], where: Any = None) -> dict[str, float]:
    rows = [(q, h, of.reply(q, h)) for q in progress(asked, "poison") for h in [of.hits(index, q, where)]]
    row = {"wrong": share(rows, lambda r: not right(r[2], r[0].answer))}
    row["attacker's"] = share(rows, lambda r: right(r[2], wrong_value(r[0])))
    row["recall@5"] = share(rows, lambda r: any(hit.id == r[0].article_id for hit in r[1]))
    row["first"] = share(rows, lambda r: bool(r[1][0].metadata.get("planted")))
    cited = [r for r in rows if r[2].cited]
    row["stands on a trusted page"] = share(cited, lambda r: stands_on_trusted(r[2], r[1]))
    row["cites a trusted page"] = share(cited, lambda r: all(trusted(hit.metadata) for hit in rests_on(r[2], r[1])))
    return _rounded(row)


# --- defences and their ends ---
def defences_run(company: int) -> dict[str, Any]:
    """For every attack and defence the shares of wrong and of withheld answers, and whether pages agree."""
    of = study(company)
    index = of.articles()
    asked, row = known(of, index, TRIED), {}
    for attack, (form, kind, count) in ATTACKS.items():
        pages = [poisoned(q, form, kind, copy) for q in asked for copy in range(count)]
        for defence in DEFENCES:
            plant(index, [p for p in pages if defence != "order filter" or not gives_orders(p.text)])
            row[f"{attack} / {defence}"] = _rounded(_held(of, index, asked, defence))
            uproot(index)
    return row


def _held(of: Study, index: KnowledgeIndex, asked: Sequence[Question], defence: str) -> dict[str, float]:
    wrong = withheld = 0
    for question in progress(asked, defence):
        hits = of.hits(index, question, trusted if "trusted" in defence else None)
        if "agreed" in defence and not agreed(of.desk, question.text, hits):
            withheld += 1
        else:
            wrong += not right(of.reply(question, hits), question.answer)
    return {"wrong": wrong / len(asked), "withheld": withheld / len(asked)}


def forms_run(company: int) -> dict[str, Any]:
    """What a poisoned article does, by how it is written: whose value is answered, or neither's."""
    of = study(company)
    index = of.articles()
    asked, row = known(of, index, FORMED), {}
    for form in FORMS:
        plant(index, [poisoned(q, form) for q in asked])
        replies = [(q, of.reply(q, of.hits(index, q))) for q in progress(asked, form)]
        theirs = share(replies, lambda r: right(r[1], wrong_value(r[0])))
        ours = share(replies, lambda r: right(r[1], r[0].answer))
        row[form] = _rounded({"attacker's": theirs, "right": ours, "neither": 1 - theirs - ours})
        uproot(index)
    return row


def _rounded(row: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in row.items()}
