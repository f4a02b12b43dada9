"""Choose what the right answer is, and see which passages it pulls up: prior, posterior, and the difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from companion.show.display import show_widget, svg_image, text
from companion.show.living import box, paper, percent, said, still, svg, words
from companion.show.style import COLOURS

WIDTH, ROW, TOP = 740, 46, 34
LEFT, RIGHT = 268, 606  # a share of 0 and of 1
LONGEST = 36  # letters of a passage's name
ALT = "Two bars for each passage, its prior and its posterior; the sentence above them says who is pulled up."


def answer_pulls(
    question: str, names: Sequence[str], log_prior: Sequence[float], explained: Mapping[str, Sequence[float]]
) -> None:
    """Buttons to choose the right answer with, and two bars a passage: what search believes, what the answer says.

    ``names`` and ``log_prior`` (log-probabilities of the search) are by passage; ``explained`` is {answer: log p of
    the whole answer under each passage}. The longer bar's excess is the negative gradient on the passage's score.
    The still picture shows the first answer. Raises ValueError where lengths differ or there is no answer.
    """
    wrong = [answer for answer, logs in explained.items() if len(logs) != len(names)]
    if not explained or wrong or len(log_prior) != len(names):
        raise ValueError("The pulls need a prior for each passage, and for each answer a log-probability under each.")
    pulls = Pulls(question, list(names), list(map(float, log_prior)), dict(explained))
    first = next(iter(explained))
    told = pulls.sentence(first)
    image = svg_image(pulls.drawing(first), told, WIDTH)
    quoted = f'<div class="quoted">“{text(question)}” Right answer: {text(first)}</div>'
    show_widget(pulls.box, still(f"{quoted}{said(told)}{image}"), f"[{question} Right answer: {first}] {told}")


def posterior(log_prior: Sequence[float], log_likelihood: Sequence[float]) -> list[float]:
    """Bayes' rule over passages: softmax of the sums; the largest is taken off first, so that no power overflows."""
    sums = [prior + likelihood for prior, likelihood in zip(log_prior, log_likelihood, strict=True)]
    powers = [math.exp(each - max(sums)) for each in sums]
    return [power / sum(powers) for power in powers]


class Pulls:
    """The living part: ``answer`` is a row of buttons, ``page`` the drawing."""

    def __init__(
        self, question: str, names: list[str], log_prior: list[float], explained: dict[str, Sequence[float]]
    ) -> None:
        import ipywidgets as w

        self.names, self.log_prior, self.explained = names, log_prior, explained
        self.prior = [math.exp(each) for each in log_prior]
        self.answer = w.ToggleButtons(options=list(explained), layout=w.Layout(width="98%"))
        self.page = w.HTML()
        self.answer.observe(self.draw, names="value")
        asked = w.HTML(f'<div class="quoted">“{text(question)}” The right answer is …</div>')
        self.box = box(asked, self.answer, self.page)
        self.draw()

    def draw(self, _: Any = None) -> None:
        """Weigh and draw again."""
        self.page.value = said(self.sentence(self.answer.value)) + self.drawing(self.answer.value, ALT)

    def after(self, answer: str) -> list[float]:
        """The posterior of every passage, were this the right answer."""
        return posterior(self.log_prior, self.explained[answer])

    def sentence(self, answer: str) -> str:
        """Who is pulled up most, and the loss, in words."""
        after = self.after(answer)
        up = max(range(len(after)), key=lambda i: after[i] - self.prior[i])
        marginal = sum(math.exp(p + e) for p, e in zip(self.log_prior, self.explained[answer], strict=True))
        loss = -math.log(max(marginal, 1e-30))
        if after[up] - self.prior[up] < 0.005:
            return f"If it is {answer}, the search was right already: loss {loss:.2f}, nobody moves."
        return (
            f"If it is {answer}, passage {up + 1} gains most. Search gave it {percent(self.prior[up])}, the "
            f"answer gives it {percent(after[up])}: it is pulled up, others are pushed down. Loss {loss:.2f}."
        )

    def drawing(self, answer: str, alt: str = "") -> str:
        """A row a passage: hollow bar, filled bar, the difference with its sign."""
        height = TOP + ROW * len(self.names) + 6
        parts = [] if alt else [paper(WIDTH, height)]
        small = f'font-size="12" fill="{COLOURS["muted"]}"'
        parts.append(words(LEFT, 20, "hollow: prior, by search · filled: posterior, by the answer", small))
        parts.append(words(WIDTH - 14, 20, "posterior − prior", f'{small} text-anchor="end"'))
        parts += [
            self._row(at, name, share)
            for at, (name, share) in enumerate(zip(self.names, self.after(answer), strict=True))
        ]
        return svg(WIDTH, height, "".join(parts), alt)

    def _row(self, at: int, name: str, after: float) -> str:
        y, before = TOP + ROW * at, self.prior[at]
        label = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
        pull = after - before
        colour = COLOURS["good"] if pull > 0.005 else COLOURS["bad"] if pull < -0.005 else COLOURS["muted"]
        arrow = "▲ " if pull > 0.005 else "▼ " if pull < -0.005 else ""
        bars = _bar(y + 4, before, f'fill="none" stroke="{COLOURS["muted"]}" stroke-width="1.5"', 11)
        bars += _bar(y + 18, after, f'fill="{colour}"', 15)
        shown = words(WIDTH - 14, y + 24, f"{arrow}{pull:+.2f}", f'text-anchor="end" font-weight="600" fill="{colour}"')
        return words(14, y + 23, f"{at + 1}  {label}", "") + bars + shown


def _bar(y: float, share: float, rest: str, height: int) -> str:
    return f'<rect x="{LEFT}" y="{y}" width="{max(1.5, round((RIGHT - LEFT) * share, 1))}" height="{height}" {rest}/>'
