"""The cards turned over: who was expected to win, who won, by how much, and when it would not."""

from __future__ import annotations

from math import sqrt
from statistics import fmean

from companion import ledger
from companion.show.board_cards import NONE, ORDER, PATHS, PREFIX, Card, cards, guess, guessed_path, settle
from companion.show.board_results import BOTH, Standing, Way, counted_items, path_name, standing, verdict
from companion.show.costs import euros
from companion.show.display import look, show, text
from companion.show.matrix_page import section_score


def turn_cards() -> None:
    """Show for each card the document's choice, your guess, every path's best number, the verdict and the lab's line.

    Numbers and lines come from the labs' stored runs, verdicts from the ledger. Guesses kept from now on are late.
    Under the table stands the score, the learner's beside the document's.
    """
    below = [tally(), *_settled(), score_line()]
    html = "".join(_row(card, standing(card.id)) for card in cards())
    head = "".join(
        f'<th scope="col">{name}</th>' for name in ("job", "document", "you", "measured", "when it would not")
    )
    notes = "".join(f"<p>{text(line)}</p>" for line in below)
    page = (
        f'{look("board")}<div class="companion paper companion-board-page"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{html}</tbody></table>{notes}</div>"
    )
    show(page, "\n".join([*(plain(card) for card in cards()), *below]))


def margins() -> dict[str, dict[str, object]]:
    """{claim: who won, with what number, how far ahead of whom, what two paths have together} in the cards' order.

    The bill is in euros.
    """
    rows: dict[str, dict[str, object]] = {}
    for card in cards():
        now = standing(card.id)
        first, second = now.rivals[:2]
        row = {"won": path_name(first.path), "with": first.number, "ahead by": now.ahead, "of": path_name(second.path)}
        together = now.best[BOTH].number if BOTH in now.best else ""
        rows[card.id] = row | {"two together": together, "claim": verdict(card.id)}
    return rows


def two_rivals() -> dict[str, dict[str, float]]:
    """{claim: how far the document's path is ahead of its registered rival, and of the best other way; items; error}.

    The first is the mean over the reference run's seeds, the second is minus where the document's path has lost; two
    paths together are a way too. The error of the second is 2 sqrt((p (1 - p) + q (1 - q)) / n) for shares p and q of
    n items: too large for two ways that fail on the same items, and blind to other authors and other companies. The
    bill is left out, since its claim counts minutes and its card euros; so is a path that breaks the budget.
    """
    rows = {}
    for card in cards():
        now, run = standing(card.id), ledger.reference()["runs"].get(card.id)
        if now.lower or not run or not now.best[card.document].fits:
            continue
        own = now.best[card.document].number
        best = max(way.number for path, way in now.best.items() if path != card.document and way.fits)
        gain, items = fmean(run["values"].values()) - fmean(run["baseline"].values()), counted_items(card.id)
        row = {"registered rival": gain, "best rival": own - best, "items": items}
        rows[card.id] = row | {"twice the error": 2 * sqrt((own * (1 - own) + best * (1 - best)) / items)}
    return rows


def tally() -> str:
    """On how many cards the document's path won, and what became of its nine claims."""
    won = sum(standing(card.id).winner == card.document for card in cards())
    said = [verdict(card.id) for card in cards()]
    counts = ", ".join(f"{name} ({said.count(name)})" for name in dict.fromkeys(said))
    return (
        f"The document's path won on {won} of {len(cards())} cards. Its claims, each against its own rival: {counts}."
    )


def score_line() -> str:
    """Both sides' hits and points, over the guesses that were kept in time."""
    played, you, document = section_score(PREFIX)
    if not played:
        return "You kept no guess in time, so nobody scores."
    kept = [(card, mine) for card in cards() if (mine := guess(card)) and not mine.late]
    hits = sum(ORDER[int(mine.value)] == standing(card.id).winner for card, mine in kept)
    said = f"You named the winner on {hits} of {len(kept)} cards."
    return f"{said} Points over {played} guess{'es' * (played != 1)} kept in time: you {you}, the document {document}."


def plain(card: Card) -> str:
    """One card in one line: what was expected, what came out, and the lab's own line."""
    now, mine = standing(card.id), guessed_path(card)
    you = f"you: {PATHS[mine]}" if mine else "you: no guess"
    return (
        f"{card.id} {card.title}. Document: {PATHS[card.document]}; {you}; won: {path_name(now.winner)}. "
        f"Claim: {verdict(card.id)}. {now.line}"
    )


def _settled() -> list[str]:
    """Keeps all nine outcomes; one sentence if the ledger could not be written."""
    try:
        for card in cards():
            settle(card)
    except OSError as error:
        return [str(error)]
    return []


def _row(card: Card, now: Standing) -> str:
    stamped = f'<span class="stamp {verdict(card.id).replace(" ", "-")}">{text(verdict(card.id))}</span>'
    name = f'<th scope="row">{text(card.title)}<small>{text(card.id)}: {text(card.measure)}</small>{stamped}</th>'
    bars = "".join(_bar(now, path) for path in (*PATHS, NONE) if path in now.best)
    beside = "".join(_beside(now.best[path]) for path in (BOTH,) if path in now.best)
    cells = f"<td>{_mark(card.document, now)}</td><td>{_mark(guessed_path(card), now)}</td><td>{bars}{beside}</td>"
    return f'<tr>{name}{cells}<td class="unless">{text(now.unless)}</td></tr>'


def _mark(path: str | None, now: Standing) -> str:
    if path is None:
        return '<span class="muted">no guess</span>'
    won = path == now.winner
    looks, heard, sign = ("good", "won", "✓") if won else ("bad", "did not win", "✗")
    return f'{text(PATHS[path])} <span class="{looks}" aria-label="{heard}">{sign}</span>'


def _bar(now: Standing, path: str) -> str:
    way = now.best[path]
    top = max(other.number for other in now.best.values())
    share = 100 * way.number / top if top else 0.0
    looks = " ".join([path, *["won"] * (path == now.winner), *["out"] * (not way.fits)])
    name = "none of them" if path == NONE else path_name(path)
    said = said_number(way, now) + (" ✗" if not way.fits else "")
    heard = f"{way.name}: {said_number(way, now)}{'' if way.fits else ', over the budget'}"
    return (
        f'<div class="row {looks}" title="{text(heard)}"><span>{text(name)}</span>'
        f'<span class="track"><i style="width:{share:.0f}%"></i></span><span>{text(said)}</span></div>'
        f'<div class="way">{text("" if now.lower else way.name)}{"" if way.fits else ": over the budget"}</div>'
    )


def _beside(way: Way) -> str:
    return f'<div class="way">two paths together, which nobody could guess: {text(way.name)} {way.number:.2f}</div>'


def said_number(way: Way, now: Standing) -> str:
    """A way's number as the board shows it: euros on the bill, else a share."""
    return euros(way.number) if now.lower else f"{way.number:.2f}"
