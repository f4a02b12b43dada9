"""The board of nine jobs: what a guess keeps, who is said to have won, and what the page shows of it."""

import re

import pytest

from companion import ledger, show
from companion.build import ROOT
from companion.scenarios import domain, law, papers, tickets
from companion.show import board, board_cards, board_page, board_results
from companion.show.board_cards import NONE, ORDER, PATHS, cards, guess, keep_guess
from companion.show.board_results import BOTH, Standing, Way, standing

EVIL = "<script>alert(\"x\")</script> & 'more'"


def moving_rows(seeds=(0, 1)):
    """RAG leads in the law, both paths together in the papers, fine-tuning on all tickets but not on the rare ones."""
    best = {"law": {"filter, then search": 0.8}, "papers": {"newest valid of the near ones": 0.9}}
    rows = []
    for job, module in (("law", law), ("papers", papers), ("tickets", tickets)):
        groups = getattr(module, "GROUPS", tuple(tickets.BUCKETS))
        for seed in seeds:
            numbers = {way: best.get(job, {}).get(way, 0.3) for way in module.WAYS}
            if job == "papers":
                numbers["fine-tuned sorter, topic's newest valid"] = 0.95
            if job == "tickets":
                numbers |= {"nearest article": 0.6, "fine-tuned, articles as examples": 0.7}
            scores = {way: dict.fromkeys(("all", *groups), number) for way, number in numbers.items()}
            row = {"job": job, "seed": seed, "scores": scores, "seconds": 1.0}
            rows.append(row | {"rare": {**numbers, "nearest article": 0.75}} if job == "tickets" else row)
    return rows


def domain_rows(seeds=(0, 1)):
    """Fine-tuning leads on reports and abstracts; on copy a template that is filled in does."""
    rows = []
    for job, paths in domain.PATHS.items():
        for path in paths:
            score = {"fine-tuning": 0.8, "retrieval, numbers too": 0.9}.get(path, 0.4)
            numbers = {
                "accuracy": score,
                "f1": score,
                "precision": score,
                "both": score,
                "seen": score,
                "new": score / 2,
            }
            numbers |= {
                "true": score,
                "new_kinds": score,
                "known_kinds": score,
                "validation": score,
                "by_label": dict.fromkeys(("gain", "loss", "neutral", "hedged"), score),
            }
            numbers |= dict.fromkeys(("true_known_kinds", "true_new_kinds"), score)
            rows += [{"job": job, "path": path, "seed": seed} | numbers for seed in seeds]
    return rows


def small_rows(seeds=(0, 1)):
    """The encoder is best and too large; on the phone the student wins, on the hub words do."""

    def way(accuracy, megabytes, ms):
        return {"accuracy": accuracy, "megabytes": megabytes, "ms": ms}

    rows = []
    for seed in seeds:
        for job, words in (("commands", 0.5), ("sensors", 0.9)):
            size = {"commands": (2.4, 0.4), "sensors": (0.3, 0.1)}[job]
            ways = {f"teacher {kind}": way(0.95, 90.0, 9.0) for kind in ("int8", "float32")}
            ways |= {"nearest": way(0.7, 90.0, 9.0), "words": way(words, *size)}
            ways |= {f"{name} {kind}": way(n, *size) for name, n in (("distilled", 0.8), ("labels", 0.6))
                     for kind in ("int8", "float32")}  # fmt: skip
            seconds = {"tuning_seconds": 40.0, "distilling_seconds": 20.0}
            rows.append({"job": job, "seed": seed, "ways": ways, "labels": 108} | seconds)
        rows.append({"job": "reading", "seed": seed, "milliseconds": 60.0, "ms_per_token": 0.4, "tokens": 300.0})
    return rows


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    """A ledger of its own, and stored runs that are known."""
    tables = {
        "scenarios_moving": moving_rows(),
        "scenarios_domain_and_style": domain_rows(),
        "scenarios_small": small_rows(),
    }
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path))
    monkeypatch.setattr(board_results, "stored", lambda name: {"rows": tables[name]})
    standing.cache_clear()
    yield tables
    standing.cache_clear()


def card(id):
    return next(one for one in cards() if one.id == id)


# --- the cards ---
def test_there_is_a_card_for_every_claim_of_the_section():
    claims = [id for id in ledger.claims() if id.startswith("C2.2-")]
    assert [one.id for one in cards()] == claims == list(board_results.READ)
    for one in cards():
        assert PATHS[one.document].lower() in ledger.claims()[one.id].text.lower()
        assert (ROOT / "notebooks" / "text" / f"{one.lab}.md").stem in dict.fromkeys(x.lab for x in cards())


def test_the_numbers_on_the_cards_are_counted():
    assert f"{len(law.versions())} wordings" in card("C2.2-a").data
    assert "3 MB" in card("C2.2-g").constraint and "0.5 ms" in card("C2.2-h").constraint
    assert not any("{" in one.data + one.constraint for one in cards())


# --- who won ---
def test_every_way_of_the_labs_has_a_path():
    from companion.scenarios.edge_lines import WAYS
    from companion.scenarios.verdicts import PATH

    every = {way for ways in domain.PATHS.values() for way in ways}
    assert {PATH.get(way, way) for way in every} == set(board_results.DOMAIN)

    assert set(WAYS) <= set(board_results.SMALL)
    assert {p for m in (law, papers, tickets) for p in m.WAYS.values()} <= set(board_results.MOVING)


def test_winners_are_those_of_the_stored_runs():
    won = [standing(one.id).winner for one in cards()]
    assert won[:8] == ["rag", "rag", "rag", "finetune", "finetune", "rag", "distill", NONE]
    assert standing("C2.2-a").ahead == pytest.approx(0.5)


def test_two_paths_together_win_nothing_and_are_shown():
    now = standing("C2.2-b")
    assert now.best[BOTH].number == 0.95 and now.winner == "rag"
    assert "two paths together" in board_page._row(card("C2.2-b"), now)


def test_what_breaks_the_budget_cannot_win():
    now = standing("C2.2-g")
    assert now.best["finetune"].number == 0.95 and not now.best["finetune"].fits
    assert [way.path for way in now.rivals] == ["distill", NONE]
    assert "over the budget" in board_page._row(card("C2.2-g"), now)


def test_rare_tickets_count_and_the_lab_s_line_is_about_all():
    now = standing("C2.2-c")
    assert now.winner == "rag" and now.line.startswith("On all tickets: Fine-tuning won")
    assert now.unless.startswith("Behind on: seen once (fine-tuning 0.70, retrieval 0.60)")
    assert now.unless.endswith(now.line)


def test_the_cheapest_day_wins_the_bill():
    now = standing("C2.2-i")
    bills = {way.path: way.number for way in now.ways}
    assert now.winner == min(bills, key=bills.get) and now.lower
    assert "€" in board_page.said_number(now.rivals[0], now)


def test_the_line_and_its_second_half_are_the_lab_s(runs):
    from companion.scenarios.verdicts import verdict_line

    assert standing("C2.2-d").line == verdict_line(runs["scenarios_domain_and_style"], "reports")
    for one in cards():
        now = standing(one.id)
        assert now.unless and (one.id == "C2.2-c" or now.line.endswith(now.unless))
        assert not now.line.startswith(now.unless)


def test_a_winner_needs_a_rival():
    with pytest.raises(ValueError, match="needs a rival"):
        Standing((Way("a", "rag", 0.5), Way("b", "distill", 0.9, fits=False)), "", "")


def test_verdicts_are_the_learner_s_own_before_the_reference():
    ledger.record("C2.2-d", dict.fromkeys(range(5), 0.9), dict.fromkeys(range(5), 0.4))
    assert board_results.verdict("C2.2-d") == "holds"
    ledger.record("C2.2-d", dict.fromkeys(range(5), 0.4), dict.fromkeys(range(5), 0.9))
    assert board_results.verdict("C2.2-d") == "does not hold"


def test_the_document_s_lead_over_two_rivals(monkeypatch):
    run = {"values": {0: 0.8}, "baseline": {0: 0.4}}
    monkeypatch.setattr(ledger, "reference", lambda: {"runs": {one.id: run for one in cards()}})
    rows = board_page.two_rivals()
    assert "C2.2-i" not in rows and rows["C2.2-d"]["registered rival"] == pytest.approx(0.4)
    assert rows["C2.2-d"]["best rival"] == pytest.approx(0.4) and rows["C2.2-f"]["best rival"] == pytest.approx(-0.1)
    assert rows["C2.2-b"]["best rival"] == pytest.approx(-0.05)  # two paths together are a rival
    assert rows["C2.2-d"]["items"] == 64
    assert rows["C2.2-d"]["twice the error"] == pytest.approx(2 * ((0.8 * 0.2 + 0.4 * 0.6) / 64) ** 0.5)


def test_what_two_paths_have_together_stands_beside_the_winner():
    rows = board_page.margins()
    assert rows["C2.2-b"]["two together"] == 0.95 and rows["C2.2-d"]["two together"] == ""
    assert rows["C2.2-b"]["won"] == "retrieval" and all(rows[one.id]["ahead by"] >= 0 for one in cards())


# --- the guesses ---
def test_the_first_guess_stands():
    keep_guess(card("C2.2-a"), "distill", "would bet")
    assert keep_guess(card("C2.2-a"), "rag", "guess").value == ORDER.index("distill")
    assert board_cards.guessed_path(card("C2.2-a")) == "distill" and not guess(card("C2.2-a")).late


def test_another_path_is_refused():
    with pytest.raises(ValueError, match="Guess one of rag, finetune, distill"):
        keep_guess(card("C2.2-a"), NONE, "guess")


def test_a_guess_after_the_lab_s_card_or_the_reveal_is_late():
    ledger.settle("C2.2-a", 80, 100, 10)
    assert keep_guess(card("C2.2-a"), "rag", "guess").late
    show.turn_cards()
    assert keep_guess(card("C2.2-b"), "rag", "guess").late


def test_guesses_are_scored_beside_the_document_s():
    keep_guess(card("C2.2-a"), "rag", "would bet")  # right: 3
    keep_guess(card("C2.2-d"), "rag", "guess")  # wrong: 0
    keep_guess(card("C2.2-f"), "rag", "fairly sure")  # right: 2, and the document wrong: -2
    assert "so nobody scores" in board_page.score_line()
    show.turn_cards()
    said = board_page.score_line()
    assert "You named the winner on 2 of 3 cards" in said and "you 5, the document 2." in said


# --- the deck ---
def test_the_deck_keeps_what_is_chosen_and_shows_the_document_s_choice():
    deck = board.Deck()
    assert "Choose a path" in deck.message.value and "<dt>document</dt>" not in deck.page.value
    deck.keep.click()
    assert "Choose one of the three paths first" in deck.message.value and guess(deck.card) is None
    deck.choice.value, deck.sure.value = "finetune", "fairly sure"
    deck.keep.click()
    assert "Kept: fine-tuning, fairly sure" in deck.message.value and "The document chooses RAG" in deck.message.value
    assert deck.keep.disabled and deck.choice.disabled and "<dt>document</dt>" in deck.page.value
    assert "8 cards left" in deck.message.value and "1 ✓" in deck.tiles.value


def test_the_deck_turns_and_remembers():
    deck = board.Deck()
    deck.choice.value = "rag"
    deck.keep.click()
    deck.on.click()
    assert deck.choice.value is None and not deck.keep.disabled
    deck.back.click()
    deck.back.click()
    assert deck.card.id == "C2.2-i"
    deck.on.click()
    assert deck.choice.value == "rag" and board.Deck().choice.value == "rag"


def test_the_last_guess_says_to_run_on():
    deck = board.Deck()
    for _ in cards():
        deck.choice.value = "distill"
        deck.keep.click()
        last = deck.message.value
        deck.on.click()
    assert "That was the last" in last


def test_a_ledger_that_cannot_be_written_is_said(monkeypatch):
    def refuse(*_):
        raise OSError("Cannot write it: set COMPANION_HOME to a folder of your own.")

    monkeypatch.setattr(board, "keep_guess", refuse)
    deck = board.Deck()
    deck.choice.value = "rag"
    deck.keep.click()
    assert "Cannot write it" in deck.message.value
    monkeypatch.setattr(board_page, "settle", refuse)
    assert board_page._settled() == ["Cannot write it: set COMPANION_HOME to a folder of your own."]


# --- what is shown ---
def test_the_still_picture_holds_all_nine_cards(shown):
    show.deal_cards()
    html, plain = shown[1]
    assert html.count('class="job-card"') == 9 and len(plain.splitlines()) == 9
    assert "companion-still" in html and html.count("<dt>document</dt>") == 9


def test_the_board_shows_every_job_with_its_line(shown):
    keep_guess(card("C2.2-a"), "distill", "guess")
    show.turn_cards()
    html, plain = shown[0]
    assert html.count('<th scope="row">') == 9 and html.count(">no guess<") == 8
    assert "The document's path won on" in plain and "Points over 1 guess kept in time" in plain
    for one in cards():
        assert standing(one.id).line in plain
    assert plain.splitlines()[0].startswith(
        "C2.2-a The law as of a date. Document: RAG; you: distillation; won: retrieval."
    )


def test_what_others_wrote_is_escaped(monkeypatch):
    way = Way(EVIL, "rag", 0.5)
    now = Standing((way, Way("b", "finetune", 0.4), Way(EVIL, BOTH, 0.9)), EVIL, EVIL)
    row = board_page._row(card("C2.2-a"), now)
    assert "<script>" not in row and row.count("&lt;script&gt;") >= 3


def test_widths_of_the_bars_are_shares_of_the_longest():
    widths = [int(width) for width in re.findall(r"width:(\d+)%", board_page._row(card("C2.2-g"), standing("C2.2-g")))]
    assert max(widths) == 100 and min(widths) > 0
