"""The monitor: alarms, gauges, the stream, and what is read off a stored quarter."""

import math
from itertools import product

import numpy as np
import pytest

from companion.metrics import auroc
from companion.monitor import bills, gauges, results, stream, watch
from companion.monitor.alarms import CHANCE, Day, Limits, alarms, delay, false_share, fewest, limits, readings, sigmas
from companion.monitor.desk import Said, SearchDesk, milliseconds
from companion.world import world


# --- limits and alarms ----------------------------------------------------------------------------------------
def test_limits_of_numbers_by_hand():
    usual = Limits(10.0, 2.0, 10_001, "both", marks=False)  # so many that Student's t is three sigmas
    low, high = usual.edges(25)
    wide = 3 * 2 * math.sqrt(1 / 25 + 1 / 10_001)
    assert low == pytest.approx(10 - wide, abs=1e-2) and high == pytest.approx(10 + wide, abs=1e-2)


@pytest.mark.parametrize("chance, freedom, wide", [(0.025, 4, 2.776), (0.05, 20, 1.725), (0.005, 10, 3.169)])
def test_a_spread_that_is_estimated_widens_the_limits_as_in_the_printed_table(chance, freedom, wide):
    assert sigmas(chance, freedom) == pytest.approx(wide, abs=5e-4)


def test_numbers_from_few_first_days_ring_as_often_as_promised():
    random, rang = np.random.default_rng(0), 0
    for _ in range(3000):
        usual = limits(random.normal(size=21).tolist(), marks=False)
        rang += usual.out(float(random.normal(size=7).mean()), 7, 0.02)
    assert rang / 3000 == pytest.approx(0.02, abs=0.008)


def test_limits_take_mean_and_spread_of_the_first_weeks():
    usual = limits([1.0, 2.0, 3.0], marks=False)
    assert (usual.mean, usual.spread, usual.count) == (2.0, 1.0, 3)


def beta_binomial(k, n, a, b):
    def beta(x, y):
        return math.gamma(x) * math.gamma(y) / math.gamma(x + y)

    return math.comb(n, k) * beta(k + a, n - k + b) / beta(a, b)


@pytest.mark.parametrize("n, a, b", [(5, 3, 2), (8, 10, 1), (12, 6, 6)])
def test_the_edge_of_a_share_is_the_beta_binomial_s_own(n, a, b):
    k = fewest(n, a, b, 0.05)
    below = sum(beta_binomial(i, n, a, b) for i in range(k))
    assert below < 0.05 <= below + beta_binomial(k, n, a, b)


def test_flawless_first_weeks_do_not_ring_at_the_first_miss():
    usual = limits([1.0] * 60)
    assert not usual.out(19 / 20, 20)
    assert usual.out(10 / 20, 20)


def test_edges_of_shares_mirror_each_other():
    good, bad = limits([1.0] * 90 + [0.0] * 10, "low"), limits([0.0] * 90 + [1.0] * 10, "high")
    assert good.edges(30)[0] == pytest.approx(1 - bad.edges(30)[1])
    assert good.edges(30)[1] == math.inf and bad.edges(30)[0] == -math.inf


def test_false_alarms_come_about_as_often_as_promised():
    random = np.random.default_rng(0)
    rang = 0
    for _ in range(4000):
        usual = limits((random.random(150) < 0.95).astype(float).tolist())
        rang += usual.out(float((random.random(50) < 0.95).mean()), 50, 0.02)
    assert rang / 4000 < 0.025


def test_a_wider_chance_rings_no_later():
    days = [Day(10, total) for total in (9, 9, 8, 9, 10, 9, 9) * 3 + (6, 7, 6, 7, 6, 7, 6)]
    usual = limits([1.0] * 189 + [0.0] * 21)
    firsts = [alarms(readings(days, usual, chance)).get(3, 99) for chance in (0.2, 0.02, 0.002)]
    assert firsts == sorted(firsts) and firsts[-1] < 28


def test_a_week_begins_anew_and_is_read_once_enough_is_in():
    usual = Limits(0.9, 0.3, 100)
    days = [Day(5, 0.0), Day(4, 0.0), Day(1, 0.0)] + [Day(0, 0.0)] * 4 + [Day(3, 3.0)]
    read = readings(days, usual)
    assert [r.rings for r in read][:3] == [False, False, True]
    assert (read[-1].day, read[-1].mean, read[-1].count) == (7, 1.0, 3)
    assert alarms(read) == {0: 2} and delay(alarms(read), 0) == 3 and delay(alarms(read), 1) is None


def test_false_share_counts_quiet_weeks_only():
    assert false_share({3: 22, 5: 36}, [3, 4]) == 0.5
    with pytest.raises(ValueError, match="quiet"):
        false_share({}, [])


@pytest.mark.parametrize("call", [
    lambda: limits([1.0]), lambda: limits([1.0, 0.0], "left"), lambda: limits([0.5, 1.0]),
    lambda: Limits(0.5, 0.5, 9).edges(0), lambda: Limits(0.5, 0.5, 9).edges(5, 0.7),
])  # fmt: skip
def test_limits_say_what_is_wrong_in_one_sentence(call):
    with pytest.raises(ValueError, match=r"\.$"):
        call()


# --- gauges ---------------------------------------------------------------------------------------------------
def test_relevance_of_an_answer_and_of_a_refusal_by_hand():
    sources = np.array([[1.0, 0.0], [0.6, 0.8]])
    said = np.array([0.0, 1.0])
    assert gauges.relevance(said, sources, [1]) == pytest.approx(0.8)
    assert gauges.relevance(said, sources, [0]) == pytest.approx(0.0)
    assert gauges.relevance(said, sources, []) == pytest.approx(0.2)  # a refusal is defined, and looks at all
    assert gauges.relevance(said, sources, [0, 1]) == pytest.approx(0.8)


def test_relevance_needs_a_source_and_a_citation_of_one_that_is_there():
    for sources, cited in ((np.zeros((0, 2)), []), (np.eye(2), [2]), (np.eye(2), [-1])):
        with pytest.raises(ValueError, match="cite rows"):
            gauges.relevance(np.array([1.0, 0.0]), sources, cited)


@pytest.mark.parametrize("count, kept", list(product((1, 7, 20, 93), (0.5, 0.95, 1.0))))
def test_the_threshold_is_the_highest_that_keeps_enough(count, kept):
    confidence = np.random.default_rng(count).random(count)
    least = gauges.threshold(confidence, kept)
    assert (confidence >= least).mean() >= kept - 1e-9
    assert (confidence > least).mean() < kept


def test_out_of_distribution_is_auroc_and_what_slips_through():
    inside, outside = [0.9, 0.8, 0.7, 0.6], [0.65, 0.3]
    assert gauges.out_of_distribution(inside, outside) == {"auroc": auroc(inside, outside), "fpr95": 0.5}


def test_shift_agreement_ratio_and_speed_by_hand():
    assert gauges.accuracy_under_shift([True, True], [True, False]) == {"usual": 1.0, "shifted": 0.5, "lost": 0.5}
    assert gauges.agreement([[0, 1], [2, 1]], [[0, 5], [0, 3]]) == [True, False]
    assert gauges.quality_ratio(0.6, 0.8) == pytest.approx(0.75)
    assert gauges.speed_up([10.0, 12.0, 400.0], [2.0, 3.0, 4.0]) == 4.0


@pytest.mark.parametrize("call", [
    lambda: gauges.threshold([]), lambda: gauges.accuracy_under_shift([], [True]),
    lambda: gauges.agreement([1, 2], [1, 2]), lambda: gauges.quality_ratio(1.0, 0.0),
    lambda: gauges.speed_up([], [1.0]), lambda: gauges.speed_up([1.0], [0.0]),
])  # fmt: skip
def test_gauges_refuse_in_one_sentence(call):
    with pytest.raises(ValueError, match=r"\.$"):
        call()


# --- the stream -----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def quarter():
    return stream.arrivals(7)


def test_the_stream_is_the_same_at_every_call_and_other_for_other_seeds(quarter):
    assert quarter == stream.arrivals(7)
    assert quarter[:50] != stream.arrivals(8)[:50]


def test_the_plan_leaves_three_weeks_sound_and_five_quiet():
    for seed in range(20):
        planned = stream.plan(seed)
        assert set(planned) == set(stream.EVENTS) and len(set(planned.values())) == 5
        assert min(planned.values()) >= 3 and len(stream.quiet_weeks(planned)) == 5


def test_every_event_stays_in_its_week(quarter):
    planned = stream.plan(7)
    for event in ("prices", "line", "slang"):
        weeks = {a.day // 7 for a in quarter if a.event == event}
        assert weeks == {planned[event]}
    assert len(quarter) == 91 * 100 and {a.day for a in quarter} == set(range(91))


def test_on_the_new_list_prices_are_others_and_the_page_is_the_same(quarter):
    old = {question.text: question for question in world(0).questions}
    asked = [a for a in quarter if a.event == "prices"]
    assert asked and all(a.answer == stream.raised(old[a.text].answer) != old[a.text].answer for a in asked)
    assert all(a.article == old[a.text].article_id for a in asked)


def test_the_new_line_is_in_no_page_of_kestrel():
    line, text = stream.new_line(3), " ".join(article.text for article in world(0).articles)
    assert not any(product.name in text for product in line.products)
    assert all(question.answer in line.article(question.article_id).text for question in line.questions)


def test_false_pages_state_only_what_is_false():
    for page in stream.drafts(3):
        product = next(p for p in world(0).products if p.name == page.product)
        assert all(product.facts[attribute] != value for _, attribute, value in page.facts)
        assert page.facts[0][1] == "price" and page.facts[0][2] in page.text


def test_nobody_was_raised_on_the_letters_of_the_stream():
    from companion.world.utterances import mail, unlabelled

    read = {*mail("train")[0], *mail("validation")[0], *(utterance.text for utterance in unlabelled())}
    letters = [text for text, _ in stream.usual_letters() + stream.slang_letters()]
    assert not read & set(letters) and len(set(letters)) == len(letters) == 304 + 80


def test_gia_wrote_five_letters_for_every_intent():
    from companion.world.utterances import INTENTS

    labels = [label for _, label in stream.slang_letters()]
    assert {label: labels.count(label) for label in INTENTS} == dict.fromkeys(INTENTS, 5)


# --- the desk -------------------------------------------------------------------------------------------------
class Index:
    """Two documents, both always found."""

    class Hit:
        def __init__(self, id, text):
            self.id, self.text = id, text

    class encoder:  # noqa: N801
        @staticmethod
        def encode(texts):
            return np.array([[1.0, 0.0] if "one" in text else [0.0, 1.0] for text in texts])

    def search(self, query, top_k, vector=None):
        return [self.Hit("a", "page one"), self.Hit("b", "page two")]

    def embed(self, text):
        return self.encoder.encode([text])[0]


class Counting:
    """A generator that cites the first page, or refuses; it counts its replies."""

    asked = 0

    def respond(self, question, passages):
        from companion.models.replies import Reply

        self.asked += 1
        return Reply("not in these articles") if "nothing" in question else Reply("one", (1,))


def test_a_question_is_answered_once_and_kept(tmp_path):
    generator = Counting()
    desk = SearchDesk(Index(), generator, tmp_path / "answers.json")
    said = desk.answers(["which?", "which?", "nothing?"])
    assert generator.asked == 2
    assert said["which?"] == Said("one", ("a", "b"), ("a",), 1.0)
    assert said["nothing?"].cited == () and said["nothing?"].relevance == 0.0
    again = SearchDesk(Index(), generator, tmp_path / "answers.json").answers(["nothing?", "which?"])
    assert generator.asked == 2 and again == said


def test_times_leave_the_warm_up_out():
    ticks, calls = iter(range(100)), []

    class Model:
        def logits(self, texts):
            calls.append(texts[0])

    assert milliseconds(Model(), ["a", "b", "c"], clock=lambda: float(next(ticks)), tries=2) == [1000.0] * 3
    assert calls == ["a", "b", "a", "a", "b", "b", "c", "c"]


def test_right_is_what_is_true_that_day_or_a_refusal():
    asked = [stream.Arrival(0, "question", "q", "", answer) for answer in ("1 euro", "2 euros", None, None)]
    said = [Said("1 euro", ("a",), ("a",), 1.0)] * 3 + [Said("not in these articles", ("a",), (), 0.5)]
    assert watch.right_answers(asked, said) == [True, False, False, True]


def test_labels_are_drawn_week_by_week(quarter):
    from random import Random

    places = watch.some(quarter, 50, Random(0))
    weeks = [quarter[place].day // 7 for place in places]
    assert [weeks.count(week) for week in range(13)] == [50] * 13


def test_a_page_is_new_in_the_week_in_which_it_came():
    said = Said("1 euro", ("a", "b"), ("b",), 1.0)
    assert watch.rests_on_new(said, 15, {"b": 14}) and watch.rests_on_new(said, 20, {"b": 14})
    assert not watch.rests_on_new(said, 21, {"b": 14})  # a week later it is a page like any other
    assert not watch.rests_on_new(said, 15, {"a": 14})  # found, and not what the answer rests on


class Naming:
    """A model that calls every letter the same."""

    def __init__(self, intent):
        self.intent = intent

    def named(self, texts):
        return [self.intent] * len(texts)


def test_every_model_is_checked_on_the_same_labelled_letters(quarter):
    intents = ["order_status", "return_policy"]
    found = [watch.labelled_gauges(quarter, Naming(intent), 7)["student"] for intent in intents]
    assert [len(day) for day in found[0]] == [len(day) for day in found[1]]
    assert [sum(map(len, found[0][7 * week : 7 * week + 7])) for week in range(13)] == [50] * 13
    one = watch.labelled_gauges(quarter, Naming(intents[0]), 7, [4])
    assert {day // 7 for day, marks in enumerate(one["student"]) if marks} == {4}
    assert [day for day, marks in enumerate(one["deployed"]) if marks] == [28]


def test_low_confidence_is_read_against_the_same_stream_s_first_weeks():
    found = [stream.Arrival(day, "letter", "x", "") for day in range(22)]
    unsure = watch.unsure(found, [0.5 + 0.01 * day for day in range(21)] + [0.4])
    assert sum(map(sum, unsure)) == 2 and unsure[21] == [1.0] and unsure[0] == [1.0]


def test_words_of_the_lessons_are_known_and_others_are_not():
    assert watch.known_share("My parcel is not here.") == 1.0
    assert watch.known_share("zxqv parcel wvut here") == 0.5 and watch.known_share("12 !") == 1.0


# --- what is read off a quarter -------------------------------------------------------------------------------
def made(event_share: float) -> dict:
    """A quarter in which one gauge is 0.9, and `event_share` in week 5."""
    days = [f"10:{10 * (event_share if day // 7 == 5 else 0.9):g}" for day in range(91)]
    gauge = {"mean": 0.9, "spread": 0.3, "count": 210, "days": " ".join(days)}
    planned = {"prices": 3, "line": 5, "slang": 7, "injected": 9, "swap": 11}
    return {"seed": 0, "plan": planned, "gauges": {"recall": gauge}, "truth": {"right": gauge["days"]}}


def test_an_event_is_seen_in_its_week_and_no_other():
    row = made(0.5)
    assert results.seen(row, "recall", ("line",)) == 1 and results.seen(row, "recall", ("slang",)) == 0
    assert results.seen(made(0.9), "recall", ("line",)) == 0 and results.false_alarms(row, "recall") == 0
    assert results.delays([row], "recall", "line")[0] <= 3
    assert results.claim([row], "C5.2-a") == ({0: 1.0}, {0: 0})


def test_harm_is_what_is_wrong_beyond_the_usual():
    assert bills.harm(made(0.5), "line") == pytest.approx(28.0)
    assert bills.harm(made(0.5), "line", 2) == pytest.approx(8.0)
    assert bills.harm(made(0.5), "prices") == pytest.approx(0.0, abs=1e-9)


def test_an_unheard_fault_costs_each_week_that_it_stays():
    row = made(0.5)
    row["truth"]["sorted"] = row["truth"]["right"]
    heard = bills.bill([row], ["recall"])[results.SAID["line"]]
    assert heard["heard"] == 1 and heard["wrong"] < 28 and heard["money"] == pytest.approx(12 * heard["wrong"])
    assert bills.bill([row], [], weeks=3)[results.SAID["line"]]["wrong"] == pytest.approx(84.0)


def test_a_week_s_harm_is_told_whether_or_not_it_is_heard():
    row = made(0.5)
    row["truth"]["sorted"] = row["truth"]["right"]
    for names in ([], ["recall"]):
        assert bills.bill([row], names)[results.SAID["line"]]["a week"] == pytest.approx(28.0)


def test_every_student_is_measured_where_it_worked():
    found = results.swaps(stored_rows())
    assert list(found)[:2] == ["usual", "swapped"]
    usual = [row["gauges"]["agreement"]["mean"] for row in stored_rows()]
    assert found["usual"]["agrees"] == pytest.approx(sum(usual) / len(usual))
    assert found["swapped"]["agrees"] < found["usual"]["agrees"]
    assert found["swapped"]["times faster"] > found["usual"]["times faster"]
    older = [row["ratio"]["older weights"] for row in stored_rows() if row["swaps"]]
    assert found["older weights"]["right / teacher's"] == pytest.approx(sum(older) / len(older))


def test_a_swap_is_heard_against_the_usual_student_s_limits():
    rows, found = stored_rows(), results.swaps_heard(stored_rows())
    for gauge, said in results.STUDENTS.items():
        assert found["swapped"][said] == sum(results.seen(row, gauge, ("swap",)) for row in rows)
    assert found["swapped"]["quarters"] == 5 and found["older weights"]["quarters"] == 3
    assert set(found["older weights"].values()) == {0, 3}  # less right, and no gauge rings
    assert found["another shape"]["speed-up"] == 3 and found["another shape"]["labelled letters"] == 0


def test_a_shift_without_labels_has_no_share_right():
    found = results.shifts(stored_rows())
    assert found["slang"]["right"] < found["usual"]["right"] and "right" not in found["new line"]
    assert "AUROC" not in found["usual"] and all(0.5 < found[kind]["AUROC"] < 1 for kind in list(found)[1:])


def test_what_a_gauge_saves_is_paired_and_has_an_error():
    found = bills.saved(stored_rows(), "no labels", "and answers", weeks=4)
    sets = results.dashboards()
    rows = [
        [bills.quarter(row, sets[name], 4)["money"] for row in stored_rows()] for name in ("no labels", "and answers")
    ]
    saving = np.subtract(*rows)
    assert found["saved"] == round(saving.mean())
    assert found["give or take"] == round(2 * saving.std(ddof=1) / 5**0.5)
    again = bills.compared(stored_rows(), 4)
    assert again["no labels"]["money"] - again["and answers"]["money"] == pytest.approx(found["saved"], abs=1)


def test_the_labels_that_set_the_limits_are_paid_for():
    assert bills.quarter(stored_rows()[0], ("recall",))["labels"] == 13 * 50
    assert bills.quarter(stored_rows()[0], ("relevance",))["labels"] == 0


def test_less_than_the_usual_harm_is_kept_for_the_mean():
    assert bills.harm(made(0.95), "line") == pytest.approx(-3.5)


def test_gauges_on_the_same_questions_share_their_labels():
    assert bills.labels_a_week(["recall", "answers"]) == 50
    assert bills.labels_a_week(["recall", "fresh", "relevance"]) == 100


def test_the_default_chance_is_three_sigmas():
    from statistics import NormalDist

    assert pytest.approx(NormalDist().cdf(-3), abs=1e-5) == CHANCE


# --- Prometheus -----------------------------------------------------------------------------------------------
def scraped(port: int) -> str:
    from urllib.request import urlopen

    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain")
        return answer.read().decode()


def parsed(text: str) -> dict:
    from prometheus_client.parser import text_string_to_metric_families

    families = text_string_to_metric_families(text)
    return {(s.name, s.labels.get("gauge")): s.value for family in families for s in family.samples}


def test_what_is_shown_can_be_scraped_over_http():
    from companion.monitor.export import Exporter

    row, exporter = made(0.5), Exporter()
    gauge = row["gauges"]["recall"]
    usual, read = results.limits_of("recall", gauge), results.readings_of("recall", gauge)
    server, _ = exporter.serve(port=0)
    try:
        exporter.show(41, {"recall": (watch.ALL["recall"], usual, read[41])})
        got = parsed(scraped(server.server_port))
        assert got["companion_day", None] == 41 and got["companion_alarm", "recall"] == 1
        assert got["companion_gauge", "recall"] == 0.5 and got["companion_gauge_observations", "recall"] == 70
        assert got["companion_gauge_low", "recall"] == pytest.approx(usual.edges(70)[0])
        assert ("companion_gauge_high", "recall") not in got  # that side is not watched
        exporter.show(42, {})
        assert ("companion_gauge", "recall") not in parsed(scraped(server.server_port))  # no value stays for ever
    finally:
        server.shutdown()
        server.server_close()


def test_the_script_exports_the_stored_quarter(free_port):
    import subprocess
    import sys

    command = [
        sys.executable,
        "-m",
        "companion.monitor.export",
        "--port",
        str(free_port),
        "--day",
        "90",
        "--days",
        "30",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline().strip() == f"http://127.0.0.1:{free_port}/metrics"
            got = parsed(scraped(free_port))
        finally:
            process.kill()
    row = results.chosen(stored_rows(), seed=0)[0]
    for name in watch.GAUGES:
        last = [r for r in results.readings_of(name, row["gauges"][name]) if r.day == 90][0]
        assert got["companion_gauge", name] == pytest.approx(last.mean)
        assert got["companion_alarm", name] == float(last.rings)


@pytest.fixture
def free_port():
    import socket

    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def stored_rows():
    from companion.stored import stored

    return stored("monitor")["rows"]


# --- the stored quarters --------------------------------------------------------------------------------------
def test_five_quarters_are_stored_with_their_plans():
    rows = stored_rows()
    assert sorted(row["seed"] for row in rows) == [0, 1, 2, 3, 4]
    assert all(row["plan"] == stream.plan(row["seed"]) and set(row["gauges"]) == set(watch.ALL) for row in rows)


@pytest.mark.parametrize(
    "event, gauge",
    [
        ("prices", "answers"),
        ("line", "recall"),
        ("slang", "new_words"),
        ("injected", "new_pages"),
        ("swap", "speed_up"),
    ],
)
def test_every_fault_that_a_gauge_is_said_to_hear_is_heard_in_five_of_five(event, gauge):
    assert [results.seen(row, gauge, (event,)) for row in stored_rows()] == [1.0] * 5


def test_each_event_has_a_gauge_with_its_delay_and_its_false_alarms():
    found = results.by_event(stored_rows())
    assert {name.split(":")[0] for name in found} == set(results.SHORT.values())
    assert {row["claim"] for row in found.values()} == {*results.CLAIMS, "none"}
    assert all(
        row["false of 25"] <= 1 and (row["mean days"] == "-") == (not row["heard of 5"]) for row in found.values()
    )


def test_delay_and_false_alarms_of_an_event_by_hand():
    row = made(0.5)
    row["gauges"] = dict.fromkeys(watch.ALL, row["gauges"]["recall"])
    found = results.by_event([row])["new line: recall@5, labelled questions"]
    assert found == {"claim": "C5.2-a", "heard of 1": 1, "mean days": "2.0", "false of 5": 0}
    row["plan"] = row["plan"] | {"line": 4}  # the fall is in week 5, now a quiet one
    found = results.by_event([row])["new line: recall@5, labelled questions"]
    assert found == {"claim": "C5.2-a", "heard of 1": 0, "mean days": "-", "false of 5": 1}


def test_a_page_that_is_found_and_old_rings_no_gauge_without_labels():
    free = results.dashboards()["no labels"]
    assert max(results.seen(row, name, ("prices",)) for row in stored_rows() for name in free) == 0
