"""Moving knowledge: the data are sound, the filters are right by hand, and a run has the shape that is stored."""

import re
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from companion.rag.records import Hit
from companion.scenarios import law, moving, papers, tickets

MADE_UP = [
    {"job": "law", "seed": 0, "scores": {"a": {"all": 0.9, "x": 1.0, "y": 0.8}, "b": {"all": 0.5, "x": 0.2, "y": 0.8}}},
    {"job": "law", "seed": 1, "scores": {"a": {"all": 0.7, "x": 0.8, "y": 0.6}, "b": {"all": 0.5, "x": 0.2, "y": 0.8}}},
]
TICKETS = [text for problem in tickets.problems().values() for text in problem.tickets]


def plain(text):
    return " ".join(re.findall(r"\w+", text.lower()))


def trigrams(text):
    text = f"  {plain(text)} "
    return {text[i : i + 3] for i in range(len(text) - 2)}


def closest(texts):
    """The largest character-trigram Jaccard of two different texts, and the two."""
    sets = [trigrams(text) for text in texts]
    pairs = [(len(a & b) / len(a | b), i, j) for i, a in enumerate(sets) for j, b in enumerate(sets[:i])]
    share, i, j = max(pairs)
    return share, texts[i], texts[j]


# --- the data ---


def test_the_law_s_wordings_follow_each_other_without_gap_or_overlap():
    assert len({v.section for v in law.versions()}) == 30 and len(law.versions()) == 65
    amended = 0
    for section in {v.section for v in law.versions()}:
        lane = [v for v in law.versions() if v.section == section]
        assert lane[0].start == law.FIRST_DAY and lane[-1].end == law.OPEN_END
        assert all(one.end == later.start and one.start < later.start for one, later in pairwise(lane))
        assert all(date.fromisoformat(v.start) for v in lane) and len({v.text for v in lane}) == len(lane)
        assert all(v.by for v in lane[1:])
        amended += len(lane) > 1
    assert amended == 16


def test_every_question_about_the_law_has_its_value_in_the_wording_of_its_day():
    assert len(law.questions()) == 62
    for question in law.questions():
        assert question.value in law.wording(question.section, question.as_of).text, question
    groups = [law.group(question) for question in law.questions()]
    assert [groups.count(name) for name in law.GROUPS] == [15, 14, 15, 18]


def test_every_section_has_training_questions_and_no_test_question_is_one_of_them():
    texts, sections = law.training()
    assert set(sections) == {v.section for v in law.versions()} and min(map(sections.count, sections)) >= 3
    later = [v.text for v in law.versions() if v.start > law.FIRST_DAY]
    assert not any(text in given for text in later for given in texts)  # a sorter of 2016 has not read what came later
    assert not {plain(t) for t in texts} & {plain(q.text) for q in law.questions()}


def test_the_papers_of_a_topic():
    reversed_since = 0
    for topic, then in papers.known_then().items():
        mine = [p for p in papers.papers().values() if p.topic == topic]
        holds = {a.holds for a in papers.asked() if a.topic == topic}
        assert len(holds) == 1 and holds <= {p.id for p in mine} and papers.papers()[holds.pop()].valid
        assert papers.papers()[then].date < papers.read("papers")["before"]
        assert all(p.date > papers.read("papers")["before"] for p in mine if p.id != then)
        reversed_since += papers.newest_of_topic(topic) != then
    later = [p.title for p in papers.papers().values() if p.date > papers.read("papers")["before"]]
    assert not any(title in given for title in later for given in papers.training()[0])
    assert reversed_since == 12 and len(papers.papers()) == 40 and len(papers.asked()) == 40


def test_the_paper_that_holds_is_the_newest_valid_one_of_its_topic():
    for one in papers.asked("train") + papers.asked():
        assert papers.newest_of_topic(one.topic) == one.holds


def test_the_tickets_fill_their_buckets():
    assert len(tickets.problems()) == 30 and len(TICKETS) == 195
    counts = [tickets.bucket(problem) for problem in tickets.problems()]
    assert [counts.count(name) for name in tickets.BUCKETS] == [12, 9, 6, 3]
    assert all(len(p.tickets) == p.seen + 3 for p in tickets.problems().values())


@pytest.mark.parametrize(
    "texts",
    [
        TICKETS,
        [q.text for q in law.questions()] + law.training()[0],
        [a.text for part in ("train", "questions") for a in papers.asked(part)],
        [p.text for p in papers.papers().values()],
    ],
    ids=["tickets", "law", "clinicians", "abstracts"],
)
def test_nothing_is_written_twice(texts):
    assert closest(texts)[0] < 0.6, closest(texts)


def test_no_opening_stands_more_than_twice():
    for texts in (TICKETS, [q.text for q in law.questions()]):
        openings = [" ".join(plain(text).split()[:4]) for text in texts]
        assert max(map(openings.count, openings)) <= 2


# --- by hand ---


def test_a_wording_ends_the_day_before_the_next_begins():
    assert law.wording("6", "2020-12-31").start == "2020-01-01"
    assert law.wording("6", "2021-01-01").start == "2021-01-01"
    allowed = law.in_force("2021-01-01")
    assert allowed({"start": "2021-01-01", "end": "2023-01-01"})
    assert not allowed({"start": "2020-01-01", "end": "2021-01-01"})
    with pytest.raises(ValueError, match="no wording on 2015-12-31"):
        law.wording("6", "2015-12-31")


class Shelf:
    """An index that always ranks the wordings of section 6 from the newest to the oldest."""

    def search(self, asked, top_k, mode="dense", where=None):
        lane = [v for v in reversed(law.versions()) if v.section == "6"]
        hits = [Hit(v.id, 1.0, v.text, v.title, {"section": "6", "start": v.start, "end": v.end}) for v in lane]
        return [hit for hit in hits if where is None or where(hit.metadata)][:top_k]


def test_with_the_filter_last_the_answer_can_vanish():
    assert [h.id for h in law.filter_then_search(Shelf(), "the fee?", "2016-05-01")] == ["6@2016-01-01"]
    assert law.search_then_filter(Shelf(), "the fee?", "2016-05-01", 5) == []
    assert [h.id for h in law.search_then_filter(Shelf(), "the fee?", "2016-05-01", 10)] == ["6@2016-01-01"]


def hit(name, score, day, valid=True):
    return Hit(name, score, "", "", {"date": day, "valid": valid})


def test_the_newest_of_the_near_ones():
    hits = [hit("old", 0.8, "2010"), hit("weak", 0.75, "2024", False), hit("new", 0.7, "2020"), hit("far", 0.3, "2025")]
    assert papers.newest_near(hits, 0.0) == "old"
    assert papers.newest_near(hits, 0.12) == "new"
    assert papers.newest_near(hits, 0.12, only_valid=False) == "weak"
    assert papers.newest_near(hits, 0.9) == "far"  # too wide a reach takes the neighbour's paper
    assert papers.newest_near([hit("weak", 0.9, "2024", False)], 0.1) is None


def test_shares_by_group():
    found = moving.shares({"way": [True, False, True, True]}, ["a", "a", "b", "b"])
    assert found == {"way": {"all": 0.75, "a": 0.5, "b": 1.0}}


def test_the_conclusion_is_computed():
    paths = {"a": moving.RAG, "b": moving.FINETUNE}
    line = moving.conclusion(MADE_UP, "law", paths)
    assert (
        line == "Retrieval won (a): 0.800 against 0.500 for fine-tuning (b), 30 points. "
        "Behind on: y (fine-tuning 0.80, retrieval 0.70)."
    )
    assert moving.by_seed(MADE_UP, "law", "a") == {0: 0.9, 1: 0.7}
    with pytest.raises(ValueError, match="needs a rival"):
        moving.conclusion(MADE_UP, "law", {"a": moving.RAG, "b": moving.BOTH})


def test_a_tie_is_not_behind():
    scores = {"a": {"all": 0.9, "x": 1.0}, "b": {"all": 0.5, "x": 1.0}}
    best = {moving.RAG: "a", moving.FINETUNE: "b"}
    assert moving.unless(scores, best, moving.RAG) == "No other path is ahead in any group measured here."


def test_the_interval_of_a_lead_is_wider_than_nothing_and_holds_it():
    right = {"a": [True] * 6 + [False] * 2, "b": [False] * 8}
    table = [{"job": "law", "seed": 0} | moving.scored(right, ["x"] * 8, 0)]
    low, high = moving.interval(table, "law", "a", "b")
    assert 0.25 < low < 0.75 < high <= 1 and moving.interval(table, "law", "b") == (0, 0)
    assert table[0]["n"] == {"all": 8, "x": 8} and table[0]["right"]["a"] == "11111100"
    assert table[0]["whole"]["a"]["all"] == moving.means(table, "law")["a"]["all"] == 0.75


def test_what_a_frozen_model_can_have_at_most():
    assert law.ceiling() == pytest.approx(29 / 62) and papers.ceiling() == pytest.approx(16 / 40)


def test_the_tail_evened_out_repeats_the_rare():
    texts, labels = tickets.evened(["a", "b", "c", "d"], ["x", "x", "x", "y"])
    assert labels == ["x"] * 3 + ["y"] * 3 and texts == ["a", "b", "c", "d", "d", "d"]


def test_before_the_reversals_no_reach_could_be_learned():
    class Then:
        """The paper known then is the nearest, a newer one on another topic comes close behind."""

        def search(self, asked, top_k, mode, where=None):
            assert where == {"then": True}
            topic = next(one.topic for one in papers.asked("train") if one.text == asked)
            own = papers.known_then()[topic]
            return [hit(own, 0.9, papers.papers()[own].date), hit("other", 0.8, "2099")]

    assert papers.best_reach(Then(), then=True) == 0.0


# --- properties ---


@pytest.mark.parametrize("seed", range(5))
def test_a_seed_draws_each_ticket_once_and_keeps_the_buckets(seed):
    now = tickets.desk(seed)
    assert sorted(now.texts + now.new_texts) == sorted(TICKETS) and len(now.new_texts) == 90
    assert {p: now.labels.count(p) for p in tickets.problems()} == {i: p.seen for i, p in tickets.problems().items()}
    assert now == tickets.desk(seed) and now != tickets.desk(seed + 1)


@pytest.mark.parametrize("count", [40, 62])
def test_a_seed_draws_three_quarters_of_the_questions(count):
    rows = moving.drawn(count, 0)
    assert len(rows) == len(set(rows)) == round(0.75 * count) and rows == moving.drawn(count, 0)
    assert rows != moving.drawn(count, 1) and rows == sorted(rows)


@pytest.mark.parametrize("job", ["law", "papers", "tickets"])
def test_a_run_scores_every_way_on_all_and_on_every_group(tiny_encoder, job, monkeypatch):
    monkeypatch.setitem(moving.STUDENT, "steps", 2)
    row = moving.jobs()[job](tiny_encoder(), 0, steps=2)
    module = {"law": law, "papers": papers, "tickets": tickets}[job]
    groups = set(tickets.BUCKETS if job == "tickets" else module.GROUPS)
    assert set(row["scores"]) == set(module.WAYS)
    for scores in row["scores"].values():
        assert set(scores) == {"all"} | groups and all(0 <= share <= 1 for share in scores.values())
    assert row["seconds"] >= 0


def test_a_stale_law_cannot_be_right_after_an_amendment(tiny_encoder, monkeypatch):
    monkeypatch.setitem(moving.STUDENT, "steps", 2)
    scores = law.law_run(tiny_encoder(), 0, steps=2)["scores"]
    for way in ("fine-tuned on the law of 2016", "distilled from that"):
        assert scores[way]["between amendments"] == scores[way]["newest wording"] == 0


def test_bm25_of_a_ticket_with_no_known_word(tiny_encoder):
    index = tickets.desk_index(tiny_encoder(), tickets.desk(0))
    assert tickets.nearest(index, ["xyzzy"], "sparse") == [""]
    assert np.isin(tickets.nearest(index, ["xyzzy"]), list(tickets.problems())).all()


# --- what is stored ---


@pytest.mark.parametrize("job", ["law", "papers", "tickets"])
def test_five_seeds_are_stored(job):
    from companion.stored import chosen, stored

    rows = chosen(stored(moving.RUN)["rows"], job=job)
    if len(rows) < 5:
        pytest.skip("the stored run is not complete: `python -m companion.build runs scenarios_moving` goes on with it")
    assert [row["seed"] for row in rows] == [0, 1, 2, 3, 4]
