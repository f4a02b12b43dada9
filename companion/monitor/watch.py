"""What each gauge sees of a quarter, turn by turn, and what is true behind it, which no gauge is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from companion.hybrid import Router, load_router, softmax
from companion.hybrid.router import FAQ, PERSON
from companion.metrics import exact_match, recall_at_k
from companion.monitor.alarms import WEEK
from companion.monitor.desk import TOP, Once, Said, all_answers, injected, milliseconds, search_desk
from companion.monitor.gauges import agreement, speed_up, threshold
from companion.monitor.stream import DAYS, FIRST, WEEKS, Arrival, of_kind
from companion.world import world
from companion.world.utterances import OUT_OF_SCOPE, mail, unlabelled

LABELLED = 50  # questions a week, and letters a week
TENTH = 0.1  # of the student's turns are read by the teacher too
TEXTS = 3  # timed a day
WORD = re.compile(r"[a-z']+")
Series = list[list[float]]  # one list of observations for each of the 91 days


@dataclass(frozen=True)
class Gauge:
    """A gauge's name in words, its path, the side on which it is bad, and what it needs.

    marks: each observation is 0 or 1. labels: how many labels a week; least: observations before it is read.
    """

    said: str
    path: str
    side: str = "low"
    labels: int = 0
    marks: bool = True
    least: int = 10


GAUGES = {
    "recall": Gauge("recall@5, labelled questions", "RAG", labels=LABELLED),
    "relevance": Gauge("relevance of answer to source", "RAG", marks=False),
    "test_set": Gauge("teacher on a fixed test set", "fine-tuning"),
    "strange": Gauge("low confidence, all turns", "fine-tuning", side="high"),
    "agreement": Gauge("student agrees with teacher", "distillation"),
    "speed_up": Gauge("teacher's time / student's", "distillation", side="both", marks=False, least=4),
    "handed": Gauge("handed to a person", "hybrid", side="both"),
}
TRICKLE = {
    "fresh": Gauge("teacher on fresh labelled letters", "fine-tuning", labels=LABELLED),
    "answers": Gauge("answers right, labelled questions", "hybrid", labels=LABELLED),
}
BESIDE = {  # no claim hangs on these: the notebook calls them unregistered
    "student": Gauge("student on fresh labelled letters", "distillation", labels=LABELLED),
    "deployed": Gauge("student on a fixed test set", "distillation"),
    "strange_letters": Gauge("low confidence, letters", "fine-tuning", side="high"),
    "new_pages": Gauge("answers that rest on a page of this week", "RAG", side="high"),
    "new_words": Gauge("letters in words that no lesson had", "fine-tuning", side="high"),
}
ALL = GAUGES | TRICKLE | BESIDE


def series(found: Sequence[Arrival], values: Sequence[float]) -> Series:
    """One value a turn, put under its day."""
    days: Series = [[] for _ in range(DAYS)]
    for arrival, value in zip(found, values, strict=True):
        days[arrival.day].append(float(value))
    return days


def some(found: Sequence[Arrival], count: int, random: Random) -> list[int]:
    """`count` turns of each week, drawn at random and given by their place, in their order."""
    weeks: list[list[int]] = [[] for _ in range(WEEKS)]
    for place, arrival in enumerate(found):
        weeks[arrival.day // WEEK].append(place)
    return [place for week in weeks for place in sorted(random.sample(week, min(count, len(week))))]


def right_answers(asked: Sequence[Arrival], said: Sequence[Said]) -> list[bool]:
    """Whether each reply is what is true that day, or a refusal where Kestrel cannot say."""
    return [
        not reply.cited if arrival.answer is None else bool(reply.cited) and exact_match(reply.text, arrival.answer) > 0
        for arrival, reply in zip(asked, said, strict=True)
    ]


def search_gauges(
    asked: Sequence[Arrival], said: Sequence[Said], published: Mapping[str, int], seed: int
) -> dict[str, Series]:
    """recall, relevance, answers, new_pages, and what is true: "right", all questions.

    published: {page: day of the quarter on which it came into the index}; pages that it does not name are older.
    """
    right, places = right_answers(asked, said), some(asked, LABELLED, Random(f"labelled-{seed}"))
    known = [place for place in places if asked[place].article]
    answered = [place for place, reply in enumerate(said) if reply.cited]

    def at(chosen: Sequence[int], value: Callable[[int], float]) -> Series:
        return series([asked[place] for place in chosen], [value(place) for place in chosen])

    return {
        "recall": at(known, lambda place: recall_at_k(said[place].found, {asked[place].article}, TOP)),
        "relevance": series(asked, [reply.relevance for reply in said]),
        "answers": at(places, lambda place: right[place]),
        "new_pages": at(answered, lambda place: rests_on_new(said[place], asked[place].day, published)),
        "right": series(asked, right),
    }


def rests_on_new(reply: Said, day: int, published: Mapping[str, int]) -> bool:
    """Whether a reply cites a page that came into the index in the week of that day."""
    return any(published[id] // WEEK == day // WEEK for id in reply.cited if id in published)


def sorter_gauges(found: Sequence[Arrival], sorter: Once, seed: int) -> tuple[dict[str, Series], list[float]]:
    """test_set, strange, strange_letters, fresh; and the sorter's confidence, turn by turn."""
    confidence = softmax(sorter.logits([arrival.text for arrival in found])).max(1).tolist()
    mailed = [(a, c) for a, c in zip(found, confidence, strict=True) if a.kind == "letter"]
    named = labelled_gauges(found, sorter, seed)
    gauges = {"test_set": named["deployed"], "fresh": named["student"], "strange": unsure(found, confidence)}
    return gauges | {"strange_letters": unsure(*zip(*mailed, strict=True))}, confidence


def unsure(found: Sequence[Arrival], confidence: Sequence[float]) -> Series:
    """Turns with a lower confidence than 95 % of the same stream's turns in the first weeks."""
    least = threshold([c for c, arrival in zip(confidence, found, strict=True) if arrival.day < FIRST * WEEK])
    return series(found, [c < least for c in confidence])


def labelled_gauges(
    found: Sequence[Arrival], model: Once, seed: int, weeks: Sequence[int] = range(WEEKS)
) -> dict[str, Series]:
    """student: fifty fresh letters a week, the same for every model; deployed: a fixed test set on each Monday.

    What this model gets right, on the days of `weeks`. A fixed test set knows no news: it moves when the model does.
    """
    texts, labels = mail("validation")
    kept = [float(said == label) for said, label in zip(model.named(texts), labels, strict=True)]
    fixed: Series = [kept if day % WEEK == 0 and day // WEEK in weeks else [] for day in range(DAYS)]
    letters = [arrival for arrival in of_kind(found, "letter") if arrival.label != OUT_OF_SCOPE]
    drawn = [letters[place] for place in some(letters, LABELLED, Random(f"fresh-{seed}"))]
    drawn = [arrival for arrival in drawn if arrival.day // WEEK in weeks]
    right = [said == a.label for said, a in zip(model.named([a.text for a in drawn]), drawn, strict=True)]
    return {"student": series(drawn, right), "deployed": fixed}


def word_gauge(found: Sequence[Arrival]) -> Series:
    """new_words: letters of whose words fewer are known than of 95 % of the letters of the first weeks.

    Known is what stands in the letters that sorter and student learned from, and in Kestrel's pages. It looks at the
    text and not at a model. The trap: it knows spellings, not meanings, and a new topic in old words passes.
    """
    letters = of_kind(found, "letter")
    shares = [known_share(arrival.text) for arrival in letters]
    least = threshold([share for share, a in zip(shares, letters, strict=True) if a.day < FIRST * WEEK])
    return series(letters, [share < least for share in shares])


def known_share(text: str) -> float:
    """Share of a text's words that are known; 1 for a text without a word."""
    words = WORD.findall(text.lower())
    return sum(word in known_words() for word in words) / len(words) if words else 1.0


@cache
def known_words() -> frozenset[str]:
    """The words of all lessons, and of all pages with their titles."""
    pages = [f"{article.title} {article.text}" for article in world(0).articles]
    texts = [*mail("train")[0], *(utterance.text for utterance in unlabelled()), *pages]
    return frozenset(word for text in texts for word in WORD.findall(text.lower()))


def student_gauges(
    found: Sequence[Arrival], teacher: Once, students: Callable[[int], dict[str, Once]], seed: int
) -> dict[str, dict[str, Series]]:
    """{student: its agreement and speed_up}, on the days on which it is there.

    students: those to look at in a week, by name; they sort the mail, so letters are what they are watched on. All of
    a day read the same letters.
    """
    random, seen = Random(f"tenth-{seed}"), {}
    mail_of = [[a.text for a in of_kind(found, "letter") if a.day == day] for day in range(DAYS)]
    for day, letters in enumerate(mail_of):
        tenth = random.sample(letters, round(TENTH * len(letters)))
        probe = random.sample(letters, TEXTS)
        slow = milliseconds(teacher.model, probe)
        for name, student in students(day // WEEK).items():
            same = seen.setdefault(name, {gauge: [[] for _ in range(DAYS)] for gauge in ("agreement", "speed_up")})
            same["agreement"][day] = [float(a) for a in agreement(student.logits(tenth), teacher.logits(tenth))]
            same["speed_up"][day] = [speed_up(slow, milliseconds(student.model, probe))]
    return seen


def sorted_right(found: Sequence[Arrival], students: Callable[[int], Once]) -> Series:
    """What is true of the mail: which letters in scope the student at work sorts rightly."""
    letters = [arrival for arrival in of_kind(found, "letter") if arrival.label != OUT_OF_SCOPE]
    return series(letters, [students(a.day // WEEK).named([a.text])[0] == a.label for a in letters])


def hybrid_gauges(
    found: Sequence[Arrival], said: dict[tuple[int, str], Said], router: Router, week: int, seed: int
) -> dict[str, Series]:
    """handed: by the router, or because the search had nothing. said: known replies by (whether misled, question)."""
    decisions = router.decide([arrival.text for arrival in found])
    searched = [(a.day // WEEK == week, a.text) for a, d in zip(found, decisions, strict=True) if d.route == FAQ]
    for misled, desk in ((False, search_desk()), (True, search_desk(injected(seed)))):
        new = [text for at, text in searched if at == misled and (misled, text) not in said]
        said = said | {(misled, text): reply for text, reply in desk.answers(new).items()}
    handed = [
        d.route == PERSON or (d.route == FAQ and not said[(a.day // WEEK == week, a.text)].cited)
        for a, d in zip(found, decisions, strict=True)
    ]
    return {"handed": series(found, handed)}


def watched(found: Sequence[Arrival], planned: dict[str, int], teacher: Once, seed: int) -> dict[str, Any]:
    """The series of all gauges that no student moves, "right" behind them, and the sorter's "confidence"."""
    asked, week, false = of_kind(found, "question"), planned["injected"], injected(seed)
    said = all_answers(asked, false, week)
    router = load_router()
    router.sorter = Once(router.sorter)
    known = {(a.day // WEEK == week, a.text): reply for a, reply in zip(asked, said, strict=True)}
    named, confidence = sorter_gauges(found, teacher, seed)
    gauges = (
        search_gauges(asked, said, {false.id: week * WEEK}, seed)
        | named
        | hybrid_gauges(found, known, router, week, seed)
    )
    return gauges | {"new_words": word_gauge(found), "confidence": confidence}
