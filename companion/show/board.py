"""Nine cards, a guess on each: which path would you take? Guesses are kept in the ledger before anything is shown."""

from __future__ import annotations

from companion import ledger
from companion.show.board_cards import PATHS, Card, cards, guess, guessed_path, keep_guess
from companion.show.display import look, show_widget, text
from companion.show.living import box, said

FIRST = "Choose a path and how sure you are, then keep your guess."


def deal_cards() -> None:
    """Show the cards one after the other, with buttons for the guess; a page without a kernel shows all nine.

    The document's own choice turns up when a guess is kept. Every button can be reached and pressed by keyboard.
    """
    plain = "\n".join(_plain(card) for card in cards())
    show_widget(Deck().box, still(), plain)


class Deck:
    """The living part: ``choice`` and ``sure`` are the guess, ``keep`` locks it, ``back`` and ``on`` turn the deck."""

    def __init__(self) -> None:
        import ipywidgets as w

        self.at = 0
        self.tiles, self.page, self.message = w.HTML(), w.HTML(), w.HTML()
        self.choice = w.ToggleButtons(options=[(name, path) for path, name in PATHS.items()], value=None)
        self.sure = w.ToggleButtons(options=list(ledger.CONFIDENCES))
        self.choice.tooltips, self.sure.tooltips = ["your guess"] * 3, ["how sure you are"] * 3
        self.keep = w.Button(description="Keep my guess", layout=w.Layout(width="auto"))
        self.back = w.Button(description="Card before", layout=w.Layout(width="auto"))
        self.on = w.Button(description="Next card", layout=w.Layout(width="auto"))
        self.keep.on_click(lambda _: self.lock())
        self.back.on_click(lambda _: self.turn(-1))
        self.on.on_click(lambda _: self.turn(1))
        moves = w.HBox([self.keep, self.back, self.on], layout=w.Layout(flex_flow="row wrap"))
        self.box = box(self.tiles, self.page, self.choice, self.sure, moves, self.message, sheets=("board",))
        self.draw()

    @property
    def card(self) -> Card:
        """The card that lies on top."""
        return cards()[self.at]

    def turn(self, by: int) -> None:
        """To another card; after the last comes the first."""
        self.at = (self.at + by) % len(cards())
        self.draw()

    def lock(self) -> None:
        """Keep the guess on the card in the ledger, once."""
        if self.choice.value is None:
            self.message.value = said("Choose one of the three paths first.")
            return
        try:
            keep_guess(self.card, self.choice.value, self.sure.value)
        except OSError as error:
            self.message.value = said(str(error))
            return
        self.draw()

    def draw(self) -> None:
        """Draw the card, and set the buttons to what was kept for it."""
        mine, path = guess(self.card), guessed_path(self.card)
        self.choice.value = path
        self.sure.value = mine.confidence if mine else ledger.CONFIDENCES[0]
        for button in (self.choice, self.sure, self.keep):
            button.disabled = mine is not None
        self.tiles.value = _tiles(self.at)
        self.page.value = card_html(self.card, turned=mine is not None)
        self.message.value = said(self.kept(mine, path) if mine and path else FIRST)

    def kept(self, mine: ledger.Prediction, path: str) -> str:
        """What is said of a kept guess."""
        left = sum(guess(card) is None for card in cards())
        more = f"{left} card{'s' * (left != 1)} left." if left else "That was the last: run on to turn them over."
        late = " You had seen the lab's result, so it is kept, and not scored." if mine.late else ""
        agrees = "as you do" if path == self.card.document else f"and not {PATHS[path]}"
        chosen = f"The document chooses {PATHS[self.card.document]}, {agrees}."
        return f"Kept: {PATHS[path]}, {mine.confidence}.{late} {chosen} {more}"


def still() -> str:
    """All nine cards, for pages without a kernel; the document's choice at the foot of each."""
    inside = "".join(card_html(card, turned=True) for card in cards())
    return (
        f'{look("board")}<div class="companion paper companion-board-deck"><div class="board-grid">{inside}</div></div>'
    )


def card_html(card: Card, turned: bool) -> str:
    """One card; ``turned`` shows what the document chooses."""
    lines = {"who": card.who, "constraint": card.constraint, "data": card.data, "counted": card.measure}
    rows = "".join(f"<dt>{name}</dt><dd>{text(value)}</dd>" for name, value in lines.items())
    if turned:
        rows += f'<dt>document</dt><dd class="choice">{text(PATHS[card.document])}</dd>'
    head = f"<h4>{text(card.title)}<small>{text(card.id)}</small></h4>"
    return f'<section class="job-card" aria-label="{text(card.title)}">{head}<dl>{rows}</dl></section>'


def _tiles(at: int) -> str:
    parts = []
    for place, card in enumerate(cards()):
        kept = guess(card) is not None
        looks = " ".join(["kept"] * kept + ["now"] * (place == at))
        heard = f"card {place + 1}{', guess kept' * kept}{', on top' * (place == at)}"
        parts.append(f'<span class="{looks}" title="{heard}" aria-label="{heard}">{place + 1}{" ✓" * kept}</span>')
    return f'<div class="board-tiles">{"".join(parts)}</div>'


def _plain(card: Card) -> str:
    return f"{card.id} {card.title}. {card.who} {card.constraint} {card.data} The document: {PATHS[card.document]}."
